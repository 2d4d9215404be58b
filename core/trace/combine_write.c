/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"
#include "core/trace/combine_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_BYTES = 1 << 20,
    PROGRESS_ENTRIES = 1 << 16, /* between two reports of progress */
    MOST_LINES = 10,            /* about the pids of one trace */
};

/* The second reading of one trace. */
struct pass {
    const struct vt_combine *combine;
    struct vt_combine_trace *trace;
    struct vt_jwrite *out;
    uint8_t *nesting; /* for looking into args */
    int64_t origin_ns;
    uint64_t entries, total; /* written, to be written */
    uint64_t labels;         /* of the entries written */
};

/* A piece of an event that is replaced; see write_edited. */
struct edit {
    size_t at, end; /* in the event's text */
    struct vt_buf text;
};

enum { MOST_EDITS = 3 }; /* ts, pid, the name in args */

/* ---- what replaces what */

/* ts - origin as us; the difference of two int64_t is within 64 bits and a sign. */
static void append_shifted(struct vt_buf *text, int64_t ts_ns, int64_t origin_ns) {
    char digits[VT_JWRITE_US_BYTES];
    bool is_minus = ts_ns < origin_ns;
    uint64_t ns = is_minus ? (uint64_t)origin_ns - (uint64_t)ts_ns
                           : (uint64_t)ts_ns - (uint64_t)origin_ns;
    if (is_minus)
        vt_buf_append_char(text, '-');
    vt_buf_append(text, digits, (size_t)(vt_jwrite_put_us(digits, ns) - digits));
}

/* UTF-8, or what is taken for it, as the inside of a JSON string. */
static void append_escaped(struct vt_buf *text, const char *bytes, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size;
    while (p < end) {
        uint32_t code = vt_utf8_next(&p, end);
        if (code == VT_UTF8_INVALID)
            code = 0xFFFD;
        if (code >= 0x20 && code < 0x7F && code != '"' && code != '\\')
            vt_buf_append_char(text, (char)code);
        else if (code < 0x10000)
            vt_buf_printf(text, "\\u%04x", code);
        else
            vt_buf_printf(text, "\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
                          0xDC00 + ((code - 0x10000) & 0x3FF));
    }
}

/* A pid's new number as JSON of the kind that the old one had, if it can be. */
static void append_number(struct vt_buf *text, const char *number, bool was_number) {
    bool is_bare = was_number && strspn(number, "-0123456789") == strlen(number);
    if (!is_bare)
        vt_buf_append_char(text, '"');
    append_escaped(text, number, strlen(number));
    if (!is_bare)
        vt_buf_append_char(text, '"');
}

/* "pid 7 of b.json", for the inside of a JSON string. */
static void append_origin(struct vt_buf *text, const struct pass *pass,
                          uint32_t index) {
    size_t size;
    const char *pid = vt_strtab_get(&pass->trace->pids.texts, index, &size);
    const char *name = pass->trace->input.name;
    const char *slash = strrchr(name, '/');
    name = slash ? slash + 1 : name;
    vt_buf_append_text(text, "pid ");
    append_escaped(text, pid, size);
    vt_buf_append_text(text, " of ");
    append_escaped(text, name, strlen(name));
}

/* The place behind the text of args.name, in front of its quote; 0: args has none. */
static size_t find_name_end(const struct pass *pass, const char *args, size_t size) {
    struct vt_jscan_options options = {
        .nesting = pass->nesting,
        .depth = pass->combine->options.limits.depth
                     ? pass->combine->options.limits.depth
                     : VT_JSCAN_DEPTH,
        .string_bytes = UINT32_MAX,
    };
    struct vt_jscan scan;
    struct vt_jscan_token token;
    size_t found = 0;
    vt_jscan_init(&scan, &options);
    vt_jscan_feed(&scan, args, size);
    while (!vt_jscan_is_used_up(&scan)) {
        if (vt_jscan_run(&scan, &token, 1) && token.depth == 1 && token.has_name &&
            token.kind == VT_JSCAN_STRING && token.name_size == 4 &&
            !memcmp(args + token.name_at, "name", 4))
            found = (size_t)token.end - 1;
    }
    return found;
}

/* ---- editing one event */

static void edit_ts(const struct pass *pass, const struct vt_reader_event *event,
                    struct edit *edits, size_t *count) {
    const struct vt_jscan_token *ts = event->fields[VT_READER_TS];
    if (!pass->origin_ns || !ts || !event->ts_fits || event->phase == 'M')
        return;
    struct edit *edit = &edits[(*count)++];
    size_t quote = ts->kind == VT_JSCAN_STRING;
    edit->at = (size_t)(ts->at - event->offset) + quote;
    edit->end = (size_t)(ts->end - event->offset) - quote;
    append_shifted(&edit->text, event->ts_ns, pass->origin_ns);
}

/* The name of a process that got another pid tells which it was. */
static void edit_name(const struct pass *pass, const struct vt_reader_event *event,
                      uint32_t pid, struct edit *edits, size_t *count) {
    const struct vt_jscan_token *name = event->fields[VT_READER_NAME];
    const struct vt_jscan_token *args = event->fields[VT_READER_ARGS];
    size_t size;
    if (event->phase != 'M' || !name || !args)
        return;
    const char *value = vt_reader_value(event, name, &size);
    if (size != 14 || memcmp(value, "\"process_name\"", 14) != 0)
        return;
    value = vt_reader_value(event, args, &size);
    size_t end = find_name_end(pass, value, size);
    if (!end)
        return;
    struct edit *edit = &edits[(*count)++];
    edit->at = edit->end = (size_t)(args->at - event->offset) + end;
    vt_buf_append_text(&edit->text, " (");
    append_origin(&edit->text, pass, pid);
    vt_buf_append_text(&edit->text, ")");
}

static bool edit_pid(const struct pass *pass, const struct vt_reader_event *event,
                     struct edit *edits, size_t *count) {
    const struct vt_jscan_token *pid = event->fields[VT_READER_PID];
    if (!pass->trace->has_other_pids || !pid)
        return true;
    size_t size;
    const char *value = vt_reader_value(event, pid, &size);
    uint32_t index = vt_pid_table_add(&pass->trace->pids, pid, value, size);
    if (index == VT_STRTAB_NO_MEMORY)
        return false;
    const char *number = pass->trace->pids.pids[index].number;
    if (!number)
        return true;
    struct edit *edit = &edits[(*count)++];
    edit->at = (size_t)(pid->at - event->offset);
    edit->end = (size_t)(pid->end - event->offset);
    append_number(&edit->text, number, pid->kind == VT_JSCAN_NUMBER);
    edit_name(pass, event, index, edits, count);
    return true;
}

static int compare_edits(const void *a, const void *b) {
    size_t first = ((const struct edit *)a)->at, second = ((const struct edit *)b)->at;
    return (first > second) - (first < second);
}

/* Writes the event's text with the edits in it; frees them. */
static bool write_edited(struct vt_jwrite *out, const struct vt_reader_event *event,
                         struct edit *edits, size_t count) {
    size_t at = 0;
    bool is_whole = true;
    qsort(edits, count, sizeof *edits, compare_edits);
    for (size_t i = 0; i < count; i++) {
        vt_jwrite_bytes(out, event->text + at, edits[i].at - at);
        vt_jwrite_bytes(out, edits[i].text.data, edits[i].text.size);
        at = edits[i].end;
        is_whole = is_whole && !edits[i].text.failed;
        vt_buf_fini(&edits[i].text);
    }
    vt_jwrite_bytes(out, event->text + at, event->size - at);
    return is_whole;
}

static void report_progress(const struct pass *pass) {
    const struct vt_combine_options *options = &pass->combine->options;
    if (options->progress)
        options->progress(options->state, pass->entries, pass->total);
}

static void separate(struct pass *pass) {
    if (pass->entries++)
        vt_jwrite_bytes(pass->out, ", ", 2);
}

static enum vt_status write_event(void *state, const struct vt_reader_event *event,
                                  struct vt_error *err) {
    struct pass *pass = state;
    struct edit edits[MOST_EDITS] = {0};
    size_t count = 0;
    bool is_fine = true;
    separate(pass);
    if (pass->origin_ns || pass->trace->has_other_pids) {
        edit_ts(pass, event, edits, &count);
        is_fine = edit_pid(pass, event, edits, &count);
    }
    is_fine = write_edited(pass->out, event, edits, count) && is_fine;
    if (pass->entries % PROGRESS_ENTRIES == 0)
        report_progress(pass);
    if (!is_fine)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    /* The output's own error is told behind the pass: it is no fault of the trace. */
    return pass->out->error.status;
}

/* ---- one trace */

/* A process that got another pid and has no name in its trace. */
static bool needs_label(const struct vt_pid *pid) {
    return pid->number && !pid->is_named;
}

static enum vt_status write_label(struct pass *pass, uint32_t pid,
                                  struct vt_error *err) {
    struct vt_buf number = {0}, name = {0};
    append_number(&number, pass->trace->pids.pids[pid].number, true);
    append_origin(&name, pass, pid);
    separate(pass);
    vt_jwrite_text(pass->out, "{\"ph\": \"M\", \"pid\": ");
    vt_jwrite_bytes(pass->out, number.data, number.size);
    vt_jwrite_text(pass->out, ", \"tid\": ");
    vt_jwrite_bytes(pass->out, number.data, number.size);
    vt_jwrite_text(pass->out, ", \"name\": \"process_name\", \"args\": {\"name\": \"");
    vt_jwrite_bytes(pass->out, name.data, name.size);
    vt_jwrite_text(pass->out, "\"}}");
    bool failed = name.failed || number.failed;
    vt_buf_fini(&name);
    vt_buf_fini(&number);
    return failed ? vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory") : VT_OK;
}

/* Processes that the trace did not name get a name that tells which they are. */
static enum vt_status write_labels(struct pass *pass, struct vt_error *err) {
    const struct vt_pid_table *pids = &pass->trace->pids;
    enum vt_status status = VT_OK;
    for (uint32_t i = 0; i < pids->texts.count && status == VT_OK; i++) {
        if (!needs_label(&pids->pids[i]))
            continue;
        status = write_label(pass, i, err);
        pass->labels++;
    }
    return status;
}

static enum vt_status write_trace(struct pass *pass, struct vt_error *err) {
    struct vt_reader_handler handler = {write_event, NULL, pass};
    struct vt_reader *reader;
    const struct vt_combine_input *input = &pass->trace->input;
    pass->origin_ns = vt_combine_origin(pass->combine, pass->trace);
    enum vt_status status = write_labels(pass, err);
    if (status == VT_OK)
        status =
            vt_reader_create(&pass->combine->options.limits, &handler, &reader, err);
    if (status != VT_OK)
        return status;
    status = input->pump(input->state, vt_reader_sink(reader), err);
    if (status == VT_OK)
        status = vt_reader_finish(reader, err);
    vt_reader_destroy(reader);
    return vt_jwrite_failed(pass->out) ? vt_jwrite_finish(pass->out, err) : status;
}

/* Gives the pids of a trace their numbers, and tells. */
static enum vt_status renumber(struct vt_combine *combine, uint32_t index,
                               struct vt_error *err) {
    struct vt_combine_trace *trace = &combine->traces[index];
    enum vt_status status =
        vt_pid_owners_renumber(&combine->owners, &trace->pids, index, err);
    if (status != VT_OK)
        return status;
    size_t others = 0;
    for (uint32_t i = 0; i < trace->pids.texts.count; i++) {
        size_t size;
        const char *pid = vt_strtab_get(&trace->pids.texts, i, &size);
        const char *number = trace->pids.pids[i].number;
        if (!number || ++others > MOST_LINES)
            continue;
        uint32_t owner = vt_pid_owners_find(&combine->owners, pid, size);
        vt_combine_say(combine, trace, "pid %.*s is in %s, too; it becomes %s",
                       (int)size, pid, combine->traces[owner].input.name, number);
    }
    if (others > MOST_LINES)
        vt_combine_say(combine, trace, "and %zu more pids", others - MOST_LINES);
    trace->has_other_pids = others > 0;
    return VT_OK;
}

static uint64_t count_entries(const struct vt_combine_trace *trace) {
    uint64_t count = trace->stats.events;
    for (uint32_t i = 0; i < trace->pids.texts.count; i++)
        count += needs_label(&trace->pids.pids[i]);
    return count;
}

static enum vt_status write_traces(struct vt_combine *combine, struct pass *pass,
                                   struct vt_error *err) {
    for (uint32_t i = 0; i < combine->trace_count; i++) {
        enum vt_status status = renumber(combine, i, err);
        if (status != VT_OK)
            return status;
        pass->total += count_entries(&combine->traces[i]);
    }
    report_progress(pass);
    vt_jwrite_text(pass->out, "{\"traceEvents\": [");
    for (size_t i = 0; i < combine->trace_count; i++) {
        pass->trace = &combine->traces[i];
        enum vt_status status = write_trace(pass, err);
        if (status != VT_OK)
            return status;
    }
    vt_jwrite_text(pass->out, "]");
    return VT_OK;
}

/* ---- what stands beside the events */

static void write_us(struct vt_jwrite *out, int64_t ns, int64_t origin_ns) {
    struct vt_buf text = {0};
    append_shifted(&text, ns, origin_ns);
    vt_jwrite_bytes(out, text.data, text.size);
    if (text.failed)
        vt_error_set(&out->error, VT_ERR_NO_MEMORY, "out of memory");
    vt_buf_fini(&text);
}

static bool was_changed(const struct vt_combine *combine,
                        const struct vt_combine_trace *trace) {
    return vt_combine_origin(combine, trace) || trace->has_other_pids ||
           vt_member_table_count(&trace->kept) || trace->earlier;
}

static void write_pids(struct vt_jwrite *out, const struct vt_pid_table *pids) {
    const char *separator = ", \"pids\": {";
    for (uint32_t i = 0; i < pids->texts.count; i++) {
        const char *number = pids->pids[i].number;
        size_t size;
        const char *text = vt_strtab_get(&pids->texts, i, &size);
        if (!number)
            continue;
        vt_jwrite_text(out, separator);
        vt_jwrite_string(out, text, size);
        vt_jwrite_text(out, ": ");
        vt_jwrite_string(out, number, strlen(number));
        separator = ", ";
    }
    vt_jwrite_text(out, "}");
}

static void write_changes(const struct vt_combine *combine,
                          const struct vt_combine_trace *trace, struct vt_jwrite *out) {
    vt_jwrite_text(out, "{\"file\": ");
    vt_jwrite_string(out, trace->input.name, strlen(trace->input.name));
    if (vt_combine_origin(combine, trace)) {
        vt_jwrite_text(out, ", \"shift\": ");
        write_us(out, 0, vt_combine_origin(combine, trace));
        if (!combine->options.align) {
            vt_jwrite_text(out, ", \"uncertainty\": ");
            write_us(out, trace->input.uncertainty_ns, 0);
        }
    }
    if (trace->has_other_pids)
        write_pids(out, &trace->pids);
    if (vt_member_table_count(&trace->kept)) {
        vt_jwrite_text(out, ", \"members\": {");
        vt_member_table_write(&trace->kept, true, out);
        vt_jwrite_text(out, "}");
    }
    if (trace->earlier) {
        vt_jwrite_text(out, ", \"combined\": ");
        vt_jwrite_text(out, trace->earlier);
    }
    vt_jwrite_text(out, "}");
}

static void write_combined(const struct vt_combine *combine, struct vt_jwrite *out) {
    const char *separator = ", \"combined\": [";
    for (size_t i = 0; i < combine->trace_count; i++) {
        if (!was_changed(combine, &combine->traces[i]))
            continue;
        vt_jwrite_text(out, separator);
        write_changes(combine, &combine->traces[i], out);
        separator = ", ";
    }
    if (*separator == ',' && separator[2] == '\0')
        vt_jwrite_text(out, "]");
}

static void write_marker(const struct vt_combine *combine, struct vt_jwrite *out) {
    for (size_t i = 0; i < combine->trace_count; i++) {
        const struct vt_combine_trace *trace = &combine->traces[i];
        if (!trace->has_marker)
            continue;
        vt_jwrite_text(out, ", \"sync_marker\": ");
        write_us(out, trace->marker_ns, vt_combine_origin(combine, trace));
        return;
    }
}

static void write_metadata(const struct vt_combine *combine, struct vt_jwrite *out) {
    vt_jwrite_text(out, ", \"viztracer_metadata\": {\"version\": \"" VIZTRACER_VERSION
                        "\", \"overflow\": ");
    vt_jwrite_text(out, combine->overflow ? "true" : "false");
    if (combine->base_time) {
        vt_jwrite_text(out, ", \"baseTimeNanoseconds\": ");
        vt_jwrite_text(out, combine->base_time);
    }
    write_marker(combine, out);
    if (combine->lost) {
        vt_jwrite_text(out, ", \"lostEvents\": ");
        vt_jwrite_i64(out, combine->lost);
    }
    vt_member_table_write(&combine->members[VT_READER_METADATA], false, out);
    write_combined(combine, out);
    vt_jwrite_text(out, "}");
}

static void write_members(const struct vt_combine *combine, struct vt_jwrite *out) {
    write_metadata(combine, out);
    if (combine->has_file_info) {
        vt_jwrite_text(out, ", \"file_info\": {\"files\": {");
        vt_member_table_write(&combine->members[VT_READER_FILE], true, out);
        vt_jwrite_text(out, "}, \"functions\": {");
        vt_member_table_write(&combine->members[VT_READER_FUNCTION], true, out);
        vt_jwrite_text(out, "}");
        vt_member_table_write(&combine->members[VT_READER_FILE_INFO], false, out);
        vt_jwrite_text(out, "}");
    }
    vt_member_table_write(&combine->members[VT_READER_TOP], false, out);
    vt_jwrite_text(out, "}");
}

/* ---- the whole */

enum vt_status vt_combine_write(struct vt_combine *combine, struct vt_sink sink,
                                struct vt_combine_counts *counts,
                                struct vt_error *err) {
    uint32_t depth = combine->options.limits.depth;
    struct vt_jwrite out;
    struct pass pass = {.combine = combine, .out = &out};
    pass.nesting = malloc(VT_JSCAN_NESTING_BYTES(depth ? depth : VT_JSCAN_DEPTH));
    if (!pass.nesting)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status = vt_jwrite_init(&out, sink, BUFFER_BYTES, err);
    if (status == VT_OK)
        status = write_traces(combine, &pass, err);
    if (status == VT_OK) {
        write_members(combine, &out);
        status = vt_jwrite_finish(&out, err);
    }
    if (status == VT_OK && counts)
        *counts = (struct vt_combine_counts){
            .entries = pass.entries,
            .labels = pass.labels,
            .overflow = combine->overflow,
        };
    vt_jwrite_fini(&out);
    free(pass.nesting);
    return status;
}

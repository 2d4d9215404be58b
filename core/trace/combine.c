/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/combine_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A trace that is being read for the first time: what it adds to the combination is
 * apart until it has been read to its end. */
struct survey {
    struct vt_combine_trace trace;
    struct vt_member_table members[VT_COMBINE_PLACES];
    bool has_file_info;
    bool overflow;
    int64_t lost;
    char *base_time;
};

/* ---- life */

enum vt_status vt_combine_create(const struct vt_combine_options *options,
                                 struct vt_combine **combine, struct vt_error *err) {
    struct vt_combine *made = calloc(1, sizeof *made);
    if (!made)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    made->options = *options;
    *combine = made;
    return VT_OK;
}

static void fini_trace(struct vt_combine_trace *trace) {
    free((char *)(uintptr_t)trace->input.name);
    vt_pid_table_fini(&trace->pids);
    vt_member_table_fini(&trace->kept);
    free(trace->earlier);
}

static void fini_members(struct vt_member_table *members) {
    for (size_t i = 0; i < VT_COMBINE_PLACES; i++)
        vt_member_table_fini(&members[i]);
}

void vt_combine_destroy(struct vt_combine *combine) {
    if (!combine)
        return;
    for (size_t i = 0; i < combine->trace_count; i++)
        fini_trace(&combine->traces[i]);
    free(combine->traces);
    vt_pid_owners_fini(&combine->owners);
    fini_members(combine->members);
    free(combine->base_time);
    free(combine);
}

/* ---- lines for the user */

void vt_combine_say(const struct vt_combine *combine,
                    const struct vt_combine_trace *trace, const char *format, ...) {
    if (!combine->options.say)
        return;
    char line[512];
    int used = snprintf(line, sizeof line, "%s: ", trace->input.name);
    va_list args;
    va_start(args, format);
    if (used > 0 && (size_t)used < sizeof line)
        vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    va_end(args);
    combine->options.say(combine->options.state, line);
}

static void say_oddities(const struct vt_combine *combine,
                         const struct vt_combine_trace *trace) {
    const struct vt_reader_stats *stats = &trace->stats;
    const struct {
        uint64_t count;
        const char *what;
    } oddities[] = {
        {stats->without_pid, "events without pid"},
        {stats->without_ts, "events without ts"},
        {stats->without_dur, "X events without dur"},
        {stats->with_minus_dur, "X events with negative dur"},
        {stats->with_distant_ts, "events with ts beyond 292 years, which stay"},
    };
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++) {
        if (oddities[i].count)
            vt_combine_say(combine, trace, "%s: %" PRIu64, oddities[i].what,
                           oddities[i].count);
    }
    if (stats->was_open_array)
        vt_combine_say(combine, trace,
                       "the bracket that ends the events is missing; what is there "
                       "was taken");
    if (trace->has_samples && combine->options.align)
        vt_combine_say(combine, trace, "the times in its member samples stay");
    if (!stats->has_events)
        vt_combine_say(combine, trace, "no traceEvents in it");
}

/* ---- reading a trace */

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

static bool is_text(const char *bytes, size_t size, const char *text) {
    return size == strlen(text) && memcmp(bytes, text, size) == 0;
}

static enum vt_status survey_event(void *state, const struct vt_reader_event *event,
                                   struct vt_error *err) {
    struct survey *survey = state;
    struct vt_combine_trace *trace = &survey->trace;
    if (event->phase != 'M' && event->fields[VT_READER_TS] && event->ts_fits &&
        (!trace->has_ts || event->ts_ns < trace->least_ns)) {
        trace->has_ts = true;
        trace->least_ns = event->ts_ns;
    }
    const struct vt_jscan_token *pid = event->fields[VT_READER_PID];
    if (!pid)
        return VT_OK;
    size_t size;
    const char *value = vt_reader_value(event, pid, &size);
    uint32_t index = vt_pid_table_add(&trace->pids, pid, value, size);
    if (index == VT_STRTAB_NO_MEMORY)
        return no_memory(err);
    const struct vt_jscan_token *name = event->fields[VT_READER_NAME];
    if (event->phase == 'M' && name) {
        value = vt_reader_value(event, name, &size);
        trace->pids.pids[index].is_named |= is_text(value, size, "\"process_name\"");
    }
    return VT_OK;
}

static enum vt_status keep_text(char **text, const struct vt_reader_member *member,
                                struct vt_error *err) {
    free(*text);
    *text = strndup(member->value, member->value_size);
    return *text ? VT_OK : no_memory(err);
}

static enum vt_status add_member(struct vt_member_table *table,
                                 const struct vt_reader_member *member,
                                 struct vt_error *err) {
    struct vt_member_text text = {member->name, member->name_size, member->value,
                                  member->value_size};
    enum vt_member_table_result result = vt_member_table_add(table, &text);
    return result == VT_MEMBER_TABLE_NO_MEMORY ? no_memory(err) : VT_OK;
}

/* A clock that is shifted has begun at another time. */
static enum vt_status survey_base_time(struct survey *survey,
                                       const struct vt_reader_member *member,
                                       struct vt_error *err) {
    int64_t base, shift = survey->trace.input.shift_ns;
    if (!shift || !vt_decimal_to_i64(&member->number, &base) ||
        __builtin_sub_overflow(base, shift, &base))
        return keep_text(&survey->base_time, member, err);
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, base);
    free(survey->base_time);
    survey->base_time = strdup(text);
    return survey->base_time ? VT_OK : no_memory(err);
}

/* A number that the combination writes anew. */
static enum vt_status survey_number(struct survey *survey,
                                    const struct vt_reader_member *member,
                                    struct vt_error *err) {
    struct vt_combine_trace *trace = &survey->trace;
    bool is_good = member->kind == VT_JSCAN_NUMBER;
    if (is_good && is_text(member->name, member->name_size, "baseTimeNanoseconds"))
        return survey_base_time(survey, member, err);
    if (is_good && is_text(member->name, member->name_size, "sync_marker")) {
        is_good = vt_decimal_to_ns(&member->number, &trace->marker_ns);
        trace->has_marker = is_good;
    } else if (is_good)
        is_good = vt_decimal_to_i64(&member->number, &survey->lost);
    return is_good ? VT_OK : add_member(&trace->kept, member, err);
}

static enum vt_status survey_metadata(struct survey *survey,
                                      const struct vt_reader_member *member,
                                      struct vt_error *err) {
    const char *name = member->name;
    size_t size = member->name_size;
    if (is_text(name, size, "version"))
        return VT_OK;
    if (is_text(name, size, "overflow")) {
        survey->overflow |= member->kind == VT_JSCAN_TRUE;
        return VT_OK;
    }
    if (is_text(name, size, "combined"))
        return keep_text(&survey->trace.earlier, member, err);
    if (is_text(name, size, "baseTimeNanoseconds") ||
        is_text(name, size, "sync_marker") || is_text(name, size, "lostEvents"))
        return survey_number(survey, member, err);
    return add_member(&survey->members[VT_READER_METADATA], member, err);
}

static enum vt_status survey_member(void *state, const struct vt_reader_member *member,
                                    struct vt_error *err) {
    struct survey *survey = state;
    if (member->place == VT_READER_METADATA)
        return survey_metadata(survey, member, err);
    if (member->place != VT_READER_TOP)
        survey->has_file_info = true;
    else if (is_text(member->name, member->name_size, "samples"))
        survey->trace.has_samples = true;
    return add_member(&survey->members[member->place], member, err);
}

static enum vt_status read_trace(const struct vt_combine *combine,
                                 struct survey *survey,
                                 const struct vt_combine_input *input,
                                 struct vt_error *err) {
    struct vt_reader_handler handler = {survey_event, survey_member, survey};
    struct vt_reader *reader;
    enum vt_status status =
        vt_reader_create(&combine->options.limits, &handler, &reader, err);
    if (status != VT_OK)
        return status;
    status = input->pump(input->state, vt_reader_sink(reader), err);
    if (status == VT_OK) {
        status = vt_reader_finish(reader, err);
        if (status != VT_OK && err)
            vt_error_prefix(err, "%s", input->name);
    }
    survey->trace.stats = *vt_reader_stats(reader);
    vt_reader_destroy(reader);
    return status;
}

/* ---- taking it in */

/* Members of one place; *others: how many of them an earlier trace has with another
 * value. Those are kept in `kept` if it is not NULL. */
static bool merge_members(struct vt_member_table *into,
                          const struct vt_member_table *from,
                          struct vt_member_table *kept, size_t *others) {
    for (size_t i = 0; i < vt_member_table_count(from); i++) {
        struct vt_member_text member = vt_member_table_get(from, i);
        enum vt_member_table_result result = vt_member_table_add(into, &member);
        if (result == VT_MEMBER_TABLE_OTHER) {
            ++*others;
            if (kept)
                result = vt_member_table_add(kept, &member);
        }
        if (result == VT_MEMBER_TABLE_NO_MEMORY)
            return false;
    }
    return true;
}

static enum vt_status merge_survey(struct vt_combine *combine, struct survey *survey,
                                   struct vt_error *err) {
    size_t others = 0, sources = 0;
    struct vt_combine_trace *trace = &survey->trace;
    for (int place = 0; place < VT_COMBINE_PLACES; place++) {
        bool is_beside = place == VT_READER_TOP || place == VT_READER_METADATA;
        if (!merge_members(&combine->members[place], &survey->members[place],
                           is_beside ? &trace->kept : NULL,
                           is_beside ? &others : &sources))
            return no_memory(err);
    }
    if (others)
        vt_combine_say(combine, trace,
                       "%zu members differ from those of earlier traces; they are in "
                       "viztracer_metadata.combined",
                       others);
    if (sources)
        vt_combine_say(combine, trace,
                       "%zu entries of file_info differ from those of earlier traces, "
                       "which stay",
                       sources);
    combine->has_file_info |= survey->has_file_info;
    combine->overflow |= survey->overflow;
    if (__builtin_add_overflow(combine->lost, survey->lost, &combine->lost))
        combine->lost = INT64_MAX;
    if (survey->base_time) {
        free(combine->base_time);
        combine->base_time = survey->base_time;
        survey->base_time = NULL;
    }
    return VT_OK;
}

static enum vt_status make_room(struct vt_combine *combine, struct vt_error *err) {
    if (combine->trace_count < combine->trace_capacity)
        return VT_OK;
    size_t capacity = combine->trace_capacity ? 2 * combine->trace_capacity : 8;
    struct vt_combine_trace *traces =
        realloc(combine->traces, capacity * sizeof *traces);
    if (!traces)
        return no_memory(err);
    combine->traces = traces;
    combine->trace_capacity = capacity;
    return VT_OK;
}

static enum vt_status take_in(struct vt_combine *combine, struct survey *survey,
                              struct vt_error *err) {
    enum vt_status status = make_room(combine, err);
    if (status == VT_OK)
        status = vt_pid_owners_add(&combine->owners, &survey->trace.pids,
                                   (uint32_t)combine->trace_count, err);
    if (status == VT_OK)
        status = merge_survey(combine, survey, err);
    if (status != VT_OK)
        return status;
    say_oddities(combine, &survey->trace);
    combine->traces[combine->trace_count++] = survey->trace;
    survey->trace = (struct vt_combine_trace){0};
    return VT_OK;
}

enum vt_status vt_combine_add(struct vt_combine *combine,
                              const struct vt_combine_input *input,
                              struct vt_error *err) {
    struct survey survey = {.trace.input = *input};
    survey.trace.input.name = strdup(input->name);
    enum vt_status status = survey.trace.input.name ? VT_OK : no_memory(err);
    if (status == VT_OK)
        status = read_trace(combine, &survey, input, err);
    if (status == VT_OK)
        status = take_in(combine, &survey, err);
    fini_trace(&survey.trace);
    fini_members(survey.members);
    free(survey.base_time);
    return status;
}

int64_t vt_combine_origin(const struct vt_combine *combine,
                          const struct vt_combine_trace *trace) {
    if (!combine->options.align)
        return -trace->input.shift_ns;
    return trace->has_marker ? trace->marker_ns : trace->has_ts ? trace->least_ns : 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a trace has few of, or what takes a longer look: counters, names of processes
 * and threads, and what stands beside the events.
 */
#include "viewer/engine/ingest.h"
#include "viewer/engine/jwalk.h"

#include <string.h>

/* ---- counters */

/* The plain text of a name as it stands between its quotes. Borrowed: valid until the
 * next text; NULL when memory ran out. */
static const char *plain_text(struct vt_ingest *ingest, const char *inside, size_t size,
                              size_t *plain_size) {
    vt_buf_clear(&ingest->scratch);
    char *plain = vt_buf_reserve(&ingest->scratch, size + 1);
    if (plain)
        *plain_size = vt_jtext_unescape(inside, size, plain);
    return plain;
}

/* The counter's number; NONE when memory ran out. */
static uint32_t find_counter(struct vt_ingest *ingest, struct vt_store_counter made,
                             uint32_t id, struct vt_error *err) {
    uint32_t key[] = {made.process, made.name, made.series, id};
    bool is_new = false;
    uint32_t number = vt_strtab_add(&ingest->counter_keys, key, sizeof key, &is_new);
    if (number == VT_STORE_NONE)
        vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    else if (is_new && vt_store_push(&ingest->store->counters, made, err) != VT_OK)
        return VT_STORE_NONE;
    return number;
}

enum vt_status vt_ingest_counter(struct vt_ingest *ingest,
                                 const struct vt_reader_event *event,
                                 struct vt_error *err) {
    struct vt_store *store = ingest->store;
    const struct vt_jscan_token *args = event->fields[VT_READER_ARGS];
    struct vt_store_counter counter = {
        .process = vt_ingest_process(ingest, event, err),
        .name = vt_ingest_name(ingest, event, err),
    };
    uint32_t id = vt_ingest_id(ingest, event, "id", err);
    if (counter.process == VT_STORE_NONE || counter.name == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    size_t size = 0;
    const char *text = args ? vt_reader_value(event, args, &size) : "";
    struct vt_jwalk walk;
    if (!vt_jwalk_begin(&walk, text, size)) {
        store->problems.bad_counter++;
        return VT_OK;
    }
    while (vt_jwalk_next(&walk)) {
        struct vt_store_sample sample = {.time = event->ts_ns};
        if (!vt_jwalk_number(walk.value, walk.value_size, &sample.value)) {
            store->problems.bad_counter++;
            continue;
        }
        size_t plain_size = 0;
        const char *plain = plain_text(ingest, walk.name, walk.name_size, &plain_size);
        if (!plain)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        counter.series = vt_store_word(store, plain, plain_size, err);
        uint32_t number = counter.series == VT_STORE_NONE
                              ? VT_STORE_NONE
                              : find_counter(ingest, counter, id, err);
        if (number == VT_STORE_NONE ||
            vt_store_push(&store->counters.items[number].samples, sample, err) != VT_OK)
            return VT_ERR_NO_MEMORY;
        store->counts.samples++;
    }
    return VT_OK;
}

/* ---- names of processes and threads */

/* The member of args with this name, as it stands; NULL: none. */
static const char *find_arg(const struct vt_reader_event *event, const char *name,
                            size_t *size) {
    const struct vt_jscan_token *args = event->fields[VT_READER_ARGS];
    struct vt_jwalk walk;
    if (!args)
        return NULL;
    const char *text = vt_reader_value(event, args, size);
    if (!vt_jwalk_begin(&walk, text, *size))
        return NULL;
    while (vt_jwalk_next(&walk)) {
        if (!vt_jwalk_is_named(&walk, name))
            continue;
        *size = walk.value_size;
        return walk.value;
    }
    return NULL;
}

/* Sets *word to args.name if it is there. */
static enum vt_status set_word(struct vt_ingest *ingest,
                               const struct vt_reader_event *event, uint32_t *word,
                               struct vt_error *err) {
    size_t size = 0, plain_size = 0;
    const char *value = find_arg(event, "name", &size);
    if (!value || *value != '"')
        return VT_OK;
    const char *plain = plain_text(ingest, value + 1, size - 2, &plain_size);
    *word =
        plain ? vt_store_word(ingest->store, plain, plain_size, err) : VT_STORE_NONE;
    return *word == VT_STORE_NONE ? vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory")
                                  : VT_OK;
}

static void set_sort(const struct vt_reader_event *event, int64_t *sort) {
    size_t size = 0;
    const char *value = find_arg(event, "sort_index", &size);
    int64_t number;
    if (value && vt_jwalk_integer(value, size, &number) && number > -1000000000 &&
        number < 1000000000)
        *sort = number;
}

static bool is_named(const struct vt_reader_event *event, const char *name) {
    const struct vt_jscan_token *member = event->fields[VT_READER_NAME];
    size_t size = 0;
    const char *text = member ? vt_reader_value(event, member, &size) : "";
    return size == strlen(name) + 2 && !memcmp(text + 1, name, size - 2);
}

enum vt_status vt_ingest_metadata(struct vt_ingest *ingest,
                                  const struct vt_reader_event *event,
                                  struct vt_error *err) {
    struct vt_store *store = ingest->store;
    bool names_thread = is_named(event, "thread_name");
    bool sorts_thread = is_named(event, "thread_sort_index");
    bool names_process = is_named(event, "process_name");
    bool sorts_process = is_named(event, "process_sort_index");
    store->counts.metadata++;
    if (names_thread || sorts_thread) {
        uint32_t number = vt_ingest_track(ingest, event, err);
        if (number == VT_STORE_NONE)
            return VT_ERR_NO_MEMORY;
        struct vt_store_track *track = &store->tracks.items[number];
        if (names_thread)
            return set_word(ingest, event, &track->name, err);
        set_sort(event, &track->sort);
    }
    if (names_process || sorts_process) {
        uint32_t number = vt_ingest_process(ingest, event, err);
        if (number == VT_STORE_NONE)
            return VT_ERR_NO_MEMORY;
        struct vt_store_process *process = &store->processes.items[number];
        if (names_process)
            return set_word(ingest, event, &process->name, err);
        set_sort(event, &process->sort);
    }
    return VT_OK;
}

/* ---- what stands beside the events */

static enum vt_status take_metadata(struct vt_ingest *ingest,
                                    const struct vt_reader_member *member,
                                    struct vt_error *err) {
    struct vt_store *store = ingest->store;
    struct vt_jwalk named = {.name = member->name, .name_size = member->name_size};
    int64_t number;
    if (vt_jwalk_is_named(&named, "overflow"))
        store->overflow |= member->kind == VT_JSCAN_TRUE;
    bool is_number = vt_jwalk_integer(member->value, member->value_size, &number);
    if (is_number && vt_jwalk_is_named(&named, "baseTimeNanoseconds")) {
        store->has_base_time = true;
        store->base_time_ns = number;
    }
    if (is_number && number > 0 && vt_jwalk_is_named(&named, "lostEvents"))
        store->lost_events = (uint64_t)number;
    vt_buf_append_text(&store->metadata, store->metadata.size ? ", \"" : "\"");
    vt_buf_append(&store->metadata, member->name, member->name_size);
    vt_buf_append_text(&store->metadata, "\": ");
    vt_buf_append(&store->metadata, member->value, member->value_size);
    return vt_buf_status(&store->metadata, err);
}

/* The two values of an entry of file_info: [text, number, …]. */
static bool split_entry(const struct vt_reader_member *member, const char **text,
                        size_t *text_size, int64_t *number) {
    /* as the value of a member, so that one walker does */
    const char *p = member->value + 1, *end = member->value + member->value_size;
    while (p < end && *p != '"')
        p++;
    const char *q = p + 1;
    while (q < end && *q != '"')
        q += *q == '\\' ? 2 : 1;
    if (q >= end)
        return false;
    *text = p;
    *text_size = (size_t)(q + 1 - p);
    for (q++;
         q < end && (*q == ',' || *q == ' ' || *q == '\t' || *q == '\n' || *q == '\r');)
        q++;
    const char *digits = q;
    while (q < end && *q != ',' && *q != ']' && *q != ' ' && *q != '\n' && *q != '\r' &&
           *q != '\t')
        q++;
    return vt_jwalk_integer(digits, (size_t)(q - digits), number);
}

static enum vt_status take_source(struct vt_ingest *ingest,
                                  const struct vt_reader_member *member,
                                  struct vt_error *err) {
    struct vt_store_source source;
    const char *text;
    size_t size, plain_size = 0;
    if (!split_entry(member, &text, &size, &source.lines))
        return VT_OK;
    const char *plain =
        plain_text(ingest, member->name, member->name_size, &plain_size);
    source.path =
        plain ? vt_store_word(ingest->store, plain, plain_size, err) : VT_STORE_NONE;
    if (source.path == VT_STORE_NONE)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status =
        vt_blocks_add(&ingest->store->blocks, text, size, &source.text, err);
    return status == VT_OK ? vt_store_push(&ingest->store->sources, source, err)
                           : status;
}

/* Where a function stands: every name with that text, whatever its category. */
static enum vt_status take_function(struct vt_ingest *ingest,
                                    const struct vt_reader_member *member,
                                    struct vt_error *err) {
    struct vt_store *store = ingest->store;
    struct vt_store_function function = {0};
    const char *text;
    size_t size, plain_size = 0;
    if (!split_entry(member, &text, &size, &function.line))
        return VT_OK;
    const char *plain = plain_text(ingest, text + 1, size - 2, &plain_size);
    function.path =
        plain ? vt_store_word(store, plain, plain_size, err) : VT_STORE_NONE;
    if (function.path == VT_STORE_NONE)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    plain = plain_text(ingest, member->name, member->name_size, &plain_size);
    function.name =
        plain ? vt_store_word(store, plain, plain_size, err) : VT_STORE_NONE;
    if (function.name == VT_STORE_NONE)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return vt_store_push(&store->functions, function, err);
}

enum vt_status vt_ingest_report_member(void *state,
                                       const struct vt_reader_member *member,
                                       struct vt_error *err) {
    switch (member->place) {
    case VT_READER_METADATA:
        return take_metadata(state, member, err);
    case VT_READER_FILE:
        return take_source(state, member, err);
    case VT_READER_FUNCTION:
        return take_function(state, member, err);
    default:
        return VT_OK;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_blocks.h"

#include <stdlib.h>

enum vt_status vt_cvf_blocks_wrong(const struct vt_cvf_reading *reading,
                                   const char *what, struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "not a whole cvf file: %s (byte %llu)",
                        what, (unsigned long long)(reading->in.p - reading->begin));
}

void vt_cvf_blocks_separate(struct vt_cvf_reading *reading) {
    if (reading->entries++)
        vt_jwrite_bytes(&reading->out, ", ", 2);
}

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* What is wrong inside a block, with the block's place. */
static enum vt_status prefix(const struct vt_cvf_reading *reading,
                             const struct vt_cvf_block *block, enum vt_status status,
                             struct vt_error *err) {
    if (err && (status == VT_ERR_FORMAT || status == VT_ERR_LIMIT))
        vt_error_prefix(err, "not a whole cvf file: in the block at byte %llu",
                        (unsigned long long)(block->data - reading->begin));
    return status;
}

/* ---- unpacking */

static uint32_t expansion_of(const struct vt_cvf_reading *reading) {
    uint32_t expansion = reading->options->expansion;
    return expansion ? expansion : VT_CVF_EXPANSION;
}

enum vt_status vt_cvf_blocks_find(struct vt_cvf_reading *reading,
                                  struct vt_cvf_block *block, struct vt_error *err) {
    uint64_t size;
    if (!vt_cvf_cursor_u64(&reading->in, &block->text_bytes) ||
        !vt_cvf_cursor_u64(&reading->in, &size) ||
        size > vt_cvf_cursor_left(&reading->in))
        return vt_cvf_blocks_wrong(reading, "a block that ends behind the file", err);
    block->data = reading->in.p;
    block->size = (size_t)size;
    if (block->text_bytes > VT_CVF_FREE_BLOCK_BYTES &&
        block->text_bytes / expansion_of(reading) > size)
        return vt_error_set(
            err, VT_ERR_LIMIT, "a block that expands more than %u times (byte %llu)",
            expansion_of(reading), (unsigned long long)(block->data - reading->begin));
    reading->in.p += size;
    const struct vt_cvf_read_options *options = reading->options;
    if (options->found)
        options->found(options->found_state, block->data, block->size,
                       block->text_bytes);
    return VT_OK;
}

/* Lets through as many bytes as the block promises. */
struct gauge {
    struct vt_sink inner;
    uint64_t left;
};

static enum vt_status write_gauge(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    struct gauge *gauge = state;
    if (size > gauge->left)
        return vt_error_set(err, VT_ERR_FORMAT, "more text than it says");
    gauge->left -= size;
    return gauge->inner.write(gauge->inner.state, bytes, size, err);
}

static enum vt_status unpack(const struct vt_cvf_reading *reading,
                             const struct vt_cvf_block *block, struct vt_sink sink,
                             struct vt_error *err) {
    struct gauge gauge = {sink, block->text_bytes};
    struct vt_sink to = {.write = write_gauge, .state = &gauge};
    enum vt_status status = reading->options->unpack(block->data, block->size, to, err);
    if (status == VT_OK && gauge.left)
        return vt_error_set(err, VT_ERR_FORMAT, "less text than it says");
    return status;
}

/* ---- a list, element by element */

/* The bytes of an element that is not whole yet are kept in `carry`, which begins at
 * `carry_at` of the text. */
struct list {
    struct vt_cvf_reading *reading;
    enum vt_status (*take)(void *state, const char *json, size_t size,
                           struct vt_error *err);
    void *state;
    uint64_t left; /* elements that are still to come */
    struct vt_jscan scan;
    struct vt_buf carry;
    uint64_t carry_at;
    uint64_t open_at; /* of the container that is being read */
    bool is_open;
};

static enum vt_status take_element(struct list *list, uint64_t at, uint64_t end,
                                   struct vt_error *err) {
    if (!list->left)
        return vt_error_set(err, VT_ERR_FORMAT, "more args than slices");
    list->left--;
    return list->take(list->state, list->carry.data + (at - list->carry_at),
                      (size_t)(end - at), err);
}

static enum vt_status take_token(struct list *list, const struct vt_jscan_token *token,
                                 struct vt_error *err) {
    if (token->depth == 0) {
        list->scan.detail = 2;
        return token->kind == VT_JSCAN_OPEN_ARRAY || token->kind == VT_JSCAN_CLOSE
                   ? VT_OK
                   : vt_error_set(err, VT_ERR_FORMAT, "not a list");
    }
    if (token->depth > 1)
        return VT_OK;
    list->is_open =
        token->kind == VT_JSCAN_OPEN_OBJECT || token->kind == VT_JSCAN_OPEN_ARRAY;
    if (list->is_open) {
        list->open_at = token->at;
        return VT_OK;
    }
    return take_element(list, token->kind == VT_JSCAN_CLOSE ? list->open_at : token->at,
                        token->end, err);
}

/* Forgets the bytes that are of no more use. */
static void drop_carry(struct list *list) {
    uint64_t from = list->is_open ? list->open_at : vt_jscan_pending(&list->scan);
    size_t drop = (size_t)(from - list->carry_at);
    memmove(list->carry.data, list->carry.data + drop, list->carry.size - drop);
    list->carry.size -= drop;
    list->carry_at = from;
}

static enum vt_status write_list(void *state, const void *bytes, size_t size,
                                 struct vt_error *err) {
    struct list *list = state;
    struct vt_jscan_token token;
    enum vt_status status = VT_OK;
    vt_buf_append(&list->carry, bytes, size);
    if (list->carry.failed)
        return no_memory(err);
    vt_jscan_feed(&list->scan, bytes, size);
    while (status == VT_OK && !vt_jscan_is_used_up(&list->scan)) {
        if (vt_jscan_run(&list->scan, &token, 1))
            status = take_token(list, &token, err);
        else
            status = vt_jscan_status(&list->scan, err);
    }
    if (status == VT_OK)
        status = vt_jscan_status(&list->scan, err);
    if (status == VT_OK)
        drop_carry(list);
    return status;
}

static struct vt_jscan_options scan_options(const struct vt_cvf_reading *reading) {
    const struct vt_reader_limits *limits = &reading->options->limits;
    return (struct vt_jscan_options){
        .depth = limits->depth ? limits->depth : VT_JSCAN_DEPTH,
        .string_bytes =
            limits->string_bytes ? limits->string_bytes : VT_READER_STRING_BYTES,
    };
}

enum vt_status vt_cvf_blocks_list(struct vt_cvf_reading *reading,
                                  const struct vt_cvf_block *block, uint64_t count,
                                  enum vt_status (*take)(void *state, const char *json,
                                                         size_t size,
                                                         struct vt_error *err),
                                  void *state, struct vt_error *err) {
    struct vt_jscan_options options = scan_options(reading);
    struct list list = {
        .reading = reading, .take = take, .state = state, .left = count};
    struct vt_sink sink = {.write = write_list, .state = &list};
    struct vt_jscan_token token;
    if (reading->options->found)
        return VT_OK;
    options.nesting = malloc(VT_JSCAN_NESTING_BYTES(options.depth));
    if (!options.nesting)
        return no_memory(err);
    vt_jscan_init(&list.scan, &options);
    enum vt_status status = unpack(reading, block, sink, err);
    if (status == VT_OK && vt_jscan_end(&list.scan, &token))
        status = take_token(&list, &token, err);
    if (status == VT_OK)
        status = vt_jscan_status(&list.scan, err);
    if (status == VT_OK && list.left)
        status = vt_error_set(err, VT_ERR_FORMAT, "fewer args than slices");
    vt_buf_fini(&list.carry);
    free(options.nesting);
    return prefix(reading, block, status, err);
}

/* ---- other events */

static bool is_text(const struct vt_reader_event *event,
                    const struct vt_jscan_token *member, const char *json) {
    size_t size;
    const char *value = member ? vt_reader_value(event, member, &size) : NULL;
    return value && size == strlen(json) && memcmp(value, json, size) == 0;
}

/* The member that holds the report's, which has no field in an event; or NULL. */
static const struct vt_jscan_token *find_report(const struct vt_reader_event *event) {
    for (size_t i = 0; i < event->member_count; i++) {
        const struct vt_jscan_token *member = &event->members[i];
        if (member->kind == VT_JSCAN_OBJECT && member->name_size == 6 &&
            !memcmp(event->text + (member->name_at - event->offset), "report", 6))
            return member;
    }
    return NULL;
}

/* Whether it may be the event for what stands beside the events: cvf_layout.h. */
static bool may_be_metadata(const struct vt_reader_event *event,
                            const struct vt_jscan_token *report) {
    const struct vt_jscan_token *const *fields = event->fields;
    const struct vt_jscan_token *args = fields[VT_READER_ARGS];
    return event->phase == 'M' &&
           is_text(event, fields[VT_READER_NAME], "\"viztracer_metadata\"") &&
           is_text(event, fields[VT_READER_PID], "0") &&
           is_text(event, fields[VT_READER_TID], "0") &&
           (!args || args->kind == VT_JSCAN_OBJECT) &&
           event->member_count == 4u + (args != NULL) + (report != NULL);
}

static size_t place_of(const struct vt_reader_event *event,
                       const struct vt_jscan_token *member, size_t *size) {
    *size = member ? (size_t)(member->end - member->at) : 0;
    return member ? (size_t)(member->at - event->offset) : 0;
}

static bool hold(struct vt_cvf_held *held, const struct vt_reader_event *event,
                 const struct vt_jscan_token *report) {
    vt_buf_append(&held->text, event->text, event->size);
    held->args_at = place_of(event, event->fields[VT_READER_ARGS], &held->args_size);
    held->report_at = place_of(event, report, &held->report_size);
    return !held->text.failed;
}

/* An event that follows it shows that the one which is held is one of the trace. */
static void release(struct vt_cvf_reading *reading) {
    struct vt_buf *text = &reading->held.text;
    if (text->size) {
        vt_cvf_blocks_separate(reading);
        vt_jwrite_bytes(&reading->out, text->data, text->size);
    }
    vt_buf_clear(text);
}

static enum vt_status take_other(void *state, const struct vt_reader_event *event,
                                 struct vt_error *err) {
    struct vt_cvf_reading *reading = state;
    const struct vt_jscan_token *report = find_report(event);
    release(reading);
    if (may_be_metadata(event, report))
        return hold(&reading->held, event, report) ? VT_OK : no_memory(err);
    vt_cvf_blocks_separate(reading);
    vt_jwrite_bytes(&reading->out, event->text, event->size);
    return reading->out.error.status;
}

/* A reader that is fed with a text which must be one of a kind. */
struct check {
    struct vt_reader *reader;
    char first; /* that the text must begin with; 0: it did */
};

static enum vt_status write_check(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    struct check *check = state;
    if (!size)
        return VT_OK;
    if (check->first && *(const char *)bytes != check->first)
        return vt_error_set(err, VT_ERR_FORMAT, "it does not begin with %c",
                            check->first);
    check->first = 0;
    return vt_reader_feed(check->reader, bytes, size, err);
}

enum vt_status vt_cvf_blocks_others(struct vt_cvf_reading *reading,
                                    const struct vt_cvf_block *block,
                                    struct vt_error *err) {
    struct vt_reader_handler handler = {take_other, NULL, reading};
    struct check check = {.first = '['};
    struct vt_sink sink = {.write = write_check, .state = &check};
    if (reading->options->found)
        return VT_OK;
    enum vt_status status =
        vt_reader_create(&reading->options->limits, &handler, &check.reader, err);
    if (status == VT_OK)
        status = unpack(reading, block, sink, err);
    if (status == VT_OK)
        status = vt_reader_finish(check.reader, err);
    if (status == VT_OK && vt_reader_stats(check.reader)->was_open_array)
        status = vt_error_set(err, VT_ERR_FORMAT, "the list does not end");
    vt_reader_destroy(check.reader);
    if (vt_jwrite_failed(&reading->out))
        return vt_jwrite_finish(&reading->out, err);
    return prefix(reading, block, status, err);
}

/* ---- what stands beside the events */

static enum vt_status refuse_event(void *state, const struct vt_reader_event *event,
                                   struct vt_error *err) {
    (void)state;
    (void)event;
    return vt_error_set(err, VT_ERR_FORMAT, "events beside the events");
}

/* Whether `text`, which is JSON, can be a report's members, without those for which
 * there are records. */
static enum vt_status check_members(const struct vt_cvf_reading *reading,
                                    const char *text, size_t size,
                                    struct vt_error *err) {
    struct vt_reader_handler handler = {.event = refuse_event};
    struct vt_reader *reader;
    enum vt_status status =
        vt_reader_create(&reading->options->limits, &handler, &reader, err);
    if (status != VT_OK)
        return status;
    status = vt_reader_feed(reader, text, size, err);
    if (status == VT_OK)
        status = vt_reader_finish(reader, err);
    const struct vt_reader_stats *stats = vt_reader_stats(reader);
    if (status == VT_OK &&
        (stats->has_events || stats->has_metadata || stats->has_file_info))
        status = vt_error_set(err, VT_ERR_FORMAT, "members that have records");
    vt_reader_destroy(reader);
    return status;
}

static enum vt_status write_held(struct vt_cvf_reading *reading, struct vt_error *err) {
    const struct vt_cvf_held *held = &reading->held;
    struct vt_jwrite *out = &reading->out;
    if (held->args_size) {
        vt_jwrite_text(out, ", \"viztracer_metadata\": ");
        vt_jwrite_bytes(out, held->text.data + held->args_at, held->args_size);
    }
    if (!held->report_size)
        return VT_OK;
    const char *report = held->text.data + held->report_at;
    enum vt_status status = check_members(reading, report, held->report_size, err);
    if (status != VT_OK)
        return err ? vt_error_prefix(err, "not a whole cvf file: report") : status;
    size_t inside = held->report_size - 2;
    size_t blanks = 0;
    while (blanks < inside && memchr(" \t\r\n", report[1 + blanks], 4))
        blanks++;
    if (blanks < inside) {
        vt_jwrite_text(out, ", ");
        vt_jwrite_bytes(out, report + 1, inside);
    }
    return VT_OK;
}

/* Passes the text on to the output and to a scanner, which sees where it ends. */
struct copy {
    struct vt_cvf_reading *reading;
    struct vt_jscan scan;
    struct check check;
};

static enum vt_status write_copy(void *state, const void *bytes, size_t size,
                                 struct vt_error *err) {
    struct copy *copy = state;
    struct vt_jscan_token token;
    vt_jscan_feed(&copy->scan, bytes, size);
    while (!vt_jscan_is_used_up(&copy->scan))
        vt_jscan_run(&copy->scan, &token, 1);
    enum vt_status status = vt_jscan_status(&copy->scan, err);
    if (status == VT_OK)
        status = write_check(&copy->check, bytes, size, err);
    vt_jwrite_bytes(&copy->reading->out, bytes, size);
    return status;
}

/* The text must be one object, and one that is file_info in a report. */
static enum vt_status copy_file_info(struct copy *copy,
                                     const struct vt_cvf_block *block,
                                     struct vt_error *err) {
    static const char before[] = "{\"file_info\": ";
    struct vt_reader *reader = copy->check.reader;
    struct vt_sink sink = {.write = write_copy, .state = copy};
    struct vt_jscan_token token;
    enum vt_status status = vt_reader_feed(reader, before, sizeof before - 1, err);
    if (status == VT_OK)
        status = unpack(copy->reading, block, sink, err);
    if (status == VT_OK) {
        vt_jscan_end(&copy->scan, &token);
        status = vt_jscan_status(&copy->scan, err);
    }
    if (status == VT_OK)
        status = vt_reader_feed(reader, "}", 1, err);
    return status == VT_OK ? vt_reader_finish(reader, err) : status;
}

static enum vt_status write_file_info(struct vt_cvf_reading *reading,
                                      struct vt_error *err) {
    struct vt_reader_handler handler = {.event = refuse_event};
    struct vt_jscan_options options = scan_options(reading);
    struct copy copy = {.reading = reading, .check = {.first = '{'}};
    options.nesting = malloc(VT_JSCAN_NESTING_BYTES(options.depth));
    enum vt_status status = options.nesting
                                ? vt_reader_create(&reading->options->limits, &handler,
                                                   &copy.check.reader, err)
                                : no_memory(err);
    if (status == VT_OK) {
        vt_jscan_init(&copy.scan, &options);
        vt_jwrite_text(&reading->out, ", \"file_info\": ");
        status = copy_file_info(&copy, &reading->file_info, err);
    }
    vt_reader_destroy(copy.check.reader);
    free(options.nesting);
    return prefix(reading, &reading->file_info, status, err);
}

enum vt_status vt_cvf_blocks_members(struct vt_cvf_reading *reading,
                                     struct vt_error *err) {
    enum vt_status status = VT_OK;
    if (reading->held.text.size)
        status = write_held(reading, err);
    if (status == VT_OK && reading->has_file_info && !reading->options->found)
        status = write_file_info(reading, err);
    return status;
}

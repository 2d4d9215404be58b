/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening is one pass over the block headers. Every block goes to the part that knows
 * its kind; what they all need from the header of the log is copied first, so that a
 * log that is being written cannot change under us.
 */
#include "core/trace/log_reader.h"

#include "core/base/jcheck.h"
#include "core/trace/log_clock.h"
#include "core/trace/log_merge.h"
#include "core/trace/open_calls.h"

#include <stdlib.h>
#include <string.h>

struct vt_log_reader {
    struct vt_log_image image;
    struct vt_log_header head; /* a copy */
    struct vt_log_info info;
    struct vt_symbol_table symbols;
    struct vt_log_clock clock;
    struct vt_log_merge merge;
    struct vt_open_calls open_calls;
    uint64_t to_skip;     /* events beyond the capacity that still come */
    uint64_t cut;         /* events beyond the capacity */
    uint64_t last_ticks;  /* the latest time seen */
    bool are_events_done; /* the open calls follow */
    const struct vt_log_override *overrides;
    size_t override_count;
};

/* ---- the header */

static enum vt_status check_head(const struct vt_log_header *head, size_t got,
                                 struct vt_error *err) {
    if (got < sizeof head->magic || memcmp(head->magic, VT_LOG_MAGIC, 8) != 0)
        return vt_error_set(err, VT_ERR_FORMAT, "not a log of viztracer");
    if (got < sizeof *head)
        return vt_error_set(err, VT_ERR_FORMAT, "the log ends in its header");
    if (head->version != VT_LOG_VERSION)
        return vt_error_set(err, VT_ERR_FORMAT,
                            "a log of version %u; this viztracer reads version %u",
                            head->version, VT_LOG_VERSION);
    if (head->block_bytes != VT_LOG_BLOCK_BYTES)
        return vt_error_set(err, VT_ERR_FORMAT, "a log with blocks of %u bytes",
                            head->block_bytes);
    if (!head->capacity)
        return vt_error_set(err, VT_ERR_FORMAT, "a log that keeps no events");
    return VT_OK;
}

static enum vt_status read_head(struct vt_log_reader *reader, struct vt_error *err) {
    size_t got;
    enum vt_status status = vt_log_image_read(reader->image, 0, &reader->head,
                                              sizeof reader->head, &got, err);
    if (status == VT_OK)
        status = check_head(&reader->head, got, err);
    return status;
}

/* ---- blocks */

static uint64_t offset_of_body(uint32_t index) {
    return (uint64_t)index * VT_LOG_BLOCK_BYTES + VT_LOG_HEADER_BYTES;
}

/* How many bytes of the symbols in this block are in the log. A long symbol that was
 * cut is of no use, so only its last byte is looked for. */
static enum vt_status symbol_bytes_there(struct vt_log_reader *reader, uint32_t index,
                                         const struct vt_block_header *head,
                                         size_t *size, struct vt_error *err) {
    uint64_t most = (uint64_t)head->span * VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES;
    *size = head->committed < most ? head->committed : (size_t)most;
    if (head->span <= 1 || !*size)
        return VT_OK;
    char last;
    size_t got;
    enum vt_status status = vt_log_image_read(
        reader->image, offset_of_body(index) + *size - 1, &last, 1, &got, err);
    if (!got)
        *size = 0;
    return status;
}

static enum vt_status read_symbols(struct vt_log_reader *reader, uint32_t index,
                                   const struct vt_block_header *head,
                                   struct vt_error *err) {
    size_t size;
    enum vt_status status = symbol_bytes_there(reader, index, head, &size, err);
    if (status != VT_OK || !size)
        return status;
    char *body = malloc(size);
    if (!body)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    status =
        vt_log_image_read(reader->image, offset_of_body(index), body, size, &size, err);
    if (status != VT_OK) {
        free(body);
        return status;
    }
    return vt_symbol_table_add_block(&reader->symbols, body, size, err);
}

static enum vt_status read_events(struct vt_log_reader *reader, uint32_t index,
                                  const struct vt_block_header *head,
                                  struct vt_error *err) {
    enum vt_status status = vt_log_clock_add(&reader->clock, head->opened, err);
    if (status != VT_OK || head->session < reader->head.first_session)
        return status;
    return vt_log_merge_add(&reader->merge, index, head, err);
}

/* A program that replaces its image saves without having stopped. */
static bool is_stopped(const struct vt_log_header *head) {
    return head->state == VT_LOG_STOPPED ||
           (head->state == VT_LOG_SAVED && head->stop.ticks != 0);
}

static enum vt_status read_block(struct vt_log_reader *reader, uint32_t index,
                                 const struct vt_block_header *head,
                                 struct vt_error *err) {
    switch ((enum vt_block_kind)head->kind) {
    case VT_BLOCK_EVENTS:
        return read_events(reader, index, head, err);
    case VT_BLOCK_STACK:
    case VT_BLOCK_SIDE:
        if (is_stopped(&reader->head))
            return VT_OK;
        return vt_open_calls_add(&reader->open_calls, index, head, err);
    default:
        return VT_OK;
    }
}

static enum vt_status read_symbol_block(struct vt_log_reader *reader, uint32_t index,
                                        const struct vt_block_header *head,
                                        struct vt_error *err) {
    return head->kind == VT_BLOCK_SYMBOLS ? read_symbols(reader, index, head, err)
                                          : VT_OK;
}

/* Visits the blocks up to the first that is not in the log any more. A block that is
 * being reset holds nothing. */
static enum vt_status each_block(
    struct vt_log_reader *reader,
    enum vt_status (*visit)(struct vt_log_reader *reader, uint32_t index,
                            const struct vt_block_header *head, struct vt_error *err),
    struct vt_error *err) {
    uint32_t index = 1;
    while (index < reader->head.block_count) {
        struct vt_block_header head;
        size_t got;
        enum vt_status status =
            vt_log_image_read(reader->image, (uint64_t)index * VT_LOG_BLOCK_BYTES,
                              &head, sizeof head, &got, err);
        if (status == VT_OK && got < sizeof head)
            break;
        if (status == VT_OK && !(head.generation & 1))
            status = visit(reader, index, &head, err);
        if (status != VT_OK)
            return status;
        uint32_t span = head.span ? head.span : 1;
        index = span < UINT32_MAX - index ? index + span : UINT32_MAX;
    }
    return VT_OK;
}

/* Symbols come last: whatever the events seen before name is in them even if the log is
 * being written. */
static enum vt_status read_blocks(struct vt_log_reader *reader, struct vt_error *err) {
    enum vt_status status = each_block(reader, read_block, err);
    size_t got = 0;
    if (status == VT_OK)
        status = vt_log_image_read(
            reader->image, offsetof(struct vt_log_header, block_count),
            &reader->head.block_count, sizeof reader->head.block_count, &got, err);
    if (status == VT_OK)
        status = each_block(reader, read_symbol_block, err);
    return status;
}

/* ---- opening */

static enum vt_status set_clock(struct vt_log_reader *reader, struct vt_clock_pair now,
                                struct vt_error *err) {
    const struct vt_clock_pair knots[] = {reader->head.start, reader->head.stop, now};
    bool is_later = now.ticks > knots[0].ticks && now.mono_ns > knots[0].mono_ns;
    size_t count = is_later && reader->head.state == VT_LOG_RECORDING ? 3 : 2;
    for (size_t i = 0; i < count; i++) {
        enum vt_status status = vt_log_clock_add(&reader->clock, knots[i], err);
        if (status != VT_OK)
            return status;
    }
    return vt_log_clock_seal(&reader->clock, err);
}

/* Counts the open calls and notes when the last of them began. */
static enum vt_status count_open_calls(struct vt_log_reader *reader,
                                       struct vt_error *err) {
    vt_open_calls_sort(&reader->open_calls);
    for (;;) {
        struct vt_open_call call;
        bool found;
        enum vt_status status =
            vt_open_calls_next(&reader->open_calls, &call, &found, err);
        if (status != VT_OK)
            return status;
        if (!found)
            break;
        reader->info.open_calls++;
        if (call.start > reader->last_ticks)
            reader->last_ticks = call.start;
    }
    vt_open_calls_rewind(&reader->open_calls);
    return VT_OK;
}

static void fill_info(struct vt_log_reader *reader) {
    const struct vt_log_header *head = &reader->head;
    struct vt_log_info *info = &reader->info;
    info->pid = head->pid;
    info->ppid = head->ppid;
    info->main_tid = head->main_tid;
    info->base_time_ns = head->base_time_ns;
    info->state = (enum vt_log_state)head->state;
    info->capacity = head->capacity;
    info->events = reader->merge.events - reader->cut;
    info->has_sync_marker = head->sync_marker_set == 1;
    if (info->has_sync_marker)
        info->sync_marker_ns = vt_log_clock_ns(&reader->clock, head->sync_marker_ticks);
}

static enum vt_status open_parts(struct vt_log_reader *reader, struct vt_clock_pair now,
                                 struct vt_error *err) {
    enum vt_status status = read_head(reader, err);
    if (status != VT_OK)
        return status;
    vt_log_clock_init(&reader->clock, reader->head.flags & VT_LOG_TICKS_ARE_NS);
    status = read_blocks(reader, err);
    if (status == VT_OK)
        status = set_clock(reader, now, err);
    if (status == VT_OK)
        status = count_open_calls(reader, err);
    if (status != VT_OK)
        return status;
    vt_log_merge_sort(&reader->merge);
    if (reader->merge.events > reader->head.capacity)
        reader->cut = reader->merge.events - reader->head.capacity;
    reader->to_skip = reader->cut;
    fill_info(reader);
    return VT_OK;
}

enum vt_status vt_log_reader_open(struct vt_log_image image, struct vt_clock_pair now,
                                  struct vt_log_reader **reader, struct vt_error *err) {
    struct vt_log_reader *opened = calloc(1, sizeof *opened);
    if (!opened)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    opened->image = image;
    vt_log_merge_init(&opened->merge, image);
    vt_open_calls_init(&opened->open_calls, image);
    enum vt_status status = open_parts(opened, now, err);
    if (status != VT_OK) {
        vt_log_reader_close(opened);
        return status;
    }
    *reader = opened;
    return VT_OK;
}

void vt_log_reader_close(struct vt_log_reader *reader) {
    if (!reader)
        return;
    vt_symbol_table_fini(&reader->symbols);
    vt_log_clock_fini(&reader->clock);
    vt_log_merge_fini(&reader->merge);
    vt_open_calls_fini(&reader->open_calls);
    free(reader);
}

const struct vt_log_info *vt_log_reader_info(const struct vt_log_reader *reader) {
    return &reader->info;
}

const struct vt_symbol_table *
vt_log_reader_symbols(const struct vt_log_reader *reader) {
    return &reader->symbols;
}

void vt_log_reader_override(struct vt_log_reader *reader,
                            const struct vt_log_override *overrides, size_t count) {
    reader->overrides = overrides;
    reader->override_count = count;
}

/* ---- events */

static int by_start_and_thread(const void *left, const void *right) {
    const struct vt_log_override *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->thread > b->thread) - (a->thread < b->thread);
}

static void override(const struct vt_log_reader *reader, const struct vt_event *from,
                     struct vt_trace_event *to) {
    struct vt_log_override key = {.start = from->start, .thread = from->thread};
    const struct vt_log_override *found =
        bsearch(&key, reader->overrides, reader->override_count, sizeof key,
                by_start_and_thread);
    if (found) {
        to->payload = found->payload;
        to->payload_bytes = found->payload_bytes;
    }
}

/* The name that stands before the payload. */
static void take_name(struct vt_trace_event *event) {
    if (!event->payload)
        return;
    const char *begin = event->payload, *end = begin + event->payload_bytes;
    const char *behind = vt_jcheck_string(begin, end);
    if (!behind)
        return;
    event->name = (struct vt_text){begin, (size_t)(behind - begin)};
    event->payload = behind < end ? behind : NULL;
    event->payload_bytes = (uint32_t)(end - behind);
}

/* What the program wrote into the log itself, apart from raw events. */
static bool is_named(enum vt_event_kind kind) {
    return kind == VT_EVENT_INSTANT || kind == VT_EVENT_COUNTER ||
           kind == VT_EVENT_OBJECT || kind == VT_EVENT_DURATION;
}

static void convert(struct vt_log_reader *reader, const struct vt_log_merge_event *from,
                    struct vt_trace_event *to) {
    const struct vt_event *event = &from->event;
    to->kind = (enum vt_event_kind)(event->kind_id >> VT_EVENT_ID_BITS);
    to->is_unfinished = false;
    to->id = event->kind_id & VT_EVENT_ID_MASK;
    to->thread = event->thread;
    to->extra = event->extra;
    to->payload = from->payload;
    to->payload_bytes = from->payload_bytes;
    to->name.size = 0;
    if (VT_UNLIKELY(is_named(to->kind))) {
        if (reader->override_count)
            override(reader, event, to);
        if (to->id == VT_EVENT_ID_MASK)
            take_name(to);
    }
    to->start_ns = vt_log_clock_ns(&reader->clock, event->start);
    to->dur_ns = 0;
    if (to->kind == VT_EVENT_CALL || to->kind == VT_EVENT_DURATION) {
        /* Both ends are converted, not the length: what is nested stays nested. */
        uint64_t end = event->extra <= UINT64_MAX - event->start
                           ? event->start + event->extra
                           : UINT64_MAX;
        to->dur_ns = vt_log_clock_ns(&reader->clock, end) - to->start_ns;
    }
}

static enum vt_status next_open_call(struct vt_log_reader *reader,
                                     struct vt_trace_event *event, bool *found,
                                     struct vt_error *err) {
    struct vt_open_call call;
    enum vt_status status = vt_open_calls_next(&reader->open_calls, &call, found, err);
    if (status != VT_OK || !*found)
        return status;
    struct vt_log_merge_event as_event = {
        .event = {.start = call.start,
                  .extra = reader->last_ticks > call.start
                               ? reader->last_ticks - call.start
                               : 0,
                  .kind_id = call.id,
                  .thread = call.thread},
        .payload = call.payload,
        .payload_bytes = call.payload_bytes,
    };
    convert(reader, &as_event, event);
    event->is_unfinished = true;
    return VT_OK;
}

enum vt_status vt_log_reader_next(struct vt_log_reader *reader,
                                  struct vt_trace_event *event, bool *found,
                                  struct vt_error *err) {
    struct vt_log_merge_event merged;
    while (!reader->are_events_done) {
        enum vt_status status = vt_log_merge_next(&reader->merge, &merged, found, err);
        if (status != VT_OK)
            return status;
        if (!*found) {
            reader->are_events_done = true;
            break;
        }
        if (merged.end > reader->last_ticks)
            reader->last_ticks = merged.end;
        if (!reader->to_skip) {
            convert(reader, &merged, event);
            return VT_OK;
        }
        reader->to_skip--;
    }
    return next_open_call(reader, event, found, err);
}

uint64_t vt_log_reader_lost(const struct vt_log_reader *reader) {
    return reader->head.recycled_events + reader->head.dropped_events + reader->cut +
           reader->merge.vanished;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The slow halves of a recorded thread: a full block, the end of a stack segment, a
 * return that does not match, the birth and end of a thread.
 */
#include "core/record/thread.h"

#include "core/record/log_internal.h"
#include "core/record/thread_args.h"

#include <stdlib.h>
#include <string.h>

/* How far down a return is looked for when it does not belong to the innermost call.
 * Greenlets interleave their stacks in one thread; a bound keeps a stray return from
 * costing more. */
enum { MATCH_LIMIT = 4096 };

static struct vt_frame *frame_at(const struct vt_thread *thread, uint32_t index) {
    return &thread->segments[index / VT_BLOCK_FRAMES][index % VT_BLOCK_FRAMES];
}

/* Points top, ceiling and floor at `depth` open calls, which lie in existing segments.
 * A depth at a segment's end stays in that segment (top == ceiling). */
static void place_top(struct vt_thread *thread, uint32_t depth) {
    uint32_t segment = depth ? (depth - 1) / VT_BLOCK_FRAMES : 0;
    struct vt_frame *base = thread->segments[segment];
    thread->segment = segment;
    thread->top = base + (depth - segment * VT_BLOCK_FRAMES);
    thread->ceiling = base + (segment ? VT_BLOCK_FRAMES : thread->first_frames);
    if (segment)
        thread->floor = base;
    else
        thread->floor = thread->watched_depth < VT_BLOCK_FRAMES
                            ? base + thread->watched_depth
                            : NULL;
    atomic_store_explicit(thread->depth, depth, memory_order_release);
}

static uint32_t frames_backed(const struct vt_log *log,
                              const struct vt_block_header *block) {
    return (vt_log_store_backed(&log->store, block) - VT_LOG_HEADER_BYTES) /
           (uint32_t)sizeof(struct vt_frame);
}

static bool add_segment(struct vt_thread *thread) {
    struct vt_log *log = thread->log;
    struct vt_frame **segments = realloc(
        thread->segments, (thread->segment_count + 1) * sizeof(struct vt_frame *));
    if (!segments)
        return false;
    thread->segments = segments;
    bool is_first = thread->segment_count == 0;
    struct vt_block_header *block =
        is_first ? vt_log_take_part(log) : vt_log_take_block(log);
    if (!block)
        return false;
    if (is_first)
        thread->first_frames = frames_backed(log, block);
    block->thread = thread->own_index;
    block->segment = thread->segment_count;
    vt_log_store_publish(block, VT_BLOCK_STACK);
    segments[thread->segment_count++] = (struct vt_frame *)(void *)(block + 1);
    return true;
}

/* The first segment may have its beginning only. */
static bool widen_stack(struct vt_thread *thread) {
    struct vt_log *log = thread->log;
    struct vt_block_header *block = vt_log_segment_header(thread, 0);
    pthread_mutex_lock(&log->mutex);
    bool widened = vt_log_store_back(&log->store, block);
    thread->first_frames = frames_backed(log, block);
    pthread_mutex_unlock(&log->mutex);
    thread->ceiling = thread->segments[0] + thread->first_frames;
    return widened;
}

static bool grow_stack(struct vt_thread *thread) {
    bool grown = true;
    if (thread->segment == 0 && thread->first_frames < VT_BLOCK_FRAMES)
        return widen_stack(thread);
    if (thread->segment + 1 == thread->segment_count) {
        pthread_mutex_lock(&thread->log->mutex);
        grown = add_segment(thread);
        pthread_mutex_unlock(&thread->log->mutex);
    }
    if (!grown)
        return false;
    struct vt_frame *base = thread->segments[++thread->segment];
    thread->top = base;
    thread->ceiling = base + VT_BLOCK_FRAMES;
    thread->floor = base;
    return true;
}

/* A call that would have been recorded, had there been room for its frame. */
static void count_cut(struct vt_thread *thread) {
    atomic_fetch_add_explicit(&vt_log_head(thread->log)->dropped_events, 1,
                              memory_order_relaxed);
}

/* While `hidden` goes back to a want of room, `cut` is how many hidden calls may be
 * open for one more to count as lost: all, but for those below one that a filter
 * rejects. */
static void enter_hidden(struct vt_thread *thread, bool hide) {
    uint32_t open = thread->hidden++;
    if (open >= thread->cut || thread->paused_at)
        return;
    if (hide)
        thread->cut = open + 1;
    else if (open < thread->max_depth - vt_thread_depth(thread))
        count_cut(thread);
}

/* The call that `cut` stopped at has returned. */
static void leave_cut(struct vt_thread *thread, uint32_t open) {
    if (open < thread->cut)
        thread->cut = UINT32_MAX;
}

void vt_thread_enter_slow(struct vt_thread *thread, uint32_t id, bool hide) {
    if (thread->hidden) {
        enter_hidden(thread, hide);
    } else if (hide || vt_thread_depth(thread) >= thread->max_depth) {
        thread->hidden = 1;
        thread->cut = 0;
    } else if (thread->top == thread->ceiling && !grow_stack(thread)) {
        thread->hidden = 1;
        thread->cut = UINT32_MAX;
        count_cut(thread);
    } else {
        vt_thread_enter(thread, id, false);
    }
}

/* A pause counts as one hidden call. */
static enum vt_thread_left answer_watch(const struct vt_thread *thread) {
    uint32_t hidden = thread->hidden - (thread->paused_at && thread->hidden);
    return vt_thread_depth(thread) == thread->watched_depth &&
                   hidden == thread->watched_hidden
               ? VT_THREAD_AT_WATCH
               : VT_THREAD_LEFT;
}

/* A call that was open before the pause returns. */
static enum vt_thread_left leave_below_pause(struct vt_thread *thread, uint32_t id,
                                             uint64_t now) {
    if (thread->paused_at > 1) { /* it was hidden then */
        thread->hidden = --thread->paused_at;
        leave_cut(thread, thread->hidden - 1);
        return answer_watch(thread);
    }
    uint32_t depth = vt_thread_depth(thread);
    if (id == VT_LOG_NO_ID && depth) /* who calls did not look for it */
        id = frame_at(thread, depth - 1)->id;
    thread->hidden = 0;
    enum vt_thread_left left = vt_thread_leave_other(thread, id, now);
    thread->hidden = 1;
    return left;
}

enum vt_thread_left vt_thread_leave_hidden(struct vt_thread *thread, uint32_t id,
                                           uint64_t now) {
    if (VT_UNLIKELY(thread->hidden == thread->paused_at))
        return leave_below_pause(thread, id, now);
    leave_cut(thread, --thread->hidden);
    return answer_watch(thread);
}

void vt_thread_pause(struct vt_thread *thread) {
    if (thread->paused_at)
        return;
    if (!thread->hidden)
        thread->cut = 0;
    thread->paused_at = ++thread->hidden;
}

/* Calls that began during the pause and are still open become frames that are not
 * shown: each takes one return. */
void vt_thread_resume(struct vt_thread *thread) {
    if (!thread->paused_at)
        return;
    uint32_t still_open = thread->hidden - thread->paused_at;
    thread->hidden = thread->paused_at - 1;
    thread->paused_at = 0;
    if (thread->hidden) {
        thread->hidden += still_open;
        return;
    }
    for (uint32_t i = 0; i < still_open; i++) {
        if (thread->top == thread->ceiling && !grow_stack(thread))
            return;
        *thread->top++ = (struct vt_frame){.start = 0, .id = VT_FRAME_NOT_SHOWN};
        atomic_store_explicit(thread->depth, vt_thread_depth(thread) + 1,
                              memory_order_release);
    }
}

enum vt_thread_left vt_thread_leave_slow(struct vt_thread *thread, uint32_t id,
                                         uint64_t start, uint64_t now) {
    if (now - start >= thread->min_ticks)
        (void)vt_thread_write(thread, start, now - start, id);
    if (thread->top != thread->floor)
        return VT_THREAD_LEFT;
    if (thread->segment)
        place_top(thread, vt_thread_depth(thread));
    return answer_watch(thread);
}

static bool refill(struct vt_thread *thread) {
    struct vt_log *log = thread->log;
    pthread_mutex_lock(&log->mutex);
    bool refilled = vt_log_widen_event_block(log, thread);
    if (!refilled) {
        vt_log_seal_event_block(log, thread);
        refilled = vt_log_give_event_block(log, thread);
    }
    pthread_mutex_unlock(&log->mutex);
    if (log->on_full)
        log->on_full();
    return refilled;
}

bool vt_thread_write_slow(struct vt_thread *thread, uint64_t start, uint64_t extra,
                          uint32_t kind_id) {
    if (!refill(thread))
        return false;
    vt_thread_put(thread, start, extra, kind_id);
    return true;
}

/* Writes a call that left the stack, and gives its room in the side area back. */
static void write_call(struct vt_thread *thread, const struct vt_frame *frame,
                       uint64_t now) {
    size_t size = 0;
    const char *args = vt_thread_args_of(thread, frame, &size);
    if (now - frame->start >= thread->min_ticks)
        (void)vt_thread_write_payload(thread, frame->start, now - frame->start,
                                      frame->id, args, size);
    vt_thread_args_drop(thread, frame);
}

/* A watched call may have been flushed since it began. */
static enum vt_thread_left answer_unmatched(struct vt_thread *thread, uint32_t id) {
    if (id != thread->watched_id || vt_thread_in_task(thread))
        return VT_THREAD_LEFT;
    thread->watched_id = UINT32_MAX;
    return VT_THREAD_AT_WATCH;
}

enum vt_thread_left vt_thread_leave_other(struct vt_thread *thread, uint32_t id,
                                          uint64_t now) {
    uint32_t depth = vt_thread_depth(thread);
    uint32_t lowest = depth > MATCH_LIMIT ? depth - MATCH_LIMIT : 0;
    uint32_t at = depth;
    if (depth && frame_at(thread, depth - 1)->id > VT_EVENT_ID_MASK) {
        place_top(thread, depth - 1); /* it began during a pause */
        return answer_watch(thread);
    }
    while (at > lowest && frame_at(thread, at - 1)->id != id)
        at--;
    if (at == lowest) /* it began before the recording did */
        return answer_unmatched(thread, id);
    struct vt_frame frame = *frame_at(thread, at - 1);
    for (uint32_t i = at; i < depth; i++)
        *frame_at(thread, i - 1) = *frame_at(thread, i);
    place_top(thread, depth - 1);
    write_call(thread, &frame, now);
    return answer_watch(thread);
}

bool vt_thread_write_payload(struct vt_thread *thread, uint64_t start, uint64_t extra,
                             uint32_t kind_id, const char *payload, size_t size) {
    if (!payload)
        return vt_thread_write(thread, start, extra, kind_id);
    if (size > VT_EVENT_PAYLOAD_MAX_BYTES) {
        const struct vt_event event = {start, extra, kind_id, thread->index};
        return vt_log_put_long_event(thread->log, &event, payload, size);
    }
    uint32_t slots = vt_log_payload_slots(size);
    while ((size_t)(thread->limit - thread->cursor) < slots + 1u) {
        if (!refill(thread)) /* may give the rest of an ended thread's */
            return false;
    }
    struct vt_event *head = thread->cursor;
    *head = (struct vt_event){.start = size,
                              .kind_id = (uint32_t)VT_EVENT_PAYLOAD << VT_EVENT_ID_BITS,
                              .thread = thread->index};
    memcpy(head + 1, payload, size);
    struct vt_block_header *block = thread->event_block;
    block->reserved[0] |= VT_BLOCK_HAS_PAYLOADS;
    head[slots] = (struct vt_event){start, extra, kind_id, thread->index};
    thread->cursor += slots + 1;
    uint32_t count = atomic_load_explicit(thread->committed, memory_order_relaxed);
    atomic_store_explicit(thread->committed, count + slots + 1, memory_order_release);
    return true;
}

void vt_thread_watch(struct vt_thread *thread, uint32_t depth, uint32_t hidden) {
    VT_REQUIRE(depth < VT_BLOCK_FRAMES || depth == UINT32_MAX);
    thread->watched_depth = depth;
    thread->watched_hidden = hidden;
    place_top(thread, vt_thread_depth(thread));
}

bool vt_thread_begin_task(struct vt_thread *thread, uint32_t index) {
    if (vt_thread_in_task(thread) || thread->hidden ||
        vt_thread_depth(thread) >= VT_BLOCK_FRAMES)
        return false;
    thread->outer_watched_depth = thread->watched_depth;
    thread->outer_watched_hidden = thread->watched_hidden;
    thread->index = index;
    vt_thread_watch(thread, vt_thread_depth(thread), 0);
    return true;
}

bool vt_thread_end_task(struct vt_thread *thread) {
    if (!vt_thread_in_task(thread))
        return false;
    thread->index = thread->own_index;
    vt_thread_watch(thread, thread->outer_watched_depth, thread->outer_watched_hidden);
    return true;
}

void vt_thread_copy_frames(const struct vt_thread *thread, struct vt_frame *frames) {
    uint32_t depth = vt_thread_depth(thread);
    for (uint32_t i = 0; i < depth; i++)
        frames[i] = *frame_at(thread, i);
}

void vt_thread_enter_since(struct vt_thread *thread, uint32_t id, uint64_t start) {
    uint32_t depth = vt_thread_depth(thread);
    vt_thread_enter(thread, id, false);
    if (vt_thread_depth(thread) > depth)
        frame_at(thread, depth)->start = start;
}

void vt_thread_forget(struct vt_thread *thread) {
    (void)vt_thread_end_task(thread);
    place_top(thread, 0);
    thread->hidden = 0;
}

/* The call behind whose end the watch answers. The depth of a stack that has lost its
 * calls would tell nothing of it. */
static uint32_t find_watched_call(const struct vt_thread *thread) {
    uint32_t at =
        vt_thread_in_task(thread) ? thread->outer_watched_depth : thread->watched_depth;
    if (at == UINT32_MAX)
        return thread->watched_id;
    return at < vt_thread_depth(thread) ? frame_at(thread, at)->id : UINT32_MAX;
}

void vt_thread_flush(struct vt_thread *thread, enum vt_thread_flush how) {
    uint64_t now = vt_clock_ticks();
    uint32_t depth = vt_thread_depth(thread);
    uint32_t watched_id = find_watched_call(thread);
    while (depth) {
        if (depth == thread->watched_depth)
            (void)vt_thread_end_task(thread); /* the calls around it are not its own */
        struct vt_frame frame = *frame_at(thread, --depth);
        place_top(thread, depth);
        if (frame.id > VT_EVENT_ID_MASK)
            continue;
        if (how == VT_THREAD_FLUSH_FINISH) {
            write_call(thread, &frame, now);
            continue;
        }
        size_t size = 0;
        const char *args = vt_thread_args_of(thread, &frame, &size);
        (void)vt_thread_write_payload(
            thread, frame.start, now,
            (uint32_t)VT_EVENT_OPEN << VT_EVENT_ID_BITS | frame.id, args, size);
    }
    (void)vt_thread_end_task(thread);
    vt_thread_watch(thread, UINT32_MAX, 0);
    thread->watched_id = watched_id;
    vt_thread_args_drop_all(thread);
    thread->hidden = 0;
    thread->paused_at = 0;
}

static bool describe(struct vt_log *log, uint32_t index, struct vt_symbol_thread body,
                     struct vt_log_text name) {
    const struct vt_log_text parts[] = {{(const char *)&body, sizeof body}, name};
    struct vt_symbol symbol = {
        .size_bytes =
            (uint32_t)((sizeof symbol + sizeof body + name.size + 7) & ~(size_t)7),
        .kind = VT_SYMBOL_THREAD,
        .id = index,
        .text_bytes = (uint32_t)name.size,
    };
    return vt_log_append_symbol(log, &symbol, parts, 2);
}

static struct vt_symbol_thread body_of(const struct vt_thread *thread) {
    return (struct vt_symbol_thread){.tid = thread->tid, .flags = thread->flags};
}

static void link_newest(struct vt_log *log, struct vt_thread *thread) {
    thread->older = log->threads;
    if (log->threads)
        log->threads->newer = thread;
    log->threads = thread;
}

struct vt_thread *vt_log_add_thread(struct vt_log *log, uint64_t tid, uint32_t flags,
                                    struct vt_log_text name) {
    struct vt_thread *thread = calloc(1, sizeof *thread);
    if (!thread)
        return NULL;
    thread->log = log;
    thread->tid = tid;
    thread->flags = flags;
    thread->max_depth = UINT32_MAX;
    thread->watched_depth = thread->watched_id = UINT32_MAX;
    pthread_mutex_lock(&log->mutex);
    thread->index = thread->own_index = log->next_thread;
    link_newest(log, thread);
    bool made =
        add_segment(thread) && describe(log, thread->own_index, body_of(thread), name);
    if (made) {
        log->next_thread++;
        thread->depth = &vt_log_segment_header(thread, 0)->committed;
        place_top(thread, 0);
    } else {
        vt_log_free_thread(log, thread);
    }
    pthread_mutex_unlock(&log->mutex);
    return made ? thread : NULL;
}

uint32_t vt_log_add_task(struct vt_log *log, uint64_t tid, struct vt_log_text name) {
    struct vt_symbol_thread body = {.tid = tid, .flags = VT_THREAD_IS_TASK};
    pthread_mutex_lock(&log->mutex);
    uint32_t index = log->next_thread;
    bool described = describe(log, index, body, name);
    log->next_thread += described;
    pthread_mutex_unlock(&log->mutex);
    return described ? index : VT_LOG_NO_ID;
}

void vt_log_name_task(struct vt_log *log, uint32_t index, uint64_t tid,
                      struct vt_log_text name) {
    struct vt_symbol_thread body = {.tid = tid, .flags = VT_THREAD_IS_TASK};
    pthread_mutex_lock(&log->mutex);
    (void)describe(log, index, body, name);
    pthread_mutex_unlock(&log->mutex);
}

void vt_thread_end(struct vt_thread *thread) {
    struct vt_log *log = thread->log;
    vt_thread_flush(thread, VT_THREAD_FLUSH_FINISH);
    pthread_mutex_lock(&log->mutex);
    vt_log_free_thread(log, thread);
    pthread_mutex_unlock(&log->mutex);
}

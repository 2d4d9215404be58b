/* SPDX-License-Identifier: Apache-2.0
 *
 * One recorded thread: its shadow stack of open calls and the block that its events go
 * to.
 *
 * vt_thread_enter and vt_thread_leave are the hot path of the whole product. `hidden`
 * counts the open calls below one that a filter rejected; `depth` those that are
 * recorded.
 *
 * Threads:   only the thread itself, or whoever holds the interpreter's lock while it
 *            waits.
 * Hot path:  no lock, no allocation, no system call, except when a block is full (about
 *            once in 2,700 events) or a stack segment ends (4,092 frames).
 * Ownership: the log owns the thread.
 */
#ifndef VT_RECORD_THREAD_H
#define VT_RECORD_THREAD_H

#include "core/base/compiler.h"
#include "core/base/log_layout.h"
#include "core/record/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vt_log;

struct vt_thread {
    struct vt_frame *top;        /* one behind the innermost frame */
    struct vt_frame *ceiling;    /* end of the current stack segment */
    struct vt_frame *floor;      /* leaving down to it is slow; or NULL */
    struct vt_event *cursor;     /* next free slot */
    struct vt_event *limit;      /* end of the event block; == cursor: none */
    _Atomic uint32_t *committed; /* of the event block */
    _Atomic uint32_t *depth;     /* open recorded calls: in the log, stack segment 0 */
    uint64_t min_ticks;          /* shorter calls are not written */
    uint32_t max_depth; /* calls at this depth are hidden; UINT32_MAX: no limit */
    uint32_t hidden;    /* open calls inside a hidden one, itself included */
    uint32_t index;     /* of the lane, in every event: the thread's or a task's */
    uint32_t paused_at; /* `hidden` as the pause left it; 0: not paused */
    uint32_t watched_depth, watched_hidden; /* see vt_thread_watch */
    uint32_t watched_id; /* of the call that was watched for at a flush; UINT32_MAX */
    uint32_t own_index;  /* `index`, but for the time of a task */
    uint32_t outer_watched_depth, outer_watched_hidden; /* while there is a task */
    /* the slow part, owned by core/record */
    struct vt_log *log;
    struct vt_thread *newer, *older;
    struct vt_frame **segments;      /* bodies of the stack segments, outermost first */
    uint32_t segment, segment_count; /* the one that `top` is in */
    uint32_t first_frames;           /* that the first segment has space for */
    char **sides; /* bodies of the SIDE blocks: core/record/thread_args.h */
    uint32_t side_count, side_used; /* of them; bytes of their run */
    uint64_t tid;
    uint32_t flags; /* enum vt_thread_flag */
    uint32_t cut; /* `hidden` began for want of room: calls below this many are lost */
    void *event_block;
};

enum vt_thread_left {
    VT_THREAD_LEFT = 0,
    VT_THREAD_AT_WATCH = 1, /* the state that vt_thread_watch asked for is reached */
};

/* Slow halves, out of line so that the fast ones need no registers saved; see thread.c.
 */
void vt_thread_enter_slow(struct vt_thread *thread, uint32_t id, bool hide);
enum vt_thread_left vt_thread_leave_hidden(struct vt_thread *thread, uint32_t id,
                                           uint64_t now);
enum vt_thread_left vt_thread_leave_other(struct vt_thread *thread, uint32_t id,
                                          uint64_t now);
enum vt_thread_left vt_thread_leave_slow(struct vt_thread *thread, uint32_t id,
                                         uint64_t start, uint64_t now);
bool vt_thread_write_slow(struct vt_thread *thread, uint64_t start, uint64_t extra,
                          uint32_t kind_id);

/* How many recorded calls are open. */
static inline uint32_t vt_thread_depth(const struct vt_thread *thread) {
    return atomic_load_explicit(thread->depth, memory_order_relaxed);
}

/* Fills the slot at the cursor, which is free. */
static inline void vt_thread_put(struct vt_thread *thread, uint64_t start,
                                 uint64_t extra, uint32_t kind_id) {
    struct vt_event *event = thread->cursor++;
    event->start = start;
    event->extra = extra;
    event->kind_id = kind_id;
    event->thread = thread->index;
    uint32_t count = atomic_load_explicit(thread->committed, memory_order_relaxed);
    atomic_store_explicit(thread->committed, count + 1, memory_order_release);
}

/* Writes one event slot. False: no room, counted as dropped. */
static inline bool vt_thread_write(struct vt_thread *thread, uint64_t start,
                                   uint64_t extra, uint32_t kind_id) {
    if (VT_UNLIKELY(thread->cursor == thread->limit))
        return vt_thread_write_slow(thread, start, extra, kind_id);
    vt_thread_put(thread, start, extra, kind_id);
    return true;
}

/* A frame of `id` with nothing in the side area. It is written and compared as one
 * word: two halves cannot be read back as one before they have left the store buffer,
 * which makes a short call a fifth slower. Little endian, as log_layout.h has it. */
static inline void vt_thread_make_plain(struct vt_frame *frame, uint32_t id) {
    uint64_t words = id;
    memcpy(&frame->id, &words, sizeof words);
}

static inline bool vt_thread_is_plain(const struct vt_frame *frame, uint32_t id) {
    uint64_t words;
    memcpy(&words, &frame->id, sizeof words);
    return words == id;
}

/* A call begins. `hide`: a filter rejects the function and with it its subtree. */
static inline void vt_thread_enter(struct vt_thread *thread, uint32_t id, bool hide) {
    uint32_t depth = vt_thread_depth(thread);
    if (VT_UNLIKELY(thread->hidden || hide || depth >= thread->max_depth ||
                    thread->top == thread->ceiling)) {
        vt_thread_enter_slow(thread, id, hide);
        return;
    }
    struct vt_frame *frame = thread->top++;
    vt_thread_make_plain(frame, id);
    frame->start = vt_clock_ticks();
    atomic_store_explicit(thread->depth, depth + 1, memory_order_release);
}

/* The call of `id` ends. A return that does not belong to the innermost open call
 * (greenlets interleave stacks; calls that began before the recording) is matched or
 * ignored. */
static inline enum vt_thread_left vt_thread_leave(struct vt_thread *thread,
                                                  uint32_t id) {
    uint64_t now = vt_clock_ticks();
    if (VT_UNLIKELY(thread->hidden))
        return vt_thread_leave_hidden(thread, id, now);
    struct vt_frame *frame = thread->top - 1; /* segment 0: the header's sentinel */
    if (VT_UNLIKELY(!vt_thread_is_plain(frame, id)))
        return vt_thread_leave_other(thread, id, now);
    thread->top = frame;
    atomic_store_explicit(thread->depth, vt_thread_depth(thread) - 1,
                          memory_order_release);
    uint64_t start = frame->start;
    if (VT_UNLIKELY(frame == thread->floor || thread->cursor == thread->limit ||
                    now - start < thread->min_ticks))
        return vt_thread_leave_slow(thread, id, start, now);
    vt_thread_put(thread, start, now - start, id);
    return VT_THREAD_LEFT;
}

/* An event with a payload of JSON text (NULL: none) of at most
 * VT_EVENT_PAYLOAD_LIMIT_BYTES. False: no room, counted as dropped. */
bool vt_thread_write_payload(struct vt_thread *thread, uint64_t start, uint64_t extra,
                             uint32_t kind_id, const char *payload, size_t size);

/* Between these calls of the thread are not recorded, as if they were below a hidden
 * one; calls that were open before may return meanwhile, and calls that begin meanwhile
 * may return after. Pausing twice is pausing once. */
void vt_thread_pause(struct vt_thread *thread);
void vt_thread_resume(struct vt_thread *thread);

/* vt_thread_leave answers VT_THREAD_AT_WATCH when a leave makes the thread have exactly
 * `depth` recorded open calls and `hidden` hidden ones; after a flush, when the call is
 * left that would have. One at a time, depth < VT_BLOCK_FRAMES; UINT32_MAX: none. */
void vt_thread_watch(struct vt_thread *thread, uint32_t depth, uint32_t hidden);

/* What the thread does until its next call returns is that of a task, whose lane has
 * `index` (vt_log_add_task): that return answers VT_THREAD_AT_WATCH. False: there are
 * too many open calls, or there is a task already. End one: false: there is none. */
bool vt_thread_begin_task(struct vt_thread *thread, uint32_t index);
bool vt_thread_end_task(struct vt_thread *thread);

static inline bool vt_thread_in_task(const struct vt_thread *thread) {
    return thread->index != thread->own_index;
}

/* For a forked child, which goes on with its parent's open calls: copies all frames,
 * outermost first; enters a call that began at `start`. */
void vt_thread_copy_frames(const struct vt_thread *thread, struct vt_frame *frames);
void vt_thread_enter_since(struct vt_thread *thread, uint32_t id, uint64_t start);

/* Leaves all open calls, unwritten, hidden ones too: as in the beginning. */
void vt_thread_forget(struct vt_thread *thread);

enum vt_thread_flush {
    VT_THREAD_FLUSH_OPEN,   /* as calls that did not end ("B"), innermost first */
    VT_THREAD_FLUSH_FINISH, /* as calls that end now */
};

/* Writes the open calls and empties the stack. */
void vt_thread_flush(struct vt_thread *thread, enum vt_thread_flush how);

/* The thread is gone: calls that it left open end now, its blocks serve others. Frees
 * `thread`. */
void vt_thread_end(struct vt_thread *thread);

#endif

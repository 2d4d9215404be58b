/* SPDX-License-Identifier: Apache-2.0
 *
 * Which block is used again, and when.
 *
 * A thread writes its events into a block of its own until it is full; then the block
 * is sealed and goes to the end of a queue. The head of the queue, C, may be used again
 * once at least `capacity` events lie in blocks that began after C ended. Blocks behind
 * C in the queue did, but for those that were already open when C was sealed: there
 * were C's `open_at_seal` of them, each holds at most VT_BLOCK_SLOTS events. So
 *
 *     sealed events - C's - open_at_seal * VT_BLOCK_SLOTS >= capacity
 *
 * is enough, costs no search, and bounds the log to capacity + two blocks of events per
 * live thread: the one it writes and the one that C may have to wait for. The block of
 * a thread that ended is not sealed: the next new thread goes on in it (events carry
 * their thread), so that thousands of short threads do not hold a block each.
 */
#include "core/record/log_internal.h"

#include "core/record/clock.h"

#include <stdlib.h>
#include <string.h>

/* One reading may be interrupted between its two clocks; of several the best counts. A
 * block lasts for 2,700 events, so this costs nothing that can be measured. */
enum { BLOCK_CLOCK_TRIES = 4 };

/* Recursive: who visits the threads under the lock may make them write. */
static void init_mutex(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

struct vt_log *vt_log_create(const struct vt_log_options *options, struct vt_error *why,
                             struct vt_error *err) {
    struct vt_log *log = calloc(1, sizeof *log);
    if (!log) {
        vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    if (why)
        *why = (struct vt_error){.status = VT_OK};
    const char *path = options->path;
    if (path && vt_log_store_open(&log->store, path, options->max_bytes, why) != VT_OK)
        path = NULL;
    if (!path &&
        vt_log_store_open(&log->store, NULL, options->max_bytes, err) != VT_OK) {
        free(log);
        return NULL;
    }
    init_mutex(&log->mutex);
    vt_clock_init();
    struct vt_log_header *head = vt_log_store_head(&log->store);
    *head = (struct vt_log_header){
        .magic = "",
        .version = VT_LOG_VERSION,
        .block_bytes = VT_LOG_BLOCK_BYTES,
        .flags = vt_clock_uses_tsc ? 0 : VT_LOG_TICKS_ARE_NS,
        .pid = options->pid,
        .ppid = options->ppid,
        .main_tid = options->main_tid,
        .base_time_ns = vt_clock_base_time_ns(),
        .capacity = options->capacity,
        .start = vt_clock_pair(200),
    };
    atomic_store(&head->block_count, 1);
    atomic_store(&head->state, VT_LOG_RECORDING);
    atomic_thread_fence(memory_order_release);
    memcpy(head->magic, VT_LOG_MAGIC, sizeof head->magic); /* whole from here on */
    return log;
}

void vt_log_destroy(struct vt_log *log) {
    if (!log)
        return;
    for (struct vt_thread *thread = log->threads, *older; thread; thread = older) {
        older = thread->older;
        vt_log_free_thread(log, thread);
    }
    vt_log_store_close(&log->store);
    pthread_mutex_destroy(&log->mutex);
    free(log->sealed);
    free(log->partial);
    free(log);
}

bool vt_log_is_file(const struct vt_log *log) {
    return log->store.path != NULL;
}

struct vt_log_header *vt_log_head(struct vt_log *log) {
    return vt_log_store_head(&log->store);
}

ptrdiff_t vt_log_read_at(void *log, uint64_t offset, void *bytes, size_t size) {
    struct vt_log *self = log;
    pthread_mutex_lock(
        &self->mutex); /* the table of mappings moves when the log grows */
    ptrdiff_t n = vt_log_store_read_at(&self->store, offset, bytes, size);
    pthread_mutex_unlock(&self->mutex);
    return n;
}

/* ---- event blocks ---- */

static uint32_t committed_of(struct vt_block_header *block) {
    return atomic_load_explicit(&block->committed, memory_order_relaxed);
}

/* Slots that are events. Payloads are rare: a block without any is not walked. */
static uint32_t count_events(struct vt_block_header *block) {
    uint32_t slots = committed_of(block);
    if (!(block->reserved[0] & VT_BLOCK_HAS_PAYLOADS))
        return slots;
    const struct vt_event *event = (const struct vt_event *)(void *)(block + 1);
    uint32_t events = 0;
    for (uint32_t i = 0; i < slots; i++) {
        if (event[i].kind_id >> VT_EVENT_ID_BITS == VT_EVENT_PAYLOAD)
            i += (uint32_t)((event[i].start + sizeof *event - 1) / sizeof *event);
        else
            events++;
    }
    return events;
}

static bool push_sealed(struct vt_log *log, struct vt_sealed_block sealed) {
    if (log->sealed_count == log->sealed_capacity) {
        size_t capacity = log->sealed_capacity ? log->sealed_capacity * 2 : 64;
        struct vt_sealed_block *ring = malloc(capacity * sizeof *ring);
        if (!ring)
            return false;
        for (size_t i = 0; i < log->sealed_count; i++)
            ring[i] = log->sealed[(log->sealed_head + i) % log->sealed_capacity];
        free(log->sealed);
        log->sealed = ring;
        log->sealed_head = 0;
        log->sealed_capacity = capacity;
    }
    size_t at = (log->sealed_head + log->sealed_count++) % log->sealed_capacity;
    log->sealed[at] = sealed;
    return true;
}

static bool is_cleared(struct vt_log *log, const struct vt_block_header *block) {
    return block->session <
           atomic_load_explicit(&vt_log_head(log)->first_session, memory_order_relaxed);
}

/* The block is full: it waits in the queue. `open_count` no longer counts it. */
static void seal(struct vt_log *log, struct vt_block_header *block) {
    uint32_t events = count_events(block);
    atomic_store_explicit(&block->events, events, memory_order_release);
    bool cleared = is_cleared(log, block);
    if (!cleared &&
        push_sealed(log, (struct vt_sealed_block){block, events, log->open_count})) {
        log->sealed_events += events;
        return;
    }
    if (!cleared) /* no memory for the queue: lost, and counted */
        atomic_fetch_add_explicit(&vt_log_head(log)->recycled_events, events,
                                  memory_order_relaxed);
    vt_log_store_give(&log->store, block);
}

/* Takes the head of the queue out of the log and counts what it forgets. */
static void forget_head(struct vt_log *log) {
    struct vt_sealed_block head = log->sealed[log->sealed_head];
    log->sealed_head = (log->sealed_head + 1) % log->sealed_capacity;
    log->sealed_count--;
    log->sealed_events -= head.events;
    if (!is_cleared(log, head.block))
        atomic_fetch_add_explicit(&vt_log_head(log)->recycled_events, head.events,
                                  memory_order_relaxed);
    vt_log_store_give(&log->store, head.block);
}

static bool head_is_old_enough(struct vt_log *log) {
    if (!log->sealed_count)
        return false;
    const struct vt_sealed_block *head = &log->sealed[log->sealed_head];
    uint64_t undecided = head->events + (uint64_t)head->open_at_seal * VT_BLOCK_SLOTS;
    return log->sealed_events >= undecided &&
           log->sealed_events - undecided >= vt_log_head(log)->capacity;
}

struct vt_block_header *vt_log_take_part(struct vt_log *log) {
    struct vt_block_header *block = vt_log_store_take_part(&log->store);
    if (block || !log->sealed_count)
        return block;
    forget_head(log); /* no room to grow: the oldest goes before its time */
    return vt_log_store_take_part(&log->store);
}

struct vt_block_header *vt_log_take_block(struct vt_log *log) {
    struct vt_block_header *block = vt_log_store_take(&log->store, 1);
    if (block || !log->sealed_count)
        return block;
    forget_head(log);
    return vt_log_store_take(&log->store, 1);
}

static struct vt_block_header *take_event_block(struct vt_log *log) {
    if (log->partial_count)
        return log->partial[--log->partial_count];
    if (head_is_old_enough(log))
        forget_head(log);
    struct vt_block_header *block = vt_log_take_part(log);
    if (!block)
        return NULL;
    block->session = log->session;
    block->opened = vt_clock_pair(BLOCK_CLOCK_TRIES);
    vt_log_store_publish(block, VT_BLOCK_EVENTS);
    log->open_count++;
    return block;
}

/* Slots that there is space for. */
static struct vt_event *limit_of(const struct vt_log *log,
                                 struct vt_block_header *block) {
    uint32_t bytes = vt_log_store_backed(&log->store, block) - VT_LOG_HEADER_BYTES;
    return (struct vt_event *)(void *)(block + 1) + bytes / sizeof(struct vt_event);
}

bool vt_log_widen_event_block(struct vt_log *log, struct vt_thread *thread) {
    struct vt_block_header *block = thread->event_block;
    if (!block || vt_log_store_backed(&log->store, block) == VT_LOG_BLOCK_BYTES ||
        !vt_log_store_back(&log->store, block))
        return false;
    thread->limit = limit_of(log, block);
    return true;
}

bool vt_log_give_event_block(struct vt_log *log, struct vt_thread *thread) {
    struct vt_block_header *block = take_event_block(log);
    if (!block) {
        atomic_fetch_add_explicit(&vt_log_head(log)->dropped_events, 1,
                                  memory_order_relaxed);
        return false;
    }
    struct vt_event *slots = (struct vt_event *)(void *)(block + 1);
    thread->event_block = block;
    thread->committed = &block->committed;
    thread->cursor = slots + committed_of(block);
    thread->limit = limit_of(log, block);
    return true;
}

/* An EVENTS block of as many blocks as `slots` take; NULL: no room. */
static struct vt_block_header *take_long_block(struct vt_log *log, uint32_t slots) {
    uint64_t bytes = VT_LOG_HEADER_BYTES + (uint64_t)slots * sizeof(struct vt_event);
    uint32_t span = (uint32_t)((bytes + VT_LOG_BLOCK_BYTES - 1) / VT_LOG_BLOCK_BYTES);
    if (head_is_old_enough(log))
        forget_head(log);
    struct vt_block_header *block =
        span == 1 ? vt_log_take_block(log) : vt_log_store_take(&log->store, span);
    if (!block)
        return NULL;
    block->session = log->session;
    block->opened = vt_clock_pair(BLOCK_CLOCK_TRIES);
    block->reserved[0] = VT_BLOCK_HAS_PAYLOADS;
    return block;
}

bool vt_log_put_long_event(struct vt_log *log, const struct vt_event *event,
                           const char *payload, size_t size) {
    struct vt_block_header *block = NULL;
    uint32_t slots = vt_log_payload_slots(size);
    pthread_mutex_lock(&log->mutex);
    if (size <= VT_EVENT_PAYLOAD_LIMIT_BYTES)
        block = take_long_block(log, slots + 1);
    if (block) {
        struct vt_event *head = (struct vt_event *)(void *)(block + 1);
        *head = (struct vt_event){
            .start = size,
            .kind_id = (uint32_t)VT_EVENT_PAYLOAD << VT_EVENT_ID_BITS,
            .thread = event->thread,
        };
        memcpy(head + 1, payload, size);
        head[slots] = *event;
        atomic_store_explicit(&block->committed, slots + 1, memory_order_relaxed);
        vt_log_store_publish(block, VT_BLOCK_EVENTS);
        seal(log, block);
    } else {
        atomic_fetch_add_explicit(&vt_log_head(log)->dropped_events, 1,
                                  memory_order_relaxed);
    }
    pthread_mutex_unlock(&log->mutex);
    return block;
}

static void detach_event_block(struct vt_thread *thread) {
    thread->event_block = NULL;
    thread->cursor = thread->limit = NULL;
    thread->committed = NULL;
}

void vt_log_seal_event_block(struct vt_log *log, struct vt_thread *thread) {
    struct vt_block_header *block = thread->event_block;
    if (!block)
        return;
    detach_event_block(thread);
    log->open_count--;
    seal(log, block);
}

/* The block of a thread that ended serves the next thread, unless it is full: who takes
 * a block writes into it without a further look. */
static void keep_partial(struct vt_log *log, struct vt_thread *thread) {
    struct vt_block_header *block = thread->event_block;
    if (!block)
        return;
    if (thread->cursor == thread->limit) {
        vt_log_seal_event_block(log, thread);
        return;
    }
    if (log->partial_count == log->partial_capacity) {
        size_t capacity = log->partial_capacity ? log->partial_capacity * 2 : 16;
        struct vt_block_header **partial =
            realloc(log->partial, capacity * sizeof(struct vt_block_header *));
        if (!partial) {
            vt_log_seal_event_block(log, thread);
            return;
        }
        log->partial = partial;
        log->partial_capacity = capacity;
    }
    detach_event_block(thread);
    log->partial[log->partial_count++] = block;
}

void vt_log_free_thread(struct vt_log *log, struct vt_thread *thread) {
    keep_partial(log, thread);
    for (uint32_t i = 0; i < thread->segment_count; i++)
        vt_log_store_give(&log->store, vt_log_segment_header(thread, i));
    for (uint32_t i = 0; i < thread->side_count; i++)
        vt_log_store_give(&log->store,
                          (struct vt_block_header *)(void *)thread->sides[i] - 1);
    if (thread->newer)
        thread->newer->older = thread->older;
    else
        log->threads = thread->older;
    if (thread->older)
        thread->older->newer = thread->newer;
    free(thread->segments);
    free(thread->sides);
    free(thread);
}

static void forget_events_of(struct vt_log *log, struct vt_thread *thread) {
    struct vt_block_header *block = thread->event_block;
    if (!block)
        return;
    detach_event_block(thread);
    log->open_count--;
    vt_log_store_give(&log->store, block);
}

void vt_log_clear(struct vt_log *log) {
    pthread_mutex_lock(&log->mutex);
    struct vt_log_header *head = vt_log_head(log);
    log->session++;
    atomic_store(&head->first_session, log->session);
    atomic_store(&head->recycled_events, 0);
    atomic_store(&head->dropped_events, 0);
    while (log->sealed_count)
        forget_head(log);
    while (log->partial_count) {
        vt_log_store_give(&log->store, log->partial[--log->partial_count]);
        log->open_count--;
    }
    for (struct vt_thread *t = log->threads; t; t = t->older)
        forget_events_of(log, t);
    pthread_mutex_unlock(&log->mutex);
}

/* ---- the rest ---- */

void vt_log_each_thread(struct vt_log *log,
                        void (*visit)(struct vt_thread *thread, void *state),
                        void *state) {
    pthread_mutex_lock(&log->mutex);
    for (struct vt_thread *t = log->threads; t; t = t->older)
        visit(t, state);
    pthread_mutex_unlock(&log->mutex);
}

void vt_log_on_full_block(struct vt_log *log, void (*on_full)(void)) {
    log->on_full = on_full;
}

void vt_log_set_sync_marker(struct vt_log *log, uint64_t ticks) {
    struct vt_log_header *head = vt_log_head(log);
    atomic_store(&head->sync_marker_ticks, ticks);
    atomic_store(&head->sync_marker_set, 1);
}

void vt_log_mark_stopped(struct vt_log *log) {
    struct vt_log_header *head = vt_log_head(log);
    struct vt_clock_pair now = vt_clock_pair(200);
    head->stop.mono_ns = now.mono_ns;
    atomic_thread_fence(memory_order_release);
    head->stop.ticks = now.ticks;
    atomic_store(&head->state, VT_LOG_STOPPED);
}

void vt_log_mark_recording(struct vt_log *log) {
    struct vt_log_header *head = vt_log_head(log);
    atomic_store(&head->state, VT_LOG_RECORDING);
    head->stop = (struct vt_clock_pair){0, 0};
}

void vt_log_share_with_child(struct vt_log *log, bool share) {
    pthread_mutex_lock(&log->mutex);
    vt_log_store_share(&log->store, share);
    pthread_mutex_unlock(&log->mutex);
}

/* Another thread of the parent may have held the mutex. */
void vt_log_adopt_in_child(struct vt_log *log) {
    init_mutex(&log->mutex);
}

void vt_log_mark_saved(struct vt_log *log) {
    atomic_store(&vt_log_head(log)->state, VT_LOG_SAVED);
}

void vt_log_unlink(const struct vt_log *log) {
    if (log->store.path)
        unlink(log->store.path);
}

struct vt_log_usage vt_log_usage(struct vt_log *log) {
    pthread_mutex_lock(&log->mutex);
    struct vt_log_header *head = vt_log_head(log);
    struct vt_log_usage usage = {
        .blocks = log->store.next_block,
        .event_blocks = log->sealed_count + log->open_count,
        .recycled_events = atomic_load(&head->recycled_events),
        .dropped_events = atomic_load(&head->dropped_events),
    };
    pthread_mutex_unlock(&log->mutex);
    return usage;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What log.c, log_symbols.c and thread.c share: the inside of struct vt_log. For them
 * only.
 */
#ifndef VT_RECORD_LOG_INTERNAL_H
#define VT_RECORD_LOG_INTERNAL_H

#include "core/record/log.h"
#include "core/record/log_store.h"
#include "core/record/thread.h"

#include <pthread.h>
#include <unistd.h>

#define VT_BLOCK_HAS_PAYLOADS                                                          \
    1u /* in reserved[0] of an EVENTS block; readers ignore it */

struct vt_sealed_block {
    struct vt_block_header *block;
    uint32_t events;
    uint32_t open_at_seal; /* event blocks that were open, this one not counted */
};

struct vt_log {
    pthread_mutex_t mutex;
    struct vt_log_store store;
    struct vt_sealed_block *sealed; /* ring, oldest at sealed_head */
    size_t sealed_head, sealed_count, sealed_capacity;
    uint64_t sealed_events;
    struct vt_block_header **partial; /* of ended threads */
    size_t partial_count, partial_capacity;
    uint32_t open_count; /* event blocks not sealed, partial ones included */
    uint32_t session;
    struct vt_block_header *symbols; /* the block that takes the next symbol, or NULL */
    uint32_t next_id;
    uint32_t next_thread;
    struct vt_thread *threads; /* newest first */
    void (*on_full)(void);
};

/* All of these want the mutex held. */
/* A block for anything, at the cost of the oldest events when the log cannot grow;
 * NULL: not even that. */
struct vt_block_header *vt_log_take_block(struct vt_log *log);
struct vt_block_header *vt_log_take_part(struct vt_log *log); /* see log_store.h */
bool vt_log_give_event_block(struct vt_log *log, struct vt_thread *thread);
bool vt_log_widen_event_block(struct vt_log *log, struct vt_thread *thread);
void vt_log_seal_event_block(struct vt_log *log, struct vt_thread *thread);
void vt_log_free_thread(struct vt_log *log, struct vt_thread *thread);
bool vt_log_append_symbol(struct vt_log *log, const struct vt_symbol *symbol,
                          const struct vt_log_text *parts, size_t part_count);

/* An event with a payload of more than VT_EVENT_PAYLOAD_MAX_BYTES, in a block of its
 * own; takes the mutex itself. False: no room, counted as dropped. */
bool vt_log_put_long_event(struct vt_log *log, const struct vt_event *event,
                           const char *payload, size_t size);

/* Slots that a payload of `size` bytes takes, its head included. */
static inline uint32_t vt_log_payload_slots(size_t size) {
    return 1 +
           (uint32_t)((size + sizeof(struct vt_event) - 1) / sizeof(struct vt_event));
}

static inline struct vt_block_header *
vt_log_segment_header(const struct vt_thread *thread, uint32_t segment) {
    return (struct vt_block_header *)(void *)thread->segments[segment] - 1;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A log as a reader sees it: every block fetched through vt_log_read_at, its header
 * held to the invariants of core/base/log_layout.h by cmocka assertions. Written
 * against the drawing alone, so that the recorder is not tested with its own reader.
 *
 * Ownership: the walk owns copies of everything; vt_log_walk_fini frees them.
 */
#ifndef VT_TEST_UNIT_RECORD_LOG_WALK_H
#define VT_TEST_UNIT_RECORD_LOG_WALK_H

#include "core/record/log.h"
#include "core/record/thread.h"

struct vt_walked_event {
    struct vt_event event;
    const char *payload; /* NULL: none */
    size_t payload_size;
};

struct vt_walked_frame {
    struct vt_frame frame;
    uint32_t thread;
    uint32_t index; /* 0 = outermost */
};

struct vt_walked_symbol {
    struct vt_symbol head;
    const char *body; /* what follows the head */
};

struct vt_walked_block {
    struct vt_block_header *block; /* a copy of all its bytes */
    uint32_t index;
};

struct vt_log_walk {
    struct vt_log_header head;
    struct vt_walked_event *events; /* of sessions that count, block by block */
    size_t event_count, event_capacity;
    size_t cleared_events; /* of sessions that do not */
    struct vt_walked_frame *frames;
    size_t frame_count, frame_capacity;
    struct vt_walked_symbol *symbols;
    size_t symbol_count, symbol_capacity;
    uint32_t blocks_of_kind[5];
    uint32_t longest_span;
    struct vt_walked_block *blocks; /* EVENTS in the order in which they were opened */
    size_t block_count, block_capacity;
};

void vt_log_walk(struct vt_log_walk *walk, struct vt_log *log);
void vt_log_walk_fini(struct vt_log_walk *walk);

static inline uint32_t vt_walked_id(const struct vt_walked_event *walked) {
    return walked->event.kind_id & VT_EVENT_ID_MASK;
}

static inline uint32_t vt_walked_kind(const struct vt_walked_event *walked) {
    return walked->event.kind_id >> VT_EVENT_ID_BITS;
}

/* The symbol of this kind and id that holds, the last one; NULL: none. */
const struct vt_walked_symbol *vt_log_walk_symbol(const struct vt_log_walk *walk,
                                                  enum vt_symbol_kind kind,
                                                  uint32_t id);

/* What the tests of a log begin with: an anonymous log, a thread, texts. */
struct vt_log *vt_test_log(const char *path, uint64_t capacity, uint64_t max_bytes);
struct vt_thread *vt_test_thread(struct vt_log *log);
struct vt_log_text vt_test_text(const char *text);

/* `count` calls with the ids first, first + 1, … */
void vt_test_calls(struct vt_thread *thread, uint32_t first, uint32_t count);

/* The ids of all events are exactly the newest, all calls written were
 * 0 … written - 1: those from written - kept on, each once. Recycled are the others. */
void vt_test_newest_are_kept(struct vt_log *log, uint32_t written, uint32_t capacity);

#endif

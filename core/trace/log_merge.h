/* SPDX-License-Identifier: Apache-2.0
 *
 * The events of many blocks, one after another, in the order in which they ended.
 *
 * A block is in that order by itself. Blocks wait in the order of their first ends and
 * are opened when that is due, so only as many are open at a time as threads were
 * recording, each with a window of a few KB.
 *
 * A block that the recorder used again meanwhile (its generation moved) gives no more
 * events; those that it still had are counted.
 *
 * Threads:   one at a time.
 * Hot path:  vt_log_merge_next().
 * Ownership: the merge owns its blocks and windows and borrows the image.
 */
#ifndef VT_TRACE_LOG_MERGE_H
#define VT_TRACE_LOG_MERGE_H

#include "core/base/error.h"
#include "core/base/log_layout.h"
#include "core/trace/log_image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_log_merge_block {
    uint64_t first_end; /* ticks, of its first event */
    uint64_t opened;    /* ticks */
    uint32_t index;     /* block number in the log */
    uint32_t slots;     /* that are valid */
    uint32_t events;    /* of these */
    uint32_t generation;
};

struct vt_log_merge_window; /* one per block that is open */

struct vt_log_merge {
    struct vt_log_image image;
    struct vt_log_merge_block *blocks; /* owned */
    size_t block_count, block_capacity;
    size_t next_block;                 /* the first that was not opened yet */
    struct vt_log_merge_window **heap; /* owned; the one with the first end on top */
    size_t heap_count, heap_capacity;
    struct vt_log_merge_window *spare; /* list of windows to use again */
    char *scratch;                     /* a payload, or a block body to count */
    size_t scratch_bytes;
    bool top_is_used;  /* the top's event was given out */
    uint64_t events;   /* in all blocks */
    uint64_t vanished; /* events in blocks that were used again */
};

/* An event as it stands in the log. */
struct vt_log_merge_event {
    struct vt_event event;
    uint64_t end;        /* ticks; never falls within a block */
    const char *payload; /* borrowed: valid until the next event; NULL: none */
    uint32_t payload_bytes;
};

void vt_log_merge_init(struct vt_log_merge *merge, struct vt_log_image image);
void vt_log_merge_fini(struct vt_log_merge *merge);

/* Adds an EVENTS block; `head` is a copy of its header. */
VT_NODISCARD enum vt_status vt_log_merge_add(struct vt_log_merge *merge, uint32_t index,
                                             const struct vt_block_header *head,
                                             struct vt_error *err);

/* After the last block. */
void vt_log_merge_sort(struct vt_log_merge *merge);

/* *found tells whether there was another event. */
VT_NODISCARD enum vt_status vt_log_merge_next(struct vt_log_merge *merge,
                                              struct vt_log_merge_event *event,
                                              bool *found, struct vt_error *err);

#endif

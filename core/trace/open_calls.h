/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls that the shadow stacks of a log show as open: STACK blocks, and what was
 * known at their entry: SIDE blocks (core/base/log_layout.h).
 *
 * Threads:   one at a time.
 * Ownership: owns its lists, borrows the image; payloads are borrowed: valid until the
 *            next call of vt_open_calls_next.
 */
#ifndef VT_TRACE_OPEN_CALLS_H
#define VT_TRACE_OPEN_CALLS_H

#include "core/base/error.h"
#include "core/base/log_layout.h"
#include "core/trace/log_image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A STACK or SIDE block. */
struct vt_open_calls_block {
    uint32_t thread;
    uint32_t segment;
    uint32_t index;     /* block number in the log */
    uint32_t committed; /* as the header has it */
};

struct vt_open_calls_list {
    struct vt_open_calls_block *blocks; /* after sort: by thread, then segment */
    size_t count, capacity;
};

struct vt_open_call {
    uint64_t start; /* ticks */
    uint32_t id;
    uint32_t thread;
    const char *payload; /* JSON text, not checked; NULL: none */
    uint32_t payload_bytes;
};

struct vt_open_calls {
    struct vt_log_image image;
    struct vt_open_calls_list stacks, sides;
    size_t next_stack;       /* in stacks: segment 0 of the thread that comes next */
    uint32_t thread;         /* whose frames are given now */
    struct vt_frame *frames; /* owned: of that thread, outermost first */
    size_t frame_count, frame_capacity;
    char *payload; /* owned */
};

void vt_open_calls_init(struct vt_open_calls *calls, struct vt_log_image image);
void vt_open_calls_fini(struct vt_open_calls *calls);

/* Adds a block; `head` is a copy of its header. */
VT_NODISCARD enum vt_status vt_open_calls_add(struct vt_open_calls *calls,
                                              uint32_t index,
                                              const struct vt_block_header *head,
                                              struct vt_error *err);

/* After the last block. */
void vt_open_calls_sort(struct vt_open_calls *calls);

/* Thread after thread, innermost first. *found tells whether there was another. */
VT_NODISCARD enum vt_status vt_open_calls_next(struct vt_open_calls *calls,
                                               struct vt_open_call *call, bool *found,
                                               struct vt_error *err);

/* From the first again. */
void vt_open_calls_rewind(struct vt_open_calls *calls);

#endif

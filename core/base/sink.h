/* SPDX-License-Identifier: Apache-2.0
 *
 * Where bytes go: a file, a compressor, memory, a socket, told apart by one function.
 *
 * Ownership: a sink is plain data that borrows `state`; who made it disposes of it.
 */
#ifndef VT_BASE_SINK_H
#define VT_BASE_SINK_H

#include "core/base/buf.h"
#include "core/base/error.h"

#include <stddef.h>

struct vt_sink {
    /* Takes all `size` bytes or fails; after a failure nothing more is written. */
    enum vt_status (*write)(void *state, const void *bytes, size_t size,
                            struct vt_error *err);
    void *state;
};

/* A sink that appends to `buf`, which must outlive it. */
struct vt_sink vt_sink_to_buf(struct vt_buf *buf);

#endif

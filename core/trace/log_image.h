/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the bytes of a log come from: a file, a mapping that has no file, a test's
 * memory.
 *
 * Ownership: the image is plain data that borrows `state`; who made it disposes of it.
 */
#ifndef VT_TRACE_LOG_IMAGE_H
#define VT_TRACE_LOG_IMAGE_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

struct vt_log_image {
    /* Copies up to `size` bytes from byte `offset` on; returns how many there were
     * (fewer only at the end of the log), or -1 with errno set. */
    ptrdiff_t (*read_at)(void *state, uint64_t offset, void *bytes, size_t size);
    void *state;
};

/* Copies `size` bytes from `offset` on; *got: how many there were. */
VT_NODISCARD enum vt_status vt_log_image_read(struct vt_log_image image,
                                              uint64_t offset, void *bytes, size_t size,
                                              size_t *got, struct vt_error *err);

#endif

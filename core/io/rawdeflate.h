/* SPDX-License-Identifier: Apache-2.0
 *
 * One piece of data as raw deflate (RFC 1951), whole by itself, and back.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_RAWDEFLATE_H
#define VT_IO_RAWDEFLATE_H

#include "core/base/buf.h"

#include <stddef.h>

/* Appends the compressed bytes, fast rather than small. */
VT_NODISCARD enum vt_status vt_rawdeflate_pack(const void *bytes, size_t size,
                                               struct vt_buf *packed,
                                               struct vt_error *err);

/* Appends the `raw_size` bytes that come out. VT_ERR_FORMAT: they are not so many, or
 * the data are damaged. */
VT_NODISCARD enum vt_status vt_rawdeflate_unpack(const void *packed, size_t size,
                                                 size_t raw_size, struct vt_buf *bytes,
                                                 struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The zlib data (RFC 1950) in compressed reports: what core/trace/cvf_layout.h asks of
 * another layer.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_ZBLOCK_H
#define VT_IO_ZBLOCK_H

#include "core/trace/cvf_layout.h"

struct vt_cvf_packer vt_zblock_packer(void);

/* For struct vt_cvf_read_options. */
VT_NODISCARD enum vt_status vt_zblock_unpack(const void *bytes, size_t size,
                                             struct vt_sink sink, struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A sink that compresses into another sink: one gzip member (RFC 1952).
 *
 * Pieces of the data are compressed on a helper thread and, when that falls behind, on
 * the caller's; they go out in order. The helper takes no signals and exists from open
 * to close only. Where no thread can be had the caller does it all.
 *
 * Threads:   one at a time; the inner sink is only called by the caller's thread.
 * Ownership: owns its buffers, borrows the inner sink's state.
 */
#ifndef VT_IO_SINK_GZIP_H
#define VT_IO_SINK_GZIP_H

#include "core/base/error.h"
#include "core/base/sink.h"
#include "core/io/deflate.h"

struct vt_sink_gzip;

VT_NODISCARD enum vt_status vt_sink_gzip_open(struct vt_sink inner,
                                              const struct vt_deflate_engine *engine,
                                              struct vt_sink_gzip **gzip,
                                              struct vt_error *err);

struct vt_sink vt_sink_gzip_sink(struct vt_sink_gzip *gzip);

/* Writes what is left and the end of the member. */
VT_NODISCARD enum vt_status vt_sink_gzip_finish(struct vt_sink_gzip *gzip,
                                                struct vt_error *err);

/* Ends the helper, finished or not. NULL is allowed. */
void vt_sink_gzip_close(struct vt_sink_gzip *gzip);

#endif

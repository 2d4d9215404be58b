/* SPDX-License-Identifier: Apache-2.0
 *
 * Decompresses gzip data (RFC 1952) that comes in pieces into a sink.
 *
 * Members may follow one another, and zeros the last of them (tapes pad so); anything
 * else behind a member, a wrong check sum or length, reserved flags and data that end
 * too early are refused. So are bombs: data that expand more than the limit, counted
 * over all that came so far, once VT_GUNZIP_FREE_BYTES have gone out.
 *
 * Threads:   one at a time.
 * Ownership: borrows the sink's state.
 */
#ifndef VT_IO_GUNZIP_H
#define VT_IO_GUNZIP_H

#include "core/base/error.h"
#include "core/base/sink.h"

#include <stddef.h>
#include <stdint.h>

/* How many bytes may come out of one. Reports expand 10 to 30 times; what deflate can
 * do is 1032. */
#define VT_GUNZIP_EXPANSION  256u
#define VT_GUNZIP_FREE_BYTES (4u << 20)

struct vt_gunzip;

/* `expansion` 0: VT_GUNZIP_EXPANSION. */
VT_NODISCARD enum vt_status vt_gunzip_create(struct vt_sink inner, uint32_t expansion,
                                             struct vt_gunzip **gunzip,
                                             struct vt_error *err);
void vt_gunzip_destroy(struct vt_gunzip *gunzip); /* NULL is allowed */

/* VT_ERR_FORMAT, VT_ERR_LIMIT: the data are wrong; the sentence has the byte. After a
 * failure nothing more is read. */
struct vt_sink vt_gunzip_sink(struct vt_gunzip *gunzip);

/* After the last piece. */
VT_NODISCARD enum vt_status vt_gunzip_finish(struct vt_gunzip *gunzip,
                                             struct vt_error *err);

#endif

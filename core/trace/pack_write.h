/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON of a report, written to it in pieces, as a packed report
 * (core/trace/pack_layout.h).
 *
 *   vt_pack_write_sink     where the JSON goes
 *   vt_pack_write_finish   after the last piece
 *
 * Streams: memory grows with what events differ in (names, kinds), not with how many
 * there are.
 *
 * Threads:   one at a time.
 * Hot path:  an event: its bytes through the scanner once, one comparison per member.
 * Ownership: borrows the state of the sink that it writes to.
 */
#ifndef VT_TRACE_PACK_WRITE_H
#define VT_TRACE_PACK_WRITE_H

#include "core/trace/reader.h"

struct vt_pack_write_options {
    struct vt_reader_limits limits; /* of the JSON */
    uint64_t most_events;           /* one more is VT_ERR_LIMIT; 0: any number */
};

struct vt_pack_write;

VT_NODISCARD enum vt_status
vt_pack_write_create(struct vt_sink inner, const struct vt_pack_write_options *options,
                     struct vt_pack_write **pack, struct vt_error *err);
void vt_pack_write_destroy(struct vt_pack_write *pack); /* NULL is allowed */

/* Fails as vt_reader_feed does, or as the sink that it writes to. */
struct vt_sink vt_pack_write_sink(struct vt_pack_write *pack);

VT_NODISCARD enum vt_status vt_pack_write_finish(struct vt_pack_write *pack,
                                                 struct vt_error *err);

#endif

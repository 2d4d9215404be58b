/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of reading: begin and end marks become slices, tracks become rows, lists are
 * sorted, flows find their slices, and times become relative to the origin.
 *
 * Threads:   one at a time.
 * Ownership: the ingest's lists are used up; the store keeps what comes of them.
 */
#ifndef VT_VIEWER_ENGINE_SETTLE_H
#define VT_VIEWER_ENGINE_SETTLE_H

#include "viewer/engine/ingest.h"

/* VT_ERR_LIMIT: too many slices. */
VT_NODISCARD enum vt_status vt_settle(struct vt_ingest *ingest, struct vt_error *err);

/* What follows from the columns alone, also of a compact index: busy times, counters'
 * lows and highs, where functions stand. */
VT_NODISCARD enum vt_status vt_settle_derive(struct vt_store *store,
                                             struct vt_error *err);

/* ---- settle_marks.c */

/* Turns the marks of track number `track` into slices of it or, if they are
 * asynchronous, of new tracks, its lanes. */
VT_NODISCARD enum vt_status vt_settle_marks(struct vt_ingest *ingest, uint32_t track,
                                            struct vt_error *err);

/* ---- settle_links.c */

VT_NODISCARD enum vt_status
vt_settle_flows(struct vt_ingest *ingest, const uint32_t *tracks, struct vt_error *err);
VT_NODISCARD enum vt_status vt_settle_objects(struct vt_ingest *ingest,
                                              struct vt_error *err);

#endif

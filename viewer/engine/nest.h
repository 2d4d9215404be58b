/* SPDX-License-Identifier: Apache-2.0
 *
 * The slices of one track, as they came, into rows: which depth each has.
 *
 * A slice is within another when it begins and ends no earlier and no later; of two
 * with the same times the one that came later is around the other if the track came in
 * the order of ends, else the earlier one is. What overlaps a slice without being
 * within it goes to the next lane, which is a track of its own.
 *
 * Tracks in the order of ends (as traces are written) take one pass backwards: the
 * slices around another come before it then. All others are sorted.
 *
 * Threads:   one at a time.
 * Ownership: the slices are given up: they are freed when they have been placed.
 */
#ifndef VT_VIEWER_ENGINE_NEST_H
#define VT_VIEWER_ENGINE_NEST_H

#include "viewer/engine/ingest.h"

/* Lanes of one track; what fits into none of them is counted as unplaced. */
#define VT_NEST_LANES 256u

/* Places the slices of `track` into the columns from *next on, makes the rows of it and
 * of its lanes, and appends the tracks to store->tracks. Times become relative to the
 * origin. */
VT_NODISCARD enum vt_status vt_nest_track(struct vt_store *store,
                                          const struct vt_store_track *track,
                                          struct vt_ingest_slices *slices,
                                          uint32_t *next, struct vt_error *err);

#endif

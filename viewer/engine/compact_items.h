/* SPDX-License-Identifier: Apache-2.0
 *
 * The sections of a compact index: what an item of each kind consists of.
 *
 * An item function writes item `i` of the store, or reads it and appends it; numbers
 * that point nowhere make it fail. Kinds stand in the order in which they are written,
 * so that what an item points to is there before it.
 *
 * Threads: one at a time.
 */
#ifndef VT_VIEWER_ENGINE_COMPACT_ITEMS_H
#define VT_VIEWER_ENGINE_COMPACT_ITEMS_H

#include "viewer/engine/codec.h"
#include "viewer/engine/store.h"

enum vt_compact_kind {
    VT_COMPACT_HEAD, /* one item: what there is once */
    VT_COMPACT_WORDS,
    VT_COMPACT_NAMES,
    VT_COMPACT_PROCESSES,
    VT_COMPACT_TRACKS,
    VT_COMPACT_ROWS,
    VT_COMPACT_BLOCKS,
    VT_COMPACT_PAYLOADS,
    VT_COMPACT_ODD,
    VT_COMPACT_SLICES, /* by vt_compact_slices_part, not in the table */
    VT_COMPACT_INSTANTS,
    VT_COMPACT_COUNTERS,
    VT_COMPACT_FLOWS,
    VT_COMPACT_OBJECTS,
    VT_COMPACT_SNAPSHOTS,
    VT_COMPACT_SOURCES,
    VT_COMPACT_FUNCTIONS,
    VT_COMPACT_END, /* has no items */
};

struct vt_compact_items {
    size_t (*count)(const struct vt_store *store);
    enum vt_status (*item)(struct vt_store *store, struct vt_codec *codec, size_t i,
                           struct vt_error *err);
    uint32_t in_section; /* at most so many */
};

extern const struct vt_compact_items vt_compact_items[VT_COMPACT_END];

/* ---- compact_slices.c */

#define VT_COMPACT_PART 65536u

/* The slices of `row` from its `at`th on, at most VT_COMPACT_PART; *next: the first
 * slice that was not coded yet, before and afterwards. False: they do not fit. */
bool vt_compact_slices_part(struct vt_store *store, struct vt_codec *codec,
                            uint32_t row, uint32_t at, uint32_t *next);

/* After the last section: whether rows and tracks fit together and all is there. */
bool vt_compact_slices_are_whole(const struct vt_store *store);

#endif

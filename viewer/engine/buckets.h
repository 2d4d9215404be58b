/* SPDX-License-Identifier: Apache-2.0
 *
 * A row at the widths at which a bucket holds many slices, ready to be drawn: for each
 * width, a power of two, from about VT_BUCKETS_SLICES slices on, how many begin in
 * each bucket, which is longest, and how much of it they fill. Where the picture shows
 * everything of a large trace, it is read from here and no slice is looked at.
 *
 * Level L has buckets of 2^L ns, aligned to the origin; those of a row begin with the
 * one that its first slice starts in. One more stands behind the last.
 *
 * Threads:   const after vt_buckets_build.
 * Hot path:  vt_buckets_level, and what its caller reads from there.
 * Ownership: the buckets own their memory and borrow nothing.
 */
#ifndef VT_VIEWER_ENGINE_BUCKETS_H
#define VT_VIEWER_ENGINE_BUCKETS_H

#include "viewer/engine/columns.h"

#define VT_BUCKETS_SLICES 16u /* of the finest level, on the average, at least */
#define VT_BUCKETS_NONE   UINT32_MAX

struct vt_bucket {
    uint32_t first;   /* the first slice that starts in it or behind it */
    uint32_t longest; /* of those that start in it, the first of several; NONE: one is
                       * as long as the bucket or longer, or there is none */
    uint32_t name;    /* of the longest */
    float busy;       /* the share that they fill, 0 to 1; unless longest is NONE */
};

/* Of one row. All zero: it has too few slices for any. */
struct vt_buckets {
    struct vt_bucket *items; /* level after level, the finest first */
    int64_t first_start, last_start;
    uint32_t finest, level_count;
};

/* Where the bucket of `time` ends: behind it, whatever it is. */
static inline int64_t vt_bucket_end(int64_t time, uint32_t level) {
    int64_t end = (int64_t)(((uint64_t)(time >> level) + 1) << level);
    return end > time ? end : INT64_MAX;
}

/* The share of a bucket of this level that so many ns fill. */
static inline float vt_bucket_share(uint64_t ns, uint32_t level) {
    double share = (double)ns / (double)(UINT64_C(1) << level);
    return share < 1 ? (float)share : 1;
}

/* Of the slices [from, to), one row, after vt_columns_index. */
VT_NODISCARD enum vt_status vt_buckets_build(const struct vt_columns *columns,
                                             uint32_t from, uint32_t to,
                                             struct vt_buckets *buckets,
                                             struct vt_error *err);
void vt_buckets_fini(struct vt_buckets *buckets);

/* The buckets of a level: `count` from the one on that begins at *number << level, and
 * the one behind them. NULL: there are none of this level. */
const struct vt_bucket *vt_buckets_level(const struct vt_buckets *buckets,
                                         uint32_t level, int64_t *number,
                                         uint32_t *count);

/* Bytes of memory. */
uint64_t vt_buckets_memory(const struct vt_buckets *buckets);

#endif

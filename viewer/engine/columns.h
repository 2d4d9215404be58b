/* SPDX-License-Identifier: Apache-2.0
 *
 * The slices of a trace as columns, row after row, and what finds its way in them
 * without looking at each: the longest of every 16, 256, 4096… slices, the start of
 * every 16th, and the sum of durations in front of it.
 *
 * Within a row slices never overlap, so starts and ends are both sorted.
 *
 * Threads:   const after vt_columns_index.
 * Hot path:  all of it; a search costs the logarithm of what it passes.
 * Ownership: the columns own their arrays.
 */
#ifndef VT_VIEWER_ENGINE_COLUMNS_H
#define VT_VIEWER_ENGINE_COLUMNS_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define VT_COLUMNS_FAN    16u
#define VT_COLUMNS_LEVELS 8u
/* In `dur`: it stands in `odd`. */
#define VT_COLUMNS_ODD UINT32_MAX

/* A slice that does not fit into the columns. */
struct vt_columns_odd {
    int64_t dur;
    uint32_t slice;
    uint32_t end_payload; /* arguments of the end event, where the begin has some too */
    bool unfinished;
};

struct vt_columns {
    uint32_t count;
    int64_t *start; /* ns since the origin */
    uint32_t *dur;  /* ns */
    uint32_t *name;
    uint32_t *payload;          /* NULL: no slice has any; 0: this one has none */
    struct vt_columns_odd *odd; /* by slice */
    uint32_t odd_count, odd_capacity;
    uint32_t *longest[VT_COLUMNS_LEVELS]; /* of whole groups; as `dur` */
    uint32_t level_count;
    uint64_t *sum_before; /* every 16th */
    int64_t *milestone;   /* the start of every 16th: searched first */
    uint32_t *self;       /* ns without what is below; of odd ones it means nothing */
};

VT_NODISCARD enum vt_status vt_columns_init(struct vt_columns *columns, uint32_t count,
                                            bool has_payload, struct vt_error *err);
/* Maps their memory ahead of being filled: not where a file merely claims that there is
 * so much. */
void vt_columns_populate(struct vt_columns *columns);
void vt_columns_fini(struct vt_columns *columns);

/* In any order, before vt_columns_index. */
VT_NODISCARD enum vt_status vt_columns_add_odd(struct vt_columns *columns,
                                               struct vt_columns_odd odd,
                                               struct vt_error *err);

/* After all slices are there. */
VT_NODISCARD enum vt_status vt_columns_index(struct vt_columns *columns,
                                             struct vt_error *err);

/* NULL: it is not odd. */
const struct vt_columns_odd *vt_columns_odd(const struct vt_columns *columns,
                                            uint32_t slice);

/* Where in the list of odd ones those from `slice` on begin. */
uint32_t vt_columns_odd_from(const struct vt_columns *columns, uint32_t slice);

static inline int64_t vt_columns_dur(const struct vt_columns *columns, uint32_t slice) {
    uint32_t dur = columns->dur[slice];
    return dur == VT_COLUMNS_ODD ? vt_columns_odd(columns, slice)->dur : (int64_t)dur;
}

static inline int64_t vt_columns_end(const struct vt_columns *columns, uint32_t slice) {
    return columns->start[slice] + vt_columns_dur(columns, slice);
}

/* The first slice of [from, to), a part of a row, that starts at `time` or later. After
 * vt_columns_index. */
uint32_t vt_columns_at(const struct vt_columns *columns, uint32_t from, uint32_t to,
                       int64_t time);

/* The same for a `time` that is likely not far behind `from`. */
uint32_t vt_columns_ahead(const struct vt_columns *columns, uint32_t from, uint32_t to,
                          int64_t time);

/* The first of [from, to) that lasts at least `dur`, or `to`. */
uint32_t vt_columns_next_long(const struct vt_columns *columns, uint32_t from,
                              uint32_t to, int64_t dur);

/* The longest of [from, to), which is not empty; the first of several. */
uint32_t vt_columns_longest(const struct vt_columns *columns, uint32_t from,
                            uint32_t to);

/* The sum of their durations. */
uint64_t vt_columns_sum(const struct vt_columns *columns, uint32_t from, uint32_t to);

/* Fills in `self` of a row, [from, to), whose children are in [below, below_end). */
void vt_columns_fill_self(struct vt_columns *columns, uint32_t from, uint32_t to,
                          uint32_t below, uint32_t below_end);

/* What of [from, to), a part of a row, is in the range [t0, t1): narrows both. */
void vt_columns_clip(const struct vt_columns *columns, int64_t t0, int64_t t1,
                     uint32_t *from, uint32_t *to);

#endif

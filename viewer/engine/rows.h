/* SPDX-License-Identifier: Apache-2.0
 *
 * The slices that a range and tracks ask for, row by row, each with the row above, in
 * which the parents stand.
 *
 * Threads: const.
 */
#ifndef VT_VIEWER_ENGINE_ROWS_H
#define VT_VIEWER_ENGINE_ROWS_H

#include "viewer/engine/answer.h"

/* Slices [from, to) of a row, those in the range. */
struct vt_rows_part {
    uint32_t from, to, row;
};

/* Calls `visit` for every row of the tracks that has some; `above` is NULL when the row
 * above has none. */
void vt_rows_visit(struct vt_answer *answer,
                   void (*visit)(void *state, const struct vt_rows_part *above,
                                 const struct vt_rows_part *row),
                   void *state);

/* The slice of `above`, from `parent` on, in which `slice` is: a child in the range has
 * its parent there, too, unless it has no duration and stands at the range's edge. */
static inline uint32_t vt_rows_parent(const struct vt_columns *columns,
                                      const struct vt_rows_part *above, uint32_t parent,
                                      uint32_t slice) {
    int64_t start = columns->start[slice], end = vt_columns_end(columns, slice);
    /* the last that begins no later and reaches far enough */
    while (parent + 1 < above->to && (vt_columns_end(columns, parent) < end ||
                                      (columns->start[parent + 1] <= start &&
                                       vt_columns_end(columns, parent + 1) >= end)))
        parent++;
    return parent;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/rows.h"

static struct vt_rows_part clip_row(const struct vt_answer *answer, uint32_t row) {
    const struct vt_store_row *r = &answer->store->rows.items[row];
    struct vt_rows_part part = {r->first, r->first + r->count, row};
    vt_columns_clip(&answer->store->columns, answer->t0, answer->t1, &part.from,
                    &part.to);
    return part;
}

void vt_rows_visit(struct vt_answer *answer,
                   void (*visit)(void *state, const struct vt_rows_part *above,
                                 const struct vt_rows_part *row),
                   void *state) {
    const struct vt_store *store = answer->store;
    for (uint32_t i = 0; i < store->tracks.count; i++) {
        const struct vt_store_track *track = &store->tracks.items[i];
        struct vt_rows_part above = {0};
        if (!vt_answer_wants(answer, i))
            continue;
        for (uint32_t depth = 0; depth < track->depth; depth++) {
            struct vt_rows_part row = clip_row(answer, track->first_row + depth);
            /* one without duration may be in the range without those around it */
            if (row.from < row.to)
                visit(state, above.from < above.to ? &above : NULL, &row);
            above = row;
        }
    }
}

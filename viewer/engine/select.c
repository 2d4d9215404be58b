/* SPDX-License-Identifier: Apache-2.0
 *
 * One slice and its neighbours: AT, NEXT, CHILDREN.
 */
#include "viewer/engine/answer.h"

bool vt_select_children(const struct vt_store *store, uint32_t slice, uint32_t *first,
                        uint32_t *end) {
    const struct vt_columns *columns = &store->columns;
    uint32_t row = vt_store_row_of(store, slice);
    const struct vt_store_row *r = &store->rows.items[row];
    if (row + 1 == store->rows.count || r[1].track != r->track)
        return false;
    int64_t from = columns->start[slice], to = vt_columns_end(columns, slice);
    uint32_t i = vt_columns_at(columns, r[1].first, r[1].first + r[1].count, from);
    uint32_t k = vt_columns_ahead(columns, i, r[1].first + r[1].count, to + 1);
    /* what touches an edge may be of the neighbour */
    while (i < k && vt_store_parent(store, i) != slice)
        i++;
    while (i < k && vt_store_parent(store, k - 1) != slice)
        k--;
    *first = i;
    *end = k;
    return i < k;
}

void vt_answer_at(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    const struct vt_columns *columns = &store->columns;
    if (answer->a >= store->rows.count) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such row");
        return;
    }
    const struct vt_store_row *row = &store->rows.items[answer->a];
    uint32_t end = row->first + row->count;
    uint32_t i = vt_columns_at(columns, row->first, end, answer->t0 + 1);
    uint32_t found = VT_STORE_NONE;
    int64_t distance = 0; /* d0 may be anything */
    if (answer->d0 > 0)
        distance = answer->d0 < (double)VT_STORE_MOST_NS ? (int64_t)answer->d0
                                                         : VT_STORE_MOST_NS;
    if (i > row->first) {
        int64_t away = answer->t0 - vt_columns_end(columns, i - 1);
        if (away <= distance) {
            found = i - 1;
            distance = away < 0 ? -1 : away - 1;
        }
    }
    if (i < end && columns->start[i] - answer->t0 <= distance)
        found = i;
    if (found != VT_STORE_NONE)
        vt_answer_slice_record(answer, found);
}

/* The next slice with the same name in the track in the order of (start, depth). */
static uint32_t same_name(const struct vt_store *store, uint32_t slice, bool forward) {
    const struct vt_columns *columns = &store->columns;
    uint32_t own = vt_store_row_of(store, slice), found = VT_STORE_NONE;
    const struct vt_store_track *track =
        &store->tracks.items[store->rows.items[own].track];
    int64_t time = columns->start[slice], best = 0;
    for (uint32_t k = 0; k < track->depth; k++) {
        uint32_t number = track->first_row + (forward ? k : track->depth - 1 - k);
        const struct vt_store_row *row = &store->rows.items[number];
        uint32_t end = row->first + row->count;
        bool takes_equal = forward ? number > own : number < own;
        int64_t edge = forward == takes_equal ? time : time + 1;
        uint32_t i = vt_columns_at(columns, row->first, end, edge);
        if (number == own)
            i = forward ? slice + 1 : slice;
        for (; forward ? i < end : i > row->first; i += forward ? 1 : UINT32_MAX) {
            uint32_t at = forward ? i : i - 1;
            int64_t start = columns->start[at];
            if (found != VT_STORE_NONE && (forward ? start >= best : start <= best))
                break;
            if (columns->name[at] != columns->name[slice])
                continue;
            found = at;
            best = start;
            break;
        }
    }
    return found;
}

void vt_answer_next(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    if (!vt_answer_has_slice(answer, answer->a))
        return;
    uint32_t slice = answer->a, found = VT_STORE_NONE, first, end;
    const struct vt_store_row *row = &store->rows.items[vt_store_row_of(store, slice)];
    switch (answer->b) {
    case VT_NEXT_IN_ROW:
        found = slice + 1 < row->first + row->count ? slice + 1 : VT_STORE_NONE;
        break;
    case VT_NEXT_BEFORE_IN_ROW:
        found = slice > row->first ? slice - 1 : VT_STORE_NONE;
        break;
    case VT_NEXT_PARENT:
        found = vt_store_parent(store, slice);
        break;
    case VT_NEXT_FIRST_CHILD:
        if (vt_select_children(store, slice, &first, &end))
            found = first;
        break;
    case VT_NEXT_SAME_NAME:
    case VT_NEXT_BEFORE_SAME_NAME:
        found = same_name(store, slice, answer->b == VT_NEXT_SAME_NAME);
        break;
    default:
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such direction");
    }
    if (found != VT_STORE_NONE)
        vt_answer_slice_record(answer, found);
}

void vt_answer_children(struct vt_answer *answer) {
    uint32_t first, end, limit = answer->limit ? answer->limit : 1000;
    if (!vt_answer_has_slice(answer, answer->a) ||
        !vt_select_children(answer->store, answer->a, &first, &end))
        return;
    answer->total = end - first;
    for (uint32_t i = answer->b; i < end - first && limit; i++, limit--)
        vt_answer_slice_record(answer, first + i);
}

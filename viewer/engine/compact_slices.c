/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices in a compact index: a part of a row, column by column, so that like stands
 * beside like: gaps to the end before, durations + 1 (0: it is odd), names, payloads as
 * steps. Rows and odd slices were read before.
 */
#include "viewer/engine/compact_items.h"

/* Gaps and durations; `time` is the end of the slice before. */
static void code_times(struct vt_columns *columns, struct vt_codec *codec,
                       uint32_t from, uint32_t to, int64_t time) {
    int64_t before = time;
    for (uint32_t i = from; i < to && !codec->failed; i++) {
        uint64_t dur = vt_codec_is_writing(codec) && columns->dur[i] != VT_COLUMNS_ODD
                           ? (uint64_t)columns->dur[i] + 1
                           : 0;
        vt_codec_u64(codec, &dur);
        codec->failed |= dur > VT_COLUMNS_ODD;
        if (!vt_codec_is_writing(codec))
            columns->dur[i] = dur ? (uint32_t)dur - 1 : VT_COLUMNS_ODD;
        codec->failed |= !dur && !vt_columns_odd(columns, i);
    }
    for (uint32_t i = from; i < to && !codec->failed; i++) {
        uint64_t gap =
            vt_codec_is_writing(codec) ? (uint64_t)(columns->start[i] - before) : 0;
        vt_codec_u64(codec, &gap);
        codec->failed |= gap > (uint64_t)(4 * VT_STORE_MOST_NS) ||
                         before + (int64_t)gap > 4 * VT_STORE_MOST_NS;
        if (codec->failed)
            return;
        if (!vt_codec_is_writing(codec))
            columns->start[i] = before + (int64_t)gap;
        before = columns->start[i] + vt_columns_dur(columns, i);
    }
}

static void code_labels(struct vt_store *store, struct vt_codec *codec, uint32_t from,
                        uint32_t to) {
    struct vt_columns *columns = &store->columns;
    for (uint32_t i = from; i < to && !codec->failed; i++) {
        uint32_t name = vt_codec_is_writing(codec) ? columns->name[i] : 0;
        vt_codec_u32(codec, &name);
        codec->failed |= name >= store->names.count;
        if (!vt_codec_is_writing(codec))
            columns->name[i] = name;
    }
    int64_t before = 0;
    for (uint32_t i = from; columns->payload && i < to && !codec->failed; i++) {
        int64_t step =
            vt_codec_is_writing(codec) ? (int64_t)columns->payload[i] - before : 0;
        vt_codec_i64(codec, &step);
        if (step < -(int64_t)UINT32_MAX || step > (int64_t)UINT32_MAX)
            step = -1 - before;
        before += step;
        codec->failed |= before < 0 || before > (int64_t)store->payloads.count;
        if (!vt_codec_is_writing(codec))
            columns->payload[i] = codec->failed ? 0 : (uint32_t)before;
    }
}

bool vt_compact_slices_part(struct vt_store *store, struct vt_codec *codec,
                            uint32_t row, uint32_t at, uint32_t *next) {
    vt_codec_u32(codec, &row);
    vt_codec_u32(codec, &at);
    codec->failed |= row >= store->rows.count;
    const struct vt_store_row *r = codec->failed ? NULL : &store->rows.items[row];
    if (!r || at >= r->count || r->first > store->columns.count - r->count ||
        r->count > store->columns.count || r->first + at != *next) {
        codec->failed = true;
        return false;
    }
    uint32_t from = r->first + at, count = r->count - at;
    *next = from + (count < VT_COMPACT_PART ? count : VT_COMPACT_PART);
    int64_t time = at ? vt_columns_end(&store->columns, from - 1) : 0;
    code_times(&store->columns, codec, from, *next, time);
    code_labels(store, codec, from, *next);
    return !codec->failed;
}

static bool track_is_whole(const struct vt_store *store, size_t number) {
    const struct vt_store_track *track = &store->tracks.items[number];
    if (track->first_row > store->rows.count ||
        track->depth > store->rows.count - track->first_row)
        return false;
    for (uint32_t i = 0; i < track->depth; i++) {
        const struct vt_store_row *row = &store->rows.items[track->first_row + i];
        if (row->track != number || row->depth != i)
            return false;
    }
    return true;
}

bool vt_compact_slices_are_whole(const struct vt_store *store) {
    uint64_t next = 0;
    for (size_t i = 0; i < store->rows.count; i++) {
        const struct vt_store_row *row = &store->rows.items[i];
        const struct vt_store_track *track = &store->tracks.items[row->track];
        if (row->first != next || !row->count || row->depth >= track->depth ||
            track->first_row + row->depth != i)
            return false;
        next += row->count;
    }
    for (size_t i = 0; i < store->tracks.count; i++)
        if (!track_is_whole(store, i))
            return false;
    for (size_t i = 0; i < store->objects.count; i++) {
        const struct vt_store_object *object = &store->objects.items[i];
        if (object->first_snapshot > store->snapshots.count ||
            object->snapshots > store->snapshots.count - object->first_snapshot)
            return false;
    }
    for (size_t i = 1; i < store->instants.count; i++) {
        const struct vt_store_instant *a = &store->instants.items[i - 1], *b = a + 1;
        if (a->track > b->track || (a->track == b->track && a->time > b->time))
            return false;
    }
    return next == store->columns.count;
}

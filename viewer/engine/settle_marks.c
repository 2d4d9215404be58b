/* SPDX-License-Identifier: Apache-2.0
 *
 * Begin and end marks (B and E; b and e, S and F) into slices. An end belongs to the
 * innermost open beginning that has its name (one without name: to the innermost); if
 * there is none of that name, to the innermost, too.
 *
 * Asynchronous marks with the same id nest by themselves; what has its own id and runs
 * at the same time gets a lane of its own.
 */
#include "viewer/engine/settle.h"

#include <stdlib.h>
#include <string.h>

struct group { /* of one id */
    VT_STORE_LIST(struct vt_ingest_mark) open;
    uint32_t lane; /* a track; while something is open */
};

struct pairing {
    struct vt_ingest *ingest;
    uint32_t track;
    bool is_async;
    VT_STORE_LIST(struct group) groups; /* of threads: one */
    struct vt_strtab ids;
    VT_STORE_LIST(uint32_t) lanes; /* tracks */
    VT_STORE_LIST(bool) busy;      /* per lane */
};

static int compare_marks(const void *a, const void *b) {
    const struct vt_ingest_mark *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

/* The group of the mark's id. */
static struct group *find_group(struct pairing *pairing, uint32_t id,
                                struct vt_error *err) {
    struct group none = {.lane = VT_STORE_NONE};
    bool is_new = false;
    uint32_t number = vt_strtab_add(&pairing->ids, &id, sizeof id, &is_new);
    if (number == VT_STRTAB_NO_MEMORY)
        vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    if (number == VT_STRTAB_NO_MEMORY ||
        (is_new && vt_store_push(&pairing->groups, none, err) != VT_OK))
        return NULL;
    return &pairing->groups.items[number];
}

/* A lane in which nothing is open, for the group. */
static enum vt_status take_lane(struct pairing *pairing, struct group *group,
                                struct vt_error *err) {
    for (size_t i = 0; i < pairing->lanes.count; i++) {
        if (pairing->busy.items[i])
            continue;
        pairing->busy.items[i] = true;
        group->lane = (uint32_t)i;
        return VT_OK;
    }
    uint32_t track = pairing->track;
    if (pairing->lanes.count) {
        struct vt_store_track lane = pairing->ingest->store->tracks.items[track];
        lane.lane = (uint32_t)pairing->lanes.count;
        lane.instants = 0;
        track = vt_ingest_new_track(pairing->ingest, lane, err);
        if (track == VT_STORE_NONE)
            return VT_ERR_NO_MEMORY;
    }
    group->lane = (uint32_t)pairing->lanes.count;
    if (vt_store_push(&pairing->lanes, track, err) != VT_OK)
        return VT_ERR_NO_MEMORY;
    return vt_store_push(&pairing->busy, true, err);
}

static enum vt_status emit(struct pairing *pairing, const struct group *group,
                           const struct vt_ingest_mark *begin, int64_t end,
                           uint32_t end_payload, bool unfinished,
                           struct vt_error *err) {
    uint32_t track = pairing->lanes.items[group->lane];
    struct vt_ingest_slices *slices = &pairing->ingest->tracks.items[track].slices;
    struct vt_ingest_slice slice = {begin->time, end - begin->time, begin->name,
                                    begin->payload};
    if (!slice.payload) {
        slice.payload = end_payload;
        end_payload = 0;
    }
    if (slice.dur > VT_STORE_MOST_NS) {
        pairing->ingest->store->problems.bad_ts++;
        return VT_OK;
    }
    pairing->ingest->store->problems.unfinished += unfinished;
    if (end_payload || unfinished)
        return vt_ingest_add_odd(slices, &slice, end_payload, unfinished, err);
    return vt_ingest_add_slice(slices, &slice, err);
}

/* Which of the open ones the end belongs to. */
static size_t find_begin(const struct group *group, uint32_t name) {
    for (size_t i = group->open.count; i && name != VT_STORE_NONE; i--)
        if (group->open.items[i - 1].name == name)
            return i - 1;
    return group->open.count - 1;
}

static enum vt_status take_mark(struct pairing *pairing,
                                const struct vt_ingest_mark *mark,
                                struct vt_error *err) {
    struct group *group = find_group(pairing, mark->id, err);
    if (!group)
        return VT_ERR_NO_MEMORY;
    if (!mark->is_end) {
        enum vt_status status = VT_OK;
        if (!group->open.count)
            status = take_lane(pairing, group, err);
        return status == VT_OK ? vt_store_push(&group->open, *mark, err) : status;
    }
    if (!group->open.count) {
        pairing->ingest->store->problems.end_without_begin++;
        return VT_OK;
    }
    size_t at = find_begin(group, mark->name);
    struct vt_ingest_mark begin = group->open.items[at];
    memmove(&group->open.items[at], &group->open.items[at + 1],
            (group->open.count - 1 - at) * sizeof begin);
    group->open.count--;
    enum vt_status status =
        emit(pairing, group, &begin, mark->time, mark->payload, false, err);
    if (!group->open.count)
        pairing->busy.items[group->lane] = false;
    return status;
}

/* What is still open lasts to the end of the track. */
static enum vt_status close_groups(struct pairing *pairing, int64_t end,
                                   struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (size_t i = 0; i < pairing->groups.count; i++) {
        struct group *group = &pairing->groups.items[i];
        for (size_t k = group->open.count; k && status == VT_OK; k--)
            status = emit(pairing, group, &group->open.items[k - 1], end, 0, true, err);
    }
    return status;
}

enum vt_status vt_settle_marks(struct vt_ingest *ingest, uint32_t track,
                               struct vt_error *err) {
    struct pairing pairing = {.ingest = ingest, .track = track};
    pairing.is_async = ingest->store->tracks.items[track].kind == VT_STORE_ASYNC;
    enum vt_status status =
        vt_store_sort(ingest->tracks.items[track].marks.items,
                      ingest->tracks.items[track].marks.count,
                      sizeof(struct vt_ingest_mark), compare_marks, err);
    int64_t end = ingest->tracks.items[track].slices.last_end;
    size_t count = ingest->tracks.items[track].marks.count;
    for (size_t i = 0; i < count && status == VT_OK; i++) {
        /* lanes that are made move the list */
        struct vt_ingest_mark mark = ingest->tracks.items[track].marks.items[i];
        end = mark.time > end ? mark.time : end;
        status = take_mark(&pairing, &mark, err);
    }
    if (status == VT_OK)
        status = close_groups(&pairing, end, err);
    for (size_t i = 0; i < pairing.groups.count; i++)
        free(pairing.groups.items[i].open.items);
    free(pairing.groups.items);
    free(pairing.lanes.items);
    free(pairing.busy.items);
    vt_strtab_fini(&pairing.ids);
    free(ingest->tracks.items[track].marks.items);
    memset(&ingest->tracks.items[track].marks, 0,
           sizeof ingest->tracks.items[track].marks);
    return status;
}

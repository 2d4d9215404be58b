/* SPDX-License-Identifier: Apache-2.0
 *
 * Flows find their slices, objects their snapshots.
 */
#include "viewer/engine/settle.h"

#include <stdlib.h>

/* ---- flows */

static int compare_flow_marks(const void *a, const void *b) {
    const struct vt_ingest_flow *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

static int compare_flows(const void *a, const void *b) {
    const struct vt_store_flow *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* The innermost slice of the track that runs at `time`. */
static uint32_t innermost(const struct vt_store *store,
                          const struct vt_store_track *track, int64_t time) {
    uint32_t found = VT_STORE_NONE;
    for (uint32_t i = 0; i < track->depth; i++) {
        uint32_t slice = vt_store_enclosing(store, track->first_row + i, time, time);
        if (slice == VT_STORE_NONE)
            break;
        found = slice;
    }
    return found;
}

/* The slice of the track that begins next at `time` or later. */
static uint32_t following(const struct vt_store *store,
                          const struct vt_store_track *track, int64_t time) {
    const struct vt_columns *columns = &store->columns;
    uint32_t found = VT_STORE_NONE;
    for (uint32_t i = 0; i < track->depth; i++) {
        const struct vt_store_row *row = &store->rows.items[track->first_row + i];
        uint32_t end = row->first + row->count;
        uint32_t slice = vt_columns_at(columns, row->first, end, time);
        if (slice < end &&
            (found == VT_STORE_NONE || columns->start[slice] < columns->start[found]))
            found = slice;
    }
    return found;
}

static uint32_t find_slice(const struct vt_store *store,
                           const struct vt_ingest_flow *mark, uint32_t track) {
    uint32_t slice = VT_STORE_NONE;
    do { /* the track, then its lanes */
        const struct vt_store_track *t = &store->tracks.items[track];
        slice = mark->is_enclosed ? innermost(store, t, mark->time)
                                  : following(store, t, mark->time);
        if (slice == VT_STORE_NONE)
            slice = mark->is_enclosed ? following(store, t, mark->time)
                                      : innermost(store, t, mark->time);
        track++;
    } while (slice == VT_STORE_NONE && track < store->tracks.count &&
             store->tracks.items[track].lane > 0);
    return slice;
}

/* Arrows between marks with the same key that follow one another. */
static enum vt_status link_marks(struct vt_ingest *ingest, const uint32_t *tracks,
                                 struct vt_error *err) {
    struct vt_store *store = ingest->store;
    struct vt_store_flow flow = {.from = VT_STORE_NONE};
    enum vt_status status = VT_OK;
    for (size_t i = 0; i < ingest->flows.count && status == VT_OK; i++) {
        const struct vt_ingest_flow *mark = &ingest->flows.items[i];
        uint32_t slice = find_slice(store, mark, tracks[mark->track]);
        if (slice == VT_STORE_NONE) {
            store->problems.unbound_flow++;
            continue;
        }
        if (mark->phase != 's') {
            if (flow.from == VT_STORE_NONE || flow.id != mark->key)
                store->problems.unbound_flow++;
            else {
                flow.to = slice;
                flow.end = mark->time;
                status = vt_store_push(&store->flows, flow, err);
            }
        }
        flow =
            (struct vt_store_flow){.start = mark->time,
                                   .from = mark->phase == 'f' ? VT_STORE_NONE : slice,
                                   .name = mark->name,
                                   .id = mark->key};
    }
    return status;
}

enum vt_status vt_settle_flows(struct vt_ingest *ingest, const uint32_t *tracks,
                               struct vt_error *err) {
    struct vt_store *store = ingest->store;
    for (size_t i = 0; i < ingest->flows.count; i++)
        ingest->flows.items[i].time -= store->origin_ns;
    enum vt_status status =
        vt_store_sort(ingest->flows.items, ingest->flows.count,
                      sizeof *ingest->flows.items, compare_flow_marks, err);
    if (status == VT_OK)
        status = link_marks(ingest, tracks, err);
    return status == VT_OK
               ? vt_store_sort(store->flows.items, store->flows.count,
                               sizeof *store->flows.items, compare_flows, err)
               : status;
}

/* ---- objects */

static int compare_objects(const void *a, const void *b) {
    const struct vt_ingest_object *x = a, *y = b;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

/* Whether the mark belongs to the last object: the same, and not after its end. */
static bool goes_on(const struct vt_store *store, const struct vt_ingest_object *mark) {
    if (!store->objects.count)
        return false;
    const struct vt_store_object *last =
        &store->objects.items[store->objects.count - 1];
    return last->process == mark->process && last->id == mark->id &&
           last->name == mark->name && last->deleted == INT64_MIN &&
           (mark->phase != 'N' || (last->created == INT64_MIN && last->snapshots == 0));
}

static enum vt_status take_object(struct vt_store *store,
                                  const struct vt_ingest_object *mark,
                                  struct vt_error *err) {
    int64_t time = mark->time - store->origin_ns;
    if (!goes_on(store, mark)) {
        struct vt_store_object made = {mark->process, mark->id, mark->name, INT64_MIN,
                                       INT64_MIN,     0,        0};
        made.first_snapshot = (uint32_t)store->snapshots.count;
        if (vt_store_push(&store->objects, made, err) != VT_OK)
            return VT_ERR_NO_MEMORY;
    }
    struct vt_store_object *object = &store->objects.items[store->objects.count - 1];
    if (mark->phase == 'N')
        object->created = time;
    if (mark->phase == 'D')
        object->deleted = time;
    if (mark->phase != 'O')
        return VT_OK;
    object->snapshots++;
    struct vt_store_snapshot snapshot = {time, (uint32_t)store->objects.count - 1,
                                         mark->payload};
    return vt_store_push(&store->snapshots, snapshot, err);
}

enum vt_status vt_settle_objects(struct vt_ingest *ingest, struct vt_error *err) {
    enum vt_status status =
        vt_store_sort(ingest->objects.items, ingest->objects.count,
                      sizeof *ingest->objects.items, compare_objects, err);
    for (size_t i = 0; i < ingest->objects.count && status == VT_OK; i++)
        status = take_object(ingest->store, &ingest->objects.items[i], err);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/settle.h"

#include "viewer/engine/nest.h"

#include <stdlib.h>
#include <string.h>

/* ---- tracks */

struct ordered {
    const struct vt_store_track *track;
    uint32_t number;
};

/* By process, threads first, lanes behind their track. */
static int compare_tracks(const void *a, const void *b) {
    const struct vt_store_track *x = ((const struct ordered *)a)->track;
    const struct vt_store_track *y = ((const struct ordered *)b)->track;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->tid != y->tid)
        return x->tid < y->tid ? -1 : 1;
    return (x->lane > y->lane) - (x->lane < y->lane);
}

/* Room for all slices that there are. */
static enum vt_status make_columns(struct vt_ingest *ingest, struct vt_error *err) {
    uint64_t count = 0;
    for (size_t i = 0; i < ingest->tracks.count; i++)
        count += ingest->tracks.items[i].slices.count;
    if (count >= VT_STORE_NONE)
        return vt_error_set(err, VT_ERR_LIMIT, "more than 4294967294 slices");
    enum vt_status status = vt_columns_init(&ingest->store->columns, (uint32_t)count,
                                            ingest->store->payloads.count > 0, err);
    if (status == VT_OK)
        vt_columns_populate(&ingest->store->columns);
    return status;
}

/* `tracks`: where each track of the ingest is now. */
static enum vt_status place_tracks(struct vt_ingest *ingest,
                                   const struct ordered *order, uint32_t *tracks,
                                   struct vt_error *err) {
    struct vt_store *store = ingest->store;
    uint32_t next = 0;
    enum vt_status status = VT_OK;
    for (size_t i = 0; i < ingest->tracks.count && status == VT_OK; i++) {
        struct vt_ingest_track *from = &ingest->tracks.items[order[i].number];
        struct vt_store_track track = *order[i].track;
        tracks[order[i].number] = (uint32_t)store->tracks.count;
        if (!from->slices.count) {
            track.first_row = (uint32_t)store->rows.count;
            status = vt_store_push(&store->tracks, track, err);
        } else
            status = vt_nest_track(store, &track, &from->slices, &next, err);
    }
    store->columns.count = next; /* without those that fit nowhere */
    return status;
}

static enum vt_status settle_tracks(struct vt_ingest *ingest, uint32_t *tracks,
                                    struct vt_error *err) {
    struct vt_store *store = ingest->store;
    size_t count = ingest->tracks.count;
    struct ordered *order = malloc((count ? count : 1) * sizeof *order);
    struct vt_store_track *old = store->tracks.items;
    if (!order)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        order[i] = (struct ordered){&old[i], (uint32_t)i};
    memset(&store->tracks, 0, sizeof store->tracks);
    enum vt_status status =
        vt_store_sort(order, count, sizeof *order, compare_tracks, err);
    if (status == VT_OK)
        status = place_tracks(ingest, order, tracks, err);
    free(order);
    free(old);
    return status;
}

/* ---- lists */

static int compare_instants(const void *a, const void *b) {
    const struct vt_store_instant *x = a, *y = b;
    if (x->track != y->track)
        return x->track < y->track ? -1 : 1;
    return (x->time > y->time) - (x->time < y->time);
}

static int compare_samples(const void *a, const void *b) {
    const struct vt_store_sample *x = a, *y = b;
    return (x->time > y->time) - (x->time < y->time);
}

static enum vt_status settle_lists(struct vt_ingest *ingest, const uint32_t *tracks,
                                   struct vt_error *err) {
    struct vt_store *store = ingest->store;
    for (size_t i = 0; i < store->instants.count; i++) {
        struct vt_store_instant *instant = &store->instants.items[i];
        instant->track = tracks[instant->track];
        instant->time -= store->origin_ns;
    }
    enum vt_status status =
        vt_store_sort(store->instants.items, store->instants.count,
                      sizeof *store->instants.items, compare_instants, err);
    for (size_t i = 0; i < store->counters.count && status == VT_OK; i++) {
        struct vt_store_counter *counter = &store->counters.items[i];
        for (size_t k = 0; k < counter->samples.count; k++)
            counter->samples.items[k].time -= store->origin_ns;
        status = vt_store_sort(counter->samples.items, counter->samples.count,
                               sizeof *counter->samples.items, compare_samples, err);
    }
    return status;
}

/* ---- what follows from the rest */

static enum vt_status derive_counter(struct vt_store_counter *counter,
                                     struct vt_error *err) {
    size_t groups = counter->samples.count / VT_COLUMNS_FAN;
    counter->low = malloc((groups + 1) * sizeof *counter->low);
    counter->high = malloc((groups + 1) * sizeof *counter->high);
    if (!counter->low || !counter->high)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < groups; i++) {
        const struct vt_store_sample *sample =
            &counter->samples.items[i * VT_COLUMNS_FAN];
        counter->low[i] = counter->high[i] = sample->value;
        for (size_t k = 1; k < VT_COLUMNS_FAN; k++) {
            double value = sample[k].value;
            counter->low[i] = value < counter->low[i] ? value : counter->low[i];
            counter->high[i] = value > counter->high[i] ? value : counter->high[i];
        }
    }
    return VT_OK;
}

/* Functions by their name, in whatever category. */
static enum vt_status derive_functions(struct vt_store *store, struct vt_error *err) {
    size_t count = store->words.count;
    uint32_t *of_word = malloc((count ? count : 1) * sizeof *of_word);
    if (!of_word)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        of_word[i] = VT_STORE_NONE;
    for (size_t i = 0; i < store->functions.count; i++)
        of_word[store->functions.items[i].name] = (uint32_t)i;
    for (uint32_t i = 0; i < store->names.count && store->functions.count; i++) {
        size_t size;
        const char *text = vt_store_name_text(store, i, &size);
        uint32_t word = vt_strtab_find(&store->words, text, size);
        store->names.items[i].function =
            word == VT_STRTAB_NONE ? VT_STORE_NONE : of_word[word];
    }
    free(of_word);
    return VT_OK;
}

static void derive_self(struct vt_store *store) {
    for (size_t i = 0; i < store->rows.count; i++) {
        const struct vt_store_row *row = &store->rows.items[i];
        bool is_deepest = i + 1 == store->rows.count || row[1].track != row->track;
        uint32_t end = row->first + row->count;
        vt_columns_fill_self(&store->columns, row->first, end, end,
                             is_deepest ? end : row[1].first + row[1].count);
    }
}

static enum vt_status derive_buckets(struct vt_store *store, struct vt_error *err) {
    size_t count = store->rows.count;
    enum vt_status status = VT_OK;
    store->buckets = calloc(count ? count : 1, sizeof *store->buckets);
    if (!store->buckets)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count && status == VT_OK; i++) {
        const struct vt_store_row *row = &store->rows.items[i];
        status = vt_buckets_build(&store->columns, row->first, row->first + row->count,
                                  &store->buckets[i], err);
    }
    return status;
}

enum vt_status vt_settle_derive(struct vt_store *store, struct vt_error *err) {
    enum vt_status status = vt_columns_index(&store->columns, err);
    if (status == VT_OK)
        derive_self(store);
    if (status == VT_OK)
        status = derive_buckets(store, err);
    for (size_t i = 0; i < store->tracks.count; i++) {
        struct vt_store_track *track = &store->tracks.items[i];
        if (!track->depth || status != VT_OK)
            continue;
        const struct vt_store_row *row = &store->rows.items[track->first_row];
        track->busy_ns =
            vt_columns_sum(&store->columns, row->first, row->first + row->count);
    }
    for (size_t i = 0; i < store->counters.count && status == VT_OK; i++)
        status = derive_counter(&store->counters.items[i], err);
    return status == VT_OK ? derive_functions(store, err) : status;
}

/* ---- */

static enum vt_status settle_into(struct vt_ingest *ingest, uint32_t *tracks,
                                  struct vt_error *err) {
    struct vt_store *store = ingest->store;
    store->origin_ns = ingest->has_time ? ingest->first_time : 0;
    store->span_ns = ingest->has_time ? ingest->last_time - ingest->first_time : 0;
    enum vt_status status = make_columns(ingest, err);
    if (status == VT_OK)
        status = settle_tracks(ingest, tracks, err);
    if (status == VT_OK)
        status = settle_lists(ingest, tracks, err);
    if (status == VT_OK)
        status = vt_settle_objects(ingest, err);
    if (status == VT_OK)
        status = vt_settle_derive(store, err);
    return status == VT_OK ? vt_settle_flows(ingest, tracks, err) : status;
}

enum vt_status vt_settle(struct vt_ingest *ingest, struct vt_error *err) {
    enum vt_status status = vt_blocks_close(&ingest->store->blocks, err);
    size_t count = ingest->tracks.count; /* lanes that are made have no marks */
    for (uint32_t i = 0; i < count && status == VT_OK; i++)
        if (ingest->tracks.items[i].marks.count)
            status = vt_settle_marks(ingest, i, err);
    if (status != VT_OK)
        return status;
    count = ingest->tracks.count;
    uint32_t *tracks = malloc((count ? count : 1) * sizeof *tracks);
    if (!tracks)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    status = settle_into(ingest, tracks, err);
    free(tracks);
    ingest->store->counts.instants = ingest->store->instants.count;
    ingest->store->counts.flows = ingest->store->flows.count;
    ingest->store->counts.objects = ingest->store->objects.count;
    return status;
}

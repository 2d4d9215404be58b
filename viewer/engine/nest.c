/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/nest.h"

#include "core/base/pages.h"

#include <stdlib.h>
#include <string.h>

struct placing {
    struct vt_store *store;
    struct vt_ingest_slices *slices;
    uint32_t *depth;              /* of each slice */
    VT_STORE_LIST(uint32_t) fill; /* per depth: first how many, then where to put */
};

/* Walks the slices backwards or forwards. */
struct cursor {
    const struct vt_ingest_slices *slices;
    size_t chunk;
    uint32_t i;   /* in the chunk, behind the one to give when walking backwards */
    size_t odd;   /* likewise, in the list of odd ones */
    uint64_t seq; /* of the slice given */
};

static int64_t dur_of(const struct vt_ingest_slices *slices,
                      const struct vt_ingest_chunk *chunk, uint32_t i, size_t odd) {
    uint32_t dur = chunk->dur[i];
    return dur == VT_COLUMNS_ODD ? slices->odd.items[odd].dur : (int64_t)dur;
}

static bool walk_back(struct cursor *c, struct vt_ingest_slice *slice,
                      const struct vt_columns_odd **odd) {
    while (c->i == 0) {
        if (c->chunk == 0)
            return false;
        c->i = c->slices->chunks.items[--c->chunk].count;
    }
    const struct vt_ingest_chunk *chunk = &c->slices->chunks.items[c->chunk];
    uint32_t i = --c->i;
    *odd = NULL;
    if (VT_UNLIKELY(chunk->dur[i] == VT_COLUMNS_ODD))
        *odd = &c->slices->odd.items[--c->odd];
    slice->start = chunk->start[i];
    slice->dur = *odd ? (*odd)->dur : (int64_t)chunk->dur[i];
    slice->name = chunk->name[i];
    slice->payload = chunk->payload ? chunk->payload[i] : 0;
    c->seq--;
    return true;
}

static struct cursor at_end(const struct vt_ingest_slices *slices) {
    return (struct cursor){slices, slices->chunks.count, 0, slices->odd.count,
                           slices->count};
}

static enum vt_status count_depth(struct placing *placing, uint32_t depth,
                                  struct vt_error *err) {
    if (depth == placing->fill.count && vt_store_push(&placing->fill, 0, err) != VT_OK)
        return VT_ERR_NO_MEMORY;
    placing->fill.items[depth]++;
    return VT_OK;
}

/* ---- the fast way: backwards, in one pass */

struct open_slice {
    int64_t start, end;
};

struct open_stack {
    VT_STORE_LIST(struct open_slice) list;
    int64_t left; /* start of the slice that was left last */
};

/* The depth of a slice that ends no later than any before; UINT32_MAX: this track must
 * be sorted. */
static uint32_t depth_of(struct open_stack *stack, int64_t start, int64_t end) {
    size_t depth = stack->list.count;
    while (depth) {
        const struct open_slice *top = &stack->list.items[depth - 1];
        if (start >= top->start) /* it ends no later */
            break;
        bool is_sure = end < top->start || (end == top->start && top->end > top->start);
        if (!is_sure)
            return UINT32_MAX;
        stack->left = top->start;
        depth--;
    }
    /* one without duration between two slices belongs to the second */
    if (start == end && start == stack->left)
        return UINT32_MAX;
    stack->list.count = depth;
    return (uint32_t)depth;
}

/* *nested: whether it could be done. */
static enum vt_status find_depths(struct placing *placing, bool *nested,
                                  struct vt_error *err) {
    struct cursor cursor = at_end(placing->slices);
    struct open_stack stack = {.left = INT64_MIN};
    struct vt_ingest_slice slice;
    const struct vt_columns_odd *odd;
    enum vt_status status = VT_OK;
    *nested = true;
    while (status == VT_OK && *nested && walk_back(&cursor, &slice, &odd)) {
        struct open_slice open = {slice.start, slice.start + slice.dur};
        uint32_t depth = depth_of(&stack, open.start, open.end);
        if (depth == UINT32_MAX) {
            *nested = false;
            break;
        }
        placing->depth[cursor.seq] = depth;
        status = count_depth(placing, depth, err);
        if (status == VT_OK)
            status = vt_store_push(&stack.list, open, err);
    }
    free(stack.list.items);
    return status;
}

/* ---- rows */

static enum vt_status put(struct vt_store *store, uint32_t at,
                          const struct vt_ingest_slice *slice,
                          const struct vt_columns_odd *odd, struct vt_error *err) {
    struct vt_columns *columns = &store->columns;
    columns->start[at] = slice->start - store->origin_ns;
    columns->dur[at] = odd ? VT_COLUMNS_ODD : (uint32_t)slice->dur;
    columns->name[at] = slice->name;
    if (columns->payload)
        columns->payload[at] = slice->payload;
    store->names.items[slice->name].calls++;
    if (!odd)
        return VT_OK;
    struct vt_columns_odd moved = *odd;
    moved.slice = at;
    return vt_columns_add_odd(columns, moved, err);
}

/* Makes the rows of a track from how many slices each depth has, and turns these
 * numbers into where the first of each goes. */
static enum vt_status make_rows(struct vt_store *store, struct vt_store_track track,
                                uint32_t *fill, size_t depths, uint32_t *next,
                                struct vt_error *err) {
    track.first_row = (uint32_t)store->rows.count;
    track.depth = (uint32_t)depths;
    track.slices = 0;
    for (size_t i = 0; i < depths; i++) {
        struct vt_store_row row = {*next, fill[i], (uint32_t)store->tracks.count,
                                   (uint32_t)i};
        if (vt_store_push(&store->rows, row, err) != VT_OK)
            return VT_ERR_NO_MEMORY;
        track.slices += fill[i];
        *next += fill[i];
        fill[i] = row.first;
    }
    return vt_store_push(&store->tracks, track, err);
}

static enum vt_status place_backwards(struct placing *placing, struct vt_error *err) {
    struct cursor cursor = at_end(placing->slices);
    struct vt_ingest_slice slice;
    const struct vt_columns_odd *odd;
    enum vt_status status = VT_OK;
    /* from behind: where the row after this one begins */
    const struct vt_store_track *track =
        &placing->store->tracks.items[placing->store->tracks.count - 1];
    for (uint32_t i = 0; i < track->depth; i++)
        placing->fill.items[i] +=
            placing->store->rows.items[track->first_row + i].count;
    while (status == VT_OK && walk_back(&cursor, &slice, &odd))
        status = put(placing->store, --placing->fill.items[placing->depth[cursor.seq]],
                     &slice, odd, err);
    return status;
}

/* ---- the long way: sorted, with lanes */

struct item {
    int64_t start, end;
    uint32_t name, payload;
    uint32_t odd; /* 1 + index */
    uint32_t depth, lane;
};

static bool is_before(const struct item *a, const struct item *b) {
    return a->start < b->start || (a->start == b->start && a->end >= b->end);
}

static void merge(const struct item *from, size_t a, size_t b, size_t end,
                  struct item *to) {
    size_t middle = b;
    for (size_t at = a; at < end; at++) {
        bool left = a < middle && (b == end || is_before(&from[a], &from[b]));
        to[at] = left ? from[a++] : from[b++];
    }
}

/* Sorts by (start, longest first, as they stand); NULL: memory ran out. The result is
 * one of the two, the other is freed. */
static struct item *sort_items(struct item *items, size_t count) {
    struct item *other = malloc((count ? count : 1) * sizeof *other);
    if (!other) {
        free(items);
        return NULL;
    }
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            size_t middle = i + width < count ? i + width : count;
            size_t end = i + 2 * width < count ? i + 2 * width : count;
            merge(items, i, middle, end, other);
        }
        struct item *swap = items;
        items = other;
        other = swap;
    }
    free(other);
    return items;
}

/* The slices with the one first that is to be around the other if both are equal. */
static struct item *list_items(const struct vt_ingest_slices *slices) {
    struct item *items = malloc((slices->count ? slices->count : 1) * sizeof *items);
    size_t at = 0, odd = 0;
    for (size_t c = 0; items && c < slices->chunks.count; c++) {
        const struct vt_ingest_chunk *chunk = &slices->chunks.items[c];
        for (uint32_t i = 0; i < chunk->count; i++, at++) {
            size_t place = slices->is_unordered ? at : slices->count - 1 - at;
            struct item *item = &items[place];
            bool is_odd = chunk->dur[i] == VT_COLUMNS_ODD;
            *item = (struct item){.start = chunk->start[i], .name = chunk->name[i]};
            item->end = item->start + dur_of(slices, chunk, i, odd);
            item->payload = chunk->payload ? chunk->payload[i] : 0;
            item->odd = is_odd ? (uint32_t)++odd : 0;
        }
    }
    return items;
}

struct lanes {
    struct {
        VT_STORE_LIST(int64_t) ends; /* of the open slices, outermost first */
        VT_STORE_LIST(uint32_t) fill;
    } lane[VT_NEST_LANES];
    uint32_t count;
};

static void free_lanes(struct lanes *lanes) {
    for (uint32_t i = 0; i < lanes->count; i++) {
        free(lanes->lane[i].ends.items);
        free(lanes->lane[i].fill.items);
    }
    free(lanes);
}

/* Finds the lane and depth of the next item in order; lane VT_NEST_LANES: none. */
static enum vt_status find_lane(struct lanes *lanes, struct item *item,
                                struct vt_error *err) {
    uint32_t i = 0;
    for (; i < lanes->count; i++) {
        size_t depth = lanes->lane[i].ends.count;
        const int64_t *ends = lanes->lane[i].ends.items;
        while (depth && (ends[depth - 1] < item->start ||
                         (ends[depth - 1] == item->start && item->end > item->start)))
            depth--;
        lanes->lane[i].ends.count = depth;
        if (!depth || item->end <= ends[depth - 1])
            break;
    }
    item->lane = i;
    if (i == VT_NEST_LANES)
        return VT_OK;
    if (i == lanes->count)
        lanes->count++;
    item->depth = (uint32_t)lanes->lane[i].ends.count;
    if (item->depth == lanes->lane[i].fill.count &&
        vt_store_push(&lanes->lane[i].fill, 0, err) != VT_OK)
        return VT_ERR_NO_MEMORY;
    lanes->lane[i].fill.items[item->depth]++;
    return vt_store_push(&lanes->lane[i].ends, item->end, err);
}

static enum vt_status put_items(struct vt_store *store, struct lanes *lanes,
                                const struct item *items, size_t count,
                                const struct vt_ingest_slices *slices,
                                struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (size_t i = 0; i < count && status == VT_OK; i++) {
        const struct item *item = &items[i];
        if (item->lane == VT_NEST_LANES) {
            store->problems.unplaced++;
            continue;
        }
        struct vt_ingest_slice slice = {item->start, item->end - item->start,
                                        item->name, item->payload};
        const struct vt_columns_odd *odd =
            item->odd ? &slices->odd.items[item->odd - 1] : NULL;
        uint32_t at = lanes->lane[item->lane].fill.items[item->depth]++;
        status = put(store, at, &slice, odd, err);
    }
    return status;
}

static enum vt_status place_sorted(struct vt_store *store,
                                   const struct vt_store_track *track,
                                   const struct vt_ingest_slices *slices,
                                   uint32_t *next, struct vt_error *err) {
    struct item *items = list_items(slices);
    struct lanes *lanes = calloc(1, sizeof *lanes);
    enum vt_status status = VT_OK;
    items = items ? sort_items(items, slices->count) : NULL;
    if (!items || !lanes) {
        free(items);
        free(lanes);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < slices->count && status == VT_OK; i++)
        status = find_lane(lanes, &items[i], err);
    for (uint32_t i = 0; status == VT_OK && i < lanes->count; i++) {
        struct vt_store_track lane = *track;
        lane.lane = track->lane + i;
        lane.instants = i ? 0 : track->instants;
        status = make_rows(store, lane, lanes->lane[i].fill.items,
                           lanes->lane[i].fill.count, next, err);
    }
    if (status == VT_OK)
        status = put_items(store, lanes, items, slices->count, slices, err);
    free(items);
    free_lanes(lanes);
    return status;
}

/* ---- */

enum vt_status vt_nest_track(struct vt_store *store, const struct vt_store_track *track,
                             struct vt_ingest_slices *slices, uint32_t *next,
                             struct vt_error *err) {
    struct placing placing = {.store = store, .slices = slices};
    bool nested = !slices->is_unordered;
    enum vt_status status = VT_OK;
    if (nested) {
        placing.depth =
            vt_pages_malloc((slices->count ? slices->count : 1) * sizeof(uint32_t));
        status = placing.depth ? find_depths(&placing, &nested, err)
                               : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    if (status == VT_OK && nested) {
        status =
            make_rows(store, *track, placing.fill.items, placing.fill.count, next, err);
        if (status == VT_OK)
            status = place_backwards(&placing, err);
    }
    free(placing.depth);
    free(placing.fill.items);
    if (status == VT_OK && !nested)
        status = place_sorted(store, track, slices, next, err);
    vt_ingest_drop_slices(slices);
    return status;
}

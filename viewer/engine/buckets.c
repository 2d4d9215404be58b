/* SPDX-License-Identifier: Apache-2.0
 *
 * The finest level is made of the slices, in one walk; each other of the one below it.
 */
#include "viewer/engine/buckets.h"

#include "core/base/pages.h"

#include <stdlib.h>
#include <string.h>

/* What a level is made of: the true longest, also where it is as long as the bucket. */
struct making {
    const struct vt_columns *columns;
    uint32_t *longest;
    uint64_t *sum; /* of durations, ns */
};

/* How many buckets of this level a row has. */
static uint64_t count_at(const struct vt_buckets *buckets, uint32_t level) {
    return (uint64_t)(buckets->last_start >> level) -
           (uint64_t)(buckets->first_start >> level) + 1;
}

/* ---- making */

/* Chooses the levels. False: none. */
static bool choose(struct vt_buckets *buckets, uint32_t slices) {
    uint64_t most = slices / VT_BUCKETS_SLICES;
    if (most < 2)
        return false;
    while (count_at(buckets, buckets->finest) > most)
        buckets->finest++;
    buckets->level_count = 1;
    while (count_at(buckets, buckets->finest + buckets->level_count - 1) > 2)
        buckets->level_count++;
    return true;
}

/* With the one behind each level. */
static uint64_t count_all(const struct vt_buckets *buckets) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < buckets->level_count; i++)
        count += count_at(buckets, buckets->finest + i) + 1;
    return count;
}

static bool is_longer(const struct vt_columns *columns, uint32_t slice,
                      uint32_t longest) {
    return longest == VT_BUCKETS_NONE ||
           vt_columns_dur(columns, slice) > vt_columns_dur(columns, longest);
}

/* The slices, bucket by bucket, into the finest level. */
static void fill_finest(struct making *making, const struct vt_buckets *buckets,
                        uint32_t from, uint32_t to) {
    const struct vt_columns *columns = making->columns;
    uint32_t level = buckets->finest, slice = from;
    int64_t limit = buckets->first_start;
    uint64_t count = count_at(buckets, level);
    for (uint64_t k = 0; k < count; k++) {
        limit = vt_bucket_end(limit, level);
        uint32_t longest = VT_BUCKETS_NONE;
        uint64_t sum = 0;
        buckets->items[k].first = slice;
        for (; slice < to && columns->start[slice] < limit; slice++) {
            sum += (uint64_t)vt_columns_dur(columns, slice);
            if (is_longer(columns, slice, longest))
                longest = slice;
        }
        making->longest[k] = longest;
        making->sum[k] = sum;
    }
    buckets->items[count].first = to;
}

/* The level above `below`, of its pairs; what it is made of shrinks in place. */
static void fill_above(struct making *making, const struct vt_buckets *buckets,
                       uint32_t level, const struct vt_bucket *below,
                       struct vt_bucket *items) {
    int64_t number = buckets->first_start >> level;
    int64_t number_below = buckets->first_start >> (level - 1);
    uint64_t count = count_at(buckets, level);
    uint64_t count_below = count_at(buckets, level - 1);
    uint64_t from = 0;
    for (uint64_t k = 0; k < count; k++) {
        uint32_t longest = VT_BUCKETS_NONE;
        uint64_t sum = 0;
        items[k].first = below[from].first;
        for (; from < count_below &&
               (number_below + (int64_t)from) >> 1 == number + (int64_t)k;
             from++) {
            uint32_t other = making->longest[from];
            sum += making->sum[from];
            if (other != VT_BUCKETS_NONE && is_longer(making->columns, other, longest))
                longest = other;
        }
        making->longest[k] = longest;
        making->sum[k] = sum;
    }
    items[count].first = below[count_below].first;
}

/* What is drawn of a level. */
static void finish_level(const struct making *making, uint32_t level, uint64_t count,
                         struct vt_bucket *items) {
    int64_t width = INT64_C(1) << level;
    for (uint64_t k = 0; k < count; k++) {
        uint32_t longest = making->longest[k];
        if (longest != VT_BUCKETS_NONE &&
            vt_columns_dur(making->columns, longest) >= width)
            longest = VT_BUCKETS_NONE;
        items[k].longest = longest;
        items[k].name = longest == VT_BUCKETS_NONE ? 0 : making->columns->name[longest];
        items[k].busy = vt_bucket_share(making->sum[k], level);
    }
}

static void fill_all(struct making *making, const struct vt_buckets *buckets,
                     uint32_t from, uint32_t to) {
    struct vt_bucket *items = buckets->items;
    fill_finest(making, buckets, from, to);
    for (uint32_t i = 0;; i++) {
        uint32_t level = buckets->finest + i;
        uint64_t count = count_at(buckets, level);
        finish_level(making, level, count, items);
        items[count] = (struct vt_bucket){items[count].first, VT_BUCKETS_NONE, 0, 0};
        if (i + 1 == buckets->level_count)
            return;
        fill_above(making, buckets, level + 1, items, items + count + 1);
        items += count + 1;
    }
}

enum vt_status vt_buckets_build(const struct vt_columns *columns, uint32_t from,
                                uint32_t to, struct vt_buckets *buckets,
                                struct vt_error *err) {
    memset(buckets, 0, sizeof *buckets);
    if (to - from < 2 * VT_BUCKETS_SLICES)
        return VT_OK;
    struct vt_buckets made = {.first_start = columns->start[from],
                              .last_start = columns->start[to - 1]};
    if (!choose(&made, to - from))
        return VT_OK;
    size_t count = (size_t)count_at(&made, made.finest);
    struct making making = {columns, malloc(count * sizeof *making.longest),
                            malloc(count * sizeof *making.sum)};
    made.items = vt_pages_malloc((size_t)count_all(&made) * sizeof *made.items);
    bool is_there = making.longest && making.sum && made.items;
    if (is_there) {
        fill_all(&making, &made, from, to);
        *buckets = made;
    } else
        free(made.items);
    free(making.longest);
    free(making.sum);
    return is_there ? VT_OK : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

void vt_buckets_fini(struct vt_buckets *buckets) {
    free(buckets->items);
    memset(buckets, 0, sizeof *buckets);
}

/* ---- asking */

const struct vt_bucket *vt_buckets_level(const struct vt_buckets *buckets,
                                         uint32_t level, int64_t *number,
                                         uint32_t *count) {
    const struct vt_bucket *items = buckets->items;
    if (level < buckets->finest || level - buckets->finest >= buckets->level_count)
        return NULL;
    for (uint32_t below = buckets->finest; below < level; below++)
        items += count_at(buckets, below) + 1;
    *number = buckets->first_start >> level;
    *count = (uint32_t)count_at(buckets, level);
    return items;
}

uint64_t vt_buckets_memory(const struct vt_buckets *buckets) {
    return buckets->level_count ? count_all(buckets) * sizeof *buckets->items : 0;
}

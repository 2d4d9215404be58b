/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/percentile.h"

#include "core/base/pages.h"

#include <stdlib.h>
#include <string.h>

/* ---- life */

bool vt_percentile_init(struct vt_percentile_set *set, size_t count,
                        const uint64_t *most, size_t stride, uint64_t total) {
    size_t with_bins = 1, next = 1;
    for (size_t i = 0; i < count; i++)
        with_bins +=
            *(const uint64_t *)((const char *)most + i * stride) >= VT_PERCENTILE_FEW;
    if (total / VT_PERCENTILE_FEW < with_bins)
        with_bins = 1; /* a small part of a large trace: keep all of it */
    memset(set, 0, sizeof *set);
    set->count = count;
    set->lists = calloc(count + 1, sizeof *set->lists);
    set->bins = calloc(with_bins * VT_PERCENTILE_BINS, sizeof *set->bins);
    if (!set->lists || !set->bins)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool has_bins =
            with_bins > 1 &&
            *(const uint64_t *)((const char *)most + i * stride) >= VT_PERCENTILE_FEW;
        set->lists[i].bins = set->bins + (has_bins ? next++ : 0) * VT_PERCENTILE_BINS;
    }
    return true;
}

void vt_percentile_fini(struct vt_percentile_set *set) {
    free(set->lists);
    free(set->bins);
    free(set->kept);
    memset(set, 0, sizeof *set);
}

/* ---- between the passes */

/* Of `count` sorted items the one at rank ceil(count * percent / 100), from 0. */
static uint64_t rank_of(uint64_t count, unsigned percent) {
    return (count * percent + 99) / 100 - 1;
}

static void keep_bin(struct vt_percentile_list *list, size_t k, uint32_t bin) {
    unsigned shift = bin / 16;
    uint64_t low = ((UINT64_C(16) + bin % 16) << shift) - 16;
    uint64_t last = low + (UINT64_C(1) << shift) - 1;
    list->low[k] = (uint32_t)low;
    list->width[k] = (uint32_t)((last > UINT32_MAX ? UINT32_MAX : last) - low);
}

/* Walks over the bins to those of the ranks. */
static void plan_bins(struct vt_percentile_list *list, const uint64_t *ranks) {
    uint64_t before = 0; /* durations in bins in front of `bin` */
    uint32_t bin = 0, kept_bin = UINT32_MAX;
    for (size_t k = 0; k < VT_PERCENTILE_RANKS; k++) {
        while (before + list->bins[bin] <= ranks[k])
            before += list->bins[bin++];
        if (bin != kept_bin)
            list->kept += list->bins[bin];
        kept_bin = bin;
        keep_bin(list, k, bin);
        list->rank[k] = list->kept - list->bins[bin] + ranks[k] - before;
    }
}

bool vt_percentile_plan(struct vt_percentile_set *set,
                        const unsigned percents[VT_PERCENTILE_RANKS],
                        uint64_t (*calls)(const void *state, size_t i),
                        const void *state) {
    uint64_t next = 0;
    for (size_t i = 0; i < set->count; i++) {
        struct vt_percentile_list *list = &set->lists[i];
        uint64_t count = calls(state, i), ranks[VT_PERCENTILE_RANKS];
        if (!count)
            continue;
        for (size_t k = 0; k < VT_PERCENTILE_RANKS; k++)
            ranks[k] = rank_of(count, percents[k]);
        if (list->bins == set->bins) {
            list->width[0] = UINT32_MAX;
            list->kept = count;
            memcpy(list->rank, ranks, sizeof ranks);
        } else
            plan_bins(list, ranks);
        list->next = next;
        next += list->kept;
    }
    set->kept = vt_pages_malloc((next + 1) * sizeof *set->kept);
    return set->kept;
}

/* ---- ranks */

static void sift_down(int64_t *items, uint64_t i, uint64_t count) {
    int64_t item = items[i];
    for (uint64_t child; (child = 2 * i + 1) < count; i = child) {
        child += child + 1 < count && items[child + 1] > items[child];
        if (items[child] <= item)
            break;
        items[i] = items[child];
    }
    items[i] = item;
}

static void heap_sort(int64_t *items, uint64_t count) {
    for (uint64_t i = count / 2; i--;)
        sift_down(items, i, count);
    for (uint64_t end = count; end-- > 1;) {
        int64_t largest = items[0];
        items[0] = items[end];
        items[end] = largest;
        sift_down(items, 0, end);
    }
}

/* Halving needs about 2 * log2(2^32) rounds; durations in an order that was made to
 * defeat the choice of pivots would need as many as there are items. */
enum { MOST_ROUNDS = 96 };

static int64_t middle_of(int64_t a, int64_t b, int64_t c) {
    if (a < b)
        return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

/* Puts the item of this rank to its place, smaller ones before, larger ones behind. */
static void select_rank(int64_t *items, uint64_t count, uint64_t rank) {
    uint64_t low = 0, high = count - 1;
    for (unsigned round = 0; low < high; round++) {
        if (round == MOST_ROUNDS) {
            heap_sort(items + low, high - low + 1);
            return;
        }
        int64_t pivot =
            middle_of(items[low], items[low + (high - low) / 2], items[high]);
        uint64_t i = low, k = high;
        for (;; i++, k--) { /* Hoare's partition */
            while (items[i] < pivot)
                i++;
            while (items[k] > pivot)
                k--;
            if (i >= k)
                break;
            int64_t swap = items[i];
            items[i] = items[k];
            items[k] = swap;
        }
        if (rank <= k)
            high = k;
        else
            low = k + 1;
    }
}

void vt_percentile_select(struct vt_percentile_set *set, size_t i,
                          int64_t found[VT_PERCENTILE_RANKS]) {
    const struct vt_percentile_list *list = &set->lists[i];
    int64_t *items = set->kept + list->next - list->kept;
    uint64_t done = 0;
    for (size_t k = 0; k < VT_PERCENTILE_RANKS; k++) {
        select_rank(items + done, list->kept - done, list->rank[k] - done);
        done = list->rank[k];
        found[k] = items[done];
    }
}

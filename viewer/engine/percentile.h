/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact percentiles of many lists of durations at a time, without sorting any.
 *
 *   vt_percentile_count    of every duration: counts it in a bin; a bin is a 16th of an
 *                          octave, and short durations have one each
 *   vt_percentile_plan     finds the bins in which the wanted ranks are
 *   vt_percentile_keep     of every duration again: keeps those in these bins
 *   vt_percentile_select   finds the ranks among the few that were kept
 *
 * Lists too short for bins keep all that they have: no bins cost more than the
 * durations that they stand for.
 *
 * Threads:   one at a time.
 * Hot path:  vt_percentile_count, vt_percentile_keep.
 * Ownership: the set owns all; lists are its own.
 */
#ifndef VT_VIEWER_ENGINE_PERCENTILE_H
#define VT_VIEWER_ENGINE_PERCENTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VT_PERCENTILE_BINS = 449, /* bin_of(UINT32_MAX) + 1 */
    VT_PERCENTILE_RANKS = 3,
    VT_PERCENTILE_FEW = 256, /* shorter lists have no bins */
};

struct vt_percentile_list {
    /* what is kept: low to low + width */
    uint32_t low[VT_PERCENTILE_RANKS], width[VT_PERCENTILE_RANKS];
    uint64_t next; /* where the next one kept goes */
    uint32_t *bins;
    uint64_t kept, rank[VT_PERCENTILE_RANKS]; /* among the kept ones */
};

struct vt_percentile_set {
    struct vt_percentile_list *lists;
    size_t count;
    uint32_t *bins; /* of all; the first are those of lists without any */
    int64_t *kept;
};

/* `most[i]`: how long list i can be at most (`stride` bytes from one to the next);
 * `total`: all together. False: memory ran out. */
bool vt_percentile_init(struct vt_percentile_set *set, size_t count,
                        const uint64_t *most, size_t stride, uint64_t total);
void vt_percentile_fini(struct vt_percentile_set *set);

/* Durations are counted as 32 bits; all that do not fit as UINT32_MAX. */
static inline uint32_t vt_percentile_bin(uint32_t dur) {
    uint64_t from_16 = (uint64_t)dur + 16;
    unsigned shift = 59 - (unsigned)__builtin_clzll(from_16);
    return shift * 16 + (uint32_t)(from_16 >> shift) - 16;
}

static inline void vt_percentile_count(struct vt_percentile_list *list, uint32_t dur) {
    list->bins[vt_percentile_bin(dur)]++;
}

/* One that was counted as `from` lasts `to`. */
static inline void vt_percentile_move(struct vt_percentile_list *list, uint32_t from,
                                      uint32_t to) {
    list->bins[vt_percentile_bin(from)]--;
    list->bins[vt_percentile_bin(to)]++;
}

/* `percents`: RANKS of them, ascending; calls(state, i): how long list i is. False:
 * memory ran out. */
bool vt_percentile_plan(struct vt_percentile_set *set,
                        const unsigned percents[VT_PERCENTILE_RANKS],
                        uint64_t (*calls)(const void *state, size_t i),
                        const void *state);

static inline bool vt_percentile_wants(const struct vt_percentile_list *list,
                                       uint32_t dur) {
    return (dur - list->low[0] <= list->width[0]) |
           (dur - list->low[1] <= list->width[1]) |
           (dur - list->low[2] <= list->width[2]);
}

static inline void vt_percentile_keep(struct vt_percentile_set *set,
                                      struct vt_percentile_list *list, int64_t dur) {
    set->kept[list->next++] = dur;
}

/* Nearest rank: of the n sorted durations the one at ceil(n * percent / 100). The list
 * is not empty. */
void vt_percentile_select(struct vt_percentile_set *set, size_t i,
                          int64_t found[VT_PERCENTILE_RANKS]);

#endif

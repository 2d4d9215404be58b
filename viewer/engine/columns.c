/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/columns.h"

#include "core/base/pages.h"
#include "viewer/engine/store.h"

#include <stdlib.h>
#include <string.h>

enum vt_status vt_columns_init(struct vt_columns *columns, uint32_t count,
                               bool has_payload, struct vt_error *err) {
    size_t n = count ? count : 1;
    memset(columns, 0, sizeof *columns);
    columns->count = count;
    columns->start = malloc(n * sizeof *columns->start);
    columns->dur = malloc(n * sizeof *columns->dur);
    columns->name = malloc(n * sizeof *columns->name);
    if (has_payload)
        columns->payload = malloc(n * sizeof *columns->payload);
    if (!columns->start || !columns->dur || !columns->name ||
        (has_payload && !columns->payload))
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return VT_OK;
}

void vt_columns_populate(struct vt_columns *columns) {
    size_t n = columns->count;
    vt_pages_populate(columns->start, n * sizeof *columns->start);
    vt_pages_populate(columns->dur, n * sizeof *columns->dur);
    vt_pages_populate(columns->name, n * sizeof *columns->name);
    vt_pages_populate(columns->payload, n * sizeof *columns->payload);
}

void vt_columns_fini(struct vt_columns *columns) {
    free(columns->start);
    free(columns->dur);
    free(columns->name);
    free(columns->payload);
    free(columns->odd);
    for (uint32_t i = 0; i < VT_COLUMNS_LEVELS; i++)
        free(columns->longest[i]);
    free(columns->sum_before);
    free(columns->milestone);
    free(columns->self);
    memset(columns, 0, sizeof *columns);
}

enum vt_status vt_columns_add_odd(struct vt_columns *columns, struct vt_columns_odd odd,
                                  struct vt_error *err) {
    if (columns->odd_count == columns->odd_capacity) {
        uint32_t capacity = columns->odd_capacity ? columns->odd_capacity * 2 : 16;
        void *grown = realloc(columns->odd, capacity * sizeof odd);
        if (!grown)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        columns->odd = grown;
        columns->odd_capacity = capacity;
    }
    columns->odd[columns->odd_count++] = odd;
    return VT_OK;
}

static int compare_odd(const void *a, const void *b) {
    const struct vt_columns_odd *x = a, *y = b;
    return (x->slice > y->slice) - (x->slice < y->slice);
}

static void fill_level(const uint32_t *below, uint32_t *level, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t most = 0;
        for (size_t k = 0; k < VT_COLUMNS_FAN; k++)
            if (below[i * VT_COLUMNS_FAN + k] > most)
                most = below[i * VT_COLUMNS_FAN + k];
        level[i] = most;
    }
}

static void fill_milestones(struct vt_columns *columns) {
    for (uint32_t i = 0; i < columns->count; i += VT_COLUMNS_FAN) {
        columns->milestone[i / VT_COLUMNS_FAN] = columns->start[i];
        if (columns->count - i <= VT_COLUMNS_FAN)
            break; /* the next may be beyond 32 bits */
    }
}

static void fill_sums(struct vt_columns *columns) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < columns->count; i++) {
        if (i % VT_COLUMNS_FAN == 0)
            columns->sum_before[i / VT_COLUMNS_FAN] = sum;
        sum += (uint64_t)vt_columns_dur(columns, i);
    }
    if (columns->count % VT_COLUMNS_FAN == 0)
        columns->sum_before[columns->count / VT_COLUMNS_FAN] = sum;
}

enum vt_status vt_columns_index(struct vt_columns *columns, struct vt_error *err) {
    if (vt_store_sort(columns->odd, columns->odd_count, sizeof *columns->odd,
                      compare_odd, err) != VT_OK)
        return VT_ERR_NO_MEMORY;
    const uint32_t *below = columns->dur;
    size_t count = columns->count / VT_COLUMNS_FAN;
    columns->sum_before = vt_pages_malloc((count + 1) * sizeof *columns->sum_before);
    columns->self =
        vt_pages_malloc(((size_t)columns->count + 1) * sizeof *columns->self);
    columns->milestone = vt_pages_malloc((count + 1) * sizeof *columns->milestone);
    if (!columns->sum_before || !columns->self || !columns->milestone)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (; count && columns->level_count < VT_COLUMNS_LEVELS; count /= VT_COLUMNS_FAN) {
        uint32_t *level = vt_pages_malloc(count * sizeof *level);
        if (!level)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        columns->longest[columns->level_count++] = level;
        fill_level(below, level, count);
        below = level;
    }
    fill_sums(columns);
    fill_milestones(columns);
    return VT_OK;
}

uint32_t vt_columns_odd_from(const struct vt_columns *columns, uint32_t slice) {
    uint32_t low = 0, high = columns->odd_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (columns->odd[middle].slice < slice)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct vt_columns_odd *vt_columns_odd(const struct vt_columns *columns,
                                            uint32_t slice) {
    if (columns->dur[slice] != VT_COLUMNS_ODD)
        return NULL;
    uint32_t i = vt_columns_odd_from(columns, slice);
    bool is_there = i < columns->odd_count && columns->odd[i].slice == slice;
    return is_there ? &columns->odd[i] : NULL;
}

static uint32_t find_start(const int64_t *starts, uint32_t from, uint32_t to,
                           int64_t time) {
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (starts[middle] < time)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The answer of vt_columns_at when the milestone it is in front of was found; those in
 * question began at `first`. */
static uint32_t find_between(const struct vt_columns *columns, uint32_t first,
                             uint32_t milestone, uint32_t from, uint32_t to,
                             int64_t time) {
    if (milestone > first)
        from = (milestone - 1) * VT_COLUMNS_FAN + 1;
    if (to / VT_COLUMNS_FAN >= milestone)
        to = milestone * VT_COLUMNS_FAN;
    return find_start(columns->start, from, to, time);
}

static uint32_t milestone_from(uint32_t slice) {
    return slice / VT_COLUMNS_FAN + (slice % VT_COLUMNS_FAN != 0);
}

uint32_t vt_columns_at(const struct vt_columns *columns, uint32_t from, uint32_t to,
                       int64_t time) {
    uint32_t first = milestone_from(from), end = milestone_from(to);
    if (from >= to)
        return from;
    return find_between(columns, first,
                        find_start(columns->milestone, first, end, time), from, to,
                        time);
}

uint32_t vt_columns_ahead(const struct vt_columns *columns, uint32_t from, uint32_t to,
                          int64_t time) {
    uint32_t first = milestone_from(from), end = milestone_from(to);
    uint32_t step = 1, low = first;
    if (from >= to)
        return from;
    while (end - low > step && columns->milestone[low + step] < time) {
        low += step;
        step *= 2;
    }
    uint32_t high = end - low > step ? low + step : end;
    return find_between(columns, first, find_start(columns->milestone, low, high, time),
                        from, to, time);
}

/* Whether slice i lasts at least `dur`; `least` is the same as a column has it. What is
 * odd may be short. */
static bool is_long(const struct vt_columns *columns, uint32_t i, uint32_t least,
                    int64_t dur) {
    return columns->dur[i] >= least &&
           (columns->dur[i] < VT_COLUMNS_ODD || vt_columns_dur(columns, i) >= dur);
}

uint32_t vt_columns_next_long(const struct vt_columns *columns, uint32_t from,
                              uint32_t to, int64_t dur) {
    uint32_t least = dur < (int64_t)VT_COLUMNS_ODD ? (uint32_t)dur : VT_COLUMNS_ODD;
    for (uint32_t i = from; i < to;) {
        /* skip the largest whole group that begins here and has none */
        uint32_t width = 1;
        for (uint32_t level = 0; level < columns->level_count; level++) {
            uint32_t wider = width * VT_COLUMNS_FAN;
            if (i % wider || to - i < wider ||
                columns->longest[level][i / wider] >= least)
                break;
            width = wider;
        }
        if (width == 1 && is_long(columns, i, least, dur))
            return i;
        i += width;
    }
    return to;
}

/* The largest `dur` of [from, to). */
static uint32_t largest(const struct vt_columns *columns, uint32_t from, uint32_t to) {
    uint32_t most = 0;
    for (uint32_t i = from; i < to;) {
        uint32_t width = 1, value = columns->dur[i];
        for (uint32_t level = 0; level < columns->level_count; level++) {
            uint32_t wider = width * VT_COLUMNS_FAN;
            if (i % wider || to - i < wider)
                break;
            width = wider;
            value = columns->longest[level][i / wider];
        }
        most = value > most ? value : most;
        i += width;
    }
    return most;
}

uint32_t vt_columns_longest(const struct vt_columns *columns, uint32_t from,
                            uint32_t to) {
    uint32_t most = largest(columns, from, to);
    uint32_t best = vt_columns_next_long(columns, from, to, most);
    if (most < VT_COLUMNS_ODD)
        return best;
    /* what does not fit into a column is compared in full */
    best = from;
    for (uint32_t i = from; i < to; i++) {
        i = vt_columns_next_long(columns, i, to, vt_columns_dur(columns, best) + 1);
        if (i == to)
            break;
        best = i;
    }
    return best;
}

static uint64_t sum_before(const struct vt_columns *columns, uint32_t slice) {
    uint32_t i = slice / VT_COLUMNS_FAN * VT_COLUMNS_FAN;
    uint64_t sum = columns->sum_before[i / VT_COLUMNS_FAN];
    for (; i < slice; i++)
        sum += (uint64_t)vt_columns_dur(columns, i);
    return sum;
}

uint64_t vt_columns_sum(const struct vt_columns *columns, uint32_t from, uint32_t to) {
    return from < to ? sum_before(columns, to) - sum_before(columns, from) : 0;
}

/* A child without duration may be counted for a neighbour: it adds nothing. */
void vt_columns_fill_self(struct vt_columns *columns, uint32_t from, uint32_t to,
                          uint32_t below, uint32_t below_end) {
    const int64_t *starts = columns->start;
    uint32_t child = below;
    for (uint32_t i = from; i < to; i++) {
        int64_t end = vt_columns_end(columns, i);
        uint32_t self = columns->dur[i];
        for (; child < below_end && starts[child] < end; child++)
            self -= (uint32_t)vt_columns_dur(columns, child);
        columns->self[i] = self;
    }
}

void vt_columns_clip(const struct vt_columns *columns, int64_t t0, int64_t t1,
                     uint32_t *from, uint32_t *to) {
    uint32_t first = vt_columns_at(columns, *from, *to, t0);
    if (first > *from && vt_columns_end(columns, first - 1) > t0)
        first--;
    *to = vt_columns_at(columns, first, *to, t1);
    *from = first;
}

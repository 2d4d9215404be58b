/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions in a range: AGG and HISTOGRAM.
 *
 * Self time is total time less that of the children. Children stand in the row below
 * and are sorted like their parents, so both rows are walked side by side. For the
 * percentiles the durations are dealt out to their functions (counting sort), then the
 * wanted ranks of each are selected.
 */
#include "viewer/engine/answer.h"
#include "viewer/engine/rows.h"

#include <stdlib.h>

struct function {
    uint64_t calls, begin; /* begin: of its durations */
    double total, self, sum;
    int64_t least, most;
};

struct collecting {
    struct vt_answer *answer;
    struct function *functions; /* per name */
    int64_t *durations;
    uint64_t slices;
};

static void count_row(struct collecting *c, const struct vt_rows_part *row) {
    const struct vt_columns *columns = &c->answer->store->columns;
    for (uint32_t i = row->from; i < row->to; i++) {
        int64_t dur = vt_columns_dur(columns, i);
        double within = (double)vt_answer_within(c->answer, columns->start[i], dur);
        struct function *f = &c->functions[columns->name[i]];
        f->total += within;
        f->self += within;
        f->sum += (double)dur;
        f->least = !f->calls || dur < f->least ? dur : f->least;
        f->most = dur > f->most ? dur : f->most;
        f->calls++;
    }
    c->slices += row->to - row->from;
}

/* Takes the time of the slices in `row` from the functions around them. */
static void take_from_parents(struct collecting *c, const struct vt_rows_part *above,
                              const struct vt_rows_part *row) {
    const struct vt_columns *columns = &c->answer->store->columns;
    uint32_t parent = above->from;
    for (uint32_t i = row->from; i < row->to; i++) {
        parent = vt_rows_parent(columns, above, parent, i);
        c->functions[columns->name[parent]].self -= (double)vt_answer_within(
            c->answer, columns->start[i], vt_columns_dur(columns, i));
    }
}

static void visit_count(void *state, const struct vt_rows_part *above,
                        const struct vt_rows_part *row) {
    count_row(state, row);
    if (above)
        take_from_parents(state, above, row);
}

static void visit_deal(void *state, const struct vt_rows_part *above,
                       const struct vt_rows_part *row) {
    struct collecting *c = state;
    const struct vt_columns *columns = &c->answer->store->columns;
    (void)above;
    for (uint32_t i = row->from; i < row->to; i++)
        c->durations[c->functions[columns->name[i]].begin++] =
            vt_columns_dur(columns, i);
}

static int compare_durations(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Halving needs about 2 * log2(2^32) rounds; durations in an order that was made to
 * defeat the choice of pivots would need as many as there are items. */
enum { MOST_ROUNDS = 96 };

/* Puts the item of this rank to its place, smaller ones before, larger ones behind. */
static void select_rank(int64_t *items, uint64_t count, uint64_t rank) {
    uint64_t low = 0, high = count - 1;
    for (unsigned round = 0; low < high; round++) {
        if (round == MOST_ROUNDS) {
            qsort(items + low, high - low + 1, sizeof *items, compare_durations);
            return;
        }
        int64_t a = items[low], b = items[low + (high - low) / 2], c = items[high];
        int64_t pivot = a < b ? (b < c   ? b
                                 : a < c ? c
                                         : a)
                              : (a < c   ? a
                                 : b < c ? c
                                         : b);
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

/* Of the sorted `count` items the one at rank ceil(count * percent / 100). */
static uint64_t rank_of(uint64_t count, unsigned percent) {
    return (count * percent + 99) / 100 - 1;
}

static void select_percentiles(const struct collecting *c, const struct function *f,
                               double *p50, double *p95, double *p99) {
    int64_t *items = c->durations + f->begin - f->calls;
    uint64_t a = rank_of(f->calls, 50), b = rank_of(f->calls, 95);
    uint64_t d = rank_of(f->calls, 99);
    select_rank(items, f->calls, a);
    select_rank(items + a, f->calls - a, b - a);
    select_rank(items + b, f->calls - b, d - b);
    *p50 = (double)items[a];
    *p95 = (double)items[b];
    *p99 = (double)items[d];
}

struct ranked {
    double self;
    uint32_t name;
};

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->self != y->self)
        return x->self < y->self ? 1 : -1;
    return x->name < y->name ? -1 : 1;
}

static void put_functions(struct collecting *c, const struct ranked *order,
                          uint32_t n) {
    struct vt_answer *answer = c->answer;
    uint32_t *name = vt_answer_column(answer, n, sizeof *name);
    for (uint32_t i = 0; name && i < n; i++)
        name[i] = order[i].name;
    enum { COLUMNS = 9 };
    size_t bytes = (size_t)n * COLUMNS * sizeof(double);
    double *all = vt_answer_column(answer, bytes, 1);
    for (uint32_t i = 0; all && i < n; i++) {
        const struct function *f = &c->functions[order[i].name];
        double p50, p95, p99;
        select_percentiles(c, f, &p50, &p95, &p99);
        double values[COLUMNS] = {
            (double)f->calls,          f->total, f->self, (double)f->least,
            f->sum / (double)f->calls, p50,      p95,     p99,
            (double)f->most,
        };
        for (size_t k = 0; k < COLUMNS; k++)
            all[k * n + i] = values[k];
    }
    answer->count = n;
    answer->total = (double)c->slices;
}

static struct ranked *rank_functions(const struct collecting *c, uint32_t *n) {
    size_t names = c->answer->store->names.count;
    struct ranked *order = malloc((names + 1) * sizeof *order);
    *n = 0;
    for (uint32_t i = 0; order && i < names; i++)
        if (c->functions[i].calls)
            order[(*n)++] = (struct ranked){c->functions[i].self, i};
    if (order && *n)
        qsort(order, *n, sizeof *order, compare_ranked);
    return order;
}

void vt_answer_agg(struct vt_answer *answer) {
    struct collecting c = {.answer = answer};
    size_t names = answer->store->names.count;
    struct ranked *order = NULL;
    uint32_t n = 0;
    c.functions = calloc(names + 1, sizeof *c.functions);
    if (c.functions)
        vt_rows_visit(answer, visit_count, &c);
    uint64_t begin = 0;
    for (size_t i = 0; c.functions && i < names; i++) {
        c.functions[i].begin = begin;
        begin += c.functions[i].calls;
    }
    c.durations = malloc((begin + 1) * sizeof *c.durations);
    if (c.functions && c.durations) {
        vt_rows_visit(answer, visit_deal, &c);
        order = rank_functions(&c, &n);
    }
    if (order)
        put_functions(&c, order, n);
    else
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
    free(order);
    free(c.functions);
    free(c.durations);
}

/* ---- one function's durations */

enum { BUCKETS = 4 * 63 + 4 };

struct histogram {
    struct vt_answer *answer;
    uint64_t counts[BUCKETS];
};

/* 0 to 3 for themselves, then four per octave. */
static unsigned bucket_of(int64_t dur) {
    if (dur < 4)
        return (unsigned)dur;
    unsigned octave = 63 - (unsigned)__builtin_clzll((unsigned long long)dur);
    return (octave - 1) * 4 + (unsigned)(dur >> (octave - 2) & 3);
}

static double bucket_from(unsigned bucket) {
    return bucket < 4 ? bucket
                      : (double)((INT64_C(4) + bucket % 4) << (bucket / 4 - 1));
}

static void visit_histogram(void *state, const struct vt_rows_part *above,
                            const struct vt_rows_part *row) {
    struct histogram *h = state;
    const struct vt_columns *columns = &h->answer->store->columns;
    (void)above;
    for (uint32_t i = row->from; i < row->to; i++) {
        if (columns->name[i] != h->answer->a)
            continue;
        h->counts[bucket_of(vt_columns_dur(columns, i))]++;
        h->answer->total++;
    }
}

void vt_answer_histogram(struct vt_answer *answer) {
    struct histogram h = {.answer = answer};
    if (!vt_answer_has_name(answer, answer->a))
        return;
    vt_rows_visit(answer, visit_histogram, &h);
    unsigned first = 0, end = BUCKETS;
    while (first < end && !h.counts[first])
        first++;
    while (end > first && !h.counts[end - 1])
        end--;
    for (unsigned column = 0; column < 3; column++) {
        double *to = vt_answer_column(answer, end - first, sizeof *to);
        for (unsigned i = first; to && i < end; i++)
            to[i - first] = column == 2 ? (double)h.counts[i] : bucket_from(i + column);
    }
    answer->count = end - first;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions in a range: AGG and HISTOGRAM.
 *
 * Whole slices are added up, whatever the range; then what stands out of it is taken
 * back. Only the first and the last slice of a row can stand out. So the loop over all
 * slices has few numbers to look at and no branches; the same for durations that do not
 * fit into a column, which come as VT_COLUMNS_ODD and are put right afterwards.
 */
#include "viewer/engine/percentile.h"
#include "viewer/engine/rows.h"

#include <stdlib.h>

struct function {
    uint64_t calls, sum, self; /* as the columns have them */
    uint32_t least, above_most;
    double odd_sum, odd_self;   /* what these do not have */
    double total_out, self_out; /* of the range */
    int64_t odd_least, odd_most;
};

struct collecting {
    struct vt_answer *answer;
    struct function *functions; /* per name */
    struct vt_percentile_set durations;
    uint64_t slices;
};

static void count_row(struct collecting *c, const struct vt_rows_part *row) {
    const struct vt_columns *columns = &c->answer->store->columns;
    const uint32_t *durs = columns->dur, *names = columns->name;
    const uint32_t *selves = columns->self;
    struct vt_percentile_list *lists = c->durations.lists;
    struct function *functions = c->functions;
    for (uint32_t i = row->from; i < row->to; i++) {
        uint32_t dur = durs[i], name = names[i];
        struct function *f = &functions[name];
        f->calls++;
        f->sum += dur;
        f->self += selves[i];
        f->least = dur < f->least ? dur : f->least;
        uint32_t above = dur + 1; /* VT_COLUMNS_ODD: 0 */
        f->above_most = above > f->above_most ? above : f->above_most;
        vt_percentile_count(&lists[name], dur);
    }
}

/* What of a slice is out of the range. */
static int64_t out_of_range(const struct vt_answer *answer, uint32_t slice) {
    int64_t start = answer->store->columns.start[slice];
    int64_t dur = vt_columns_dur(&answer->store->columns, slice);
    return dur - vt_answer_within(answer, start, dur);
}

/* The time of a slice's children, and how much of it is out of the range. */
static double inside_of(const struct vt_answer *answer, uint32_t slice, double *out) {
    const struct vt_columns *columns = &answer->store->columns;
    uint32_t first, end;
    *out = 0;
    if (!vt_select_children(answer->store, slice, &first, &end))
        return 0;
    uint64_t whole = vt_columns_sum(columns, first, end);
    vt_columns_clip(columns, answer->t0, answer->t1, &first, &end);
    *out = (double)(whole - vt_columns_sum(columns, first, end));
    if (first < end)
        *out += (double)out_of_range(answer, first);
    if (first + 1 < end)
        *out += (double)out_of_range(answer, end - 1);
    return (double)whole;
}

/* Takes back what of a slice is out of the range. */
static void take_out(struct collecting *c, uint32_t slice) {
    const struct vt_columns *columns = &c->answer->store->columns;
    double out = (double)out_of_range(c->answer, slice), inside_out;
    struct function *f = &c->functions[columns->name[slice]];
    if (out <= 0)
        return;
    inside_of(c->answer, slice, &inside_out);
    f->total_out += out;
    f->self_out += out - inside_out;
}

static uint32_t as_32_bits(int64_t dur) {
    return dur < UINT32_MAX ? (uint32_t)dur : UINT32_MAX;
}

static void put_right_odd(struct collecting *c, const struct vt_columns_odd *odd) {
    const struct vt_store *store = c->answer->store;
    uint32_t name = store->columns.name[odd->slice];
    struct function *f = &c->functions[name];
    f->odd_sum += (double)(odd->dur - VT_COLUMNS_ODD);
    double out, inside = inside_of(c->answer, odd->slice, &out);
    f->odd_self += (double)odd->dur - inside - (double)store->columns.self[odd->slice];
    f->odd_least = odd->dur < f->odd_least ? odd->dur : f->odd_least;
    f->odd_most = odd->dur > f->odd_most ? odd->dur : f->odd_most;
    vt_percentile_move(&c->durations.lists[name], VT_COLUMNS_ODD, as_32_bits(odd->dur));
}

static void visit_count(void *state, const struct vt_rows_part *above,
                        const struct vt_rows_part *row) {
    struct collecting *c = state;
    const struct vt_columns *columns = &c->answer->store->columns;
    uint32_t last = row->to - 1;
    (void)above;
    count_row(c, row);
    take_out(c, row->from);
    if (last != row->from)
        take_out(c, last);
    for (uint32_t i = vt_columns_odd_from(columns, row->from);
         i < columns->odd_count && columns->odd[i].slice < row->to; i++)
        if (columns->dur[columns->odd[i].slice] == VT_COLUMNS_ODD)
            put_right_odd(c, &columns->odd[i]);
}

static void visit_size(void *state, const struct vt_rows_part *above,
                       const struct vt_rows_part *row) {
    struct collecting *c = state;
    (void)above;
    c->slices += row->to - row->from;
}

static void visit_keep(void *state, const struct vt_rows_part *above,
                       const struct vt_rows_part *row) {
    struct collecting *c = state;
    const struct vt_columns *columns = &c->answer->store->columns;
    (void)above;
    for (uint32_t i = row->from; i < row->to; i++) {
        struct vt_percentile_list *list = &c->durations.lists[columns->name[i]];
        uint32_t dur = columns->dur[i];
        if (VT_UNLIKELY(dur == VT_COLUMNS_ODD)) {
            int64_t whole = vt_columns_dur(columns, i);
            if (vt_percentile_wants(list, as_32_bits(whole)))
                vt_percentile_keep(&c->durations, list, whole);
        } else if (vt_percentile_wants(list, dur))
            vt_percentile_keep(&c->durations, list, dur);
    }
}

static double total_of(const struct function *f) {
    return (double)f->sum + f->odd_sum - f->total_out;
}

static double least_of(const struct function *f) {
    int64_t least = f->above_most ? (int64_t)f->least : INT64_MAX; /* all are odd */
    return (double)(f->odd_least < least ? f->odd_least : least);
}

static double most_of(const struct function *f) {
    int64_t most = (int64_t)f->above_most - 1;
    return (double)(f->odd_most > most ? f->odd_most : most);
}

static double self_of(const struct function *f) {
    return (double)f->self + f->odd_self - f->self_out;
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
        int64_t p[VT_PERCENTILE_RANKS];
        vt_percentile_select(&c->durations, order[i].name, p);
        double values[COLUMNS] = {
            (double)f->calls,
            total_of(f),
            self_of(f),
            least_of(f),
            ((double)f->sum + f->odd_sum) / (double)f->calls,
            (double)p[0],
            (double)p[1],
            (double)p[2],
            most_of(f),
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
            order[(*n)++] = (struct ranked){self_of(&c->functions[i]), i};
    if (!order || vt_store_sort(order, *n, sizeof *order, compare_ranked,
                                &c->answer->err) == VT_OK)
        return order;
    free(order);
    return NULL;
}

static uint64_t calls_of(const void *state, size_t i) {
    const struct collecting *c = state;
    return c->functions[i].calls;
}

static bool begin_functions(struct collecting *c) {
    const struct vt_store *store = c->answer->store;
    size_t names = store->names.count;
    c->functions = calloc(names + 1, sizeof *c->functions);
    for (size_t i = 0; c->functions && i < names; i++) {
        c->functions[i].least = UINT32_MAX;
        c->functions[i].odd_least = INT64_MAX;
        c->functions[i].odd_most = -1;
    }
    vt_rows_visit(c->answer, visit_size, c);
    return c->functions && vt_percentile_init(&c->durations, names,
                                              names ? &store->names.items->calls : NULL,
                                              sizeof *store->names.items, c->slices);
}

void vt_answer_agg(struct vt_answer *answer) {
    static const unsigned percents[VT_PERCENTILE_RANKS] = {50, 95, 99};
    struct collecting c = {.answer = answer};
    struct ranked *order = NULL;
    uint32_t n = 0;
    bool has_memory = begin_functions(&c);
    if (has_memory) {
        vt_rows_visit(answer, visit_count, &c);
        has_memory = vt_percentile_plan(&c.durations, percents, calls_of, &c);
    }
    if (has_memory) {
        vt_rows_visit(answer, visit_keep, &c);
        order = rank_functions(&c, &n);
    }
    if (order)
        put_functions(&c, order, n);
    else
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
    free(order);
    free(c.functions);
    vt_percentile_fini(&c.durations);
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * What to draw: TILES and PROFILE.
 *
 * A row is walked from one long slice to the next (those of a bucket or more); what is
 * between them is taken bucket by bucket, each with a search for where it ends. So the
 * cost is that of the items that come out, whatever the number of slices.
 */
#include "viewer/engine/answer.h"

#include <stdlib.h>

/* So many slices are sooner looked at than searched. */
enum { FEW = 32 };

struct item {
    double start, duration;
    uint32_t name, slice, count;
    float busy;
};

struct items {
    VT_STORE_LIST(struct item) list;
};

static void push(struct vt_answer *answer, struct items *items, struct item item) {
    if (vt_store_push(&items->list, item, &answer->err) != VT_OK)
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
}

static void push_exact(struct vt_answer *answer, struct items *items, uint32_t slice) {
    const struct vt_columns *columns = &answer->store->columns;
    int64_t dur = vt_columns_dur(columns, slice);
    struct item item = {
        .start = (double)columns->start[slice],
        .duration = (double)dur,
        .name = columns->name[slice],
        .slice = slice,
        .count = 1,
        .busy = vt_bucket_share((uint64_t)dur, answer->level),
    };
    push(answer, items, item);
}

/* The slices [from, to), all shorter than a bucket and starting in the same. */
static void push_bucket(struct vt_answer *answer, struct items *items, uint32_t from,
                        uint32_t to, struct vt_bucket bucket) {
    double width = (double)(INT64_C(1) << answer->level);
    if (to - from == 1) {
        push_exact(answer, items, from);
        return;
    }
    int64_t number = answer->store->columns.start[from] >> answer->level;
    struct item item = {
        .start = (double)number * width,
        .duration = width,
        .name = bucket.name,
        .slice = bucket.longest,
        .count = to - from,
        .busy = bucket.busy,
    };
    push(answer, items, item);
}

/* What a bucket shows of the slices [from, to). */
static struct vt_bucket look_at(const struct vt_answer *answer, uint32_t from,
                                uint32_t to) {
    const struct vt_columns *columns = &answer->store->columns;
    uint32_t longest = vt_columns_longest(columns, from, to);
    return (struct vt_bucket){
        from, longest, columns->name[longest],
        vt_bucket_share(vt_columns_sum(columns, from, to), answer->level)};
}

/* The same of those from `from` on that start before `limit`, while that are few; *to:
 * where they end. */
static struct vt_bucket walk_few(const struct vt_answer *answer, uint32_t from,
                                 uint32_t end, int64_t limit, uint32_t *to) {
    const struct vt_columns *columns = &answer->store->columns;
    uint32_t longest = from, i = from + 1;
    int64_t most = vt_columns_dur(columns, from);
    uint64_t sum = (uint64_t)most;
    end = end - from < FEW ? end : from + FEW;
    for (; i < end && columns->start[i] < limit; i++) {
        int64_t dur = vt_columns_dur(columns, i);
        sum += (uint64_t)dur;
        if (dur > most) {
            most = dur;
            longest = i;
        }
    }
    *to = i;
    return (struct vt_bucket){from, longest, columns->name[longest],
                              vt_bucket_share(sum, answer->level)};
}

/* The slices [i, end), one by one and bucket by bucket. */
static void walk_slices(struct vt_answer *answer, struct items *items, uint32_t i,
                        uint32_t end) {
    const struct vt_columns *columns = &answer->store->columns;
    int64_t width = INT64_C(1) << answer->level;
    while (i < end) {
        uint32_t next = vt_columns_next_long(columns, i, end, width);
        while (i < next) {
            int64_t limit = vt_bucket_end(columns->start[i], answer->level);
            uint32_t to;
            struct vt_bucket bucket = walk_few(answer, i, next, limit, &to);
            if (to < next && columns->start[to] < limit) {
                to = vt_columns_ahead(columns, i, next, limit);
                bucket = look_at(answer, i, to);
            }
            push_bucket(answer, items, i, to, bucket);
            i = to;
        }
        if (i < end)
            push_exact(answer, items, i++);
    }
}

/* The buckets that begin in [t0, t1), whole ones, of a level that is ready. */
static void walk_buckets(struct vt_answer *answer, struct items *items,
                         const struct vt_bucket *bucket, int64_t number, uint32_t count,
                         int64_t t0, int64_t t1) {
    int64_t from = (t0 >> answer->level) - number;
    int64_t to = (t1 >> answer->level) - number;
    from = from < 0 ? 0 : from;
    to = to > (int64_t)count ? (int64_t)count : to;
    for (int64_t k = from; k < to; k++) {
        if (bucket[k].longest != VT_BUCKETS_NONE)
            push_bucket(answer, items, bucket[k].first, bucket[k + 1].first, bucket[k]);
        else if (bucket[k].first < bucket[k + 1].first)
            walk_slices(answer, items, bucket[k].first, bucket[k + 1].first);
    }
}

static void walk_row(struct vt_answer *answer, struct items *items, uint32_t row) {
    const struct vt_columns *columns = &answer->store->columns;
    const struct vt_store_row *r = &answer->store->rows.items[row];
    uint32_t i = r->first, end = r->first + r->count, count;
    int64_t width = INT64_C(1) << answer->level, number;
    /* whole buckets: what a bucket shows must not depend on the window */
    int64_t t0 = answer->t0 & ~(width - 1);
    int64_t t1 = answer->t1 > INT64_MAX - width
                     ? INT64_MAX & ~(width - 1)
                     : (answer->t1 + width - 1) & ~(width - 1);
    vt_columns_clip(columns, t0, t1, &i, &end);
    const struct vt_bucket *bucket =
        vt_buckets_level(&answer->store->buckets[row], answer->level, &number, &count);
    if (!bucket || i == end) {
        walk_slices(answer, items, i, end);
        return;
    }
    if (columns->start[i] < t0) /* one that began before */
        walk_slices(answer, items, i, i + 1);
    walk_buckets(answer, items, bucket, number, count, t0, t1);
}

static void put_items(struct vt_answer *answer, const struct items *items) {
    size_t n = items->list.count;
    const struct item *item = items->list.items;
    double *f64 = vt_answer_column(answer, n, 8);
    for (size_t i = 0; f64 && i < n; i++)
        f64[i] = item[i].start;
    f64 = vt_answer_column(answer, n, 8);
    for (size_t i = 0; f64 && i < n; i++)
        f64[i] = item[i].duration;
    uint32_t *u32 = vt_answer_column(answer, n, 4);
    for (size_t i = 0; u32 && i < n; i++)
        u32[i] = item[i].name;
    u32 = vt_answer_column(answer, n, 4);
    for (size_t i = 0; u32 && i < n; i++)
        u32[i] = item[i].slice;
    u32 = vt_answer_column(answer, n, 4);
    for (size_t i = 0; u32 && i < n; i++)
        u32[i] = item[i].count;
    float *f32 = vt_answer_column(answer, n, 4);
    for (size_t i = 0; f32 && i < n; i++)
        f32[i] = item[i].busy;
    answer->count = (uint32_t)n;
}

void vt_answer_tiles(struct vt_answer *answer) {
    struct items items = {0};
    uint32_t *first = malloc(((size_t)answer->list_count + 1) * sizeof *first);
    if (!first) {
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        return;
    }
    for (uint32_t i = 0; i < answer->list_count && answer->err.status == VT_OK; i++) {
        first[i] = (uint32_t)items.list.count;
        if (answer->list[i] >= answer->store->rows.count)
            vt_answer_fail(answer, VT_ERR_USAGE, "there is no such row");
        else
            walk_row(answer, &items, answer->list[i]);
    }
    first[answer->list_count] = (uint32_t)items.list.count;
    if (answer->err.status == VT_OK) {
        vt_answer_bytes(answer, first, ((size_t)answer->list_count + 1) * 4);
        put_items(answer, &items);
    }
    free(first);
    free(items.list.items);
}

/* ---- the load profile */

static double busy_before(const struct vt_columns *columns,
                          const struct vt_store_row *row, double time) {
    uint32_t end = row->first + row->count;
    uint32_t i = vt_columns_at(columns, row->first, end, (int64_t)time);
    double sum = (double)vt_columns_sum(columns, row->first, i);
    if (i > row->first) {
        double over = (double)vt_columns_end(columns, i - 1) - time;
        sum -= over > 0 ? over : 0;
    }
    return sum;
}

void vt_answer_profile(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    uint32_t n = answer->a;
    if (n < 1 || n > 4096) {
        vt_answer_fail(answer, VT_ERR_USAGE, "a profile has 1 to 4096 columns");
        return;
    }
    float *share = vt_answer_column(answer, n, sizeof *share);
    if (!share)
        return;
    memset(share, 0, n * sizeof *share);
    int64_t t0 = answer->t0 < 0 ? 0 : answer->t0;
    int64_t t1 = answer->t1 > store->span_ns ? store->span_ns : answer->t1;
    double width = (double)(t1 - t0) / n;
    uint32_t used = 0;
    for (uint32_t i = 0; i < store->tracks.count; i++)
        used += vt_answer_wants(answer, i) && store->tracks.items[i].depth;
    for (uint32_t i = 0; i < store->tracks.count && width > 0; i++) {
        const struct vt_store_track *track = &store->tracks.items[i];
        if (!vt_answer_wants(answer, i) || !track->depth)
            continue;
        const struct vt_store_row *row = &store->rows.items[track->first_row];
        double before = busy_before(&store->columns, row, (double)t0);
        for (uint32_t k = 0; k < n; k++) {
            double after =
                busy_before(&store->columns, row, (double)t0 + width * (k + 1));
            share[k] += (float)((after - before) / width / used);
            before = after;
        }
    }
    answer->count = n;
}

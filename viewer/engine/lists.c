/* SPDX-License-Identifier: Apache-2.0
 *
 * What is drawn besides slices: COUNTER, INSTANTS, FLOWS.
 */
#include "viewer/engine/answer.h"

#include <stdlib.h>

/* ---- counters */

struct bucket {
    double time, low, high, last;
};

struct buckets {
    VT_STORE_LIST(struct bucket) list;
};

/* The first sample at `time` or later. */
static size_t sample_at(const struct vt_store_counter *counter, size_t from,
                        int64_t time) {
    size_t low = from, high = counter->samples.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (counter->samples.items[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct bucket measure(const struct vt_store_counter *counter, size_t from,
                             size_t to) {
    const struct vt_store_sample *samples = counter->samples.items;
    struct bucket bucket = {(double)samples[from].time, samples[from].value,
                            samples[from].value, samples[to - 1].value};
    for (size_t i = from; i < to;) {
        double low = samples[i].value, high = low;
        size_t step = 1;
        if (i % VT_COLUMNS_FAN == 0 && to - i >= VT_COLUMNS_FAN) {
            low = counter->low[i / VT_COLUMNS_FAN];
            high = counter->high[i / VT_COLUMNS_FAN];
            step = VT_COLUMNS_FAN;
        }
        bucket.low = low < bucket.low ? low : bucket.low;
        bucket.high = high > bucket.high ? high : bucket.high;
        i += step;
    }
    return bucket;
}

static void put_buckets(struct vt_answer *answer, const struct buckets *buckets) {
    size_t n = buckets->list.count;
    for (size_t column = 0; column < 4; column++) {
        double *to = vt_answer_column(answer, n, sizeof *to);
        for (size_t i = 0; to && i < n; i++) {
            const struct bucket *bucket = &buckets->list.items[i];
            to[i] = column == 0   ? bucket->time
                    : column == 1 ? bucket->low
                    : column == 2 ? bucket->high
                                  : bucket->last;
        }
    }
    answer->count = (uint32_t)n;
}

void vt_answer_counter(struct vt_answer *answer) {
    if (answer->a >= answer->store->counters.count) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such counter");
        return;
    }
    const struct vt_store_counter *counter = &answer->store->counters.items[answer->a];
    struct buckets buckets = {0};
    size_t i = sample_at(counter, 0, answer->t0);
    size_t end = sample_at(counter, i, answer->t1);
    answer->total = (double)(end - i);
    struct bucket bucket;
    if (i) {
        bucket = measure(counter, i - 1, i);
        if (vt_store_push(&buckets.list, bucket, &answer->err) != VT_OK)
            vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
    }
    while (i < end && answer->err.status == VT_OK) {
        int64_t time = counter->samples.items[i].time;
        size_t to = sample_at(counter, i, vt_bucket_end(time, answer->level));
        to = to > end ? end : to;
        bucket = measure(counter, i, to);
        if (vt_store_push(&buckets.list, bucket, &answer->err) != VT_OK)
            vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        i = to;
    }
    put_buckets(answer, &buckets);
    free(buckets.list.items);
}

/* ---- instants */

struct mark {
    uint32_t instant, count;
};

struct marks {
    VT_STORE_LIST(struct mark) list;
};

/* The first instant at (track, time) or later. */
static size_t instant_at(const struct vt_store *store, uint32_t track, int64_t time) {
    size_t low = 0, high = store->instants.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct vt_store_instant *instant = &store->instants.items[middle];
        if (instant->track < track || (instant->track == track && instant->time < time))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void mark_track(struct vt_answer *answer, struct marks *marks, uint32_t track) {
    const struct vt_store *store = answer->store;
    size_t i = instant_at(store, track, answer->t0);
    size_t end = instant_at(store, track, answer->t1);
    answer->total += (double)(end - i);
    while (i < end && answer->err.status == VT_OK) {
        int64_t limit = vt_bucket_end(store->instants.items[i].time, answer->level);
        size_t to = instant_at(store, track, limit);
        to = to > end ? end : to;
        struct mark mark = {(uint32_t)i, (uint32_t)(to - i)};
        if (vt_store_push(&marks->list, mark, &answer->err) != VT_OK)
            vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        i = to;
    }
}

void vt_answer_instants(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    struct marks marks = {0};
    for (uint32_t i = 0; i < store->tracks.count; i++)
        if (store->tracks.items[i].instants && vt_answer_wants(answer, i))
            mark_track(answer, &marks, i);
    size_t n = marks.list.count;
    for (int column = 0; column < 4; column++) {
        uint32_t *to = vt_answer_column(answer, n, sizeof *to);
        for (size_t i = 0; to && i < n; i++) {
            const struct mark *mark = &marks.list.items[i];
            const struct vt_store_instant *instant =
                &store->instants.items[mark->instant];
            to[i] = column == 0   ? instant->track
                    : column == 1 ? instant->name
                    : column == 2 ? mark->instant
                                  : mark->count;
        }
    }
    double *time = vt_answer_column(answer, n, sizeof *time);
    for (size_t i = 0; time && i < n; i++)
        time[i] = (double)store->instants.items[marks.list.items[i].instant].time;
    answer->count = (uint32_t)n;
    free(marks.list.items);
}

/* ---- flows */

void vt_answer_flows(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    uint32_t limit = answer->limit ? answer->limit : 2000, n = 0;
    if (limit > store->flows.count)
        limit = (uint32_t)store->flows.count;
    const struct vt_store_flow **found = malloc(((size_t)limit + 1) * sizeof *found);
    if (!found) {
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        return;
    }
    for (size_t i = 0; i < store->flows.count; i++) {
        const struct vt_store_flow *flow = &store->flows.items[i];
        if (flow->start >= answer->t1)
            break;
        if (flow->end < answer->t0)
            continue;
        answer->total++;
        if (n < limit)
            found[n++] = flow;
    }
    for (int column = 0; column < 3; column++) {
        uint32_t *to = vt_answer_column(answer, n, sizeof *to);
        for (uint32_t i = 0; to && i < n; i++)
            to[i] = column == 0   ? found[i]->from
                    : column == 1 ? found[i]->to
                                  : found[i]->name;
    }
    for (int column = 0; column < 2; column++) {
        double *to = vt_answer_column(answer, n, sizeof *to);
        for (uint32_t i = 0; to && i < n; i++)
            to[i] = (double)(column ? found[i]->end : found[i]->start);
    }
    answer->count = n;
    free(found);
}

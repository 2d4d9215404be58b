/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/percentile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LISTS = 3 };
static const unsigned PERCENTS[VT_PERCENTILE_RANKS] = {50, 95, 99};

struct sample { /* what is counted, and of which list */
    uint32_t *dur;
    size_t *list, count;
    uint64_t lengths[LISTS];
};

static uint64_t length_of(const void *state, size_t i) {
    return ((const struct sample *)state)->lengths[i];
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 32);
}

static struct sample draw(size_t count, uint64_t seed, unsigned shift) {
    struct sample sample = {calloc(count, sizeof *sample.dur),
                            calloc(count, sizeof *sample.list),
                            count,
                            {0}};
    for (size_t i = 0; i < count; i++) {
        sample.dur[i] = next_random(&seed) >> (next_random(&seed) % (shift + 1));
        /* list 0 gets few */
        sample.list[i] = next_random(&seed) % 64 ? 1 + next_random(&seed) % 2 : 0;
        sample.lengths[sample.list[i]]++;
    }
    return sample;
}

/* The percentiles of one list by sorting it. */
static void expect_sorted(const struct sample *sample, size_t list,
                          const int64_t *found) {
    uint32_t *sorted = calloc(sample->count, sizeof *sorted);
    size_t n = 0;
    for (size_t i = 0; i < sample->count; i++)
        if (sample->list[i] == list)
            sorted[n++] = sample->dur[i];
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t k = 0; k < VT_PERCENTILE_RANKS; k++)
        assert_int_equal(found[k], sorted[(n * PERCENTS[k] + 99) / 100 - 1]);
    free(sorted);
}

/* Returns how many durations were kept for the second pass. */
static uint64_t check(struct sample *sample) {
    struct vt_percentile_set set;
    uint64_t kept = 0;
    assert_true(vt_percentile_init(&set, LISTS, sample->lengths,
                                   sizeof *sample->lengths, sample->count));
    for (size_t i = 0; i < sample->count; i++)
        vt_percentile_count(&set.lists[sample->list[i]], sample->dur[i]);
    assert_true(vt_percentile_plan(&set, PERCENTS, length_of, sample));
    for (size_t i = 0; i < sample->count; i++) {
        struct vt_percentile_list *list = &set.lists[sample->list[i]];
        if (!vt_percentile_wants(list, sample->dur[i]))
            continue;
        vt_percentile_keep(&set, list, sample->dur[i]);
        kept++;
    }
    for (size_t i = 0; i < LISTS; i++) {
        int64_t found[VT_PERCENTILE_RANKS];
        if (!sample->lengths[i])
            continue;
        vt_percentile_select(&set, i, found);
        expect_sorted(sample, i, found);
    }
    vt_percentile_fini(&set);
    free(sample->dur);
    free(sample->list);
    return kept;
}

static void bins_are_in_the_order_of_durations(void **state) {
    (void)state;
    uint32_t before = 0;
    for (uint64_t dur = 0; dur <= UINT32_MAX; dur += 1 + dur / 1000) {
        uint32_t bin = vt_percentile_bin((uint32_t)dur);
        assert_true(bin == before || bin == before + 1);
        before = bin;
    }
    assert_int_equal(vt_percentile_bin(15), 15);
    assert_int_equal(vt_percentile_bin(UINT32_MAX), VT_PERCENTILE_BINS - 1);
}

static void ranks_are_those_of_the_sorted_lists(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct sample sample = draw(1 + seed * 97, seed, seed % 32);
        check(&sample);
    }
}

static void long_lists_keep_little_for_the_second_pass(void **state) {
    (void)state;
    struct sample sample = draw(200000, 7, 12);
    assert_in_range(check(&sample), 1, 200000 / 5);
}

static void equal_durations_and_the_longest_have_ranks(void **state) {
    (void)state;
    struct sample sample = draw(5000, 3, 0);
    for (size_t i = 0; i < sample.count; i++)
        sample.dur[i] = i % 3 ? UINT32_MAX : 1000;
    check(&sample);
}

static void a_short_range_of_a_long_trace_needs_no_bins(void **state) {
    (void)state;
    uint64_t calls[LISTS] = {1000000, 1000000, 1000000};
    struct vt_percentile_set set;
    assert_true(vt_percentile_init(&set, LISTS, calls, sizeof *calls, 500));
    for (size_t i = 0; i < LISTS; i++)
        assert_ptr_equal(set.lists[i].bins, set.bins);
    vt_percentile_fini(&set);
}

static void one_that_moves_is_counted_where_it_belongs(void **state) {
    (void)state;
    uint64_t calls[1] = {1000};
    struct sample lengths = {.lengths = {1000}};
    struct vt_percentile_set set;
    int64_t found[VT_PERCENTILE_RANKS];
    assert_true(vt_percentile_init(&set, 1, calls, sizeof *calls, 1000));
    for (int i = 0; i < 1000; i++)
        vt_percentile_count(&set.lists[0], UINT32_MAX);
    for (int i = 0; i < 990; i++)
        vt_percentile_move(&set.lists[0], UINT32_MAX, 5);
    assert_true(vt_percentile_plan(&set, PERCENTS, length_of, &lengths));
    for (int i = 0; i < 990; i++)
        if (vt_percentile_wants(&set.lists[0], 5))
            vt_percentile_keep(&set, &set.lists[0], 5);
    vt_percentile_select(&set, 0, found);
    assert_int_equal(found[2], 5);
    vt_percentile_fini(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_are_in_the_order_of_durations),
        cmocka_unit_test(ranks_are_those_of_the_sorted_lists),
        cmocka_unit_test(long_lists_keep_little_for_the_second_pass),
        cmocka_unit_test(equal_durations_and_the_longest_have_ranks),
        cmocka_unit_test(a_short_range_of_a_long_trace_needs_no_bins),
        cmocka_unit_test(one_that_moves_is_counted_where_it_belongs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

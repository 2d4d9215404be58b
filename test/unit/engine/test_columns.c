/* SPDX-License-Identifier: Apache-2.0
 *
 * Every search compared with looking at each slice.
 */
#include "test/unit/engine/random_columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void check_searches(const struct vt_columns *c, uint32_t from, uint32_t to,
                           int64_t time) {
    uint32_t at = from;
    while (at < to && c->start[at] < time)
        at++;
    assert_int_equal(vt_columns_at(c, from, to, time), at);
    assert_int_equal(vt_columns_ahead(c, from, to, time), at);
}

static void check_longest(const struct vt_columns *c, uint32_t from, uint32_t to,
                          int64_t dur) {
    uint32_t next = from, longest = from;
    uint64_t sum = 0;
    while (next < to && vt_columns_dur(c, next) < dur)
        next++;
    for (uint32_t i = from; i < to; i++) {
        sum += (uint64_t)vt_columns_dur(c, i);
        if (vt_columns_dur(c, i) > vt_columns_dur(c, longest))
            longest = i;
    }
    assert_int_equal(vt_columns_next_long(c, from, to, dur), next);
    assert_int_equal(vt_columns_sum(c, from, to), sum);
    if (from < to)
        assert_int_equal(vt_columns_longest(c, from, to), longest);
}

static void searches_find_what_looking_at_each_slice_finds(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 60; seed++) {
        uint32_t count = (uint32_t)(seed < 40 ? seed : seed * 37);
        uint64_t dice = seed * 77;
        struct vt_columns c = random_columns(count, seed);
        for (int i = 0; i < 60; i++) {
            uint32_t from = next_random(&dice) % (count + 1);
            uint32_t to = from + next_random(&dice) % (count - from + 1);
            uint32_t near = next_random(&dice) % count;
            check_searches(&c, from, to, c.start[near] + (int)(i % 3) - 1);
            check_longest(&c, from, to, i % 7 ? next_random(&dice) % 60 : 4400000000);
        }
        vt_columns_fini(&c);
    }
}

static void a_range_is_narrowed_to_what_overlaps_it(void **state) {
    (void)state;
    struct vt_columns c = random_columns(500, 5);
    uint64_t dice = 1;
    for (int i = 0; i < 300; i++) {
        int64_t t0 = c.start[next_random(&dice) % 500] + next_random(&dice) % 30;
        int64_t t1 = t0 + 1 + next_random(&dice) % 300;
        uint32_t from = 0, to = 500, first = 0, end = 500;
        while (first < 500 && c.start[first] < t0 && vt_columns_end(&c, first) <= t0)
            first++;
        while (end > first && c.start[end - 1] >= t1)
            end--;
        vt_columns_clip(&c, t0, t1, &from, &to);
        assert_int_equal(from, first);
        assert_int_equal(to, end);
    }
    vt_columns_fini(&c);
}

static void odd_slices_are_found_by_their_number(void **state) {
    (void)state;
    struct vt_columns c = random_columns(2000, 9);
    uint32_t seen = 0;
    assert_true(c.odd_count > 10);
    for (uint32_t i = 0; i < c.count; i++) {
        const struct vt_columns_odd *odd = vt_columns_odd(&c, i);
        assert_int_equal(odd != NULL, c.dur[i] == VT_COLUMNS_ODD);
        assert_int_equal(vt_columns_odd_from(&c, i), seen);
        seen += odd != NULL;
    }
    vt_columns_fini(&c);
}

static void self_time_is_what_children_leave(void **state) {
    (void)state;
    /* two parents; the children of the first touch both of its edges */
    static const int64_t start[] = {0, 100, 0, 40, 100, 100, 130};
    static const uint32_t dur[] = {100, 50, 30, 60, 0, 20, 1};
    struct vt_columns c;
    struct vt_error err;
    assert_int_equal(vt_columns_init(&c, 7, false, &err), VT_OK);
    for (uint32_t i = 0; i < 7; i++) {
        c.start[i] = start[i];
        c.dur[i] = dur[i];
        c.name[i] = 0;
    }
    assert_int_equal(vt_columns_index(&c, &err), VT_OK);
    vt_columns_fill_self(&c, 0, 2, 2, 7);
    vt_columns_fill_self(&c, 2, 7, 7, 7);
    assert_int_equal(c.self[0], 10);
    assert_int_equal(c.self[1], 29);
    assert_int_equal(c.self[3], 60);
    vt_columns_fini(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_find_what_looking_at_each_slice_finds),
        cmocka_unit_test(a_range_is_narrowed_to_what_overlaps_it),
        cmocka_unit_test(odd_slices_are_found_by_their_number),
        cmocka_unit_test(self_time_is_what_children_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

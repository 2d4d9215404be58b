/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

static void make(struct vt_log_clock *clock, const struct vt_clock_pair *knots,
                 size_t count) {
    vt_log_clock_init(clock, false);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(vt_log_clock_add(clock, knots[i], NULL), VT_OK);
    assert_int_equal(vt_log_clock_seal(clock, NULL), VT_OK);
}

static void ticks_that_are_ns_stay_what_they_are(void **state) {
    (void)state;
    struct vt_log_clock clock;
    vt_log_clock_init(&clock, true);
    assert_int_equal(vt_log_clock_seal(&clock, NULL), VT_OK);
    assert_int_equal(vt_log_clock_ns(&clock, 123456789), 123456789);
    vt_log_clock_fini(&clock);
}

/* 3 GHz for half an hour: the answer may be a fraction of a ns low, never more. */
static void a_long_straight_line_is_exact_to_a_ns(void **state) {
    (void)state;
    const uint64_t start = 7000000000000, ns = 5000 * SECOND, length = 1800 * SECOND;
    const struct vt_clock_pair knots[] = {{start, ns},
                                          {start + 3 * length, ns + length}};
    struct vt_log_clock clock;
    make(&clock, knots, 2);
    for (uint64_t t = 0; t <= length; t += length / 997) {
        uint64_t got = vt_log_clock_ns(&clock, start + 3 * t);
        assert_in_range(got, ns + t - 1, ns + t);
    }
    /* The same slope before the first and after the last knot. */
    assert_in_range(vt_log_clock_ns(&clock, start - 3 * SECOND), ns - SECOND - 1,
                    ns - SECOND + 1);
    assert_in_range(vt_log_clock_ns(&clock, start + 6 * length), ns + 2 * length - 1,
                    ns + 2 * length);
    vt_log_clock_fini(&clock);
}

static void the_line_bends_where_the_machine_was_suspended(void **state) {
    (void)state;
    /* Between the second and third knot the ticks stood still for most of the time. */
    const struct vt_clock_pair knots[] = {{1000, SECOND},
                                          {1000 + SECOND, 2 * SECOND},
                                          {1000 + SECOND + SECOND / 10, 60 * SECOND},
                                          {1000 + 2 * SECOND, 61 * SECOND}};
    struct vt_log_clock clock;
    make(&clock, knots, 4);
    for (size_t i = 0; i < 4; i++)
        assert_in_range(vt_log_clock_ns(&clock, knots[i].ticks), knots[i].mono_ns - 1,
                        knots[i].mono_ns);
    /* In any order of asking. */
    assert_in_range(vt_log_clock_ns(&clock, 1000 + SECOND / 2), SECOND + SECOND / 2 - 1,
                    SECOND + SECOND / 2);
    vt_log_clock_fini(&clock);
}

static void the_line_never_falls(void **state) {
    (void)state;
    struct vt_clock_pair knots[60];
    uint64_t ticks = 1000000, ns = 5 * SECOND;
    srandom(1);
    for (size_t i = 0; i < 60; i++) {
        knots[i] = (struct vt_clock_pair){ticks, ns};
        ticks += 1 + (uint64_t)random() % 1000;
        ns += 1 + (uint64_t)random() % (200 * (SECOND / 1000));
    }
    struct vt_log_clock clock;
    make(&clock, knots, 60);
    uint64_t last = 0;
    for (uint64_t t = 0; t < ticks + 1000; t++) {
        uint64_t got = vt_log_clock_ns(&clock, t);
        assert_true(got >= last);
        last = got;
    }
    vt_log_clock_fini(&clock);
}

static void close_knots_do_not_bend_the_line(void **state) {
    (void)state;
    /* 1 tick = 1 ns, but each reading of the clocks in between is 200 ns off. */
    struct vt_clock_pair knots[1002];
    for (uint64_t i = 0; i < 1001; i++)
        knots[i] = (struct vt_clock_pair){1 + i * 1000000, SECOND + i * 1000000};
    for (uint64_t i = 1; i < 1000; i++)
        knots[i].mono_ns += i % 2 ? 200 : 0;
    struct vt_log_clock clock;
    make(&clock, knots, 1001);
    assert_true(clock.segment_count <= 20);
    for (uint64_t t = 0; t < 1000000000; t += 12345) {
        uint64_t error = vt_log_clock_ns(&clock, 1 + t) - (SECOND + t) + 250;
        assert_in_range(error, 0, 500);
    }
    assert_in_range(vt_log_clock_ns(&clock, knots[1000].ticks), knots[1000].mono_ns - 1,
                    knots[1000].mono_ns);
    vt_log_clock_fini(&clock);
}

static void one_knot_takes_ticks_for_ns(void **state) {
    (void)state;
    const struct vt_clock_pair knots[] = {{500, 9000}, {0, 0}};
    struct vt_log_clock clock;
    make(&clock, knots, 2);
    assert_int_equal(vt_log_clock_ns(&clock, 507), 9007);
    vt_log_clock_fini(&clock);
}

static void no_knot_and_absurd_knots_give_an_answer_all_the_same(void **state) {
    (void)state;
    struct vt_log_clock clock;
    make(&clock, NULL, 0);
    assert_int_equal(vt_log_clock_ns(&clock, 17), 17);
    vt_log_clock_fini(&clock);
    const struct vt_clock_pair absurd[] = {
        {5, 10},         {6, INT64_MAX},     {4, UINT64_MAX},
        {UINT64_MAX, 3}, {6, INT64_MAX - 1}, {7, 1}};
    make(&clock, absurd, 6);
    uint64_t last = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t got = vt_log_clock_ns(&clock, UINT64_C(1) << bit);
        assert_true(got >= last && got <= INT64_MAX);
        last = got;
    }
    assert_int_equal(vt_log_clock_ns(&clock, UINT64_MAX), INT64_MAX);
    vt_log_clock_fini(&clock);
}

static void before_the_first_knot_time_stops_at_zero(void **state) {
    (void)state;
    const struct vt_clock_pair knots[] = {{1000, 100}, {2000, 100 + 100 * SECOND}};
    struct vt_log_clock clock;
    make(&clock, knots, 2);
    assert_int_equal(vt_log_clock_ns(&clock, 0), 0);
    vt_log_clock_fini(&clock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_that_are_ns_stay_what_they_are),
        cmocka_unit_test(a_long_straight_line_is_exact_to_a_ns),
        cmocka_unit_test(the_line_bends_where_the_machine_was_suspended),
        cmocka_unit_test(the_line_never_falls),
        cmocka_unit_test(close_knots_do_not_bend_the_line),
        cmocka_unit_test(one_knot_takes_ticks_for_ns),
        cmocka_unit_test(no_knot_and_absurd_knots_give_an_answer_all_the_same),
        cmocka_unit_test(before_the_first_knot_time_stops_at_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

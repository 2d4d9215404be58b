/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static void sleep_ms(long ms) {
    struct timespec time = {0, ms * 1000000};
    while (nanosleep(&time, &time) != 0)
        continue;
}

static int use_the_best_clock(void **state) {
    (void)state;
    unsetenv("VIZTRACER_CLOCK");
    vt_clock_init();
    return 0;
}

static int use_the_slow_clock(void **state) {
    (void)state;
    setenv("VIZTRACER_CLOCK", "monotonic", 1);
    vt_clock_init();
    return 0;
}

static void ticks_never_go_back_and_do_advance(void **state) {
    (void)state;
    uint64_t first = vt_clock_ticks(), before = first;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = vt_clock_ticks();
        assert_true(now >= before);
        before = now;
    }
    assert_true(before > first);
}

static void a_pair_is_read_between_its_neighbours(void **state) {
    (void)state;
    uint64_t ticks = vt_clock_ticks(), ns = vt_clock_mono_ns();
    struct vt_clock_pair one = vt_clock_pair(1), best = vt_clock_pair(200);
    uint64_t ticks_after = vt_clock_ticks(), ns_after = vt_clock_mono_ns();
    assert_in_range(one.ticks, ticks, ticks_after);
    assert_in_range(best.ticks, one.ticks, ticks_after);
    assert_in_range(one.mono_ns, ns, ns_after);
    assert_in_range(best.mono_ns, one.mono_ns, ns_after);
}

/* Three careful pairs lie on one line: the middle one within 2 us, which no pair that
 * is read at two different moments does. One of several rounds must be undisturbed. */
static void pairs_lie_on_a_line(void **state) {
    (void)state;
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        struct vt_clock_pair a = vt_clock_pair(200);
        sleep_ms(4);
        struct vt_clock_pair b = vt_clock_pair(200);
        sleep_ms(4);
        struct vt_clock_pair c = vt_clock_pair(200);
        double share = (double)(b.ticks - a.ticks) / (double)(c.ticks - a.ticks);
        double expected = share * (double)(c.mono_ns - a.mono_ns);
        double error = (double)(b.mono_ns - a.mono_ns) - expected;
        best = error * error < best * best ? error : best;
    }
    assert_true(best > -2000.0 && best < 2000.0);
}

static void ns_become_ticks_within_one_percent(void **state) {
    (void)state;
    struct vt_clock_pair before = vt_clock_pair(200);
    sleep_ms(20);
    struct vt_clock_pair after = vt_clock_pair(200);
    uint64_t ns = after.mono_ns - before.mono_ns;
    double expected = (double)(after.ticks - before.ticks);
    double ticks = (double)vt_clock_ns_to_ticks(ns, before);
    assert_true(ns >= 20000000u);
    assert_true(ticks > 0.99 * expected && ticks < 1.01 * expected);
    assert_int_equal(vt_clock_ns_to_ticks(0, before), 0);
}

/* A second is right even when the pair to measure against is quite new. */
static void a_young_pair_is_waited_for(void **state) {
    (void)state;
    struct vt_clock_pair start = vt_clock_pair(200);
    double early = (double)vt_clock_ns_to_ticks(1000000000u, vt_clock_pair(10));
    sleep_ms(20);
    double late = (double)vt_clock_ns_to_ticks(1000000000u, start);
    assert_true(early > 0.99 * late && early < 1.01 * late);
}

static void base_time_is_what_takes_monotonic_to_the_wall_clock(void **state) {
    (void)state;
    struct timespec real;
    int64_t base_ns = vt_clock_base_time_ns();
    int64_t mono_ns = (int64_t)vt_clock_mono_ns();
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t real_ns = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec;
    int64_t error_ns = real_ns - (base_ns + mono_ns);
    assert_true(error_ns > -1000000000 && error_ns < 1000000000);
}

static void the_slow_clock_can_be_forced(void **state) {
    (void)state;
    assert_false(vt_clock_uses_tsc);
    uint64_t before = vt_clock_mono_ns();
    uint64_t ticks = vt_clock_ticks();
    assert_in_range(ticks, before, vt_clock_mono_ns());
    assert_int_equal(vt_clock_ns_to_ticks(12345, vt_clock_pair(1)), 12345);
}

static void another_word_does_not_force_the_slow_clock(void **state) {
    (void)state;
    bool chosen = vt_clock_uses_tsc;
    setenv("VIZTRACER_CLOCK", "tsc", 1);
    vt_clock_init();
    assert_int_equal(vt_clock_uses_tsc, chosen);
}

#define ON_BOTH_CLOCKS(test)                                                           \
    {"the best clock: " #test, test, use_the_best_clock, NULL, NULL}, {                \
        "the slow clock: " #test, test, use_the_slow_clock, NULL, NULL                 \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_BOTH_CLOCKS(ticks_never_go_back_and_do_advance),
        ON_BOTH_CLOCKS(a_pair_is_read_between_its_neighbours),
        ON_BOTH_CLOCKS(pairs_lie_on_a_line),
        ON_BOTH_CLOCKS(ns_become_ticks_within_one_percent),
        ON_BOTH_CLOCKS(a_young_pair_is_waited_for),
        ON_BOTH_CLOCKS(base_time_is_what_takes_monotonic_to_the_wall_clock),
        cmocka_unit_test_setup(the_slow_clock_can_be_forced, use_the_slow_clock),
        cmocka_unit_test_setup(another_word_does_not_force_the_slow_clock,
                               use_the_best_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log.h"
#include "core/record/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

struct bench {
    struct vt_log *log;
    struct vt_thread *thread;
};

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->log = vt_test_log(NULL, 1000, 0);
    bench->thread = vt_test_thread(bench->log);
    *state = bench;
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    vt_log_destroy(bench->log);
    free(bench);
    return 0;
}

/* '1'…'9' enter a function, 'a'…'i' leave it, 'P' pauses, 'R' resumes. */
static void play(struct bench *bench, const char *script) {
    for (const char *p = script; *p; p++) {
        if (*p == 'P')
            vt_thread_pause(bench->thread);
        else if (*p == 'R')
            vt_thread_resume(bench->thread);
        else if (*p <= '9')
            vt_thread_enter(bench->thread, (uint32_t)(*p - '0'), false);
        else
            vt_thread_leave(bench->thread, (uint32_t)(*p - 'a' + 1));
    }
}

/* The functions whose calls are in the log, as digits; nothing is open or hidden. */
static void expect(struct bench *bench, const char *ids) {
    struct vt_log_walk walk = {0};
    char got[64] = "";
    vt_log_walk(&walk, bench->log);
    assert_true(walk.event_count < sizeof got);
    for (size_t i = 0; i < walk.event_count; i++)
        got[i] = (char)('0' + vt_walked_id(&walk.events[i]));
    assert_string_equal(got, ids);
    assert_int_equal(walk.frame_count, 0);
    assert_int_equal(bench->thread->hidden, 0);
    vt_log_walk_fini(&walk);
}

static void calls_of_a_pause_are_not_recorded(void **state) {
    play(*state, "1P2c3cbR4da");
    expect(*state, "41");
}

static void a_call_that_was_open_before_may_return_during_the_pause(void **state) {
    play(*state, "12P3cb4daR5e");
    expect(*state, "215");
}

static void a_call_that_began_in_the_pause_may_return_after_it(void **state) {
    play(*state, "1P23R4dcba"); /* 2 and 3 are open when it ends */
    expect(*state, "41");
}

/* The inner call of 1 began in the pause: its return is not the outer one's. */
static void a_recursion_over_the_end_of_a_pause_keeps_its_calls_apart(void **state) {
    struct bench *bench = *state;
    play(bench, "1P1Ra");
    assert_int_equal(vt_thread_depth(bench->thread), 1);
    play(bench, "a");
    expect(bench, "1");
}

static void pausing_twice_is_pausing_once(void **state) {
    play(*state, "1PP2bR3cRa");
    expect(*state, "31");
}

static void a_pause_below_a_hidden_call_leaves_it_hidden(void **state) {
    struct bench *bench = *state;
    vt_thread_enter(bench->thread, 9, true);
    play(bench, "P2bR3c");
    assert_int_equal(bench->thread->hidden, 1);
    play(bench, "P2Rb");
    assert_int_equal(bench->thread->hidden, 1);
    play(bench, "i4d");
    expect(bench, "4");
}

static void a_hidden_call_may_return_during_the_pause(void **state) {
    struct bench *bench = *state;
    play(bench, "1");
    vt_thread_enter(bench->thread, 9, true);
    play(bench, "P2biR3ca");
    expect(bench, "31");
}

static void a_return_whose_function_was_not_looked_for_is_the_innermost(void **state) {
    struct bench *bench = *state;
    play(bench, "12P");
    vt_thread_leave(bench->thread, VT_LOG_NO_ID);
    play(bench, "Ra");
    expect(bench, "21");
}

static void frames_of_the_pause_count_for_max_depth(void **state) {
    struct bench *bench = *state;
    bench->thread->max_depth = 3;
    play(bench, "1P2R34dcba");
    expect(bench, "31");
}

static void flush_ends_a_pause_and_writes_no_frames_of_it(void **state) {
    struct bench *bench = *state;
    play(bench, "1P2R3P");
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_FINISH);
    play(bench, "4d");
    expect(bench, "314");
}

static void the_watch_is_answered_during_a_pause(void **state) {
    struct bench *bench = *state;
    play(bench, "1");
    vt_thread_watch(bench->thread, 1, 0);
    play(bench, "2P3c");
    assert_int_equal(vt_thread_leave(bench->thread, 2), VT_THREAD_AT_WATCH);
    play(bench, "Ra");
    expect(bench, "21");
}

static void calls_without_room_for_their_frames_are_counted_as_lost(void **state) {
    (void)state;
    enum { LEVELS = 200000, MAX_DEPTH = 190000 };
    struct bench bench = {.log = vt_test_log(NULL, 1000000, 32 * VT_LOG_BLOCK_BYTES)};
    bench.thread = vt_test_thread(bench.log);
    bench.thread->max_depth = MAX_DEPTH;
    for (int round = 1; round <= 2; round++) {
        for (uint32_t i = 0; i < LEVELS; i++)
            vt_thread_enter(bench.thread, i, false);
        uint32_t depth = vt_thread_depth(bench.thread);
        assert_true(depth >= VT_BLOCK_FRAMES && depth < MAX_DEPTH);
        assert_int_equal(vt_log_usage(bench.log).dropped_events,
                         (uint32_t)round * (MAX_DEPTH - depth));
        for (uint32_t i = LEVELS - 1; i > depth; i--)
            vt_thread_leave(bench.thread, i);
        vt_thread_pause(bench.thread); /* below a call that is cut off */
        vt_thread_enter(bench.thread, 7, false);
        vt_thread_leave(bench.thread, 7);
        vt_thread_resume(bench.thread);
        vt_thread_leave(bench.thread, depth);
        vt_thread_enter(bench.thread, 1, true); /* hidden by a filter */
        vt_thread_enter(bench.thread, 2, false);
        vt_thread_leave(bench.thread, 2);
        vt_thread_leave(bench.thread, 1);
        assert_int_equal(vt_log_usage(bench.log).dropped_events,
                         (uint32_t)round * (MAX_DEPTH - depth));
        bench.thread->min_ticks = UINT64_MAX; /* they take no room */
        while (depth-- > 0)
            vt_thread_leave(bench.thread, depth);
    }
    vt_log_destroy(bench.log);
}

/* Fills the stack until a call finds no room for its frame. */
static uint32_t fill_stack(struct bench *bench) {
    uint32_t depth = 0;
    while (vt_log_usage(bench->log).dropped_events == 0)
        vt_thread_enter(bench->thread, depth++, false);
    return depth - 1;
}

static void calls_that_a_filter_hides_below_lost_ones_are_not_lost(void **state) {
    (void)state;
    struct bench bench = {.log = vt_test_log(NULL, 1000000, 32 * VT_LOG_BLOCK_BYTES)};
    bench.thread = vt_test_thread(bench.log);
    bench.thread->max_depth = UINT32_MAX;
    uint32_t depth = fill_stack(&bench);
    vt_thread_enter(bench.thread, 1, true);
    vt_thread_enter(bench.thread, 2, false);
    vt_thread_enter(bench.thread, 3, true);
    vt_thread_enter(bench.thread, 4, false);
    for (uint32_t id = 4; id >= 2; id--)
        vt_thread_leave(bench.thread, id);
    vt_thread_enter(bench.thread, 5, false); /* still below the first */
    assert_int_equal(vt_log_usage(bench.log).dropped_events, 1);
    vt_thread_pause(bench.thread);
    vt_thread_leave(bench.thread, 5);
    vt_thread_leave(bench.thread, 1); /* during the pause */
    vt_thread_enter(bench.thread, 6, false);
    vt_thread_leave(bench.thread, 6);
    vt_thread_resume(bench.thread);
    assert_int_equal(vt_log_usage(bench.log).dropped_events, 1);
    vt_thread_enter(bench.thread, 7, false);
    vt_thread_leave(bench.thread, 7);
    assert_int_equal(vt_log_usage(bench.log).dropped_events, 2);
    vt_thread_leave(bench.thread, depth);
    assert_int_equal(vt_thread_depth(bench.thread), depth);
    vt_log_destroy(bench.log);
}

#define WITH_A_THREAD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_without_room_for_their_frames_are_counted_as_lost),
        cmocka_unit_test(calls_that_a_filter_hides_below_lost_ones_are_not_lost),
        WITH_A_THREAD(calls_of_a_pause_are_not_recorded),
        WITH_A_THREAD(a_call_that_was_open_before_may_return_during_the_pause),
        WITH_A_THREAD(a_call_that_began_in_the_pause_may_return_after_it),
        WITH_A_THREAD(a_recursion_over_the_end_of_a_pause_keeps_its_calls_apart),
        WITH_A_THREAD(pausing_twice_is_pausing_once),
        WITH_A_THREAD(a_pause_below_a_hidden_call_leaves_it_hidden),
        WITH_A_THREAD(a_hidden_call_may_return_during_the_pause),
        WITH_A_THREAD(a_return_whose_function_was_not_looked_for_is_the_innermost),
        WITH_A_THREAD(frames_of_the_pause_count_for_max_depth),
        WITH_A_THREAD(flush_ends_a_pause_and_writes_no_frames_of_it),
        WITH_A_THREAD(the_watch_is_answered_during_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

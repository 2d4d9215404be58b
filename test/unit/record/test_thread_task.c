/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log.h"
#include "core/record/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

struct bench {
    struct vt_log *log;
    struct vt_thread *thread;
    uint32_t task;
};

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->log = vt_test_log(NULL, 1000, 0);
    bench->thread = vt_test_thread(bench->log);
    bench->task = vt_log_add_task(bench->log, 1 << 24, vt_test_text("Task-1"));
    *state = bench;
    return bench->task == VT_LOG_NO_ID ? -1 : 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    vt_log_destroy(bench->log);
    free(bench);
    return 0;
}

/* '1'…'9' enter a function, 'a'…'i' leave it, 'T' begins the task. A leave that the
 * watch answers to ends it, else `answered` has its letter at the end. */
static void play(struct bench *bench, const char *script, char *answered) {
    *answered = '\0';
    for (const char *p = script; *p; p++) {
        if (*p == 'T')
            assert_true(vt_thread_begin_task(bench->thread, bench->task));
        else if (*p <= '9')
            vt_thread_enter(bench->thread, (uint32_t)(*p - '0'), false);
        else if (vt_thread_leave(bench->thread, (uint32_t)(*p - 'a' + 1)) ==
                     VT_THREAD_AT_WATCH &&
                 !vt_thread_end_task(bench->thread))
            *answered = *p;
    }
}

/* The events in the log: 't' or 'o' (task or own), and the function's digit. */
static void expect(struct bench *bench, const char *events) {
    struct vt_log_walk walk = {0};
    char got[64] = "";
    size_t used = 0;
    vt_log_walk(&walk, bench->log);
    for (size_t i = 0; i < walk.event_count && used < sizeof got - 2; i++) {
        got[used++] = walk.events[i].event.thread == bench->task ? 't' : 'o';
        got[used++] = (char)('0' + vt_walked_id(&walk.events[i]));
    }
    assert_string_equal(got, events);
    vt_log_walk_fini(&walk);
}

static void calls_of_a_task_are_in_its_lane(void **state) {
    struct bench *bench = *state;
    char answered;
    play(bench, "12T33c4dcb5ea", &answered);
    expect(bench, "t3t4t3o2o5o1");
    assert_false(vt_thread_in_task(bench->thread));
}

static void a_watch_from_before_the_task_holds_after_it(void **state) {
    struct bench *bench = *state;
    char answered;
    vt_thread_enter(bench->thread, 1, false);
    vt_thread_watch(bench->thread, 1, 0);
    play(bench, "2T3cT4d", &answered);
    assert_int_equal(answered, '\0');
    play(bench, "b", &answered);
    assert_int_equal(answered, 'b');
    expect(bench, "t3t4o2");
}

static void a_task_ends_when_its_call_is_hidden(void **state) {
    struct bench *bench = *state;
    char answered;
    vt_thread_enter(bench->thread, 1, false);
    bench->thread->max_depth = 1;
    play(bench, "T23cb", &answered);
    bench->thread->max_depth = UINT32_MAX;
    assert_false(vt_thread_in_task(bench->thread));
    play(bench, "4da", &answered);
    expect(bench, "o4o1");
}

static void there_is_one_task_at_a_time(void **state) {
    struct bench *bench = *state;
    assert_true(vt_thread_begin_task(bench->thread, bench->task));
    assert_false(vt_thread_begin_task(bench->thread, bench->task));
    assert_true(vt_thread_end_task(bench->thread));
    assert_false(vt_thread_end_task(bench->thread));
}

static void no_task_begins_below_a_hidden_call(void **state) {
    struct bench *bench = *state;
    vt_thread_enter(bench->thread, 1, true);
    assert_false(vt_thread_begin_task(bench->thread, bench->task));
    (void)vt_thread_leave(bench->thread, 1);
}

static void a_flush_gives_each_lane_its_open_calls(void **state) {
    struct bench *bench = *state;
    char answered;
    play(bench, "12T34", &answered);
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_FINISH);
    expect(bench, "t4t3o2o1");
    assert_false(vt_thread_in_task(bench->thread));
    play(bench, "5e", &answered);
    expect(bench, "t4t3o2o1o5");
}

static void a_task_may_get_another_name(void **state) {
    struct bench *bench = *state;
    vt_log_name_task(bench->log, bench->task, 1 << 24, vt_test_text("renamed"));
    struct vt_log_walk walk;
    vt_log_walk(&walk, bench->log);
    const struct vt_walked_symbol *symbol =
        vt_log_walk_symbol(&walk, VT_SYMBOL_THREAD, bench->task);
    struct vt_symbol_thread body;
    memcpy(&body, symbol->body, sizeof body);
    assert_int_equal(body.tid, 1 << 24);
    assert_int_equal(body.flags, VT_THREAD_IS_TASK);
    assert_memory_equal(symbol->body + sizeof body, "renamed", 7);
    vt_log_walk_fini(&walk);
}

#define IN_A_THREAD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_THREAD(calls_of_a_task_are_in_its_lane),
        IN_A_THREAD(a_watch_from_before_the_task_holds_after_it),
        IN_A_THREAD(a_task_ends_when_its_call_is_hidden),
        IN_A_THREAD(there_is_one_task_at_a_time),
        IN_A_THREAD(no_task_begins_below_a_hidden_call),
        IN_A_THREAD(a_flush_gives_each_lane_its_open_calls),
        IN_A_THREAD(a_task_may_get_another_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

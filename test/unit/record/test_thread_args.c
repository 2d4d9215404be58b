/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/thread_args.h"

#include "core/record/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/unit/record/log_bench.h"

static void add(struct bench *bench, const char *members) {
    assert_true(vt_thread_args_add(bench->thread, members, strlen(members)));
}

static void enter(struct bench *bench, uint32_t id) {
    vt_thread_enter(bench->thread, id, false);
}

static void leave(struct bench *bench, uint32_t id) {
    (void)vt_thread_leave(bench->thread, id);
}

static void look(struct bench *bench) {
    vt_log_walk_fini(&bench->walk);
    vt_log_walk(&bench->walk, bench->log);
}

/* The event `index` is a call of `id` with these args (NULL: none). */
static void expect_call(const struct bench *bench, size_t index, uint32_t id,
                        const char *args) {
    assert_true(index < bench->walk.event_count);
    const struct vt_walked_event *walked = &bench->walk.events[index];
    assert_int_equal(vt_walked_id(walked), id);
    if (!args) {
        assert_null(walked->payload);
        return;
    }
    assert_non_null(walked->payload);
    assert_int_equal(walked->payload_size, strlen(args));
    assert_memory_equal(walked->payload, args, strlen(args));
}

static void args_become_the_payload_of_their_call(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    add(bench, "\"a\": 1");
    enter(bench, 2);
    leave(bench, 2);
    enter(bench, 3);
    add(bench, "\"x\": []");
    add(bench, "\"y\": {}, \"z\": 0");
    leave(bench, 3);
    add(bench, "\"b\": 2");
    leave(bench, 1);
    enter(bench, 1);
    leave(bench, 1);
    look(bench);
    expect_call(bench, 0, 2, NULL);
    expect_call(bench, 1, 3, "{\"x\": [], \"y\": {}, \"z\": 0}");
    expect_call(bench, 2, 1, "{\"a\": 1, \"b\": 2}");
    expect_call(bench, 3, 1, NULL);
}

static void get_answers_for_the_innermost_shown_call(void **state) {
    struct bench *bench = *state;
    size_t size = 0;
    assert_null(vt_thread_args_get(bench->thread, &size));
    assert_false(vt_thread_args_add(bench->thread, "\"a\": 1", 6));
    enter(bench, 1);
    assert_null(vt_thread_args_get(bench->thread, &size));
    add(bench, "\"a\": 1");
    const char *text = vt_thread_args_get(bench->thread, &size);
    assert_int_equal(size, 8);
    assert_memory_equal(text, "{\"a\": 1}", 8);
    assert_true(vt_thread_args_set(bench->thread, "{\"a\": 2}", 8));
    vt_thread_pause(bench->thread);
    enter(bench, 2);
    vt_thread_resume(bench->thread); /* 2 is open, and not shown */
    add(bench, "\"b\": 3");
    leave(bench, 2);
    leave(bench, 1);
    look(bench);
    expect_call(bench, 0, 1, "{\"a\": 2, \"b\": 3}");
    assert_int_equal(bench->walk.event_count, 1);
}

static void put(struct bench *bench, const char *name, const char *value) {
    assert_true(
        vt_thread_args_put(bench->thread, vt_test_text(name), vt_test_text(value)));
}

static void a_member_that_is_put_replaces_its_namesake(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    put(bench, "\"a\"", "[1, {\"b\": 2}]");
    put(bench, "\"b\"", "\"x, y\"");
    put(bench, "\"c\"", "3");
    put(bench, "\"b\"", "null");
    put(bench, "\"a\"", "0");
    leave(bench, 1);
    look(bench);
    expect_call(bench, 0, 1, "{\"c\": 3, \"b\": null, \"a\": 0}");
    assert_false(
        vt_thread_args_put(bench->thread, vt_test_text("\"a\""), vt_test_text("1")));
}

static void the_side_area_of_a_million_calls_is_one_block(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    add(bench, "\"outer\": true");
    for (int i = 0; i < 100000; i++) {
        enter(bench, 2);
        add(bench, "\"a\": 1");
        add(bench, "\"b\": 22222222222222222222222222222222222222");
        leave(bench, 2);
        assert_true(vt_thread_args_set(bench->thread, "{\"outer\": false}", 16));
    }
    leave(bench, 1);
    look(bench);
    assert_int_equal(bench->walk.blocks_of_kind[VT_BLOCK_SIDE], 1);
    expect_call(bench, 100000, 1, "{\"outer\": false}");
}

static void entries_cross_no_block(void **state) {
    struct bench *bench = *state;
    char members[3000];
    int n = snprintf(members, sizeof members, "\"k\": \"%0*d\"", 2990, 7);
    assert_int_equal(n, 2997);
    for (uint32_t i = 0; i < 100; i++) {
        enter(bench, i);
        add(bench, members);
    }
    for (uint32_t i = 100; i-- > 0;)
        leave(bench, i);
    look(bench);
    assert_true(bench->walk.blocks_of_kind[VT_BLOCK_SIDE] > 3);
    char object[3010];
    snprintf(object, sizeof object, "{%s}", members);
    for (uint32_t i = 0; i < 100; i++)
        expect_call(bench, i, 99 - i, object);
}

static void more_than_a_payload_holds_is_refused(void **state) {
    struct bench *bench = *state;
    static char members[VT_EVENT_PAYLOAD_MAX_BYTES];
    memset(members, ' ', sizeof members);
    enter(bench, 1);
    assert_true(vt_thread_args_add(bench->thread, members, sizeof members - 2));
    assert_false(vt_thread_args_add(bench->thread, members, 1));
    leave(bench, 1);
    enter(bench, 2);
    assert_false(vt_thread_args_add(bench->thread, members, sizeof members - 1));
    leave(bench, 2);
    look(bench);
    assert_int_equal(bench->walk.events[0].payload_size, VT_EVENT_PAYLOAD_MAX_BYTES);
    expect_call(bench, 1, 2, NULL);
}

static void a_return_that_is_matched_below_the_top_takes_its_args_along(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    add(bench, "\"one\": 1");
    enter(bench, 2);
    add(bench, "\"two\": 2");
    leave(bench, 1);
    leave(bench, 2);
    look(bench);
    expect_call(bench, 0, 1, "{\"one\": 1}");
    expect_call(bench, 1, 2, "{\"two\": 2}");
    assert_int_equal(bench->thread->side_used, 0);
}

static void flush_writes_args_of_open_calls(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    add(bench, "\"a\": 1");
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_OPEN);
    enter(bench, 2);
    add(bench, "\"b\": 2");
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_FINISH);
    look(bench);
    expect_call(bench, 0, 1, "{\"a\": 1}");
    assert_int_equal(vt_walked_kind(&bench->walk.events[0]), VT_EVENT_OPEN);
    expect_call(bench, 1, 2, "{\"b\": 2}");
    assert_int_equal(bench->thread->side_used, 0);
}

static void open_calls_name_their_entry(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    add(bench, "\"a\": 1");
    look(bench);
    assert_int_equal(bench->walk.frame_count, 1);
    assert_int_equal(bench->walk.frames[0].frame.side, 1);
    leave(bench, 1);
}

#define WITH_A_THREAD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_A_THREAD(args_become_the_payload_of_their_call),
        WITH_A_THREAD(get_answers_for_the_innermost_shown_call),
        WITH_A_THREAD(a_member_that_is_put_replaces_its_namesake),
        WITH_A_THREAD(the_side_area_of_a_million_calls_is_one_block),
        WITH_A_THREAD(entries_cross_no_block),
        WITH_A_THREAD(more_than_a_payload_holds_is_refused),
        WITH_A_THREAD(a_return_that_is_matched_below_the_top_takes_its_args_along),
        WITH_A_THREAD(flush_writes_args_of_open_calls),
        WITH_A_THREAD(open_calls_name_their_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/unit/record/log_bench.h"

static void look(struct bench *bench) {
    vt_log_walk_fini(&bench->walk);
    vt_log_walk(&bench->walk, bench->log);
}

static uint64_t end_of(const struct vt_walked_event *walked) {
    return walked->event.start + walked->event.extra;
}

/* The log holds exactly these calls in this order. */
static void expect_ids(struct bench *bench, const uint32_t *ids, size_t count) {
    look(bench);
    assert_int_equal(bench->walk.event_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(vt_walked_kind(&bench->walk.events[i]), VT_EVENT_CALL);
        assert_int_equal(vt_walked_id(&bench->walk.events[i]), ids[i]);
    }
}

#define EXPECT_IDS(bench, ...)                                                         \
    expect_ids(bench, (const uint32_t[]){__VA_ARGS__},                                 \
               sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void enter(struct bench *bench, uint32_t id) {
    vt_thread_enter(bench->thread, id, false);
}

static enum vt_thread_left leave(struct bench *bench, uint32_t id) {
    return vt_thread_leave(bench->thread, id);
}

static void calls_nest_and_are_written_when_they_end(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    enter(bench, 2);
    leave(bench, 2);
    enter(bench, 3);
    look(bench);
    assert_int_equal(bench->walk.event_count, 1);
    assert_int_equal(bench->walk.frame_count, 2);
    assert_int_equal(bench->walk.frames[0].frame.id, 1);
    assert_int_equal(bench->walk.frames[1].frame.id, 3);
    leave(bench, 3);
    leave(bench, 1);
    EXPECT_IDS(bench, 2, 3, 1);
    assert_int_equal(bench->walk.frame_count, 0);
    const struct vt_walked_event *two = bench->walk.events, *three = two + 1,
                                 *one = two + 2;
    assert_true(one->event.start <= two->event.start);
    assert_true(end_of(two) <= three->event.start);
    assert_true(end_of(three) <= end_of(one));
    assert_int_equal(one->event.thread, bench->thread->index);
}

static void a_return_without_a_call_is_ignored(void **state) {
    struct bench *bench = *state;
    assert_int_equal(leave(bench, 7), VT_THREAD_LEFT);
    leave(bench, 0);
    leave(bench, VT_EVENT_ID_MASK);
    enter(bench, 1);
    leave(bench, 7);
    assert_int_equal(vt_thread_depth(bench->thread), 1);
    leave(bench, 1);
    leave(bench, 1);
    assert_int_equal(vt_thread_depth(bench->thread), 0);
    EXPECT_IDS(bench, 1);
}

static void go_down_and_up(struct bench *bench, uint32_t levels) {
    for (uint32_t i = 0; i < levels; i++)
        enter(bench, i);
    assert_int_equal(vt_thread_depth(bench->thread), levels);
    for (uint32_t i = levels; i-- > 0;)
        leave(bench, i);
    assert_int_equal(vt_thread_depth(bench->thread), 0);
}

static void a_deep_recursion_crosses_stack_segments_both_ways(void **state) {
    enum { LEVELS = 20000, ROUNDS = 3 };
    struct bench *bench = *state;
    for (int round = 0; round < ROUNDS; round++)
        go_down_and_up(bench, LEVELS);
    look(bench);
    assert_int_equal(bench->walk.event_count, LEVELS * ROUNDS);
    assert_int_equal(bench->walk.blocks_of_kind[VT_BLOCK_STACK],
                     (LEVELS + VT_BLOCK_FRAMES - 1) / VT_BLOCK_FRAMES);
    const struct vt_walked_event *inner = NULL;
    for (size_t i = 0; i < bench->walk.event_count; i++) {
        const struct vt_walked_event *call = &bench->walk.events[i];
        assert_int_equal(vt_walked_id(call), LEVELS - 1 - i % LEVELS);
        if (i % LEVELS) {
            assert_true(call->event.start <= inner->event.start);
            assert_true(end_of(call) >= end_of(inner));
        }
        inner = call;
    }
}

static void the_stack_is_whole_in_the_log_at_every_depth_near_a_border(void **state) {
    struct bench *bench = *state;
    uint32_t depth = 0;
    for (; depth < VT_BLOCK_FRAMES - 2; depth++)
        enter(bench, depth);
    for (int step = 0; step < 8; step++) {
        if (step < 4)
            enter(bench, depth++);
        else
            leave(bench, --depth);
        look(bench);
        assert_int_equal(bench->walk.frame_count, depth);
        for (uint32_t i = 0; i < depth; i++) {
            assert_int_equal(bench->walk.frames[i].index, i);
            assert_int_equal(bench->walk.frames[i].frame.id, i);
        }
    }
}

static void a_hidden_call_hides_its_subtree(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    vt_thread_enter(bench->thread, 2, true);
    enter(bench, 3);
    vt_thread_enter(bench->thread, 4, true);
    assert_int_equal(bench->thread->hidden, 3);
    assert_int_equal(vt_thread_depth(bench->thread), 1);
    leave(bench, 4);
    leave(bench, 3);
    leave(bench, 2);
    enter(bench, 5);
    leave(bench, 5);
    leave(bench, 1);
    EXPECT_IDS(bench, 5, 1);
}

static void max_depth_hides_what_is_deeper(void **state) {
    struct bench *bench = *state;
    bench->thread->max_depth = 2;
    go_down_and_up(bench, 2);
    enter(bench, 10);
    enter(bench, 11);
    enter(bench, 12);
    assert_int_equal(vt_thread_depth(bench->thread), 2);
    enter(bench, 13);
    leave(bench, 13);
    leave(bench, 12);
    enter(bench, 14);
    leave(bench, 14);
    leave(bench, 11);
    leave(bench, 10);
    bench->thread->max_depth = 0;
    vt_test_calls(bench->thread, 20, 5);
    EXPECT_IDS(bench, 1, 0, 11, 10);
}

static void interleaved_stacks_are_matched_by_id(void **state) {
    struct bench *bench = *state;
    enter(bench, 1); /* the first greenlet */
    enter(bench, 2);
    enter(bench, 3); /* the second one */
    enter(bench, 4);
    leave(bench, 2);
    leave(bench, 1);
    assert_int_equal(vt_thread_depth(bench->thread), 2);
    look(bench);
    assert_int_equal(bench->walk.frames[0].frame.id, 3);
    assert_int_equal(bench->walk.frames[1].frame.id, 4);
    leave(bench, 4);
    leave(bench, 3);
    EXPECT_IDS(bench, 2, 1, 4, 3);
    for (size_t i = 1; i < 4; i++)
        assert_true(end_of(&bench->walk.events[i - 1]) <=
                    end_of(&bench->walk.events[i]));
}

static void a_match_across_a_segment_keeps_the_other_calls(void **state) {
    enum { LEVELS = VT_BLOCK_FRAMES + 1000, STRAY = VT_BLOCK_FRAMES - 1000 };
    struct bench *bench = *state;
    for (uint32_t i = 0; i < LEVELS; i++)
        enter(bench, i);
    leave(bench, STRAY);
    assert_int_equal(vt_thread_depth(bench->thread), LEVELS - 1);
    for (uint32_t i = LEVELS; i-- > 0;) {
        if (i != STRAY)
            leave(bench, i);
    }
    assert_int_equal(vt_thread_depth(bench->thread), 0);
    look(bench);
    assert_int_equal(bench->walk.event_count, LEVELS);
    assert_int_equal(vt_walked_id(&bench->walk.events[0]), STRAY);
    for (size_t i = 1; i < LEVELS; i++) {
        assert_true(end_of(&bench->walk.events[i]) >=
                    end_of(&bench->walk.events[i - 1]));
        if (i > 1)
            assert_true(bench->walk.events[i].event.start <=
                        bench->walk.events[i - 1].event.start);
    }
}

/* Whether the watch answers after exactly the leaves that `wanted` marks. */
static void the_watch_answers_at_its_depth_only(void **state) {
    struct bench *bench = *state;
    for (uint32_t watched = 0; watched < 4; watched++) {
        vt_thread_watch(bench->thread, watched, 0);
        for (uint32_t i = 0; i < 5; i++)
            enter(bench, i);
        for (uint32_t i = 5; i-- > 0;)
            assert_int_equal(leave(bench, i),
                             i == watched ? VT_THREAD_AT_WATCH : VT_THREAD_LEFT);
    }
    vt_thread_watch(bench->thread, UINT32_MAX, 0);
    enter(bench, 1);
    assert_int_equal(leave(bench, 1), VT_THREAD_LEFT);
}

static void the_watch_can_be_set_below_and_above(void **state) {
    struct bench *bench = *state;
    for (uint32_t i = 0; i < 5; i++)
        enter(bench, i);
    vt_thread_watch(bench->thread, 2, 0);
    assert_int_equal(leave(bench, 4), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 3), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 2), VT_THREAD_AT_WATCH);
    enter(bench, 9);
    assert_int_equal(leave(bench, 9), VT_THREAD_AT_WATCH); /* reached once more */
    vt_thread_watch(bench->thread, 0, 0);
    assert_int_equal(leave(bench, 1), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 0), VT_THREAD_AT_WATCH);
}

static void the_watch_counts_hidden_calls(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    vt_thread_enter(bench->thread, 2, true);
    vt_thread_watch(bench->thread, 1, 1);
    enter(bench, 3);
    enter(bench, 4);
    assert_int_equal(leave(bench, 4), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 3), VT_THREAD_AT_WATCH);
    assert_int_equal(leave(bench, 2), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 1), VT_THREAD_LEFT);

    vt_thread_watch(bench->thread, 1, 0);
    enter(bench, 1);
    vt_thread_enter(bench->thread, 2, true);
    enter(bench, 3);
    assert_int_equal(leave(bench, 3), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 2), VT_THREAD_AT_WATCH);
    assert_int_equal(leave(bench, 1), VT_THREAD_LEFT);
}

static void the_watch_answers_when_a_return_is_matched_by_id(void **state) {
    struct bench *bench = *state;
    vt_thread_watch(bench->thread, 1, 0);
    enter(bench, 1);
    enter(bench, 2);
    enter(bench, 3);
    assert_int_equal(leave(bench, 1), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 2), VT_THREAD_AT_WATCH);
    assert_int_equal(leave(bench, 99), VT_THREAD_LEFT); /* nothing was left */
    assert_int_equal(leave(bench, 3), VT_THREAD_LEFT);
}

static void the_watch_is_for_the_call_when_it_was_flushed(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    vt_thread_watch(bench->thread, 1, 0);
    enter(bench, 2);
    enter(bench, 3);
    for (int flushes = 0; flushes < 2; flushes++) {
        vt_thread_flush(bench->thread, VT_THREAD_FLUSH_OPEN);
        enter(bench, 4); /* from here on as deep as before, or deeper */
        enter(bench, 5);
        assert_int_equal(leave(bench, 5), VT_THREAD_LEFT);
        assert_int_equal(leave(bench, 4), VT_THREAD_LEFT);
    }
    assert_int_equal(leave(bench, 3), VT_THREAD_LEFT);
    assert_int_equal(leave(bench, 2), VT_THREAD_AT_WATCH);
    assert_int_equal(leave(bench, 2), VT_THREAD_LEFT); /* once */
}

static void the_watch_survives_a_visit_to_further_segments(void **state) {
    enum { LEVELS = 3 * VT_BLOCK_FRAMES, WATCHED = VT_BLOCK_FRAMES - 1 };
    struct bench *bench = *state;
    vt_thread_watch(bench->thread, WATCHED, 0);
    for (uint32_t i = 0; i < LEVELS; i++)
        enter(bench, i);
    for (uint32_t i = LEVELS; i-- > 0;)
        assert_int_equal(leave(bench, i),
                         i == WATCHED ? VT_THREAD_AT_WATCH : VT_THREAD_LEFT);
}

static void flush_writes_open_calls_innermost_first(void **state) {
    enum { LEVELS = 5000 };
    struct bench *bench = *state;
    for (uint32_t i = 0; i < LEVELS; i++)
        enter(bench, i);
    vt_thread_enter(bench->thread, 9999, true);
    bench->thread->min_ticks = UINT64_MAX; /* does not concern calls without an end */
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_OPEN);
    assert_int_equal(vt_thread_depth(bench->thread), 0);
    assert_int_equal(bench->thread->hidden, 0);
    look(bench);
    assert_int_equal(bench->walk.frame_count, 0);
    assert_int_equal(bench->walk.event_count, LEVELS);
    const struct vt_walked_event *event = bench->walk.events;
    for (size_t i = 0; i < LEVELS; i++) {
        assert_int_equal(vt_walked_kind(&event[i]), VT_EVENT_OPEN);
        assert_int_equal(vt_walked_id(&event[i]), LEVELS - 1 - i);
        assert_int_equal(event[i].event.extra, event[0].event.extra);
        assert_true(event[i].event.start <= event[i].event.extra);
    }
    bench->thread->min_ticks = 0;
    leave(bench, 0); /* its return comes later and finds nothing */
    enter(bench, 1);
    leave(bench, 1);
    look(bench);
    assert_int_equal(bench->walk.event_count, LEVELS + 1);
}

static void flush_as_finish_ends_the_calls_now(void **state) {
    struct bench *bench = *state;
    enter(bench, 1);
    enter(bench, 2);
    uint64_t before = vt_clock_ticks();
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_FINISH);
    uint64_t after = vt_clock_ticks();
    EXPECT_IDS(bench, 2, 1);
    for (size_t i = 0; i < 2; i++)
        assert_in_range(end_of(&bench->walk.events[i]), before, after);
}

static void calls_shorter_than_min_ticks_are_not_written(void **state) {
    struct bench *bench = *state;
    uint64_t tick_count = vt_clock_ns_to_ticks(5000000, vt_clock_pair(10));
    bench->thread->min_ticks = tick_count;
    enter(bench, 1);
    for (uint32_t i = 10; i < 20; i++) {
        enter(bench, i);
        leave(bench, i);
    }
    enter(bench, 2);
    enter(bench, 3);
    for (uint64_t begin = vt_clock_ticks(); vt_clock_ticks() - begin < tick_count;)
        continue;
    leave(bench, 2); /* by way of the match */
    leave(bench, 3);
    enter(bench, 4);
    enter(bench, 5);
    leave(bench, 4); /* by way of the match, and short */
    vt_thread_flush(bench->thread, VT_THREAD_FLUSH_FINISH); /* 5 is short, 1 long */
    EXPECT_IDS(bench, 2, 3, 1);
}

static void fill_payload(char *payload, size_t size) {
    for (size_t i = 0; i < size; i++)
        payload[i] = (char)('a' + (size + i) % 26);
}

static void expect_payloads(struct bench *bench, size_t first, size_t count) {
    char payload[VT_EVENT_PAYLOAD_MAX_BYTES] = {0};
    look(bench);
    assert_int_equal(bench->walk.event_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct vt_walked_event *walked = &bench->walk.events[i];
        assert_int_equal(walked->event.start, first + i);
        assert_int_equal(walked->event.extra, 'g');
        assert_int_equal(vt_walked_kind(walked), VT_EVENT_INSTANT);
        assert_int_equal(vt_walked_id(walked), 5);
        assert_non_null(walked->payload);
        assert_int_equal(walked->payload_size, first + i);
        fill_payload(payload, first + i);
        assert_memory_equal(walked->payload, payload, first + i);
    }
}

static void payloads_of_every_size_stand_before_their_event(void **state) {
    enum { AT_ONCE = 331 };
    struct bench *bench = *state;
    char payload[VT_EVENT_PAYLOAD_MAX_BYTES] = {0};
    size_t first = 0;
    for (size_t size = 0; size <= VT_EVENT_PAYLOAD_MAX_BYTES; size++) {
        fill_payload(payload, size);
        assert_true(vt_thread_write_payload(
            bench->thread, size, 'g',
            (uint32_t)VT_EVENT_INSTANT << VT_EVENT_ID_BITS | 5, payload, size));
        if (size - first + 1 < AT_ONCE && size < VT_EVENT_PAYLOAD_MAX_BYTES)
            continue;
        expect_payloads(bench, first, size - first + 1);
        vt_log_clear(bench->log);
        first = size + 1;
    }
}

static void an_event_may_have_no_payload(void **state) {
    struct bench *bench = *state;
    uint32_t kind_id = (uint32_t)VT_EVENT_INSTANT << VT_EVENT_ID_BITS | 5;
    assert_true(vt_thread_write_payload(bench->thread, 1, 'g', kind_id, NULL, 0));
    assert_true(vt_thread_write_payload(bench->thread, 2, 'g', kind_id, "", 0));
    look(bench);
    assert_int_equal(bench->walk.event_count, 2);
    assert_null(bench->walk.events[0].payload);
    assert_non_null(bench->walk.events[1].payload);
    assert_int_equal(bench->walk.events[1].payload_size, 0);
}

/* The next thread goes on in the block of one that ended, whatever room is left. */
static void a_payload_fits_however_full_the_block_of_an_ended_thread_is(void **state) {
    struct bench *bench = *state;
    char payload[VT_EVENT_PAYLOAD_MAX_BYTES] = {0};
    for (uint32_t free_slots = 0; free_slots < 4; free_slots++) {
        vt_log_clear(bench->log);
        struct vt_thread *first = vt_test_thread(bench->log);
        vt_test_calls(first, 0, VT_BLOCK_SLOTS - free_slots);
        vt_thread_end(first);
        struct vt_thread *next = vt_test_thread(bench->log);
        assert_true(vt_thread_write_payload(next, 1, 'g', 7, payload, sizeof payload));
        vt_test_calls(next, 0, 1);
        look(bench);
        assert_int_equal(bench->walk.event_count, VT_BLOCK_SLOTS - free_slots + 2);
        vt_thread_end(next);
    }
}

static void a_thread_that_ends_closes_its_calls(void **state) {
    struct bench *bench = *state;
    struct vt_thread *thread = vt_test_thread(bench->log);
    uint32_t index = thread->index;
    assert_int_not_equal(index, bench->thread->index);
    vt_thread_enter(thread, 1, false);
    vt_thread_enter(thread, 2, false);
    vt_thread_end(thread);
    EXPECT_IDS(bench, 2, 1);
    assert_int_equal(bench->walk.events[0].event.thread, index);
    assert_int_equal(bench->walk.blocks_of_kind[VT_BLOCK_STACK], 1);
}

#define WITH_A_THREAD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_A_THREAD(calls_nest_and_are_written_when_they_end),
        WITH_A_THREAD(a_return_without_a_call_is_ignored),
        WITH_A_THREAD(a_deep_recursion_crosses_stack_segments_both_ways),
        WITH_A_THREAD(the_stack_is_whole_in_the_log_at_every_depth_near_a_border),
        WITH_A_THREAD(a_hidden_call_hides_its_subtree),
        WITH_A_THREAD(max_depth_hides_what_is_deeper),
        WITH_A_THREAD(interleaved_stacks_are_matched_by_id),
        WITH_A_THREAD(a_match_across_a_segment_keeps_the_other_calls),
        WITH_A_THREAD(the_watch_answers_at_its_depth_only),
        WITH_A_THREAD(the_watch_can_be_set_below_and_above),
        WITH_A_THREAD(the_watch_counts_hidden_calls),
        WITH_A_THREAD(the_watch_answers_when_a_return_is_matched_by_id),
        WITH_A_THREAD(the_watch_is_for_the_call_when_it_was_flushed),
        WITH_A_THREAD(the_watch_survives_a_visit_to_further_segments),
        WITH_A_THREAD(flush_writes_open_calls_innermost_first),
        WITH_A_THREAD(flush_as_finish_ends_the_calls_now),
        WITH_A_THREAD(calls_shorter_than_min_ticks_are_not_written),
        WITH_A_THREAD(payloads_of_every_size_stand_before_their_event),
        WITH_A_THREAD(an_event_may_have_no_payload),
        WITH_A_THREAD(a_payload_fits_however_full_the_block_of_an_ended_thread_is),
        WITH_A_THREAD(a_thread_that_ends_closes_its_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

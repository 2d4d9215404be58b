/* SPDX-License-Identifier: Apache-2.0
 *
 * Which events a log keeps, and that every other one is counted.
 */
#include "core/record/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

enum { CALLS = 200000 };

static const uint32_t capacities[] = {1, 2, 10, 1000, 5000, 50000};

enum { CAPACITIES = sizeof capacities / sizeof *capacities };

/* Kept are `capacity` and not more than `blocks` blocks besides; the newest. */
static void expect_kept(struct vt_log *log, uint32_t capacity, uint32_t blocks) {
    uint64_t kept = CALLS - vt_log_usage(log).recycled_events;
    assert_true(kept >= capacity);
    assert_true(kept <= capacity + (uint64_t)blocks * VT_BLOCK_SLOTS);
    vt_test_newest_are_kept(log, CALLS, capacity);
}

static void the_newest_are_kept_and_the_rest_is_counted(void **state) {
    (void)state;
    for (size_t i = 0; i < CAPACITIES; i++) {
        struct vt_log *log = vt_test_log(NULL, capacities[i], 0);
        assert_int_equal(vt_log_head(log)->capacity, capacities[i]);
        vt_test_calls(vt_test_thread(log), 0, CALLS);
        expect_kept(log, capacities[i], 3);
        vt_log_destroy(log);
    }
}

static void fewer_calls_than_the_capacity_are_all_kept(void **state) {
    (void)state;
    static const uint32_t written[] = {
        1, 2, VT_BLOCK_SLOTS - 1, VT_BLOCK_SLOTS, VT_BLOCK_SLOTS + 1, 50000};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct vt_log *log = vt_test_log(NULL, written[i], 0);
        vt_test_calls(vt_test_thread(log), 0, written[i]);
        assert_int_equal(vt_log_usage(log).recycled_events, 0);
        vt_test_newest_are_kept(log, written[i], written[i]);
        vt_log_destroy(log);
    }
}

/* Four lanes: one writes only at the very beginning and end, one each 1,000th call. */
static void an_idle_and_a_slow_thread_do_not_bend_the_order(void **state) {
    (void)state;
    for (size_t i = 0; i < CAPACITIES; i++) {
        struct vt_log *log = vt_test_log(NULL, capacities[i], 0);
        struct vt_thread *idle = vt_test_thread(log), *slow = vt_test_thread(log);
        struct vt_thread *busy[] = {vt_test_thread(log), vt_test_thread(log)};
        for (uint32_t id = 0; id < CALLS; id++) {
            struct vt_thread *thread = busy[id / 3 % 2];
            if (id < 10 || id >= CALLS - 5)
                thread = idle;
            else if (id % 1000 == 0)
                thread = slow;
            vt_test_calls(thread, id, 1);
        }
        expect_kept(log, capacities[i], 2 * 4);
        vt_log_destroy(log);
    }
}

/* Lanes that take turns at random moments, end, and are followed by others. */
static void lanes_that_come_and_go_do_not_bend_the_order(void **state) {
    (void)state;
    enum { LANES = 8 };
    for (size_t i = 0; i < CAPACITIES; i++) {
        struct vt_log *log = vt_test_log(NULL, capacities[i], 0);
        struct vt_thread *lane[LANES] = {NULL};
        uint64_t random = 4711 + i;
        for (uint32_t id = 0; id < CALLS;) {
            random = random * 6364136223846793005u + 1442695040888963407u; /* Knuth */
            struct vt_thread **at = &lane[random >> 61];
            uint32_t run = (uint32_t)(random >> 33) % 5000;
            if (!*at)
                *at = vt_test_thread(log);
            run = run < CALLS - id ? run : CALLS - id;
            vt_test_calls(*at, id, run);
            id += run;
            if (random >> 40 & 1) {
                vt_thread_end(*at);
                *at = NULL;
            }
        }
        expect_kept(log, capacities[i], 2 * LANES);
        vt_log_destroy(log);
    }
}

/* A full block C is followed in the queue by blocks that hold older events: they were
 * nearly full before C began. These are no reason to forget C. */
static void old_blocks_that_fill_late_do_not_push_out_a_newer_one(void **state) {
    (void)state;
    enum { OTHERS = 4, CAPACITY = 2 * VT_BLOCK_SLOTS };
    struct vt_log *log = vt_test_log(NULL, CAPACITY, 0);
    struct vt_thread *others[OTHERS], *one = vt_test_thread(log);
    uint32_t written = 0;
    for (int i = 0; i < OTHERS; i++) {
        others[i] = vt_test_thread(log);
        vt_test_calls(others[i], written, VT_BLOCK_SLOTS - 1);
        written += VT_BLOCK_SLOTS - 1;
    }
    vt_test_calls(one, written, VT_BLOCK_SLOTS + 1);
    written += VT_BLOCK_SLOTS + 1;
    for (int i = 0; i < OTHERS; i++, written += 2) {
        vt_test_calls(others[i], written, 2);
        vt_test_newest_are_kept(log, written + 2, CAPACITY);
    }
    vt_log_destroy(log);
}

static void events_with_payloads_are_counted_as_one(void **state) {
    (void)state;
    enum { EVENTS = 20000, CAPACITY = 3000 };
    struct vt_log *log = vt_test_log(NULL, CAPACITY, 0);
    struct vt_thread *thread = vt_test_thread(log);
    char payload[4000] = {0};
    for (uint32_t id = 0; id < EVENTS; id++)
        assert_true(vt_thread_write_payload(thread, id, 0, id, payload,
                                            (size_t)id * 7919 % sizeof payload));
    vt_test_newest_are_kept(log, EVENTS, CAPACITY);
    assert_true(vt_log_usage(log).recycled_events > EVENTS / 2);
    vt_log_destroy(log);
}

static void clear_forgets_events_and_keeps_open_calls(void **state) {
    (void)state;
    enum { THREADS = 3 };
    struct vt_log *log = vt_test_log(NULL, 10000, 0);
    struct vt_thread *threads[THREADS], *ended = vt_test_thread(log);
    for (uint32_t i = 0; i < THREADS; i++) {
        threads[i] = vt_test_thread(log);
        vt_thread_enter(threads[i], 100 + i, false);
        vt_thread_enter(threads[i], 200 + i, false);
        vt_test_calls(threads[i], 0, 4000 * (i + 1));
    }
    vt_test_calls(ended, 0, 10);
    vt_thread_end(ended);
    assert_true(vt_log_usage(log).recycled_events > 0);
    vt_log_clear(log);

    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, 0);
    assert_int_equal(walk.head.first_session, 1);
    assert_int_equal(walk.head.recycled_events, 0);
    assert_int_equal(walk.frame_count, 2 * THREADS);
    vt_log_walk_fini(&walk);

    for (uint32_t i = 0; i < THREADS; i++) {
        vt_thread_leave(threads[i], 200 + i);
        vt_thread_leave(threads[i], 100 + i);
    }
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, 2 * THREADS);
    for (size_t i = 0; i < walk.event_count; i++)
        assert_true(vt_walked_id(&walk.events[i]) >= 100);
    vt_log_walk_fini(&walk);
    assert_int_equal(vt_log_usage(log).event_blocks, THREADS);
    vt_log_destroy(log);
}

static void after_clear_the_count_begins_anew_in_the_same_blocks(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 1000, 0);
    struct vt_thread *thread = vt_test_thread(log);
    uint64_t blocks = 0;
    for (int round = 0; round < 10; round++) {
        vt_test_calls(thread, 0, 20000);
        vt_test_newest_are_kept(log, 20000, 1000);
        if (!round)
            blocks = vt_log_usage(log).blocks;
        vt_log_clear(log);
    }
    assert_int_equal(vt_log_usage(log).blocks, blocks);
    vt_log_destroy(log);
}

static void thousands_of_short_threads_share_blocks(void **state) {
    (void)state;
    enum { THREADS = 5000 };
    struct vt_log *log = vt_test_log(NULL, 100000, 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        struct vt_thread *thread = vt_test_thread(log);
        assert_int_equal(thread->index, i);
        vt_test_calls(thread, i * 3, 3);
        vt_thread_end(thread);
    }
    assert_true(vt_log_usage(log).event_blocks < 12);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, THREADS * 3);
    for (size_t i = 0; i < walk.event_count; i++)
        assert_int_equal(walk.events[i].event.thread,
                         vt_walked_id(&walk.events[i]) / 3);
    assert_int_equal(walk.blocks_of_kind[VT_BLOCK_STACK], 0);
    vt_log_walk_fini(&walk);
    vt_test_newest_are_kept(log, THREADS * 3, THREADS * 3);
    vt_log_destroy(log);
}

/* A block that is exactly full when its thread ends is no room for the next one. */
static void a_thread_may_end_on_the_last_slot_of_its_block(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 100000, 0);
    uint32_t written = 0;
    for (int i = 0; i < 20; i++) {
        struct vt_thread *thread = vt_test_thread(log);
        vt_test_calls(thread, written, VT_BLOCK_SLOTS);
        written += VT_BLOCK_SLOTS;
        vt_thread_end(thread);
    }
    assert_int_equal(vt_log_usage(log).event_blocks, 20);
    vt_test_newest_are_kept(log, written, written);
    vt_log_destroy(log);
}

/* ---- real threads ---------------------------------------------------------------- */

enum { WRITERS = 16, CALLS_OF_A_WRITER = 20000 };
enum { WRITERS_CALLS = WRITERS * CALLS_OF_A_WRITER * 2 };

struct writer {
    pthread_t id;
    struct vt_log *log;
    uint32_t number;
    struct vt_thread *thread;
};

/* Two nested calls at a time, and names while the others write. */
static void *write_calls(void *state) {
    struct writer *writer = state;
    char name[] = "writer-?";
    name[7] = (char)('a' + writer->number);
    writer->thread =
        vt_log_add_thread(writer->log, writer->number, 0, vt_test_text(name));
    for (uint32_t i = 0; i < CALLS_OF_A_WRITER; i++) {
        vt_thread_enter(writer->thread, 2 * i, false);
        vt_thread_enter(writer->thread, 2 * i + 1, false);
        vt_thread_leave(writer->thread, 2 * i + 1);
        vt_thread_leave(writer->thread, 2 * i);
        if (i % 100 == 0)
            (void)vt_log_add_name(writer->log, VT_SYMBOL_NAME, vt_test_text("a name"));
        if (i % 1000 == 0)
            vt_log_name_task(writer->log, writer->thread->index, writer->number,
                             vt_test_text(name));
    }
    if (writer->number % 2)
        vt_thread_end(writer->thread);
    return NULL;
}

static void run_writers(struct vt_log *log) {
    struct writer writers[WRITERS];
    for (uint32_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.log = log, .number = i};
        assert_int_equal(pthread_create(&writers[i].id, NULL, write_calls, &writers[i]),
                         0);
    }
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i].id, NULL);
}

static void sixteen_threads_at_once_lose_nothing(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10000000, 0);
    run_writers(log);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, WRITERS_CALLS);
    assert_int_equal(walk.head.recycled_events + walk.head.dropped_events, 0);
    unsigned char *seen = calloc(WRITERS_CALLS, 1);
    assert_non_null(seen);
    for (size_t i = 0; i < walk.event_count; i++) {
        uint32_t thread = walk.events[i].event.thread;
        assert_in_range(thread, 0, WRITERS - 1);
        assert_int_equal(
            seen[thread * CALLS_OF_A_WRITER * 2 + vt_walked_id(&walk.events[i])]++, 0);
    }
    free(seen);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void sixteen_threads_in_a_small_ring_count_every_loss(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 20000, 0);
    run_writers(log);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count + walk.head.recycled_events, WRITERS_CALLS);
    assert_int_equal(walk.head.dropped_events, 0);
    assert_true(walk.event_count >= 20000);
    assert_true(walk.event_count <= 20000 + 2 * WRITERS * VT_BLOCK_SLOTS);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void count_thread(struct vt_thread *thread, void *state) {
    uint32_t *last = state;
    assert_true(thread->index < *last); /* newest first */
    *last = thread->index;
}

static void each_thread_visits_those_that_live(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct vt_thread *threads[5];
    for (int i = 0; i < 5; i++)
        threads[i] = vt_test_thread(log);
    vt_thread_end(threads[4]);
    vt_thread_end(threads[2]);
    vt_thread_end(threads[0]);
    uint32_t last = UINT32_MAX;
    vt_log_each_thread(log, count_thread, &last);
    assert_int_equal(last, 1);
    vt_thread_end(threads[1]);
    vt_thread_end(threads[3]);
    last = 0;
    vt_log_each_thread(log, count_thread, &last);
    vt_log_destroy(log);
}

static void the_header_says_whether_tracing_stopped_in_order(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct vt_log_header *head = vt_log_head(log);
    assert_int_equal(head->state, VT_LOG_RECORDING);
    assert_int_equal(head->pid, 4711);
    assert_int_equal(head->ppid, 4710);
    assert_int_equal(head->stop.ticks, 0);
    vt_log_mark_stopped(log);
    assert_int_equal(head->state, VT_LOG_STOPPED);
    assert_true(head->stop.ticks > head->start.ticks);
    assert_true(head->stop.mono_ns > head->start.mono_ns);
    vt_log_mark_recording(log);
    assert_int_equal(head->state, VT_LOG_RECORDING);
    assert_int_equal(head->stop.ticks + head->stop.mono_ns, 0);
    vt_log_destroy(log);
    vt_log_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_are_kept_and_the_rest_is_counted),
        cmocka_unit_test(fewer_calls_than_the_capacity_are_all_kept),
        cmocka_unit_test(an_idle_and_a_slow_thread_do_not_bend_the_order),
        cmocka_unit_test(lanes_that_come_and_go_do_not_bend_the_order),
        cmocka_unit_test(old_blocks_that_fill_late_do_not_push_out_a_newer_one),
        cmocka_unit_test(events_with_payloads_are_counted_as_one),
        cmocka_unit_test(clear_forgets_events_and_keeps_open_calls),
        cmocka_unit_test(after_clear_the_count_begins_anew_in_the_same_blocks),
        cmocka_unit_test(thousands_of_short_threads_share_blocks),
        cmocka_unit_test(a_thread_may_end_on_the_last_slot_of_its_block),
        cmocka_unit_test(sixteen_threads_at_once_lose_nothing),
        cmocka_unit_test(sixteen_threads_in_a_small_ring_count_every_loss),
        cmocka_unit_test(each_thread_visits_those_that_live),
        cmocka_unit_test(the_header_says_whether_tracing_stopped_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

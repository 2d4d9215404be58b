/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_merge.h"
#include "test/support/log_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void add_blocks(struct vt_log_merge *merge, struct log_builder *log) {
    vt_log_merge_init(merge, log_builder_image(log));
    uint32_t count = log_builder_view(log, 0).head->block_count;
    for (uint32_t i = 1; i < count; i++) {
        struct vt_block_header head = *log_builder_view(log, i).block;
        if (head.kind == VT_BLOCK_EVENTS)
            assert_int_equal(vt_log_merge_add(merge, i, &head, NULL), VT_OK);
    }
    vt_log_merge_sort(merge);
}

static bool next(struct vt_log_merge *merge, struct vt_log_merge_event *event) {
    bool found;
    assert_int_equal(vt_log_merge_next(merge, event, &found, NULL), VT_OK);
    return found;
}

static void events_of_many_threads_come_in_the_order_of_their_ends(void **state) {
    (void)state;
    enum { THREADS = 50, EACH = 700 };
    struct log_builder log;
    log_builder_init(&log, 1000000);
    srandom(7);
    for (uint32_t thread = 0; thread < THREADS; thread++) {
        uint64_t end = 1000 + (uint64_t)random() % 1000;
        uint32_t block = 0;
        for (uint32_t i = 0; i < EACH; i++) {
            if (i % 100 == 0) {
                block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
                log_builder_view(&log, block).block->opened.ticks = end;
            }
            end += (uint64_t)random() % 50;
            log_builder_call(&log, block, thread, i, end - (uint64_t)random() % 900,
                             end);
        }
    }
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    assert_int_equal(merge.events, THREADS * EACH);
    uint32_t seen[THREADS] = {0};
    uint64_t last = 0, count = 0;
    struct vt_log_merge_event event;
    while (next(&merge, &event)) {
        assert_true(event.end >= last);
        last = event.end;
        /* Within a thread nothing is lost, doubled or out of order. */
        assert_int_equal(event.event.kind_id, seen[event.event.thread]++);
        count++;
    }
    assert_int_equal(count, THREADS * EACH);
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

static void the_callee_precedes_the_caller_that_ended_with_it(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t later = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    uint32_t earlier = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_view(&log, earlier).block->opened.ticks = 10;
    log_builder_view(&log, later).block->opened.ticks = 50;
    log_builder_call(&log, earlier, 0, 1, 40, 50);
    log_builder_call(&log, later, 0, 2, 20, 50);
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    struct vt_log_merge_event event;
    assert_true(next(&merge, &event));
    assert_int_equal(event.event.kind_id, 1);
    assert_true(next(&merge, &event));
    assert_int_equal(event.event.kind_id, 2);
    assert_false(next(&merge, &event));
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

/* One window is open per thread that records at the time, not per block. */
static void only_as_many_blocks_are_open_as_overlap(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 1000000);
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        for (uint64_t k = 0; k < 10; k++)
            log_builder_call(&log, block, 0, 0, i * UINT64_C(1000) + k,
                             i * UINT64_C(1000) + k + 1);
    }
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    struct vt_log_merge_event event;
    while (next(&merge, &event))
        assert_in_range(merge.heap_count, 1, 2);
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

static void payloads_are_found_also_where_windows_meet(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 1000000);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    uint32_t count = 0;
    char text[2000];
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size < 900; size += 7, count++) {
        text[size] = '\0';
        log_builder_payload(&log, block, text);
        text[size] = 'x';
        struct vt_event event = {.start = count, .kind_id = count};
        log_builder_event(&log, block, VT_EVENT_COUNTER, event);
    }
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    assert_int_equal(merge.events, count);
    struct vt_log_merge_event event;
    for (uint32_t i = 0; i < count; i++) {
        assert_true(next(&merge, &event));
        assert_int_equal(event.event.start, i);
        assert_int_equal(event.payload_bytes, i * 7);
        assert_non_null(event.payload);
        for (uint32_t k = 0; k < event.payload_bytes; k++)
            assert_int_equal(event.payload[k], 'x');
    }
    assert_false(next(&merge, &event));
    assert_int_equal(merge.vanished, 0);
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

/* A block of 4 with one event; sealed, so that its body is not read to be counted. */
static void a_long_payload_has_a_block_of_its_own(void **state) {
    (void)state;
    enum { SIZE = 200000 };
    struct log_builder log;
    log_builder_init(&log, 100);
    uint32_t id = log_builder_name(&log, "n"),
             calls = log_builder_block(&log, VT_BLOCK_EVENTS, 1),
             block = log_builder_block(&log, VT_BLOCK_EVENTS, 4);
    log_builder_call(&log, calls, 0, id, 1, 2);
    log_builder_call(&log, calls, 0, id, 1, 900);
    char *json = malloc(SIZE + 1);
    assert_non_null(json);
    memset(json, '7', SIZE);
    json[SIZE] = '\0';
    log_builder_payload(&log, block, json);
    log_builder_event(&log, block, VT_EVENT_INSTANT,
                      (struct vt_event){500, 'g', id, 0});
    log_builder_view(&log, block).block->events = 1;
    struct vt_log_merge merge;
    vt_log_merge_init(&merge, log_builder_image(&log));
    uint64_t reads = log.reads;
    add_blocks(&merge, &log);
    assert_true(log.reads - reads < 20);
    vt_log_merge_sort(&merge);
    assert_int_equal(merge.events, 3);
    static const uint64_t ends[] = {2, 500, 900};
    for (size_t i = 0; i < 3; i++) {
        struct vt_log_merge_event event;
        bool found;
        assert_int_equal(vt_log_merge_next(&merge, &event, &found, NULL), VT_OK);
        assert_true(found);
        assert_int_equal(event.end, ends[i]);
        assert_int_equal(event.payload_bytes, i == 1 ? SIZE : 0);
        if (i == 1)
            assert_memory_equal(event.payload, json, SIZE);
    }
    vt_log_merge_fini(&merge);
    free(json);
    log_builder_fini(&log);
}

static void a_payload_without_its_event_is_not_read(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_call(&log, block, 0, 1, 10, 20);
    log_builder_payload(&log, block, "{\"half\": 1}");
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    struct vt_log_merge_event event;
    assert_true(next(&merge, &event));
    assert_null(event.payload);
    assert_false(next(&merge, &event));
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

static void a_block_that_was_used_again_gives_no_more_and_is_counted(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 100000);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    for (uint64_t i = 0; i < 2000; i++)
        log_builder_call(&log, block, 0, 0, i, i + 1);
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    struct vt_log_merge_event event;
    assert_true(next(&merge, &event));
    log_builder_view(&log, block).block->generation = 2;
    uint64_t given = 1;
    while (next(&merge, &event))
        given++;
    assert_true(given > 1 && given < 2000);
    assert_int_equal(given + merge.vanished, 2000);
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

static void a_log_that_ends_early_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 100000);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    for (uint64_t i = 0; i < 2000; i++)
        log_builder_call(&log, block, 0, 0, i, i + 1);
    log_builder_view(&log, block).block->events = 2000;
    log.size = (size_t)block * VT_LOG_BLOCK_BYTES + VT_LOG_HEADER_BYTES +
               (size_t)1000 * 24 + 5;
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    assert_int_equal(merge.events, 1000);
    struct vt_log_merge_event event;
    uint64_t given = 0;
    while (next(&merge, &event))
        given++;
    assert_int_equal(given, 1000);
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

static void an_end_beyond_all_time_is_the_last(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t first = log_builder_block(&log, VT_BLOCK_EVENTS, 1),
             second = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_event(&log, first, VT_EVENT_CALL,
                      (struct vt_event){UINT64_MAX - 1, 10, 1, 0});
    log_builder_call(&log, second, 0, 2, 10, 20);
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    struct vt_log_merge_event event;
    assert_true(next(&merge, &event));
    assert_int_equal(event.end, 20);
    assert_true(next(&merge, &event));
    assert_int_equal(event.end, UINT64_MAX);
    assert_false(next(&merge, &event));
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

/* What a sealed block says of itself is believed only where its ends bear it out. */
static void a_seal_that_does_not_fit_is_not_believed(void **state) {
    (void)state;
    static const struct {
        uint64_t payload_bytes; /* of the first slot; 0: it is of no known kind */
        bool ends_with_event;
        uint64_t events; /* that are in it all the same */
    } cases[] = {{24, false, 1}, {24, true, 2}, {0, true, 3}, {48, true, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log_builder log;
        log_builder_init(&log, 10);
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        uint32_t kind = cases[i].payload_bytes ? VT_EVENT_PAYLOAD : 9;
        log_builder_event(&log, block, (enum vt_event_kind)kind,
                          (struct vt_event){.start = cases[i].payload_bytes});
        for (uint64_t k = 1; k < 4; k++) {
            bool is_event = k < 3 || cases[i].ends_with_event;
            log_builder_event(&log, block, is_event ? VT_EVENT_CALL : VT_EVENT_PAYLOAD,
                              (struct vt_event){k * 10, 5, 1, 0});
        }
        log_builder_view(&log, block).block->events = 1;
        struct vt_log_merge merge;
        add_blocks(&merge, &log);
        assert_int_equal(merge.events, cases[i].events);
        vt_log_merge_fini(&merge);
        log_builder_fini(&log);
    }
}

/* Of a long block that is not sealed only what one block can hold is looked at. */
static void a_long_block_without_a_seal_is_read_in_part(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 100000);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 3);
    for (uint64_t i = 0; i < 2 * VT_BLOCK_SLOTS; i++)
        log_builder_call(&log, block, 0, 1, i, i + 1);
    log_builder_view(&log, block).block->events = 0;
    struct vt_log_merge merge;
    add_blocks(&merge, &log);
    assert_int_equal(merge.events, VT_BLOCK_SLOTS);
    vt_log_merge_fini(&merge);
    log_builder_fini(&log);
}

static void
a_log_that_ends_within_a_sealed_block_is_read_as_far_as_it_goes(void **state) {
    (void)state;
    static const size_t slots[] = {0, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        struct log_builder log;
        log_builder_init(&log, 10);
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        for (uint64_t k = 0; k < 3; k++)
            log_builder_call(&log, block, 0, 1, k * 10, k * 10 + 5);
        log_builder_view(&log, block).block->events = 3;
        log.size = (size_t)block * VT_LOG_BLOCK_BYTES + VT_LOG_HEADER_BYTES +
                   slots[i] * sizeof(struct vt_event);
        struct vt_log_merge merge;
        add_blocks(&merge, &log);
        assert_int_equal(merge.events, slots[i]);
        vt_log_merge_fini(&merge);
        log_builder_fini(&log);
    }
}

/* The payload lies before the window of its event, and the log has shrunk since. */
static void a_payload_that_vanished_is_left_out(void **state) {
    (void)state;
    enum { SIZE = 12000 };
    for (int round = 0; round < 2; round++) {
        struct log_builder log;
        log_builder_init(&log, 10);
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        char *json = malloc(SIZE + 1);
        memset(json, '7', SIZE);
        json[SIZE] = '\0';
        log_builder_payload(&log, block, json);
        log_builder_event(&log, block, VT_EVENT_INSTANT,
                          (struct vt_event){500, 'g', 1, 0});
        struct vt_log_merge merge;
        add_blocks(&merge, &log);
        log.reads = 0;
        log.fail_at = round ? 0 : 5; /* the payload's own reading */
        struct vt_log_merge_event event;
        struct vt_error err;
        bool found;
        enum vt_status status = vt_log_merge_next(&merge, &event, &found, &err);
        assert_int_equal(status, round ? VT_OK : VT_ERR_IO);
        assert_true(!round || event.payload_bytes == SIZE);
        vt_log_merge_fini(&merge);
        free(json);
        log_builder_fini(&log);
    }
}

static void every_read_that_fails_is_told(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 100000);
    uint32_t sealed = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    for (uint64_t i = 0; i < 9; i++)
        log_builder_call(&log, sealed, 0, 1, i, i + 1);
    log_builder_view(&log, sealed).block->events = 9;
    for (int b = 0; b < 3; b++) {
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        for (uint64_t i = 0; i < 400; i++) {
            log_builder_payload(&log, block, "{}");
            log_builder_event(&log, block, VT_EVENT_COUNTER,
                              (struct vt_event){.start = i});
        }
    }
    for (uint64_t fail_at = 1;; fail_at++) {
        struct vt_log_merge merge;
        struct vt_error err = {0};
        enum vt_status status = VT_OK;
        vt_log_merge_init(&merge, log_builder_image(&log));
        log.reads = 0;
        log.fail_at = fail_at;
        for (uint32_t i = sealed; i < sealed + 4 && status == VT_OK; i++) {
            struct vt_block_header head = *log_builder_view(&log, i).block;
            status = vt_log_merge_add(&merge, i, &head, &err);
        }
        vt_log_merge_sort(&merge);
        bool found = true;
        while (status == VT_OK && found) {
            struct vt_log_merge_event event;
            status = vt_log_merge_next(&merge, &event, &found, &err);
        }
        bool has_failed = log.reads >= fail_at;
        assert_int_equal(status, has_failed ? VT_ERR_IO : VT_OK);
        vt_log_merge_fini(&merge);
        if (!has_failed)
            break;
        assert_non_null(strstr(err.text, "cannot be read"));
    }
    log_builder_fini(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_many_threads_come_in_the_order_of_their_ends),
        cmocka_unit_test(the_callee_precedes_the_caller_that_ended_with_it),
        cmocka_unit_test(only_as_many_blocks_are_open_as_overlap),
        cmocka_unit_test(payloads_are_found_also_where_windows_meet),
        cmocka_unit_test(a_long_payload_has_a_block_of_its_own),
        cmocka_unit_test(a_payload_without_its_event_is_not_read),
        cmocka_unit_test(a_block_that_was_used_again_gives_no_more_and_is_counted),
        cmocka_unit_test(a_log_that_ends_early_is_read_as_far_as_it_goes),
        cmocka_unit_test(an_end_beyond_all_time_is_the_last),
        cmocka_unit_test(a_seal_that_does_not_fit_is_not_believed),
        cmocka_unit_test(a_long_block_without_a_seal_is_read_in_part),
        cmocka_unit_test(
            a_log_that_ends_within_a_sealed_block_is_read_as_far_as_it_goes),
        cmocka_unit_test(a_payload_that_vanished_is_left_out),
        cmocka_unit_test(every_read_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/open_calls.h"
#include "test/support/log_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void add_blocks(struct vt_open_calls *calls, struct log_builder *log) {
    vt_open_calls_init(calls, log_builder_image(log));
    uint32_t count = log_builder_view(log, 0).head->block_count;
    for (uint32_t i = count - 1; i > 0; i--) {
        struct vt_block_header head = *log_builder_view(log, i).block;
        if (head.kind == VT_BLOCK_STACK || head.kind == VT_BLOCK_SIDE)
            assert_int_equal(vt_open_calls_add(calls, i, &head, NULL), VT_OK);
    }
    vt_open_calls_sort(calls);
}

static bool next(struct vt_open_calls *calls, struct vt_open_call *call) {
    bool found;
    assert_int_equal(vt_open_calls_next(calls, call, &found, NULL), VT_OK);
    return found;
}

static void threads_come_in_turn_each_from_the_innermost_call(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    for (uint32_t thread = 0; thread < 3; thread++) {
        uint32_t stack = log_builder_block(&log, VT_BLOCK_STACK, 1);
        log_builder_view(&log, stack).block->thread = thread;
        for (uint32_t i = 0; i < thread * 2; i++)
            log_builder_frame(&log, stack, i, 100 + i);
    }
    struct vt_open_calls calls;
    add_blocks(&calls, &log);
    for (int round = 0; round < 2; round++) {
        struct vt_open_call call;
        for (uint32_t thread = 1; thread < 3; thread++) {
            for (uint32_t i = thread * 2; i-- > 0;) {
                assert_true(next(&calls, &call));
                assert_int_equal(call.thread, thread);
                assert_int_equal(call.id, i);
                assert_int_equal(call.start, 100 + i);
                assert_null(call.payload);
            }
        }
        assert_false(next(&calls, &call));
        assert_false(next(&calls, &call));
        vt_open_calls_rewind(&calls);
    }
    vt_open_calls_fini(&calls);
    log_builder_fini(&log);
}

static void where_a_segment_is_missing_the_frames_end(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t first = log_builder_block(&log, VT_BLOCK_STACK, 1);
    uint32_t third = log_builder_block(&log, VT_BLOCK_STACK, 1);
    uint32_t orphan = log_builder_block(&log, VT_BLOCK_STACK, 1);
    log_builder_view(&log, first).block->committed = 3 * VT_BLOCK_FRAMES;
    log_builder_view(&log, third).block->segment = 2;
    log_builder_view(&log, orphan).block->thread = 7;
    log_builder_view(&log, orphan).block->segment = 1;
    log_builder_view(&log, orphan).block->committed = 5;
    struct vt_open_calls calls;
    add_blocks(&calls, &log);
    struct vt_open_call call;
    uint32_t count = 0;
    while (next(&calls, &call)) {
        assert_int_equal(call.thread, 0);
        count++;
    }
    assert_int_equal(count, VT_BLOCK_FRAMES);
    vt_open_calls_fini(&calls);
    log_builder_fini(&log);
}

/* A payload of `size` bytes at `at` of the thread's side; what the reader gives. */
static bool gives_payload(uint32_t at, uint32_t size, uint32_t log_cut) {
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t stack = log_builder_block(&log, VT_BLOCK_STACK, 1);
    log_builder_block(&log, VT_BLOCK_SIDE, 1);
    uint32_t second = log_builder_block(&log, VT_BLOCK_SIDE, 1);
    log_builder_view(&log, second).block->segment = 1;
    enum { BODY = VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES };
    uint32_t block = second - 1 + at / BODY;
    if (block <= second && at % BODY <= BODY - sizeof(struct vt_side)) {
        struct vt_side side = {.size_bytes = size};
        unsigned char *place = log.bytes + (size_t)block * VT_LOG_BLOCK_BYTES +
                               VT_LOG_HEADER_BYTES + at % BODY;
        memcpy(place, &side, sizeof side);
        size_t room = BODY - sizeof side - at % BODY;
        memset(place + sizeof side, 'p', size < room ? size : room);
    }
    log_builder_frame(&log, stack, 1, 100);
    log_builder_view(&log, stack).frames[0].side = at + 1;
    log.size -= log_cut;
    struct vt_open_calls calls;
    add_blocks(&calls, &log);
    struct vt_open_call call;
    assert_true(next(&calls, &call));
    bool has_payload = call.payload;
    if (has_payload) {
        assert_int_equal(call.payload_bytes, size);
        for (uint32_t i = 0; i < size; i++)
            assert_int_equal(call.payload[i], 'p');
    }
    vt_open_calls_fini(&calls);
    log_builder_fini(&log);
    return has_payload;
}

static void payloads_that_hold_together_are_given_and_others_not(void **state) {
    (void)state;
    const uint32_t body = VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES;
    assert_true(gives_payload(0, 10, 0));
    assert_true(gives_payload(800, VT_EVENT_PAYLOAD_MAX_BYTES, 0));
    assert_true(gives_payload(body, 5, 0)); /* in the second block */
    assert_true(gives_payload(body - 16, 8, 0));
    assert_false(gives_payload(0, VT_EVENT_PAYLOAD_MAX_BYTES + 1, 0));
    assert_false(gives_payload(body - 16, 9, 0)); /* would cross into the next block */
    assert_false(gives_payload(body - 4, 0, 0));
    assert_false(gives_payload(2 * body, 1, 0)); /* no such block */
    assert_false(gives_payload(UINT32_MAX - 8, 1, 0));
    assert_false(gives_payload(2 * body - 24, 16, 4)); /* the log ends in it */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_come_in_turn_each_from_the_innermost_call),
        cmocka_unit_test(where_a_segment_is_missing_the_frames_end),
        cmocka_unit_test(payloads_that_hold_together_are_given_and_others_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

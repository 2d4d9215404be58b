/* SPDX-License-Identifier: Apache-2.0
 *
 * Events with payloads that fill blocks of their own. */
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

#define INSTANT ((uint32_t)VT_EVENT_INSTANT << VT_EVENT_ID_BITS)

static char *make_payload(size_t size) {
    char *payload = malloc(size);
    if (!payload) {
        fail_msg("out of memory");
        return NULL;
    }
    for (size_t i = 0; i < size; i++)
        payload[i] = (char)('a' + (i + size) % 26);
    return payload;
}

static bool put(struct vt_thread *thread, uint32_t id, size_t size) {
    char *payload = make_payload(size);
    bool is_put =
        vt_thread_write_payload(thread, 1000 + id, 'g', INSTANT | id, payload, size);
    free(payload);
    return is_put;
}

static void expect_payload(const struct vt_walked_event *walked, size_t size) {
    char *payload = make_payload(size);
    assert_int_equal(walked->payload_size, size);
    assert_memory_equal(walked->payload, payload, size);
    free(payload);
}

static void a_long_payload_fills_as_many_blocks_as_it_takes(void **state) {
    (void)state;
    static const size_t sizes[] = {
        VT_EVENT_PAYLOAD_MAX_BYTES + 1, 65423, 65424, 65425, 131000, 5000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vt_log *log = vt_test_log(NULL, 1000, 0);
        struct vt_thread *thread = vt_test_thread(log);
        vt_test_calls(thread, 1, 1);
        assert_true(put(thread, 2, sizes[i]));
        vt_test_calls(thread, 3, 1);
        struct vt_log_walk walk;
        vt_log_walk(&walk, log);
        assert_int_equal(walk.event_count, 3);
        size_t bytes = VT_LOG_HEADER_BYTES + (sizes[i] + 23) / 24 * 24 + 48;
        assert_int_equal(walk.longest_span,
                         (bytes + VT_LOG_BLOCK_BYTES - 1) / VT_LOG_BLOCK_BYTES);
        for (size_t k = 0; k < 3; k++) {
            if (vt_walked_id(&walk.events[k]) == 2)
                expect_payload(&walk.events[k], sizes[i]);
        }
        vt_log_walk_fini(&walk);
        vt_log_destroy(log);
    }
}

static void long_blocks_are_forgotten_in_turn_and_used_again(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 4, 0);
    struct vt_thread *thread = vt_test_thread(log);
    for (uint32_t i = 0; i < 200; i++)
        assert_true(put(thread, i, 20000 + i * 1000));
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_true(walk.event_count >= 4 && walk.event_count <= 6);
    assert_int_equal(walk.event_count + walk.head.recycled_events, 200);
    for (size_t i = 0; i < walk.event_count; i++)
        expect_payload(&walk.events[i], 20000 + vt_walked_id(&walk.events[i]) * 1000);
    vt_log_walk_fini(&walk);
    vt_test_calls(thread, 1, 10 * VT_BLOCK_SLOTS); /* single blocks out of long ones */
    struct vt_log_usage before = vt_log_usage(log);
    vt_test_calls(thread, 1, 10 * VT_BLOCK_SLOTS);
    assert_int_equal(vt_log_usage(log).blocks, before.blocks);
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count + walk.head.recycled_events,
                     200 + 20 * VT_BLOCK_SLOTS);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void clear_forgets_long_events(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 100, 0);
    struct vt_thread *thread = vt_test_thread(log);
    assert_true(put(thread, 1, 100000));
    vt_log_clear(log);
    assert_true(put(thread, 2, 100000));
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, 1);
    assert_int_equal(vt_walked_id(&walk.events[0]), 2);
    assert_int_equal(walk.head.recycled_events, 0);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void a_payload_without_room_is_counted(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 100, 1 << 20);
    struct vt_thread *thread = vt_test_thread(log);
    assert_false(put(thread, 1, 2 << 20));
    char *payload = make_payload(1);
    assert_false(vt_thread_write_payload(thread, 1, 'g', INSTANT, payload,
                                         (size_t)VT_EVENT_PAYLOAD_LIMIT_BYTES + 1));
    free(payload);
    assert_int_equal(vt_log_usage(log).dropped_events, 2);
    vt_log_destroy(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_payload_fills_as_many_blocks_as_it_takes),
        cmocka_unit_test(long_blocks_are_forgotten_in_turn_and_used_again),
        cmocka_unit_test(clear_forgets_long_events),
        cmocka_unit_test(a_payload_without_room_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

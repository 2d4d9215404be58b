/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

static struct vt_log_text long_text(size_t size) {
    char *bytes = malloc(size);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)('a' + i % 26);
    return (struct vt_log_text){bytes, size};
}

static void free_text(struct vt_log_text text) {
    free((char *)(uintptr_t)text.bytes);
}

/* The text of a C, NAME or PROCESS entry. */
static void expect_text(const struct vt_log_walk *walk, enum vt_symbol_kind kind,
                        uint32_t id, struct vt_log_text text) {
    const struct vt_walked_symbol *symbol = vt_log_walk_symbol(walk, kind, id);
    assert_non_null(symbol);
    assert_int_equal(symbol->head.text_bytes, text.size);
    assert_memory_equal(symbol->body, text.bytes, text.size);
}

static void python_c_and_names_share_one_number_space(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct vt_symbol_python where = {.line = 7, .inode = 42, .mtime_ns = -1};
    uint32_t python =
        vt_log_add_python(log, vt_test_text("K.f"), vt_test_text("/a/b.py"), &where);
    uint32_t c = vt_log_add_name(log, VT_SYMBOL_C, vt_test_text("time.sleep"));
    uint32_t name = vt_log_add_name(log, VT_SYMBOL_NAME, vt_test_text("counter"));
    assert_int_equal(python, 0);
    assert_int_equal(c, 1);
    assert_int_equal(name, 2);

    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    expect_text(&walk, VT_SYMBOL_C, 1, vt_test_text("time.sleep"));
    expect_text(&walk, VT_SYMBOL_NAME, 2, vt_test_text("counter"));
    const struct vt_walked_symbol *symbol =
        vt_log_walk_symbol(&walk, VT_SYMBOL_PYTHON, 0);
    struct vt_symbol_python body;
    memcpy(&body, symbol->body, sizeof body);
    assert_int_equal(body.name_bytes, 3);
    assert_int_equal(body.line, 7);
    assert_int_equal(body.inode, 42);
    assert_int_equal(body.mtime_ns, -1);
    assert_int_equal(symbol->head.text_bytes, 10);
    assert_memory_equal(symbol->body + sizeof body, "K.f/a/b.py", 10);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void texts_may_be_empty_and_hold_nul_bytes(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct vt_log_text nul = {"a\0b\0", 4}, none = {NULL, 0};
    vt_log_add_process(log, VT_SYMBOL_COMMAND, nul);
    vt_log_add_name(log, VT_SYMBOL_NAME, none);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    expect_text(&walk, VT_SYMBOL_COMMAND, 0, nul);
    expect_text(&walk, VT_SYMBOL_NAME, 0, vt_test_text(""));
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void a_long_name_has_a_block_of_its_own(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct vt_log_text text = long_text(3000000);
    uint32_t before = vt_log_add_name(log, VT_SYMBOL_C, vt_test_text("before"));
    uint32_t id = vt_log_add_name(log, VT_SYMBOL_NAME, text);
    uint32_t after = vt_log_add_name(log, VT_SYMBOL_C, vt_test_text("after"));
    struct vt_thread *thread = vt_test_thread(log);
    vt_test_calls(thread, 0, 100000);

    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.longest_span, 3000000 / VT_LOG_BLOCK_BYTES + 1);
    assert_int_equal(walk.blocks_of_kind[VT_BLOCK_SYMBOLS], 2);
    expect_text(&walk, VT_SYMBOL_C, before, vt_test_text("before"));
    expect_text(&walk, VT_SYMBOL_NAME, id, text);
    expect_text(&walk, VT_SYMBOL_C, after, vt_test_text("after"));
    vt_log_walk_fini(&walk);
    free_text(text);
    vt_log_destroy(log);
}

/* Around a block's size, where an entry fits exactly, just so, or no more. */
static void entries_of_every_size_around_a_block_are_whole(void **state) {
    (void)state;
    enum { NEAR = 200, ENTRY = sizeof(struct vt_symbol) };
    for (uint32_t blocks = 1; blocks <= 2; blocks++) {
        struct vt_log *log = vt_test_log(NULL, 10, 0);
        size_t full = (size_t)blocks * VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES - ENTRY;
        for (size_t size = full - NEAR; size <= full + NEAR; size++) {
            struct vt_log_text text = long_text(size);
            assert_int_equal(vt_log_add_name(log, VT_SYMBOL_NAME, text),
                             size - (full - NEAR));
            free_text(text);
        }
        struct vt_log_walk walk;
        vt_log_walk(&walk, log);
        assert_int_equal(walk.symbol_count, 2 * NEAR + 1);
        for (uint32_t i = 0; i <= 2 * NEAR; i++) {
            struct vt_log_text text = long_text(full - NEAR + i);
            expect_text(&walk, VT_SYMBOL_NAME, i, text);
            free_text(text);
        }
        assert_int_equal(walk.longest_span, blocks + 1);
        vt_log_walk_fini(&walk);
        vt_log_destroy(log);
    }
}

/* 16 MB is documented; the cut is not within a character. */
static void a_text_beyond_the_limit_is_cut_between_characters(void **state) {
    (void)state;
    enum { LIMIT = 16 << 20 };
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct vt_log_text text = long_text(LIMIT + 100);
    memcpy((char *)(uintptr_t)text.bytes + LIMIT - 1, "\xE2\x82\xAC", 3);
    vt_log_add_name(log, VT_SYMBOL_NAME, text);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    const struct vt_walked_symbol *symbol =
        vt_log_walk_symbol(&walk, VT_SYMBOL_NAME, 0);
    assert_int_equal(symbol->head.text_bytes, LIMIT - 1);
    assert_memory_equal(symbol->body, text.bytes, LIMIT - 1);
    vt_log_walk_fini(&walk);
    free_text(text);
    vt_log_destroy(log);
}

static void many_names_fill_block_after_block(void **state) {
    (void)state;
    enum { NAMES = 20000 };
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    char text[64];
    for (uint32_t i = 0; i < NAMES; i++) {
        int size =
            snprintf(text, sizeof text, "module.function_%u%*s", i, (int)(i % 9), "");
        assert_int_equal(
            vt_log_add_name(log, VT_SYMBOL_C, (struct vt_log_text){text, (size_t)size}),
            i);
    }
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.symbol_count, NAMES);
    for (uint32_t i = 0; i < NAMES; i++) {
        int size =
            snprintf(text, sizeof text, "module.function_%u%*s", i, (int)(i % 9), "");
        assert_int_equal(walk.symbols[i].head.id, i);
        assert_int_equal(walk.symbols[i].head.text_bytes, size);
        assert_memory_equal(walk.symbols[i].body, text, (size_t)size);
    }
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void a_new_name_of_a_task_keeps_what_it_is(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    uint32_t task = vt_log_add_task(log, 99, vt_test_text("Task-1"));
    assert_int_not_equal(task, VT_LOG_NO_ID);
    vt_log_name_task(log, task, 99, vt_test_text("a longer name"));
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.symbol_count, 2);
    const struct vt_walked_symbol *symbol =
        vt_log_walk_symbol(&walk, VT_SYMBOL_THREAD, task);
    struct vt_symbol_thread body;
    memcpy(&body, symbol->body, sizeof body);
    assert_int_equal(body.tid, 99);
    assert_int_equal(body.flags, VT_THREAD_IS_TASK);
    assert_int_equal(symbol->head.text_bytes, 13);
    assert_memory_equal(symbol->body + sizeof body, "a longer name", 13);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void a_source_entry_is_kept_as_it_is_given(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, 10, 0);
    struct {
        struct vt_symbol_source source;
        char text[16];
    } entry = {{.name_bytes = 4, .inode = 3}, "a.py/home/a.py"};
    struct vt_log_text body = {(const char *)&entry, sizeof entry.source + 14};
    assert_true(vt_log_add_symbol(log, VT_SYMBOL_SOURCE, 0, body, 14));
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    const struct vt_walked_symbol *symbol =
        vt_log_walk_symbol(&walk, VT_SYMBOL_SOURCE, 0);
    assert_int_equal(symbol->head.text_bytes, 14);
    assert_memory_equal(symbol->body, &entry, body.size);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

/* New functions are seen, and deep stacks kept, after the log has reached its bound. */
static void a_full_log_makes_room_for_names_and_stacks(void **state) {
    (void)state;
    enum { NAMES = 5000, CALLS = 200000, LEVELS = 3 * VT_BLOCK_FRAMES };
    struct vt_log *log = vt_test_log(NULL, 1000000, 2 << 20);
    struct vt_thread *thread = vt_test_thread(log);
    vt_test_calls(thread, 0, CALLS);
    assert_true(vt_log_usage(log).recycled_events > 0);
    struct vt_log_text text = long_text(60);
    for (uint32_t i = 0; i < NAMES; i++)
        assert_int_equal(vt_log_add_name(log, VT_SYMBOL_NAME, text), i);
    free_text(text);
    for (uint32_t i = 0; i < LEVELS; i++)
        vt_thread_enter(thread, i, false);
    assert_int_equal(vt_thread_depth(thread), LEVELS);
    assert_int_equal(thread->hidden, 0);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count + walk.head.recycled_events, CALLS);
    assert_int_equal(walk.head.dropped_events, 0);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(python_c_and_names_share_one_number_space),
        cmocka_unit_test(texts_may_be_empty_and_hold_nul_bytes),
        cmocka_unit_test(a_long_name_has_a_block_of_its_own),
        cmocka_unit_test(entries_of_every_size_around_a_block_are_whole),
        cmocka_unit_test(a_text_beyond_the_limit_is_cut_between_characters),
        cmocka_unit_test(many_names_fill_block_after_block),
        cmocka_unit_test(a_new_name_of_a_task_keeps_what_it_is),
        cmocka_unit_test(a_source_entry_is_kept_as_it_is_given),
        cmocka_unit_test(a_full_log_makes_room_for_names_and_stacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

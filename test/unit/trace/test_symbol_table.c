/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/symbol_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A block body that is made entry by entry. */
struct body {
    char *bytes; /* malloc: the table takes it */
    size_t size;
};

static void add(struct body *body, struct vt_symbol symbol, const void *rest,
                size_t rest_size) {
    size_t size = (sizeof symbol + rest_size + 7) / 8 * 8;
    if (!symbol.size_bytes)
        symbol.size_bytes = (uint32_t)size;
    body->bytes = realloc(body->bytes, body->size + size);
    assert_non_null(body->bytes);
    memset(body->bytes + body->size, 0, size);
    memcpy(body->bytes + body->size, &symbol, sizeof symbol);
    if (rest_size)
        memcpy(body->bytes + body->size + sizeof symbol, rest, rest_size);
    body->size += size;
}

static void add_name(struct body *body, uint32_t id, const char *name) {
    add(body,
        (struct vt_symbol){
            .kind = VT_SYMBOL_NAME, .id = id, .text_bytes = (uint32_t)strlen(name)},
        name, strlen(name));
}

static void take(struct vt_symbol_table *table, struct body *body) {
    assert_int_equal(vt_symbol_table_add_block(table, body->bytes, body->size, NULL),
                     VT_OK);
    *body = (struct body){0};
}

static void names_are_found_by_id_over_several_blocks(void **state) {
    (void)state;
    struct vt_symbol_table table = {0};
    struct body body = {0};
    add_name(&body, 1, "one");
    add_name(&body, 0, "");
    take(&table, &body);
    add_name(&body, 7, "seven");
    take(&table, &body);
    assert_memory_equal(vt_symbol_table_function(&table, 1)->name.bytes, "one", 3);
    assert_int_equal(vt_symbol_table_function(&table, 0)->name.size, 0);
    assert_int_equal(vt_symbol_table_function(&table, 7)->name.size, 5);
    assert_null(vt_symbol_table_function(&table, 2));
    assert_null(vt_symbol_table_function(&table, 8));
    assert_null(vt_symbol_table_thread(&table, 0));
    vt_symbol_table_fini(&table);
}

static void an_entry_that_does_not_fit_ends_its_block(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0xFFFFFFF8, 8, 15, 25, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vt_symbol_table table = {0};
        struct body body = {0};
        add_name(&body, 0, "good");
        struct vt_symbol bad = {
            .size_bytes = sizes[i], .kind = VT_SYMBOL_NAME, .id = 1, .text_bytes = 1};
        add(&body, bad, "x", 1);
        add_name(&body, 2, "never read");
        take(&table, &body);
        assert_non_null(vt_symbol_table_function(&table, 0));
        assert_null(vt_symbol_table_function(&table, 1));
        assert_null(vt_symbol_table_function(&table, 2));
        vt_symbol_table_fini(&table);
    }
}

static void an_entry_with_wrong_inner_sizes_is_left_out(void **state) {
    (void)state;
    struct vt_symbol_table table = {0};
    struct body body = {0};
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_NAME, .id = 0, .text_bytes = 9},
        "12345678", 8);
    struct vt_symbol_python where = {.name_bytes = 5};
    char rest[sizeof where + 4] = {0};
    memcpy(rest, &where, sizeof where);
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_PYTHON, .id = 1, .text_bytes = 4},
        rest, sizeof rest);
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_PYTHON, .id = 2}, "short", 5);
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_THREAD, .id = 3}, "short", 5);
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_SOURCE, .id = 3}, "short", 5);
    add(&body, (struct vt_symbol){.kind = 999, .id = 4}, "later version", 13);
    add_name(&body, 5, "good");
    take(&table, &body);
    for (uint32_t id = 0; id < 5; id++)
        assert_null(vt_symbol_table_function(&table, id));
    assert_non_null(vt_symbol_table_function(&table, 5));
    assert_int_equal(table.thread_count, 0);
    assert_int_equal(table.source_count, 0);
    vt_symbol_table_fini(&table);
}

static void absurd_ids_take_no_memory(void **state) {
    (void)state;
    struct vt_symbol_table table = {0};
    struct body body = {0};
    add_name(&body, VT_EVENT_ID_MASK, "far");
    add_name(&body, UINT32_MAX, "farther");
    struct vt_symbol_thread thread = {.tid = 1};
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_THREAD, .id = UINT32_MAX - 1},
        &thread, sizeof thread);
    take(&table, &body);
    assert_int_equal(table.function_count, 0);
    assert_int_equal(table.thread_count, 0);
    vt_symbol_table_fini(&table);
}

static void the_last_entry_of_a_thread_and_of_the_process_holds(void **state) {
    (void)state;
    struct vt_symbol_table table = {0};
    struct body body = {0};
    struct {
        struct vt_symbol_thread thread;
        char name[8];
    } entry = {{.tid = 77, .flags = VT_THREAD_IS_TASK}, "one"};
    struct vt_symbol symbol = {.kind = VT_SYMBOL_THREAD, .id = 2, .text_bytes = 3};
    add(&body, symbol, &entry, sizeof entry);
    entry.name[0] = 't';
    add(&body, symbol, &entry, sizeof entry);
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_PROCESS, .text_bytes = 1}, "a", 1);
    add(&body, (struct vt_symbol){.kind = VT_SYMBOL_PROCESS, .text_bytes = 1}, "b", 1);
    take(&table, &body);
    const struct vt_trace_thread *found = vt_symbol_table_thread(&table, 2);
    assert_memory_equal(found->name.bytes, "tne", 3);
    assert_int_equal(found->tid, 77);
    assert_true(found->is_task);
    assert_memory_equal(table.process_name.bytes, "b", 1);
    assert_null(vt_symbol_table_thread(&table, 1));
    vt_symbol_table_fini(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_by_id_over_several_blocks),
        cmocka_unit_test(an_entry_that_does_not_fit_ends_its_block),
        cmocka_unit_test(an_entry_with_wrong_inner_sizes_is_left_out),
        cmocka_unit_test(absurd_ids_take_no_memory),
        cmocka_unit_test(the_last_entry_of_a_thread_and_of_the_process_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

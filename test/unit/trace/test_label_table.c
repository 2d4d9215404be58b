/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/label_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct vt_label_form form = {
    .event = "{p:", .tid = " t:", .ts = " at:", .name = " n:", .end = "}"};

/* Functions 0 to 5 and thread 0; the texts are the test's. */
static struct vt_function functions[] = {
    {.kind = VT_SYMBOL_NAME, .name = {"plain", 5}},
    {.kind = VT_SYMBOL_C,
     .name = {"mod.b\x01"
              "d",
              7}},
    {.kind = VT_SYMBOL_C, .name = {"\x02.f", 3}},
    {.kind = VT_SYMBOL_NAME, .name = {"a\"b\x01", 4}},
    {.kind = VT_SYMBOL_C, .name = {"mod.\x7F", 5}},
    {.kind = VT_SYMBOL_C, .name = {"\x01no_module", 10}},
};
static struct vt_trace_thread threads[] = {{.known = true, .tid = 42}};

static void init(struct vt_label_table *table, struct vt_symbol_table *symbols,
                 bool sanitize) {
    *symbols = (struct vt_symbol_table){0};
    symbols->functions = functions;
    symbols->function_count = sizeof functions / sizeof *functions;
    symbols->threads = threads;
    symbols->thread_count = 1;
    struct vt_label_form wanted = form;
    wanted.sanitize = sanitize;
    assert_int_equal(vt_label_table_init(table, &wanted, symbols, 7, NULL), VT_OK);
}

static void expect_tail(struct vt_label_table *table, uint32_t id, const char *text) {
    const struct vt_tail *tail = vt_label_table_tail(table, id);
    assert_non_null(tail);
    assert_int_equal(tail->size, strlen(text));
    assert_memory_equal(tail->text, text, tail->size);
    assert_int_equal(tail->quoted_at, strlen(form.name));
    assert_int_equal(tail->quoted_size, strlen(text) - strlen(form.name) - 1);
    assert_ptr_equal(tail, vt_label_table_tail(table, id));
}

static void names_are_quoted_between_the_fixed_texts(void **state) {
    (void)state;
    struct vt_symbol_table symbols;
    struct vt_label_table table;
    init(&table, &symbols, false);
    expect_tail(&table, 0, " n:\"plain\"}");
    expect_tail(&table, 1, " n:\"mod.b\\u0001d\"}");
    expect_tail(&table, 3, " n:\"a\\\"b\\u0001\"}");
    expect_tail(&table, 6, " n:\"<unknown>\"}");
    expect_tail(&table, UINT32_MAX, " n:\"<unknown>\"}");
    assert_ptr_equal(vt_label_table_tail(&table, 6), vt_label_table_tail(&table, 99));
    vt_label_table_fini(&table);
}

static void only_c_functions_lose_what_cannot_be_printed(void **state) {
    (void)state;
    struct vt_symbol_table symbols;
    struct vt_label_table table;
    init(&table, &symbols, true);
    expect_tail(&table, 0, " n:\"plain\"}");
    expect_tail(&table, 1, " n:\"mod\"}");
    expect_tail(&table, 2, " n:\"\"}");
    expect_tail(&table, 3, " n:\"a\\\"b\\u0001\"}");
    expect_tail(&table, 4, " n:\"mod\"}");
    expect_tail(&table, 5, " n:\"\"}");
    vt_label_table_fini(&table);
}

static void heads_bear_the_process_and_the_thread(void **state) {
    (void)state;
    struct vt_symbol_table symbols;
    struct vt_label_table table;
    init(&table, &symbols, false);
    for (int round = 0; round < 2; round++) {
        const struct vt_head *head = vt_label_table_head(&table, 0);
        assert_int_equal(head->size, strlen("{p:7 t:42 at:"));
        assert_memory_equal(head->text, "{p:7 t:42 at:", head->size);
        head = vt_label_table_head(&table, 9); /* no such thread */
        assert_memory_equal(head->text, "{p:7 t:0 at:", head->size);
    }
    vt_label_table_fini(&table);
    vt_label_table_fini(&table); /* all zero is allowed */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_quoted_between_the_fixed_texts),
        cmocka_unit_test(only_c_functions_lose_what_cannot_be_printed),
        cmocka_unit_test(heads_bear_the_process_and_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

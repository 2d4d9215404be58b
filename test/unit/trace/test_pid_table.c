/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pid_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Adds a pid as JSON writes it. */
static uint32_t add(struct vt_pid_table *table, const char *value) {
    struct vt_jscan_token token = {.kind = VT_JSCAN_STRING};
    size_t size = strlen(value);
    if (*value != '"') {
        token.kind = VT_JSCAN_NUMBER;
        assert_true(vt_jnumber_read(value, size, &token.number));
    }
    return vt_pid_table_add(table, &token, value, size);
}

static void check_text(const struct vt_pid_table *table, uint32_t index,
                       const char *expected) {
    size_t size;
    const char *text = vt_strtab_get(&table->texts, index, &size);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
}

static void a_pid_is_the_same_however_it_is_written(void **state) {
    (void)state;
    struct vt_pid_table table = {0};
    uint32_t seven = add(&table, "7");
    assert_int_equal(add(&table, "7"), seven);
    assert_int_equal(add(&table, "7.0"), seven);
    assert_int_equal(add(&table, "70e-1"), seven);
    assert_int_equal(add(&table, "\"7\""), seven);
    assert_int_equal(add(&table, "\"\\u0037\""), seven);
    assert_int_not_equal(add(&table, "8"), seven);
    assert_int_not_equal(add(&table, "-7"), seven);
    check_text(&table, seven, "7");
    check_text(&table, add(&table, "9223372036854775808"), "9223372036854775808");
    check_text(&table, add(&table, "1.5"), "1.5");
    check_text(&table, add(&table, "\"render\\ner\""), "render\ner");
    vt_pid_table_fini(&table);
}

static void long_texts_are_pids_too(void **state) {
    (void)state;
    struct vt_pid_table table = {0};
    char value[1000];
    memset(value, 'x', sizeof value);
    value[0] = value[sizeof value - 2] = '"';
    value[sizeof value - 1] = '\0';
    uint32_t index = add(&table, value);
    assert_int_equal(add(&table, value), index);
    size_t size;
    vt_strtab_get(&table.texts, index, &size);
    assert_int_equal(size, sizeof value - 3);
    vt_pid_table_fini(&table);
}

/* The number that pid `index` of a table got; "" if its own. */
static const char *number_of(const struct vt_pid_table *table, uint32_t index) {
    return table->pids[index].number ? table->pids[index].number : "";
}

static void a_pid_of_an_earlier_trace_gets_a_number_that_nobody_has(void **state) {
    (void)state;
    struct vt_pid_table tables[3] = {0};
    struct vt_pid_owners owners = {0};
    for (int i = 0; i < 3; i++) {
        add(&tables[i], "7");
        add(&tables[i], i == 1 ? "8" : "\"web\"");
        add(&tables[i], "9223372036854775808");
        add(&tables[i], "-5");
    }
    add(&tables[2], "10000007"); /* what the second trace's 7 would become */
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(vt_pid_owners_add(&owners, &tables[i], i, NULL), VT_OK);
    assert_int_equal(vt_pid_owners_find(&owners, "8", 1), 1);
    assert_int_equal(vt_pid_owners_find(&owners, "web", 3), 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(vt_pid_owners_renumber(&owners, &tables[i], i, NULL), VT_OK);
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(number_of(&tables[0], i), "");
    assert_string_equal(number_of(&tables[1], 0), "20000007");
    assert_string_equal(number_of(&tables[1], 1), "");
    assert_string_equal(number_of(&tables[1], 2), "9223372036854775808 (2)");
    assert_string_equal(number_of(&tables[1], 3), "9999995");
    assert_string_equal(number_of(&tables[2], 0), "30000007");
    assert_string_equal(number_of(&tables[2], 1), "web (2)");
    assert_string_equal(number_of(&tables[2], 2), "9223372036854775808 (3)");
    assert_string_equal(number_of(&tables[2], 4), "");
    for (int i = 0; i < 3; i++)
        vt_pid_table_fini(&tables[i]);
    vt_pid_owners_fini(&owners);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pid_is_the_same_however_it_is_written),
        cmocka_unit_test(long_texts_are_pids_too),
        cmocka_unit_test(a_pid_of_an_earlier_trace_gets_a_number_that_nobody_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

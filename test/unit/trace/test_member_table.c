/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/member_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static enum vt_member_table_result add(struct vt_member_table *table, const char *name,
                                       const char *value) {
    struct vt_member_text member = {name, strlen(name), value, strlen(value)};
    return vt_member_table_add(table, &member);
}

static char *write_table(const struct vt_member_table *table, bool is_first) {
    struct vt_buf text = {0};
    struct vt_jwrite out;
    assert_int_equal(vt_jwrite_init(&out, vt_sink_to_buf(&text), 256, NULL), VT_OK);
    vt_member_table_write(table, is_first, &out);
    assert_int_equal(vt_jwrite_finish(&out, NULL), VT_OK);
    vt_jwrite_fini(&out);
    return vt_buf_steal(&text);
}

static void the_first_value_of_a_name_stays(void **state) {
    (void)state;
    struct vt_member_table table = {0};
    assert_int_equal(add(&table, "a", "1"), VT_MEMBER_TABLE_NEW);
    assert_int_equal(add(&table, "", "{}"), VT_MEMBER_TABLE_NEW);
    assert_int_equal(add(&table, "a", "1"), VT_MEMBER_TABLE_SAME);
    assert_int_equal(add(&table, "a", "2"), VT_MEMBER_TABLE_OTHER);
    assert_int_equal(add(&table, "a", "12"), VT_MEMBER_TABLE_OTHER);
    assert_int_equal(vt_member_table_count(&table), 2);
    char *text = write_table(&table, true);
    assert_string_equal(text, "\"a\": 1, \"\": {}");
    free(text);
    text = write_table(&table, false);
    assert_string_equal(text, ", \"a\": 1, \"\": {}");
    free(text);
    vt_member_table_fini(&table);
    text = write_table(&table, true);
    assert_string_equal(text, "");
    free(text);
}

static void a_name_is_what_it_stands_for(void **state) {
    (void)state;
    struct vt_member_table table = {0};
    assert_int_equal(add(&table, "caf\\u00e9", "1"), VT_MEMBER_TABLE_NEW);
    assert_int_equal(add(&table, "caf\xC3\xA9", "1"), VT_MEMBER_TABLE_SAME);
    assert_int_equal(add(&table, "a\\u0000b", "1"), VT_MEMBER_TABLE_NEW);
    assert_int_equal(add(&table, "a", "1"), VT_MEMBER_TABLE_NEW);
    struct vt_member_text first = vt_member_table_get(&table, 0);
    assert_int_equal(first.name_size, 9); /* as it was written */
    vt_member_table_fini(&table);
}

static void thousands_of_members_are_found_again(void **state) {
    (void)state;
    struct vt_member_table table = {0};
    char name[32], value[32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            snprintf(name, sizeof name, "name %d", i);
            snprintf(value, sizeof value, "%d", i * 7);
            assert_int_equal(add(&table, name, value),
                             round ? VT_MEMBER_TABLE_SAME : VT_MEMBER_TABLE_NEW);
        }
    }
    struct vt_member_text last = vt_member_table_get(&table, 4999);
    assert_memory_equal(last.value, "34993", 5);
    vt_member_table_fini(&table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_value_of_a_name_stays),
        cmocka_unit_test(a_name_is_what_it_stands_for),
        cmocka_unit_test(thousands_of_members_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

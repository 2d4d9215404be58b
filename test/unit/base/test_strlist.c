/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/strlist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void append_keeps_the_order_over_many_items(void **state) {
    (void)state;
    struct vt_strlist list = {0};
    for (int c = 'a'; c <= 'q'; c++)
        assert_int_equal(vt_strlist_append(&list, (char[]){(char)c, '\0'}, NULL),
                         VT_OK);
    assert_int_equal(list.count, 17);
    for (size_t i = 0; i < list.count; i++)
        assert_string_equal(list.items[i], ((char[]){(char)('a' + i), '\0'}));
    assert_true(list.given);
    vt_strlist_fini(&list);
    assert_false(list.given);
    assert_int_equal(list.count, 0);
}

static void append_bytes_takes_so_many_bytes(void **state) {
    (void)state;
    struct vt_strlist list = {0};
    assert_int_equal(vt_strlist_append_bytes(&list, "abcdef", 3, NULL), VT_OK);
    assert_int_equal(vt_strlist_append_bytes(&list, "x", 0, NULL), VT_OK);
    assert_string_equal(list.items[0], "abc");
    assert_string_equal(list.items[1], "");
    vt_strlist_fini(&list);
}

static void copy_is_independent_and_keeps_given(void **state) {
    (void)state;
    struct vt_strlist from = {0};
    struct vt_strlist to;
    assert_int_equal(vt_strlist_copy(&to, &from, NULL), VT_OK);
    assert_false(to.given);
    from.given = true;
    assert_int_equal(vt_strlist_copy(&to, &from, NULL), VT_OK);
    assert_true(to.given);
    assert_int_equal(to.count, 0);
    assert_int_equal(vt_strlist_append(&from, "one", NULL), VT_OK);
    assert_int_equal(vt_strlist_copy(&to, &from, NULL), VT_OK);
    from.items[0][0] = 'X';
    assert_string_equal(to.items[0], "one");
    vt_strlist_fini(&from);
    vt_strlist_fini(&to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_keeps_the_order_over_many_items),
        cmocka_unit_test(append_bytes_takes_so_many_bytes),
        cmocka_unit_test(copy_is_independent_and_keeps_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

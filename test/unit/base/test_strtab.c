/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/strtab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void each_string_is_kept_once_in_the_order_of_coming(void **state) {
    (void)state;
    struct vt_strtab tab = {0};
    enum { N = 3000 };
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < N; i++) {
            char text[32];
            int size = snprintf(text, sizeof text, "name %u", i * 7919u);
            bool is_new;
            assert_int_equal(vt_strtab_add(&tab, text, (size_t)size, &is_new), i);
            assert_int_equal(is_new, round == 0);
        }
    }
    size_t size;
    const char *text = vt_strtab_get(&tab, 2, &size);
    assert_int_equal(size, strlen("name 15838"));
    assert_memory_equal(text, "name 15838", size);
    assert_int_equal(tab.count, N);
    vt_strtab_fini(&tab);
}

static void nul_bytes_and_the_empty_string_are_strings(void **state) {
    (void)state;
    struct vt_strtab tab = {0};
    bool is_new;
    assert_int_equal(vt_strtab_add(&tab, "", 0, &is_new), 0);
    assert_true(is_new);
    assert_int_equal(vt_strtab_add(&tab, "a\0b", 3, &is_new), 1);
    assert_int_equal(vt_strtab_add(&tab, "a\0c", 3, &is_new), 2);
    assert_int_equal(vt_strtab_add(&tab, NULL, 0, &is_new), 0);
    assert_false(is_new);
    size_t size;
    vt_strtab_get(&tab, 0, &size);
    assert_int_equal(size, 0);
    vt_strtab_fini(&tab);
}

/* Two texts with the same FNV-1a hash, and texts with one that differs in high bits. */
static void texts_with_the_same_hash_are_kept_apart(void **state) {
    (void)state;
    static const char one[] = "8yn0iYCKYHlIj4-BwPqk", other[] = "GReLUrM4wMqfg9yzV3KQ";
    struct vt_strtab tab = {0};
    enum { SIZE = sizeof one - 1 };
    assert_int_equal(vt_strtab_find(&tab, one, SIZE), VT_STRTAB_NONE);
    assert_int_equal(vt_strtab_add(&tab, "", 0, NULL), 0);
    assert_int_equal(vt_strtab_add(&tab, one, SIZE, NULL), 1);
    assert_int_equal(vt_strtab_find(&tab, other, SIZE), VT_STRTAB_NONE);
    assert_int_equal(vt_strtab_add(&tab, other, SIZE, NULL), 2);
    for (int i = 0; i < 1000; i++) {
        char text[16];
        int size = snprintf(text, sizeof text, "%d", i);
        assert_int_equal(vt_strtab_add(&tab, text, (size_t)size, NULL), i + 3);
    }
    assert_int_equal(vt_strtab_find(&tab, "", 0), 0);
    assert_int_equal(vt_strtab_find(&tab, one, SIZE), 1);
    assert_int_equal(vt_strtab_find(&tab, other, SIZE), 2);
    assert_int_equal(vt_strtab_find(&tab, other, SIZE - 1), VT_STRTAB_NONE);
    vt_strtab_fini(&tab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_string_is_kept_once_in_the_order_of_coming),
        cmocka_unit_test(nul_bytes_and_the_empty_string_are_strings),
        cmocka_unit_test(texts_with_the_same_hash_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

static void a_thousand_texts_are_kept_apart(void **state) {
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

static void each_table_hashes_by_a_key_of_its_own(void **state) {
    (void)state;
    struct vt_strtab one = {0}, other = {0};
    static const char *const texts[] = {"", "a", "seven b", "eight by", "nine byte"};
    enum { COUNT = sizeof texts / sizeof *texts };
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(vt_strtab_add(&one, texts[i], strlen(texts[i]), NULL), i);
        assert_int_equal(vt_strtab_add(&other, texts[i], strlen(texts[i]), NULL), i);
        assert_true(one.entries[i].hash != other.entries[i].hash);
        for (uint32_t j = 0; j < i; j++)
            assert_true(one.entries[i].hash != one.entries[j].hash);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(vt_strtab_find(&one, texts[i], strlen(texts[i])), i);
    vt_strtab_fini(&one);
    vt_strtab_fini(&other);
}

/* What CPython, whose hash of bytes it is, says with PYTHONHASHSEED=0 (a zero key). */
static void the_hash_is_siphash_1_3(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {{"a", UINT64_C(4644417185603328019)},
                 {"seven b", UINT64_C(12331527567203472980)},
                 {"eight by", UINT64_C(15369927844200065709)},
                 {"nine byte", UINT64_C(13770038117785202988)}};
    struct vt_strtab tab = {0};
    assert_int_equal(vt_strtab_add(&tab, "", 0, NULL), 0);
    tab.key[0] = tab.key[1] = 0;
    for (uint32_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *text = known[i].text;
        assert_int_equal(vt_strtab_add(&tab, text, strlen(text), NULL), i + 1);
        assert_true(tab.entries[i + 1].hash == known[i].hash);
    }
    vt_strtab_fini(&tab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_string_is_kept_once_in_the_order_of_coming),
        cmocka_unit_test(nul_bytes_and_the_empty_string_are_strings),
        cmocka_unit_test(a_thousand_texts_are_kept_apart),
        cmocka_unit_test(each_table_hashes_by_a_key_of_its_own),
        cmocka_unit_test(the_hash_is_siphash_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static int forget(void **state) {
    (void)state;
    unsetenv("VIZTRACER_MAX_DEPTH");
    unsetenv("VIZTRACER_MAX_STRING_BYTES");
    unsetenv("VIZTRACER_MAX_EXPANSION");
    return 0;
}

static void limits_are_the_documented_ones_if_nobody_sets_others(void **state) {
    (void)state;
    struct vt_limits limits;
    assert_int_equal(vt_limits_read(&limits, NULL), VT_OK);
    assert_int_equal(limits.reader.depth, 1024);
    assert_int_equal(limits.reader.string_bytes, 64 << 20);
    assert_int_equal(limits.expansion, 256);
}

static void variables_set_limits(void **state) {
    (void)state;
    struct vt_limits limits;
    setenv("VIZTRACER_MAX_DEPTH", "1000000", 1);
    setenv("VIZTRACER_MAX_STRING_BYTES", "4294967295", 1);
    setenv("VIZTRACER_MAX_EXPANSION", "1", 1);
    assert_int_equal(vt_limits_read(&limits, NULL), VT_OK);
    assert_int_equal(limits.reader.depth, 1000000);
    assert_int_equal(limits.reader.string_bytes, UINT32_MAX);
    assert_int_equal(limits.expansion, 1);
    setenv("VIZTRACER_MAX_DEPTH", "", 1);
    assert_int_equal(vt_limits_read(&limits, NULL), VT_OK);
    assert_int_equal(limits.reader.depth, 1024);
}

static void other_texts_are_refused_by_name(void **state) {
    (void)state;
    static const char *const bad[] = {
        "0", "-1", "1000001", "abc", "12x", " 5", "1e3", "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct vt_limits limits;
        struct vt_error err;
        setenv("VIZTRACER_MAX_DEPTH", bad[i], 1);
        assert_int_equal(vt_limits_read(&limits, &err), VT_ERR_LIMIT);
        assert_non_null(strstr(err.text, "VIZTRACER_MAX_DEPTH: must be a number from 1 "
                                         "to 1000000, not '"));
        vt_limits_explain(&err);
        assert_null(strstr(err.text, "set limits"));
    }
}

static void an_error_about_a_limit_says_what_sets_it(void **state) {
    (void)state;
    struct vt_error err;
    vt_error_set(&err, VT_ERR_LIMIT, "too long");
    vt_limits_explain(&err);
    assert_string_equal(err.text, "too long; VIZTRACER_MAX_DEPTH, _STRING_BYTES and "
                                  "_EXPANSION set limits");
    vt_error_set(&err, VT_ERR_FORMAT, "wrong");
    vt_limits_explain(&err);
    assert_string_equal(err.text, "wrong");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(limits_are_the_documented_ones_if_nobody_sets_others,
                               forget),
        cmocka_unit_test_setup(variables_set_limits, forget),
        cmocka_unit_test_setup(other_texts_are_refused_by_name, forget),
        cmocka_unit_test_setup(an_error_about_a_limit_says_what_sets_it, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

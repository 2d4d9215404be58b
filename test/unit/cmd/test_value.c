/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void ints_are_read_as_python_reads_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t number;
    } good[] = {{"0", 0},
                {"5", 5},
                {"-5", -5},
                {"+7", 7},
                {" \t12\n", 12},
                {"1_000_000", 1000000},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"1000000000000000000000", INT64_MAX},
                {"-1000000000000000000000", INT64_MIN}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t number = 42;
        assert_true(vt_value_read_int(good[i].text, &number));
        assert_int_equal(number, good[i].number);
    }
    static const char *const bad[] = {"",    " ",   "x",    "1.0",     "1e3",  "0x10",
                                      "--1", "1 2", "_1",   "1_",      "1__2", "+",
                                      "-_1", "5x",  "1_ 2", "\xd9\xa5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t number = 42;
        assert_false(vt_value_read_int(bad[i], &number));
        assert_int_equal(number, 42);
    }
}

static void reals_are_read_as_python_reads_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double number;
    } good[] = {{"1", 1},     {"-2.5", -2.5}, {".5", 0.5},        {"5.", 5},
                {"1e3", 1e3}, {" 0.1 ", 0.1}, {"1_0.2_5", 10.25}, {"1E-2", 0.01}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double number = 42;
        assert_true(vt_value_read_real(good[i].text, &number));
        assert_true(number == good[i].number);
    }
    double number;
    assert_true(vt_value_read_real("Infinity", &number) && isinf(number));
    assert_true(vt_value_read_real("-inf", &number) && isinf(number));
    assert_true(vt_value_read_real("nan", &number) && isnan(number));
    static const char *const bad[] = {"",    ".",      "x",  "1.0.0", "0x1p3", "1_",
                                      "_1.", "nan(1)", "1e", "1 .0",  "1e_5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(vt_value_read_real(bad[i], &number));
}

static void durations_have_units_and_microseconds_without(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {{"0", 0},
                {"5", 5000},
                {"0.3ms", 300000},
                {".2ms", 200000},
                {"300ns", 300},
                {"13us", 13000},
                {"1s", 1000000000},
                {"1.s", 1000000000},
                {"2.000000001s", 2000000001},
                {"0.0001", 1},
                {"1.5ns", 2},
                {"1.0ns", 1},
                {"0.00000000000000000000001s", 1},
                {"9223372036s", INT64_C(9223372036000000000)}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ns = -1;
        assert_int_equal(vt_value_read_duration(good[i].text, &ns, NULL), VT_OK);
        assert_int_equal(ns, good[i].ns);
    }
}

static void bad_durations_are_refused_with_the_manual_s_sentence(void **state) {
    (void)state;
    static const char *const bad[] = {
        "abc", "0.0.3s", "",    "s",  ".",  ".s",          "-5",
        "+5",  " 5",     "5 s", "5S", "5m", "9223372037s", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ns;
        struct vt_error err = {0};
        char text[100];
        snprintf(text, sizeof text,
                 "Can't convert %s to time. Format should be 0.3ms or 13us", bad[i]);
        assert_int_equal(vt_value_read_duration(bad[i], &ns, &err), VT_ERR_REFUSED);
        assert_string_equal(err.text, text);
    }
}

static void reprs_are_those_of_python(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *repr;
    } cases[] = {{"", "''"},
                 {"x", "'x'"},
                 {"it's", "\"it's\""},
                 {"\"'", "'\"\\''"},
                 {"a\\b", "'a\\\\b'"},
                 {"\t\n\r\x01\x1b\x7f", "'\\t\\n\\r\\x01\\x1b\\x7f'"},
                 {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d",
                  "'\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d'"},
                 {"\xff", "'\\udcff'"},
                 {"\xc3", "'\\udcc3'"},
                 {"\xc0\x80", "'\\udcc0\\udc80'"},
                 {"\xe0\x80\x80", "'\\udce0\\udc80\\udc80'"},
                 {"\xed\xa0\x80", "'\\udced\\udca0\\udc80'"},
                 {"\xf0\x80\x80\x80", "'\\udcf0\\udc80\\udc80\\udc80'"},
                 {"\xf4\x90\x80\x80", "'\\udcf4\\udc90\\udc80\\udc80'"},
                 {"\xe2\x82", "'\\udce2\\udc82'"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vt_buf out = {0};
        vt_value_append_repr(&out, cases[i].text);
        assert_string_equal(out.data, cases[i].repr);
        vt_buf_fini(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ints_are_read_as_python_reads_them),
        cmocka_unit_test(reals_are_read_as_python_reads_them),
        cmocka_unit_test(durations_have_units_and_microseconds_without),
        cmocka_unit_test(bad_durations_are_refused_with_the_manual_s_sentence),
        cmocka_unit_test(reprs_are_those_of_python),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

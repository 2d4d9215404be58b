/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jnumber.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_decimal read(const char *text) {
    struct vt_decimal value;
    if (!vt_jnumber_read(text, strlen(text), &value))
        fail_msg("not read: %s", text);
    return value;
}

static void check_ns(const char *us, int64_t expected, bool fits) {
    struct vt_decimal value = read(us);
    int64_t ns;
    if (vt_decimal_to_ns(&value, &ns) != fits || ns != expected)
        fail_msg("%s us: %lld ns", us, (long long)ns);
}

static void us_with_three_decimals_are_exact_ns(void **state) {
    (void)state;
    check_ns("0", 0, true);
    check_ns("-0", 0, true);
    check_ns("0.001", 1, true);
    check_ns("986155916.764", 986155916764, true);
    check_ns("-9.097", -9097, true);
    check_ns("1700000000000000.123", 1700000000000000123, true);
    check_ns("12", 12000, true);
    check_ns("12.5", 12500, true);
    check_ns("1.2345e9", 1234500000000, true);
    check_ns("100E-2", 1000, true);
    check_ns("9223372036854775.807", INT64_MAX, true);
    check_ns("-9223372036854775.808", INT64_MIN, true);
}

static void more_decimals_go_to_the_nearest_ns(void **state) {
    (void)state;
    check_ns("0.57447848731", 574, true);
    check_ns("19.41600012779236", 19416, true);
    check_ns("0.0004999", 0, true);
    check_ns("0.0005", 1, true);
    check_ns("-0.0005", -1, true);
    check_ns("5e-324", 0, true);
    check_ns("0.00000000000000000000000000000000009", 0, true);
}

static void ns_beyond_64_bits_stop_at_the_limit(void **state) {
    (void)state;
    check_ns("9223372036854775.808", INT64_MAX, false);
    check_ns("-9223372036854775.809", INT64_MIN, false);
    check_ns("18446744073709551615", INT64_MAX, false);
    check_ns("-9223372036854775808", INT64_MIN, false);
    check_ns("1.7e308", INT64_MAX, false);
    check_ns("-1.7e308", INT64_MIN, false);
    check_ns("0e999", 0, true);
}

static void check_i64(const char *text, int64_t expected, bool is_whole) {
    struct vt_decimal value = read(text);
    int64_t i64 = 0;
    bool got = vt_decimal_to_i64(&value, &i64);
    if (got != is_whole || (got && i64 != expected))
        fail_msg("%s: %d %lld", text, got, (long long)i64);
}

static void whole_numbers_are_told_from_others(void **state) {
    (void)state;
    check_i64("0", 0, true);
    check_i64("-17", -17, true);
    check_i64("17.00", 17, true);
    check_i64("1e3", 1000, true);
    check_i64("1500e-2", 15, true);
    check_i64("9223372036854775807", INT64_MAX, true);
    check_i64("-9223372036854775808", INT64_MIN, true);
    check_i64("0e50", 0, true);
    check_i64("9223372036854775808", 0, false);
    check_i64("18446744073709551616", 0, false);
    check_i64("1.5", 0, false);
    check_i64("1e19", 0, false);
    check_i64("1e300", 0, false);
    check_i64("1e-300", 0, false);
    check_i64("1.00000000000000000000000001", 0, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(us_with_three_decimals_are_exact_ns),
        cmocka_unit_test(more_decimals_go_to_the_nearest_ns),
        cmocka_unit_test(ns_beyond_64_bits_stop_at_the_limit),
        cmocka_unit_test(whole_numbers_are_told_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

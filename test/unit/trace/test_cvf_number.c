/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_number.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The kind as which `text` is kept; 0: it does not fit. */
static unsigned kind_of(const char *text, struct vt_cvf_number *number) {
    struct vt_jscan_token token = {.kind = VT_JSCAN_NUMBER};
    size_t size = strlen(text);
    assert_true(vt_jnumber_read(text, size, &token.number));
    return vt_cvf_number_read(&token, text, size, number) ? number->kind : 0;
}

static void check_print(double real, const char *expected) {
    char text[VT_CVF_NUMBER_TEXT_BYTES];
    size_t size = vt_cvf_number_print(real, text);
    assert_string_equal(text, expected);
    assert_int_equal(size, strlen(expected));
}

static void a_double_is_printed_as_short_as_it_can_be(void **state) {
    (void)state;
    check_print(0.5, "0.5");
    check_print(1, "1.0");
    check_print(-0.0, "-0.0");
    check_print(0.1 + 0.2, "0.30000000000000004");
    check_print(1.0 / 3, "0.3333333333333333");
    check_print(1e22, "1e+22");
    check_print(DBL_MAX, "1.7976931348623157e+308");
    check_print(5e-324, "4.94065645841247e-324");
}

static void whole_numbers_within_64_bits_are_integers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"-7", -7},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    struct vt_cvf_number number;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(kind_of(cases[i].text, &number), VT_CVF_INTEGER);
        assert_true(number.value.integer == cases[i].value);
    }
}

static void larger_whole_numbers_keep_up_to_100_digits(void **state) {
    (void)state;
    struct vt_cvf_number number;
    char digits[VT_CVF_NUMBER_DIGITS + 2];
    assert_int_equal(kind_of("9223372036854775808", &number), VT_CVF_DIGITS);
    memset(digits, '7', sizeof digits);
    digits[VT_CVF_NUMBER_DIGITS] = '\0';
    assert_int_equal(kind_of(digits, &number), VT_CVF_DIGITS);
    digits[VT_CVF_NUMBER_DIGITS] = '7';
    digits[VT_CVF_NUMBER_DIGITS + 1] = '\0';
    assert_int_equal(kind_of(digits, &number), 0);
}

static void what_has_a_point_or_exponent_is_a_double_that_says_the_same(void **state) {
    (void)state;
    static const char *const reals[] = {"0.5", "-0.0",   "0.0",   "1.50",   "10.0",
                                        "1e2", "-25E-1", "0e9",   "100e20", "1e308",
                                        "0.1", "1e-300", "-1e22", "2.5e+3"};
    struct vt_cvf_number number;
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        assert_int_equal(kind_of(reals[i], &number), VT_CVF_REAL);
        assert_true(number.value.real == strtod(reals[i], NULL));
    }
}

static void what_would_change_its_value_does_not_fit(void **state) {
    (void)state;
    static const char *const texts[] = {
        "-0",                     /* is 0 as an integer */
        "0.12345678901234567890", /* more digits than a double has */
        "0.1000000000000000000000000000000000001",
        "12345678901234567.8",
        "1e-400",
        "1.0000000000000000000000000000000000000000000000000000000000000001",
    };
    struct vt_cvf_number number;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (kind_of(texts[i], &number))
            fail_msg("%s", texts[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_double_is_printed_as_short_as_it_can_be),
        cmocka_unit_test(whole_numbers_within_64_bits_are_integers),
        cmocka_unit_test(larger_whole_numbers_keep_up_to_100_digits),
        cmocka_unit_test(what_has_a_point_or_exponent_is_a_double_that_says_the_same),
        cmocka_unit_test(what_would_change_its_value_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jnumber.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool is_number(const char *text) {
    struct vt_decimal value;
    return vt_jnumber_read(text, strlen(text), &value);
}

static bool fits_a_double(const char *text) {
    return isfinite(strtod(text, NULL)) != 0;
}

static void the_grammar_is_rfc_8259s(void **state) {
    (void)state;
    static const char *const good[] = {
        "0",   "-0",   "1",    "10",  "-12.50",      "0.0",
        "1e1", "1E+1", "1e-0", "0e0", "123.456e789",
    };
    static const char *const bad[] = {
        "",   "-",   "+1",    "01",    "-01", "1.",    ".5",  "1.e1", "1e",       "1e+",
        "1-", "0x1", "1.2.3", "1e1.5", "--1", "1e+-1", "NaN", "1 ",   "Infinity", "1_0",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        bool finite = i + 1 < sizeof good / sizeof *good;
        if (is_number(good[i]) != finite)
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (is_number(bad[i]))
            fail_msg("accepted: %s", bad[i]);
    }
}

static void a_number_ends_in_front_of_what_does_not_belong_to_it(void **state) {
    (void)state;
    struct vt_jnumber number = {0};
    assert_int_equal(vt_jnumber_take(&number, '-'), VT_JNUMBER_GOES_ON);
    assert_false(vt_jnumber_is_whole(&number));
    assert_int_equal(vt_jnumber_take(&number, ','), VT_JNUMBER_WRONG);
    assert_int_equal(vt_jnumber_take(&number, '0'), VT_JNUMBER_GOES_ON);
    assert_true(vt_jnumber_is_whole(&number));
    assert_int_equal(vt_jnumber_take(&number, '0'), VT_JNUMBER_ENDS);
    assert_int_equal(vt_jnumber_take(&number, '.'), VT_JNUMBER_GOES_ON);
    assert_int_equal(vt_jnumber_take(&number, '}'), VT_JNUMBER_WRONG);
}

/* 2^1024 - 2^970, the smallest number that rounds to infinity, and its neighbours. */
#define EDGE_BUT_LAST                                                                  \
    "1797693134862315807937289714053034150799341327100378269361737789804449682927"     \
    "6475094664901797758720709633028641669288791094655554785194040263065748867150"     \
    "5820681908902000708383676273854845817711531764475730270069855571366959622842"     \
    "9148198608349364752927190741684443655107043427115596995080930428801779041744"     \
    "97791"

static void numbers_are_finite_up_to_the_edge_of_a_double(void **state) {
    (void)state;
    static const char *const finite[] = {
        "1.7e308",
        "1.7976931348623157e308",
        "1.797693134862315807e308",
        EDGE_BUT_LAST,
        EDGE_BUT_LAST ".9999",
        "-1.7976931348623157e308",
        "179769313486231580700e288",
        "0e999999999999999999999",
        "0.0e5",
        "1e-999999999999999999999",
        "5e-324",
        "0.000000000000000000000000000000000000000000000000000000000001e350",
    };
    static const char *const infinite[] = {
        "1e999",
        "-1e999",
        "1.8e308",
        "1.797693134862315808e308",
        "1e309",
        "1.7976931348623158079373e308",
        "1e999999999999999999999",
        "1" EDGE_BUT_LAST,
        "0.000000000000000000000000000000000000000000000000000000000001e370",
    };
    for (size_t i = 0; i < sizeof finite / sizeof *finite; i++) {
        assert_true(fits_a_double(finite[i]));
        if (!is_number(finite[i]))
            fail_msg("refused: %s", finite[i]);
    }
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++) {
        assert_false(fits_a_double(infinite[i]));
        if (is_number(infinite[i]))
            fail_msg("accepted: %s", infinite[i]);
    }
}

static void the_edge_itself_is_too_large(void **state) {
    (void)state;
    char edge[] = EDGE_BUT_LAST;
    edge[sizeof edge - 2]++;
    assert_false(fits_a_double(edge));
    assert_false(is_number(edge));
}

static void random_digits_are_finite_when_strtod_says_so(void **state) {
    (void)state;
    srand(4711);
    for (int round = 0; round < 20000; round++) {
        char text[64] = "1.79769313486231580", *p = text + 13 + rand() % 5;
        for (int digits = rand() % 12; digits > 0; digits--)
            *p++ = (char)('0' + rand() % 10);
        snprintf(p, 8, "e308");
        if (is_number(text) != fits_a_double(text))
            fail_msg("%s", text);
    }
}

static void the_short_way_reads_what_the_long_way_reads(void **state) {
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "7",
        "-7.250",
        "986155916.764",
        "1234567890123456789",
        "0.000000000000000001",
        "12345678901234567890",
        "1e5",
        "01",
        "1.",
        "-",
        ".5",
        "x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];
        size_t size = (size_t)snprintf(text, sizeof text, "%s,", texts[i]) - 1;
        struct vt_decimal fast = {0}, slow = {0};
        const unsigned char *p = (const unsigned char *)text;
        const unsigned char *behind = vt_jnumber_common(p, p + size + 1, &fast);
        bool has_20_digits = i == 7;
        bool is_common =
            vt_jnumber_read(text, size, &slow) && !has_20_digits && !strchr(text, 'e');
        assert_int_equal(behind != NULL, is_common);
        assert_null(vt_jnumber_common(p, p + size, &fast)); /* it might go on */
        if (!behind)
            continue;
        assert_ptr_equal(behind, p + size);
        assert_int_equal(fast.mantissa, slow.mantissa);
        assert_int_equal(fast.exponent, slow.exponent);
        assert_int_equal(fast.negative, slow.negative);
        assert_int_equal(fast.cut, slow.cut);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_grammar_is_rfc_8259s),
        cmocka_unit_test(a_number_ends_in_front_of_what_does_not_belong_to_it),
        cmocka_unit_test(numbers_are_finite_up_to_the_edge_of_a_double),
        cmocka_unit_test(the_edge_itself_is_too_large),
        cmocka_unit_test(random_digits_are_finite_when_strtod_says_so),
        cmocka_unit_test(the_short_way_reads_what_the_long_way_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

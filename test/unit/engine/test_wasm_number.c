/* SPDX-License-Identifier: Apache-2.0
 *
 * Doubles printed, and read back by libc.
 */
#include "viewer/engine/wasm_number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void check(double real) {
    char text[VT_WASM_NUMBER_BYTES + 1];
    size_t size = vt_wasm_number_print(real, text);
    assert_in_range(size, 3, VT_WASM_NUMBER_BYTES);
    text[size] = '\0';
    double back = strtod(text, NULL);
    assert_memory_equal(&back, &real, sizeof real);
}

static void numbers_come_back_as_they_were(void **state) {
    (void)state;
    static const double some[] = {0,
                                  -0.0,
                                  1,
                                  -1,
                                  0.1,
                                  0.3,
                                  12.5,
                                  1e15,
                                  1e16,
                                  1e17,
                                  1e22,
                                  1e23,
                                  5e-324,
                                  9007199254740993.0,
                                  2.2250738585072014e-308,
                                  2.2250738585072009e-308,
                                  1.7976931348623157e308,
                                  9.9999999999999995e22,
                                  99999999999999990.0};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        check(some[i]);
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        double real;
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t bits = seed ^ seed >> 29;
        memcpy(&real, &bits, sizeof real);
        if (isfinite(real))
            check(real);
        check((double)(int64_t)(bits >> (i % 60)) / 1000);
    }
}

static void short_numbers_are_short(void **state) {
    (void)state;
    char text[VT_WASM_NUMBER_BYTES];
    assert_int_equal(vt_wasm_number_print(1500, text), 5);
    assert_memory_equal(text, "1.5e3", 5);
    assert_int_equal(vt_wasm_number_print(-0.25, text), 7);
    assert_memory_equal(text, "-2.5e-1", 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back_as_they_were),
        cmocka_unit_test(short_numbers_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

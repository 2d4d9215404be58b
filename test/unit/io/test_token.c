/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void a_token_is_32_digits_and_never_the_same(void **state) {
    (void)state;
    struct vt_error err;
    char first[VT_TOKEN_BYTES], second[VT_TOKEN_BYTES];
    assert_int_equal(vt_token_make(first, &err), VT_OK);
    assert_int_equal(vt_token_make(second, &err), VT_OK);
    assert_int_equal(strlen(first), 32);
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_string_not_equal(first, second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_32_digits_and_never_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/private_lib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void a_library_that_is_not_there_is_named(void **state) {
    (void)state;
    struct vt_error err;
    void *library;
    assert_int_equal(vt_private_lib_open("/nowhere", "lib.so", &library, &err),
                     VT_ERR_NOT_FOUND);
    assert_memory_equal(err.text,
                        "the installation is incomplete: /nowhere/lib.so: ", 49);
}

static void a_function_that_is_not_there_is_named(void **state) {
    (void)state;
    struct vt_error err;
    void *library;
    void *symbol;
    assert_int_equal(vt_private_lib_open("/proc/self", "exe", &library, &err),
                     VT_ERR_NOT_FOUND);
    assert_int_equal(vt_private_lib_symbol(NULL, "vt_no_such_function", &symbol, &err),
                     VT_ERR_NOT_FOUND);
    assert_memory_equal(err.text, "the installation is mixed: ", 27);
    assert_int_equal(vt_private_lib_symbol(NULL, "getpid", &symbol, &err), VT_OK);
    assert_non_null(symbol);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_that_is_not_there_is_named),
        cmocka_unit_test(a_function_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void append_grows_and_ends_with_a_nul(void **state) {
    (void)state;
    struct vt_buf buf = {0};
    for (int i = 0; i < 1000; i++)
        vt_buf_printf(&buf, "%d,", i);
    assert_int_equal(buf.data[buf.size], '\0');
    assert_int_equal(strlen(buf.data), buf.size);
    assert_memory_equal(buf.data, "0,1,2,", 6);
    vt_buf_fini(&buf);
}

static void steal_of_an_empty_buffer_is_an_empty_string(void **state) {
    (void)state;
    struct vt_buf buf = {0};
    char *text = vt_buf_steal(&buf);
    assert_string_equal(text, "");
    free(text);
}

static void a_failed_append_keeps_what_was_there_and_is_reported(void **state) {
    (void)state;
    struct vt_buf buf = {0};
    vt_buf_append_text(&buf, "kept");
    assert_null(vt_buf_reserve(&buf, SIZE_MAX / 2));
    vt_buf_append_text(&buf, " not");
    assert_string_equal(buf.data, "kept");
    struct vt_error err;
    assert_int_equal(vt_buf_status(&buf, &err), VT_ERR_NO_MEMORY);
    vt_buf_clear(&buf);
    vt_buf_append_text(&buf, "again");
    assert_int_equal(vt_buf_status(&buf, &err), VT_OK);
    assert_string_equal(buf.data, "again");
    vt_buf_fini(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_grows_and_ends_with_a_nul),
        cmocka_unit_test(steal_of_an_empty_buffer_is_an_empty_string),
        cmocka_unit_test(a_failed_append_keeps_what_was_there_and_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

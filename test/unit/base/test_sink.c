/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void bytes_come_behind_those_that_are_there(void **state) {
    (void)state;
    struct vt_buf buf = {0};
    struct vt_error err;
    struct vt_sink sink = vt_sink_to_buf(&buf);
    assert_int_equal(sink.write(sink.state, "one\0", 4, &err), VT_OK);
    assert_int_equal(sink.write(sink.state, "", 0, &err), VT_OK);
    assert_int_equal(sink.write(sink.state, "two", 3, &err), VT_OK);
    assert_int_equal(buf.size, 7);
    assert_memory_equal(buf.data, "one\0two", 7);
    vt_buf_fini(&buf);
}

static void a_buffer_that_failed_is_told_at_each_write(void **state) {
    (void)state;
    struct vt_buf buf = {.failed = true};
    struct vt_error err;
    struct vt_sink sink = vt_sink_to_buf(&buf);
    assert_int_equal(sink.write(sink.state, "x", 1, &err), VT_ERR_NO_MEMORY);
    assert_int_equal(err.status, VT_ERR_NO_MEMORY);
    vt_buf_fini(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_behind_those_that_are_there),
        cmocka_unit_test(a_buffer_that_failed_is_told_at_each_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

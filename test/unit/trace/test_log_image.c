/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_image.h"
#include "test/support/log_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void a_read_gives_what_is_there(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    struct vt_log_image image = log_builder_image(&log);
    unsigned char bytes[16];
    size_t got;
    assert_int_equal(vt_log_image_read(image, 8, bytes, sizeof bytes, &got, NULL),
                     VT_OK);
    assert_int_equal(got, sizeof bytes);
    assert_memory_equal(bytes, log.bytes + 8, sizeof bytes);
    assert_int_equal(vt_log_image_read(image, log.size - 5, bytes, 16, &got, NULL),
                     VT_OK);
    assert_int_equal(got, 5);
    log_builder_fini(&log);
}

static void a_refused_read_is_an_error_and_gives_nothing(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    log.fail_at = log.reads + 1;
    struct vt_error err;
    unsigned char byte;
    size_t got = 7;
    assert_int_equal(
        vt_log_image_read(log_builder_image(&log), 0, &byte, 1, &got, &err), VT_ERR_IO);
    assert_int_equal(got, 0);
    assert_string_equal(err.text, "the log cannot be read: Input/output error");
    log_builder_fini(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_gives_what_is_there),
        cmocka_unit_test(a_refused_read_is_an_error_and_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/fspath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void any_bytes_survive_the_way_into_the_log_and_back(void **state) {
    (void)state;
    char disk[256];
    for (size_t i = 0; i < 255; i++) {
        unsigned char byte = (unsigned char)(255 - i);
        memcpy(disk + i, &byte, 1);
    }
    disk[255] = '\0';
    const char *const paths[] = {disk, "/a/b.py", "/caf\xC3\xA9/\xE9.py",
                                 "\xED\xA0\x80", "\xF0\x9F\x98\x80\xF0\x9F"};
    for (size_t i = 0; i < sizeof paths / sizeof(char *); i++) {
        struct vt_buf log = {0};
        char back[VT_FSPATH_BYTES];
        vt_fspath_from_disk(paths[i], &log);
        assert_true(vt_fspath_to_disk(log.data, log.size, back));
        assert_string_equal(back, paths[i]);
        vt_buf_fini(&log);
    }
}

static void a_byte_that_is_not_utf8_stands_as_a_surrogate(void **state) {
    (void)state;
    struct vt_buf log = {0};
    vt_fspath_from_disk("\xE9.py", &log);
    assert_string_equal(log.data, "\xED\xB3\xA9.py");
    vt_buf_fini(&log);
}

static void what_no_file_can_be_called_is_refused(void **state) {
    (void)state;
    char disk[VT_FSPATH_BYTES], longest[VT_FSPATH_BYTES];
    assert_false(vt_fspath_to_disk("", 0, disk));
    assert_false(vt_fspath_to_disk("a\0b", 3, disk));
    assert_false(vt_fspath_to_disk("a\xFF", 2, disk));
    memset(longest, 'x', sizeof longest);
    assert_false(vt_fspath_to_disk(longest, sizeof longest, disk));
    assert_true(vt_fspath_to_disk(longest, sizeof longest - 8, disk));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_survive_the_way_into_the_log_and_back),
        cmocka_unit_test(a_byte_that_is_not_utf8_stands_as_a_surrogate),
        cmocka_unit_test(what_no_file_can_be_called_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

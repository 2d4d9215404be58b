/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* RFC 4648 10, and all digits. */
static const struct {
    const char *bytes, *text;
} known[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

static void known_texts_are_written_and_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[16] = "", bytes[16];
        size_t size = strlen(known[i].bytes), count = 99;
        vt_base64_encode(known[i].bytes, size, text);
        assert_string_equal(text, known[i].text);
        assert_int_equal(strlen(text), VT_BASE64_CHARS(size));
        assert_true(vt_base64_decode(text, strlen(text), bytes, &count));
        assert_int_equal(count, size);
        assert_memory_equal(bytes, known[i].bytes, size);
    }
}

static void any_bytes_come_back_in_place(void **state) {
    (void)state;
    for (size_t size = 0; size < 500; size++) {
        unsigned char bytes[500];
        char text[VT_BASE64_CHARS(500)];
        size_t count;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (unsigned char)random();
        vt_base64_encode(bytes, size, text);
        assert_true(vt_base64_decode(text, VT_BASE64_CHARS(size), text, &count));
        assert_int_equal(count, size);
        assert_memory_equal(text, bytes, size);
    }
}

static void what_is_not_base64_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "Z",     "Zg",   "Zm8",  "Zg=",  "====", "Z===", "Zg==Zg==", "Zm 9",
        "Zm9\n", "Zm9-", "Zm9_", "Zm9<", "Zh==", "Zm9=", "=m9v",     "Zm9\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char bytes[16];
        size_t count;
        assert_false(vt_base64_decode(wrong[i], strlen(wrong[i]), bytes, &count));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_are_written_and_read),
        cmocka_unit_test(any_bytes_come_back_in_place),
        cmocka_unit_test(what_is_not_base64_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

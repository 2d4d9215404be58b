/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jtext.h"
#include "core/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static enum vt_jtext_verdict check(const char *bytes, size_t size) {
    struct vt_jtext text = {0};
    for (size_t i = 0; i < size; i++) {
        enum vt_jtext_verdict verdict = vt_jtext_take(&text, (unsigned char)bytes[i]);
        if (verdict != VT_JTEXT_FINE)
            return verdict;
    }
    assert_true(vt_jtext_is_between(&text));
    return VT_JTEXT_FINE;
}

static void escapes_are_those_of_json(void **state) {
    (void)state;
    const char *letters = "\"\\/bfnrt";
    for (int c = 0; c < 256; c++) {
        char escape[2] = {'\\', (char)c};
        bool good = c && strchr(letters, c);
        if (c != 'u')
            assert_int_equal(check(escape, 2),
                             good ? VT_JTEXT_FINE : VT_JTEXT_BAD_ESCAPE);
    }
    assert_int_equal(check("\\u00Ee", 6), VT_JTEXT_FINE);
    assert_int_equal(check("\\ud800", 6), VT_JTEXT_FINE);
    assert_int_equal(check("\\u00g0", 6), VT_JTEXT_BAD_ESCAPE);
    assert_int_equal(check("\\u00@0", 6), VT_JTEXT_BAD_ESCAPE);
}

static void control_bytes_are_refused(void **state) {
    (void)state;
    for (int c = 0; c < 0x20; c++) {
        char byte = (char)c;
        assert_int_equal(check(&byte, 1), VT_JTEXT_CONTROL_BYTE);
    }
    assert_int_equal(check("\x7F ", 2), VT_JTEXT_FINE);
}

/* Each text of up to four bytes with a first byte beyond ASCII, in steps that meet
 * every bound, against the decoder. */
static void utf8_is_checked_as_the_decoder_decodes_it(void **state) {
    (void)state;
    static const unsigned char next[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90,
                                         0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    enum { COUNT = sizeof next };
    for (unsigned i = 0; i < 128 * COUNT * COUNT * COUNT; i++) {
        char bytes[4] = {(char)(0x80 + i % 128), (char)next[i / 128 % COUNT],
                         (char)next[i / 128 / COUNT % COUNT],
                         (char)next[i / 128 / COUNT / COUNT]};
        const unsigned char *p = (const unsigned char *)bytes;
        uint32_t code = vt_utf8_next(&p, p + sizeof bytes);
        bool good = code != VT_UTF8_INVALID && !vt_utf8_is_surrogate(code);
        size_t size = (size_t)(p - (const unsigned char *)bytes);
        struct vt_jtext text = {0};
        enum vt_jtext_verdict verdict = VT_JTEXT_FINE;
        for (size_t k = 0; k < (good ? size : 4) && verdict == VT_JTEXT_FINE; k++)
            verdict = vt_jtext_take(&text, (unsigned char)bytes[k]);
        if (good != (verdict == VT_JTEXT_FINE && vt_jtext_is_between(&text)))
            fail_msg("%02x %02x %02x %02x", bytes[0] & 255, bytes[1] & 255,
                     bytes[2] & 255, bytes[3] & 255);
    }
}

static void check_unescape(const char *inside, const char *expected, size_t size) {
    char out[64];
    size_t got = vt_jtext_unescape(inside, strlen(inside), out);
    assert_int_equal(got, size);
    assert_memory_equal(out, expected, size);
}

static void escapes_become_what_they_stand_for(void **state) {
    (void)state;
    check_unescape("plain", "plain", 5);
    check_unescape("", "", 0);
    check_unescape("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", 8);
    check_unescape("a\\u0000b", "a\0b", 3);
    check_unescape("\\u00e9\\u20AC", "\xC3\xA9\xE2\x82\xAC", 5);
    check_unescape("\\ud83d\\ude00!", "\xF0\x9F\x98\x80!", 5);
    check_unescape("\\ud83d", "\xED\xA0\xBD", 3);
    check_unescape("\\ud83dx", "\xED\xA0\xBDx", 4);
    check_unescape("\\ude00\\ud83d", "\xED\xB8\x80\xED\xA0\xBD", 6);
    check_unescape("\\ud83d\\u0041",
                   "\xED\xA0\xBD"
                   "A",
                   4);
}

static void every_way_of_skipping_stops_at_the_same_byte(void **state) {
    (void)state;
    srand(4711);
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[80];
        size_t size = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < size; i++)
            bytes[i] = (unsigned char)(rand() % 50 ? 0x20 + rand() % 2 : rand());
        const unsigned char *expected = vt_jtext_skip_bytes(bytes, bytes + size);
        assert_ptr_equal(vt_jtext_skip_words(bytes, bytes + size), expected);
        assert_ptr_equal(vt_jtext_skip(bytes, bytes + size), expected);
    }
    for (int c = 0; c < 256; c++) {
        unsigned char bytes[32];
        memset(bytes, 'x', sizeof bytes);
        bytes[11] = (unsigned char)c;
        bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
        const unsigned char *expected = bytes + (plain ? 32 : 11);
        assert_ptr_equal(vt_jtext_skip_bytes(bytes, bytes + 32), expected);
        assert_ptr_equal(vt_jtext_skip_words(bytes, bytes + 32), expected);
        assert_ptr_equal(vt_jtext_skip(bytes, bytes + 32), expected);
    }
}

static void a_high_surrogate_joins_only_a_low_one_right_behind_it(void **state) {
    (void)state;
    static const struct {
        const char *inside, *plain;
    } cases[] = {
        {"\\ud83d\\ude00", "\xF0\x9F\x98\x80"},
        {"\\ud83d", "\xED\xA0\xBD"},
        {"\\ud83d234567", "\xED\xA0\xBD"
                          "234567"},
        {"\\ud83d\\n12345", "\xED\xA0\xBD\n12345"},
        {"\\ud83d\\ud83d", "\xED\xA0\xBD\xED\xA0\xBD"},
        {"\\ud83d\\u0041", "\xED\xA0\xBD"
                           "A"},
        {"\\ud83d\\uffff", "\xED\xA0\xBD\xEF\xBF\xBF"},
        {"a\\", "a\\"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char plain[64];
        size_t size =
            vt_jtext_unescape(cases[i].inside, strlen(cases[i].inside), plain);
        assert_int_equal(size, strlen(cases[i].plain));
        assert_memory_equal(plain, cases[i].plain, size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_high_surrogate_joins_only_a_low_one_right_behind_it),
        cmocka_unit_test(escapes_are_those_of_json),
        cmocka_unit_test(control_bytes_are_refused),
        cmocka_unit_test(utf8_is_checked_as_the_decoder_decodes_it),
        cmocka_unit_test(escapes_become_what_they_stand_for),
        cmocka_unit_test(every_way_of_skipping_stops_at_the_same_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

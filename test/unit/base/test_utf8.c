/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static uint32_t first_of(const char *bytes, size_t size, size_t *used) {
    const unsigned char *start = (const unsigned char *)bytes, *p = start;
    uint32_t code_point = vt_utf8_next(&p, start + size);
    *used = (size_t)(p - start);
    return code_point;
}

static void every_code_point_survives_a_round_trip(void **state) {
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        unsigned char bytes[4];
        size_t size = vt_utf8_put(bytes, c), used;
        assert_int_equal(first_of((const char *)bytes, size, &used), c);
        assert_int_equal(used, size);
        assert_int_equal(vt_utf8_is_strict((const char *)bytes, size),
                         !vt_utf8_is_surrogate(c));
    }
}

static void what_is_not_utf8_is_invalid_byte_by_byte(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xC0\x80",         /* overlong NUL */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80", /* never a first byte */
        "\xFF",
        "\xC3",         /* cut */
        "\xE2\x82",     /* cut */
        "\xF0\x9F\x98", /* cut */
        "\xE2\x28\xA1", /* no continuation */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t used;
        assert_int_equal(first_of(bad[i], strlen(bad[i]), &used), VT_UTF8_INVALID);
        assert_int_equal(used, 1);
        assert_false(vt_utf8_is_strict(bad[i], strlen(bad[i])));
    }
    assert_true(vt_utf8_is_strict("a\xC3\xA9\xF0\x9F\x98\x80", 7));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives_a_round_trip),
        cmocka_unit_test(what_is_not_utf8_is_invalid_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

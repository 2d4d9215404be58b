/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/varint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static const uint64_t numbers[] = {0,     1,         127,        128,
                                   16383, 16384,     UINT32_MAX, UINT64_C(1) << 62,
                                   300,   INT64_MAX, UINT64_MAX};
enum { COUNT = sizeof numbers / sizeof *numbers };

static void a_number_comes_back_and_its_cut_does_not(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        char bytes[VT_VARINT_MOST_BYTES];
        size_t size = vt_varint_put(bytes, numbers[i]);
        assert_true(size <= sizeof bytes);
        const unsigned char *begin = (const unsigned char *)bytes, *p = begin;
        uint64_t value = 7;
        assert_true(vt_varint_take(&p, begin + size, &value));
        assert_true(value == numbers[i] && p == begin + size);
        p = begin;
        assert_false(vt_varint_take(&p, begin + size - 1, &value));
    }
}

static void the_bytes_are_those_of_leb128(void **state) {
    (void)state;
    char bytes[VT_VARINT_MOST_BYTES];
    assert_int_equal(vt_varint_put(bytes, 624485), 3);
    assert_memory_equal(bytes, "\xe5\x8e\x26", 3);
}

static void one_that_does_not_end_is_refused(void **state) {
    (void)state;
    unsigned char bytes[12];
    memset(bytes, 0x80, sizeof bytes);
    const unsigned char *p = bytes;
    uint64_t value;
    assert_false(vt_varint_take(&p, bytes + sizeof bytes, &value));
    assert_true(p == bytes + VT_VARINT_MOST_BYTES);
}

static void signed_numbers_alternate(void **state) {
    (void)state;
    static const int64_t given[] = {0, -1, 1, -2, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        uint64_t zigzag = vt_varint_zigzag(given[i]);
        assert_true(i > 3 || zigzag == i);
        assert_true(vt_varint_unzigzag(zigzag) == given[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_comes_back_and_its_cut_does_not),
        cmocka_unit_test(the_bytes_are_those_of_leb128),
        cmocka_unit_test(one_that_does_not_end_is_refused),
        cmocka_unit_test(signed_numbers_alternate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

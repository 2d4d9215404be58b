/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/rawdeflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct vt_error err;

static void what_is_packed_comes_back_behind_what_was_there(void **state) {
    (void)state;
    struct vt_buf packed = {0}, bytes = {0};
    vt_buf_append_text(&packed, "head");
    vt_buf_append_text(&bytes, "there ");
    assert_int_equal(vt_rawdeflate_pack("hello hello", 11, &packed, &err), VT_OK);
    assert_int_equal(
        vt_rawdeflate_unpack(packed.data + 4, packed.size - 4, 11, &bytes, &err),
        VT_OK);
    assert_int_equal(bytes.size, 17);
    assert_memory_equal(bytes.data, "there hello hello", 17);
    vt_buf_fini(&packed);
    vt_buf_fini(&bytes);
}

static void nothing_is_a_piece_too(void **state) {
    (void)state;
    struct vt_buf packed = {0}, bytes = {0};
    assert_int_equal(vt_rawdeflate_pack("", 0, &packed, &err), VT_OK);
    assert_int_equal(vt_rawdeflate_unpack(packed.data, packed.size, 0, &bytes, &err),
                     VT_OK);
    assert_int_equal(bytes.size, 0);
    vt_buf_fini(&packed);
    vt_buf_fini(&bytes);
}

static void check_damaged(const struct vt_buf *packed, size_t raw_size) {
    struct vt_buf bytes = {0};
    assert_int_equal(
        vt_rawdeflate_unpack(packed->data, packed->size, raw_size, &bytes, &err),
        VT_ERR_FORMAT);
    assert_string_equal(err.text, "a damaged block");
    assert_int_equal(bytes.size, 0);
    vt_buf_fini(&bytes);
}

static void another_length_or_less_data_is_damage(void **state) {
    (void)state;
    struct vt_buf packed = {0};
    assert_int_equal(vt_rawdeflate_pack("hello hello", 11, &packed, &err), VT_OK);
    check_damaged(&packed, 10);
    check_damaged(&packed, 12);
    check_damaged(&packed, 0);
    while (packed.size--)
        check_damaged(&packed, 11);
    vt_buf_fini(&packed);
}

static void sizes_that_zlib_cannot_count_are_refused(void **state) {
    (void)state;
    struct vt_buf bytes = {0};
    size_t large = (size_t)UINT32_MAX + 1;
    assert_int_equal(vt_rawdeflate_pack("", large, &bytes, &err), VT_ERR_LIMIT);
    assert_string_equal(err.text, "a block of 4294967296 bytes");
    assert_int_equal(vt_rawdeflate_unpack("", large, 1, &bytes, &err), VT_ERR_LIMIT);
    assert_int_equal(vt_rawdeflate_unpack("", 1, large, &bytes, &err), VT_ERR_LIMIT);
    vt_buf_fini(&bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back_behind_what_was_there),
        cmocka_unit_test(nothing_is_a_piece_too),
        cmocka_unit_test(another_length_or_less_data_is_damage),
        cmocka_unit_test(sizes_that_zlib_cannot_count_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

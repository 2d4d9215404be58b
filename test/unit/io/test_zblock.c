/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/zblock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_error err;

/* The data packed, written in pieces of `step` bytes. */
static struct vt_buf pack(const char *bytes, size_t size, size_t step) {
    struct vt_cvf_packer packer = vt_zblock_packer();
    struct vt_buf data = {0};
    void *state;
    assert_int_equal(packer.open(&data, &state, &err), VT_OK);
    for (size_t at = 0; at < size; at += step)
        assert_int_equal(
            packer.write(state, bytes + at, size - at < step ? size - at : step, &err),
            VT_OK);
    assert_int_equal(packer.finish(state, &err), VT_OK);
    packer.close(state);
    return data;
}

static void check_round_trip(const char *bytes, size_t size, size_t step) {
    struct vt_buf data = pack(bytes, size, step), back = {0};
    assert_int_equal(
        vt_zblock_unpack(data.data, data.size, vt_sink_to_buf(&back), &err), VT_OK);
    assert_int_equal(back.size, size);
    if (size)
        assert_memory_equal(back.data, bytes, size);
    /* what our own reader would take for a bomb is never made */
    assert_true(size <= VT_CVF_FREE_BLOCK_BYTES || size / VT_CVF_EXPANSION < data.size);
    vt_buf_fini(&back);
    vt_buf_fini(&data);
}

/* Bytes that do not compress, the same in each run. */
static void fill(char *bytes, size_t size) {
    uint64_t seed = 1;
    for (size_t i = 0; i < size; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (char)(seed >> 56);
    }
}

static void what_is_packed_comes_back(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    char *bytes = malloc(SIZE);
    fill(bytes, SIZE);
    check_round_trip("", 0, 1);
    check_round_trip("[1, 2]", 6, 1);
    check_round_trip(bytes, SIZE, SIZE);
    check_round_trip(bytes, SIZE, 777);
    for (size_t size = 65400; size < 65700;
         size += 3) /* as much as one step puts out */
        check_round_trip(bytes, size, size);
    free(bytes);
}

static void what_repeats_itself_stays_within_the_limit_of_expansion(void **state) {
    (void)state;
    enum { SIZE = 16 << 20 };
    char *bytes = malloc(SIZE);
    memset(bytes, ' ', SIZE);
    check_round_trip(bytes, SIZE, SIZE);
    free(bytes);
}

static void check_wrong(const struct vt_buf *data, const char *sentence) {
    struct vt_buf back = {0};
    assert_int_equal(
        vt_zblock_unpack(data->data, data->size, vt_sink_to_buf(&back), &err),
        VT_ERR_FORMAT);
    assert_string_equal(err.text, sentence);
    vt_buf_fini(&back);
}

static void data_that_are_cut_anywhere_are_not_whole(void **state) {
    (void)state;
    struct vt_buf data = pack("some text, some text", 20, 20);
    size_t whole = data.size;
    for (data.size = 0; data.size < whole; data.size++)
        check_wrong(&data, "its zlib data are not whole");
    vt_buf_append(&data, "x", 1);
    check_wrong(&data, "other data behind its zlib data");
    vt_buf_fini(&data);
}

static void a_changed_byte_does_not_pass_unnoticed(void **state) {
    (void)state;
    struct vt_buf data = pack("some text, some text", 20, 20);
    for (size_t i = 0; i < data.size; i++) {
        struct vt_buf back = {0};
        data.data[i] ^= 0x20;
        assert_int_equal(
            vt_zblock_unpack(data.data, data.size, vt_sink_to_buf(&back), &err),
            VT_ERR_FORMAT);
        data.data[i] ^= 0x20;
        vt_buf_fini(&back);
    }
    vt_buf_fini(&data);
}

static void a_preset_dictionary_is_refused(void **state) {
    (void)state;
    char bytes[] = "\x78\xBB\0\0\0\1\3\0\0\0\0\1"; /* FDICT, RFC 1950 */
    struct vt_buf data = {.data = bytes, .size = sizeof bytes - 1};
    check_wrong(&data, "its zlib data are not whole");
}

static enum vt_status refuse(void *state, const void *bytes, size_t size,
                             struct vt_error *why) {
    (void)state;
    (void)bytes;
    (void)size;
    return vt_error_set(why, VT_ERR_REFUSED, "enough");
}

static void what_the_sink_says_ends_it(void **state) {
    (void)state;
    struct vt_buf data = pack("some text", 9, 9);
    struct vt_sink sink = {.write = refuse};
    assert_int_equal(vt_zblock_unpack(data.data, data.size, sink, &err),
                     VT_ERR_REFUSED);
    assert_string_equal(err.text, "enough");
    vt_buf_fini(&data);
}

static void sizes_that_zlib_cannot_count_are_refused(void **state) {
    (void)state;
    struct vt_sink sink = {.write = refuse};
    assert_int_equal(vt_zblock_unpack("", (size_t)1 << 32, sink, &err), VT_ERR_LIMIT);
    assert_string_equal(err.text, "a block of more than 4 GiB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_back),
        cmocka_unit_test(what_repeats_itself_stays_within_the_limit_of_expansion),
        cmocka_unit_test(data_that_are_cut_anywhere_are_not_whole),
        cmocka_unit_test(a_changed_byte_does_not_pass_unnoticed),
        cmocka_unit_test(a_preset_dictionary_is_refused),
        cmocka_unit_test(what_the_sink_says_ends_it),
        cmocka_unit_test(sizes_that_zlib_cannot_count_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

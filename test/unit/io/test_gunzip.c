/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

/* Appends a member with these header flags; the fields that they ask for are in
 * `extra`. */
static void append_member(struct vt_buf *out, const char *text, size_t size,
                          unsigned flags, const char *extra, size_t extra_size) {
    unsigned char head[10] = {0x1F, 0x8B, 8, (unsigned char)flags, 0, 0, 0, 0, 0, 3};
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, 0), Z_OK);
    size_t bound = deflateBound(&z, size);
    vt_buf_append(out, head, sizeof head);
    vt_buf_append(out, extra, extra_size);
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = (uInt)size;
    z.next_out = (unsigned char *)vt_buf_reserve(out, bound + 8);
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->size += bound - z.avail_out;
    deflateEnd(&z);
    uint32_t tail[2] = {(uint32_t)crc32(0, (const unsigned char *)text, (uInt)size),
                        (uint32_t)size};
    vt_buf_append(out, tail, sizeof tail); /* little endian, as all that we support */
}

static void append_plain(struct vt_buf *out, const char *text) {
    append_member(out, text, strlen(text), 0, "", 0);
}

/* What comes out of the data fed in pieces of `step` bytes, then how it ended. */
static char *expand(const struct vt_buf *data, size_t step, uint32_t expansion,
                    enum vt_status *status) {
    struct vt_buf out = {0};
    struct vt_gunzip *gunzip;
    struct vt_error err = {.text = "fine"};
    assert_int_equal(vt_gunzip_create(vt_sink_to_buf(&out), expansion, &gunzip, NULL),
                     VT_OK);
    struct vt_sink sink = vt_gunzip_sink(gunzip);
    *status = VT_OK;
    for (size_t at = 0; at < data->size && *status == VT_OK; at += step) {
        size_t size = data->size - at < step ? data->size - at : step;
        *status = sink.write(sink.state, data->data + at, size, &err);
    }
    if (*status == VT_OK)
        *status = vt_gunzip_finish(gunzip, &err);
    else
        assert_int_equal(vt_gunzip_finish(gunzip, NULL), VT_ERR_FORMAT);
    vt_gunzip_destroy(gunzip);
    vt_buf_printf(&out, "|%s", err.text);
    return vt_buf_steal(&out);
}

static void check(struct vt_buf *data, const char *expected) {
    static const size_t steps[] = {1, 2, 3, 7, 1000000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum vt_status status;
        char *got = expand(data, steps[i], 0, &status);
        assert_string_equal(got, expected);
        free(got);
    }
    vt_buf_fini(data);
}

/* What went out before the end depends on the pieces; how it ended does not. */
static void check_end(struct vt_buf *data, const char *expected) {
    static const size_t steps[] = {1, 2, 3, 7, 1000000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        enum vt_status status;
        char *got = expand(data, steps[i], 0, &status);
        assert_int_equal(status, VT_ERR_FORMAT);
        assert_string_equal(strchr(got, '|') + 1, expected);
        free(got);
    }
    vt_buf_fini(data);
}

static void members_and_padding_are_read(void **state) {
    (void)state;
    struct vt_buf data = {0};
    append_plain(&data, "hello");
    check(&data, "hello|fine");
    append_plain(&data, "one, ");
    append_plain(&data, "");
    append_plain(&data, "two");
    check(&data, "one, two|fine");
    append_plain(&data, "padded");
    vt_buf_append(&data, "\0\0\0\0\0", 5);
    check(&data, "padded|fine");
    append_member(&data, "named", 5, 0x08 | 0x10, "file\0comment\0", 13);
    check(&data, "named|fine");
}

static void what_is_not_whole_is_refused_with_its_place(void **state) {
    (void)state;
    struct vt_buf data = {0};
    append_plain(&data, "hello");
    data.size -= 3;
    check_end(&data, "not whole gzip data: the data end too early (byte 22)");
    append_plain(&data, "hello");
    data.data[data.size - 1] ^= 1;
    check_end(&data, "not whole gzip data: incorrect length check (byte 25)");
    append_plain(&data, "hello");
    data.data[data.size - 5] ^= 1;
    check_end(&data, "not whole gzip data: incorrect data check (byte 21)");
    append_plain(&data, "hello");
    vt_buf_append(&data, "\0x", 2);
    check_end(&data, "not whole gzip data: other data behind the end (byte 26)");
    append_plain(&data, "hello");
    vt_buf_append(&data, "\x1F\x8C", 2);
    check_end(&data, "not whole gzip data: incorrect header check (byte 27)");
    append_member(&data, "hello", 5, 0x20, "", 0);
    check_end(&data, "not whole gzip data: unknown header flags set (byte 4)");
    append_plain(&data, "hello");
    data.size = 1;
    check_end(&data, "not whole gzip data: the data end too early (byte 1)");
}

/* Zeros, which deflate packs about 1000 to 1. */
static char *expand_zeros(size_t size, uint32_t expansion, enum vt_status *status) {
    struct vt_buf data = {0};
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    append_member(&data, zeros, size, 0, "", 0);
    free(zeros);
    char *got = expand(&data, 100000, expansion, status);
    vt_buf_fini(&data);
    return got;
}

static void bombs_are_refused_behind_the_free_bytes(void **state) {
    (void)state;
    enum vt_status status;
    free(expand_zeros(VT_GUNZIP_FREE_BYTES, 0, &status));
    assert_int_equal(status, VT_OK);
    free(expand_zeros((size_t)2 * VT_GUNZIP_FREE_BYTES, 0, &status));
    assert_int_equal(status, VT_ERR_LIMIT);
    free(expand_zeros((size_t)2 * VT_GUNZIP_FREE_BYTES, 1100, &status));
    assert_int_equal(status, VT_OK);
}

/* Bytes that deflate cannot pack, so that the input is long. */
static void pieces_of_any_length_are_taken(void **state) {
    (void)state;
    enum { SIZE = 3000000 };
    char *bytes = malloc(SIZE + 1);
    uint64_t seed = 1;
    for (size_t i = 0; i < SIZE; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (char)('!' + (seed >> 58));
    }
    bytes[SIZE] = '\0';
    struct vt_buf data = {0};
    append_plain(&data, bytes);
    assert_true(data.size > 2 << 20);
    for (size_t step = 1000; step <= data.size * 10; step *= 100) {
        enum vt_status status;
        char *got = expand(&data, step, 0, &status);
        assert_int_equal(status, VT_OK);
        assert_memory_equal(got, bytes, SIZE);
        assert_string_equal(got + SIZE, "|fine");
        free(got);
    }
    vt_buf_fini(&data);
    free(bytes);
}

static void a_change_of_any_byte_is_refused_or_of_no_consequence(void **state) {
    (void)state;
    struct vt_buf data = {0};
    append_plain(&data, "hello hello hello");
    for (size_t i = 0; i < data.size; i++) {
        enum vt_status status;
        data.data[i] ^= 0x10;
        char *got = expand(&data, 1000, 0, &status);
        bool is_header = i >= 3 && i < 10; /* flags, time, system */
        if (status == VT_OK) {
            assert_true(is_header);
            assert_string_equal(got, "hello hello hello|fine");
        } else {
            assert_non_null(strstr(got, "|not whole gzip data: "));
        }
        data.data[i] ^= 0x10;
        free(got);
    }
    vt_buf_fini(&data);
}

static void nothing_more_is_read_behind_a_failure(void **state) {
    (void)state;
    enum { SIZE = 3 << 20 };
    struct vt_buf data = {.data = calloc(1, SIZE), .size = SIZE, .capacity = SIZE};
    enum vt_status status;
    char *got = expand(&data, SIZE, 0, &status);
    assert_int_equal(status, VT_ERR_FORMAT);
    assert_string_equal(got,
                        "|not whole gzip data: other data behind the end (byte 0)");
    free(got);
    vt_buf_fini(&data);
    vt_gunzip_destroy(NULL); /* allowed */
}

static enum vt_status refuse(void *state, const void *bytes, size_t size,
                             struct vt_error *err) {
    (void)state;
    (void)bytes;
    (void)size;
    return vt_error_set(err, VT_ERR_REFUSED, "enough");
}

static void what_the_sink_says_ends_it(void **state) {
    (void)state;
    struct vt_buf data = {0};
    struct vt_gunzip *gunzip;
    struct vt_error err;
    append_plain(&data, "hello");
    assert_int_equal(
        vt_gunzip_create((struct vt_sink){.write = refuse}, 0, &gunzip, NULL), VT_OK);
    struct vt_sink sink = vt_gunzip_sink(gunzip);
    assert_int_equal(sink.write(sink.state, data.data, data.size, &err),
                     VT_ERR_REFUSED);
    assert_string_equal(err.text, "enough");
    assert_int_equal(sink.write(sink.state, data.data, data.size, &err), VT_ERR_FORMAT);
    vt_gunzip_destroy(gunzip);
    char *zeros = calloc(1, 1 << 20); /* more than goes out at once */
    vt_buf_clear(&data);
    append_member(&data, zeros, 1 << 20, 0, "", 0);
    free(zeros);
    assert_int_equal(
        vt_gunzip_create((struct vt_sink){.write = refuse}, 0, &gunzip, NULL), VT_OK);
    sink = vt_gunzip_sink(gunzip);
    assert_int_equal(sink.write(sink.state, data.data, data.size, &err),
                     VT_ERR_REFUSED);
    vt_gunzip_destroy(gunzip);
    vt_buf_fini(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_padding_are_read),
        cmocka_unit_test(what_is_not_whole_is_refused_with_its_place),
        cmocka_unit_test(bombs_are_refused_behind_the_free_bytes),
        cmocka_unit_test(pieces_of_any_length_are_taken),
        cmocka_unit_test(a_change_of_any_byte_is_refused_or_of_no_consequence),
        cmocka_unit_test(nothing_more_is_read_behind_a_failure),
        cmocka_unit_test(what_the_sink_says_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

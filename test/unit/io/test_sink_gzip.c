/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/sink_gzip.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

static const struct vt_deflate_engine *const engines[] = {&vt_deflate_zlib,
#ifdef VIZTRACER_HAVE_ISAL
                                                          &vt_deflate_isal,
#endif
                                                          NULL};

/* Text like a report's, or noise that cannot be compressed. */
static char *make_text(size_t size, bool noise) {
    char *text = malloc(size + 1);
    static const char like[] = "{\"ph\": \"X\", \"ts\": ";
    for (size_t i = 0; i < size; i++)
        text[i] = like[(i + i / 97) % 18];
    for (size_t i = 0; noise && i < size; i++) {
        unsigned char byte = (unsigned char)random();
        memcpy(text + i, &byte, 1);
    }
    return text;
}

/* Compresses `text` in writes of `step` bytes. */
static void compress_text(const struct vt_deflate_engine *engine, const char *text,
                          size_t size, size_t step, struct vt_buf *out) {
    struct vt_sink_gzip *gzip;
    assert_int_equal(vt_sink_gzip_open(vt_sink_to_buf(out), engine, &gzip, NULL),
                     VT_OK);
    struct vt_sink sink = vt_sink_gzip_sink(gzip);
    for (size_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        assert_int_equal(sink.write(sink.state, text + at, n, NULL), VT_OK);
    }
    assert_int_equal(vt_sink_gzip_finish(gzip, NULL), VT_OK);
    vt_sink_gzip_close(gzip);
}

/* One member, nothing behind it, checked by zlib; the text must be what went in. */
static void expect_member(const struct vt_buf *member, const char *text, size_t size) {
    z_stream stream = {0};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    char *out = malloc(size + 1);
    stream.next_in = (Bytef *)(uintptr_t)member->data;
    stream.avail_in = (uInt)member->size;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)size + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, size);
    assert_memory_equal(out, text, size);
    inflateEnd(&stream);
    free(out);
}

static void any_amount_in_any_steps_is_one_valid_member(void **state) {
    (void)state;
    static const size_t sizes[] = {0,      1,       1000,    524287, 524288,
                                   524289, 1048576, 9000000, 20};
    for (size_t e = 0; engines[e]; e++) {
        for (size_t i = 0; i < 2 * (sizeof sizes / sizeof *sizes); i++) {
            size_t size = sizes[i / 2];
            char *text = make_text(size, i % 2);
            struct vt_buf out = {0};
            compress_text(engines[e], text, size, i % 3 ? 262144 : 70001, &out);
            expect_member(&out, text, size);
            vt_buf_fini(&out);
            free(text);
        }
    }
}

static void text_becomes_much_smaller(void **state) {
    (void)state;
    char *text = make_text(4000000, false);
    for (size_t e = 0; engines[e]; e++) {
        struct vt_buf out = {0};
        compress_text(engines[e], text, 4000000, 100000, &out);
        assert_in_range(out.size, 100, 400000);
        vt_buf_fini(&out);
    }
    free(text);
}

/* ---- failures */

struct failing {
    int writes_left;
    int calls;
};

static enum vt_status fail_later(void *state, const void *bytes, size_t size,
                                 struct vt_error *err) {
    struct failing *failing = state;
    (void)bytes;
    (void)size;
    failing->calls++;
    if (failing->writes_left-- > 0)
        return VT_OK;
    return vt_error_set(err, VT_ERR_IO, "disk full");
}

/* VT_OK or the first failure of compressing `size` bytes into a sink that fails. */
static enum vt_status try_to_compress(const struct vt_deflate_engine *engine,
                                      struct failing *failing, size_t size,
                                      struct vt_error *err) {
    struct vt_sink inner = {.write = fail_later, .state = failing};
    struct vt_sink_gzip *gzip = NULL;
    enum vt_status status = vt_sink_gzip_open(inner, engine, &gzip, err);
    char *text = make_text(size, true);
    if (status == VT_OK) {
        struct vt_sink sink = vt_sink_gzip_sink(gzip);
        status = sink.write(sink.state, text, size, err);
    }
    if (status == VT_OK)
        status = vt_sink_gzip_finish(gzip, err);
    vt_sink_gzip_close(gzip);
    free(text);
    return status;
}

static void every_write_that_fails_is_told(void **state) {
    (void)state;
    enum { SIZE = 6 * 524288 + 7, WRITES = 1 + 7 + 1 };
    for (int left = 0; left <= WRITES; left++) {
        struct failing failing = {.writes_left = left};
        struct vt_error err;
        enum vt_status status = try_to_compress(&vt_deflate_zlib, &failing, SIZE, &err);
        assert_int_equal(status, left < WRITES ? VT_ERR_IO : VT_OK);
        if (status != VT_OK)
            assert_string_equal(err.text, "disk full");
        assert_int_equal(failing.calls, left < WRITES ? left + 1 : WRITES);
    }
}

static int compressions_left;

static bool fail_to_compress(void *state, struct vt_deflate_piece *piece) {
    if (__atomic_sub_fetch(&compressions_left, 1, __ATOMIC_RELAXED) < 0)
        return false;
    return vt_deflate_zlib.compress(state, piece);
}

static void an_engine_without_memory_is_an_error(void **state) {
    (void)state;
    struct vt_deflate_engine failing_engine = vt_deflate_zlib;
    failing_engine.compress = fail_to_compress;
    for (int left = 0; left < 6; left++) {
        __atomic_store_n(&compressions_left, left, __ATOMIC_RELAXED);
        struct failing failing = {.writes_left = 100};
        struct vt_error err;
        assert_int_equal(
            try_to_compress(&failing_engine, &failing, (size_t)6 * 524288, &err),
            VT_ERR_NO_MEMORY);
    }
}

static void closing_early_ends_the_helper(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct vt_buf out = {0};
        struct vt_sink_gzip *gzip;
        assert_int_equal(
            vt_sink_gzip_open(vt_sink_to_buf(&out), vt_deflate_best(), &gzip, NULL),
            VT_OK);
        struct vt_sink sink = vt_sink_gzip_sink(gzip);
        char *text = make_text(600000, false);
        assert_int_equal(sink.write(sink.state, text, 600000, NULL), VT_OK);
        vt_sink_gzip_close(gzip);
        free(text);
        vt_buf_fini(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_amount_in_any_steps_is_one_valid_member),
        cmocka_unit_test(text_becomes_much_smaller),
        cmocka_unit_test(every_write_that_fails_is_told),
        cmocka_unit_test(an_engine_without_memory_is_an_error),
        cmocka_unit_test(closing_early_ends_the_helper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

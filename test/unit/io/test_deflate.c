/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/deflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

static const struct vt_deflate_engine *const engines[] = {
    &vt_deflate_zlib,
#ifdef VIZTRACER_HAVE_ISAL
    &vt_deflate_isal,
#endif
};
enum { ENGINES = sizeof engines / sizeof *engines };

/* Half of the bytes do not compress, the others repeat themselves. */
static void fill(char *bytes, size_t size) {
    uint64_t seed = 1;
    for (size_t i = 0; i < size; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = i % 8192 < 4096 ? (char)(seed >> 56) : 'x';
    }
}

static struct vt_deflate_piece pack(const struct vt_deflate_engine *engine,
                                    const char *bytes, size_t size) {
    void *state = engine->create();
    struct vt_deflate_piece piece = {.data = bytes, .size = size};
    piece.out_capacity = engine->bound(size);
    piece.out = malloc(piece.out_capacity);
    assert_non_null(state);
    assert_true(engine->compress(state, &piece));
    assert_true(piece.out_size <= piece.out_capacity);
    engine->destroy(state);
    return piece;
}

/* The data of the pieces, which are one stream when an empty last block is added. */
static void check_stream(const struct vt_deflate_piece *pieces, size_t count,
                         const char *bytes, size_t size) {
    static const unsigned char end[] = {3, 0}; /* RFC 1951: last block, no symbols */
    char *got = malloc(size + 1);
    z_stream z = {.next_out = (unsigned char *)got, .avail_out = (uInt)size + 1};
    assert_int_equal(inflateInit2(&z, -MAX_WBITS), Z_OK);
    for (size_t i = 0; i < count; i++) {
        z.next_in = pieces[i].out;
        z.avail_in = (uInt)pieces[i].out_size;
        assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
        assert_int_equal(z.avail_in, 0); /* it ends at a byte */
    }
    z.next_in = (unsigned char *)(uintptr_t)end;
    z.avail_in = sizeof end;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, size);
    assert_memory_equal(got, bytes, size);
    inflateEnd(&z);
    free(got);
}

static void pieces_joined_in_order_are_one_stream(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 1000, 65536, 200000};
    enum { PIECES = sizeof sizes / sizeof *sizes, SIZE = 1 + 1000 + 65536 + 200000 };
    char *bytes = malloc(SIZE);
    fill(bytes, SIZE);
    for (size_t i = 0; i < ENGINES; i++) {
        struct vt_deflate_piece pieces[PIECES];
        size_t at = 0;
        for (size_t j = 0; j < PIECES; at += sizes[j++]) {
            pieces[j] = pack(engines[i], bytes + at, sizes[j]);
            assert_int_equal(pieces[j].crc, crc32(0, (const unsigned char *)bytes + at,
                                                  (uInt)sizes[j]));
        }
        check_stream(pieces, PIECES, bytes, SIZE);
        for (size_t j = 0; j < PIECES; j++)
            free(pieces[j].out);
    }
    free(bytes);
}

static void what_does_not_fit_is_told(void **state) {
    (void)state;
    enum { SIZE = 100000 };
    char *bytes = malloc(SIZE);
    fill(bytes, SIZE);
    for (size_t i = 0; i < ENGINES; i++) {
        unsigned char out[100];
        void *engine = engines[i]->create();
        struct vt_deflate_piece piece = {
            .data = bytes, .size = SIZE, .out = out, .out_capacity = sizeof out};
        assert_false(engines[i]->compress(engine, &piece));
        engines[i]->destroy(engine);
    }
    free(bytes);
}

static void a_state_can_be_used_again(void **state) {
    (void)state;
    for (size_t i = 0; i < ENGINES; i++) {
        void *engine = engines[i]->create();
        unsigned char out[2][1000];
        struct vt_deflate_piece first = {"hello hello", 11, out[0], 1000, 0, 0};
        struct vt_deflate_piece second = {"hello hello", 11, out[1], 1000, 0, 0};
        assert_true(engines[i]->compress(engine, &first));
        assert_true(engines[i]->compress(engine, &second));
        assert_int_equal(first.out_size, second.out_size);
        assert_memory_equal(out[0], out[1], first.out_size);
        engines[i]->destroy(engine);
    }
}

static void nothing_is_destroyed_where_nothing_is(void **state) {
    (void)state;
    for (size_t i = 0; i < ENGINES; i++)
        engines[i]->destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_joined_in_order_are_one_stream),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(a_state_can_be_used_again),
        cmocka_unit_test(nothing_is_destroyed_where_nothing_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

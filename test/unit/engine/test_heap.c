/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap on a stretch of the test's memory, beside a list of what each block holds.
 */
#include "viewer/engine/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { STRETCH = 64 << 20, FIRST = 4096, BLOCKS = 400, ALIGNMENT = 2 * sizeof(size_t) };

static char *stretch;
static size_t length, most; /* how long it is, and may become */

static bool grow(void *state, size_t size) {
    (void)state;
    if (size % 65536 || size > most - length)
        return false;
    length += size;
    return true;
}

static int set_up(void **state) {
    static struct vt_heap heap;
    stretch = aligned_alloc(64, STRETCH);
    if (!stretch)
        return -1;
    memset(stretch, 0xab, STRETCH);
    length = FIRST;
    most = STRETCH;
    vt_heap_init(&heap, stretch, length, grow, NULL);
    *state = &heap;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(stretch);
    return 0;
}

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

struct held {
    unsigned char *bytes;
    size_t size;
    unsigned char mark;
};

static void expect_marks(const struct held *held, size_t size) {
    for (size_t i = 0; i < size; i++)
        assert_int_equal(held->bytes[i], held->mark);
}

static void fill(struct held *held, uint64_t *seed) {
    held->mark = (unsigned char)next_random(seed);
    assert_non_null(held->bytes);
    assert_int_equal((uintptr_t)held->bytes % ALIGNMENT, 0);
    assert_in_range((size_t)((char *)held->bytes - stretch), 0, length - held->size);
    memset(held->bytes, held->mark, held->size);
}

static void blocks_keep_what_is_written_into_them(void **state) {
    struct vt_heap *heap = *state;
    struct held held[BLOCKS] = {{0}};
    uint64_t seed = 11;
    for (int i = 0; i < 40000; i++) {
        struct held *one = &held[next_random(&seed) % BLOCKS];
        size_t size = next_random(&seed) >> (8 + next_random(&seed) % 23);
        size = size % 60000;
        if (one->bytes)
            expect_marks(one, one->size);
        if (one->bytes && next_random(&seed) % 2) {
            vt_heap_free(heap, one->bytes);
            *one = (struct held){0};
            continue;
        }
        size_t kept = size < one->size ? size : one->size;
        one->bytes = vt_heap_realloc(heap, one->bytes, size);
        expect_marks(one, kept);
        one->size = size;
        fill(one, &seed);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        vt_heap_free(heap, held[i].bytes);
    /* all is one block again: as much as there is can be had without growing */
    size_t before = length;
    assert_non_null(vt_heap_alloc(heap, before - 8 * sizeof(size_t)));
    assert_int_equal(length, before);
}

static void a_buffer_at_the_end_grows_where_it_is(void **state) {
    struct vt_heap *heap = *state;
    char *buffer = vt_heap_alloc(heap, 1000);
    for (size_t size = 2000; size < 16 << 20; size *= 2)
        assert_ptr_equal(vt_heap_realloc(heap, buffer, size), buffer);
    assert_in_range(length, 8 << 20, 20 << 20);
}

static void what_is_freed_is_given_out_again(void **state) {
    struct vt_heap *heap = *state;
    for (int i = 0; i < 1000; i++) {
        void *bytes = vt_heap_alloc(heap, 1 << 20);
        assert_non_null(bytes);
        vt_heap_free(heap, bytes);
    }
    assert_in_range(length, 1 << 20, 3 << 20);
}

static void without_memory_nothing_is_lost(void **state) {
    struct vt_heap *heap = *state;
    most = 1 << 20;
    unsigned char *bytes = vt_heap_alloc(heap, 500000);
    assert_non_null(bytes);
    memset(bytes, 7, 500000);
    assert_null(vt_heap_alloc(heap, 900000));
    assert_null(vt_heap_alloc(heap, SIZE_MAX));
    assert_null(vt_heap_alloc(heap, SIZE_MAX / 2));
    assert_null(vt_heap_realloc(heap, bytes, 2 << 20));
    assert_null(vt_heap_realloc(heap, bytes, SIZE_MAX - 1));
    for (size_t i = 0; i < 500000; i++)
        assert_int_equal(bytes[i], 7);
    assert_non_null(vt_heap_alloc(heap, 1000));
    vt_heap_free(heap, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(blocks_keep_what_is_written_into_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_buffer_at_the_end_grows_where_it_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_freed_is_given_out_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_lost, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

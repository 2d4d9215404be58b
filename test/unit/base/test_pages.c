/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/pages.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGES = 64 };

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t count_resident(void *memory, size_t pages) {
    unsigned char here[PAGES];
    assert_int_equal(mincore(memory, pages * page_size(), here), 0);
    size_t count = 0;
    for (size_t i = 0; i < pages; i++)
        count += here[i] & 1;
    return count;
}

static bool kernel_populates(void) {
    void *probe = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(probe, MAP_FAILED);
    bool does = madvise(probe, page_size(), 23 /* MADV_POPULATE_WRITE */) == 0;
    munmap(probe, page_size());
    return does;
}

static void pages_of_memory_are_mapped_whole_and_no_others(void **state) {
    (void)state;
    if (!kernel_populates())
        skip();
    size_t page = page_size();
    char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(count_resident(memory, PAGES), 0);
    vt_pages_populate(memory + 2 * page + 100, 3 * page); /* parts of four */
    assert_int_equal(count_resident(memory, PAGES), 4);
    assert_int_equal(count_resident(memory + 2 * page, 4), 4);
    munmap(memory, PAGES * page);
}

static void what_the_kernel_refuses_changes_nothing(void **state) {
    (void)state;
    errno = E2BIG;
    vt_pages_populate(NULL, 100);
    vt_pages_prefer_large(NULL, SIZE_MAX);
    void *gone = mmap(NULL, page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(gone, MAP_FAILED);
    vt_pages_populate(gone, page_size());
    assert_int_equal(munmap(gone, page_size()), 0);
    vt_pages_populate(gone, page_size());
    assert_int_equal(errno, E2BIG);
}

static void memory_is_as_from_malloc(void **state) {
    (void)state;
    size_t sizes[] = {0, 1, 32 << 10, 5 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *memory = vt_pages_malloc(sizes[i]);
        for (size_t at = 0; at < sizes[i]; at += 512)
            memory[at] = 1;
        free(memory);
    }
    assert_null(vt_pages_malloc(SIZE_MAX / 2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_memory_are_mapped_whole_and_no_others),
        cmocka_unit_test(what_the_kernel_refuses_changes_nothing),
        cmocka_unit_test(memory_is_as_from_malloc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/pages.h"

#include <stdlib.h>

#ifdef __linux__
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older kernels answer EINVAL */
#endif

/* Keeps errno. */
static void advise(void *memory, size_t size, int advice) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)memory;
    uintptr_t start = at & ~(page - 1);
    int error = errno;
    if (memory)
        madvise((void *)start, at + size - start, advice);
    errno = error;
}

void vt_pages_prefer_large(void *memory, size_t size) {
    enum { LARGE_BYTES = 4 << 20 }; /* holds a large page wherever it begins */
    if (size >= LARGE_BYTES)
        advise(memory, size, MADV_HUGEPAGE);
}

void vt_pages_populate(void *memory, size_t size) {
    vt_pages_prefer_large(memory, size);
    advise(memory, size, MADV_POPULATE_WRITE);
}
#else
void vt_pages_prefer_large(void *memory, size_t size) {
    (void)memory;
    (void)size;
}

void vt_pages_populate(void *memory, size_t size) {
    (void)memory;
    (void)size;
}
#endif

void *vt_pages_malloc(size_t size) {
    enum { FEW_BYTES = 32 << 10 }; /* not worth the call */
    void *memory = malloc(size);
    if (size >= FEW_BYTES)
        vt_pages_populate(memory, size);
    return memory;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of one stretch that can only grow, given out in blocks: malloc of the page's
 * engine. A tenth of wasi-libc's in size, and a buffer that grows at the end of the
 * stretch stays where it is.
 *
 * Free blocks stand in lists of like size (two per octave); neighbours that are both
 * free are one block. So what is lost is a head of two words per block, and what a few
 * large blocks leave between them.
 *
 * Threads:   one.
 * Ownership: the heap borrows the memory; blocks are the caller's until vt_heap_free.
 */
#ifndef VT_VIEWER_ENGINE_HEAP_H
#define VT_VIEWER_ENGINE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_HEAP_BINS 64u

struct vt_heap_block;

struct vt_heap {
    /* Makes the stretch longer by `size` bytes, a multiple of 64 KB. */
    bool (*grow)(void *state, size_t size);
    void *state;
    char *begin, *end;
    struct vt_heap_block *bins[VT_HEAP_BINS];
    uint64_t filled; /* bit i: bins[i] has some */
};

/* `begin`: where the stretch begins, aligned to two words; `size`: how long it is, a
 * multiple of that and not less than eight words. */
void vt_heap_init(struct vt_heap *heap, void *begin, size_t size,
                  bool (*grow)(void *state, size_t size), void *state);

/* Aligned to two words; NULL: there is no more memory. */
void *vt_heap_alloc(struct vt_heap *heap, size_t size);
void vt_heap_free(struct vt_heap *heap, void *bytes); /* NULL is allowed */

/* NULL: there is no more memory, and `bytes` is as it was. `bytes` may be NULL. */
void *vt_heap_realloc(struct vt_heap *heap, void *bytes, size_t size);

#endif

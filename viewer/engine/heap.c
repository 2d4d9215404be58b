/* SPDX-License-Identifier: Apache-2.0
 *
 *   begin                                                              end
 *   | before | size, used | bytes …  | before | size, used | bytes … | stop |
 *
 * `before` is the size of the block in front (0: there is none), so neighbours are
 * found on both sides. `stop` is a head that is always in use.
 */
#include "viewer/engine/heap.h"

#include <string.h>

#define HEAD_BYTES (2 * sizeof(size_t))
#define USED       ((size_t)1)
#define GROW_BYTES ((size_t)65536)

struct vt_heap_block {
    size_t before, size; /* with the head; bit 0: in use */
    /* only in free ones: */
    struct vt_heap_block *next, *previous;
};

enum { TRIES = 16 }; /* blocks of a list that are looked at */

/* ---- neighbours */

static size_t size_of(const struct vt_heap_block *block) {
    return block->size & ~USED;
}

static struct vt_heap_block *at(void *place, size_t offset) {
    return (void *)((char *)place + offset);
}

static struct vt_heap_block *next_of(struct vt_heap_block *block) {
    return at(block, size_of(block));
}

static struct vt_heap_block *stop_of(const struct vt_heap *heap) {
    return (void *)(heap->end - HEAD_BYTES);
}

static struct vt_heap_block *block_of(void *bytes) {
    return (void *)((char *)bytes - HEAD_BYTES);
}

static void set_size(struct vt_heap_block *block, size_t size, size_t used) {
    block->size = size | used;
    next_of(block)->before = size;
}

/* ---- lists of free blocks */

static unsigned bin_of(size_t size) {
    unsigned octave = 63 - (unsigned)__builtin_clzll(size);
    unsigned bin = 2 * octave + (unsigned)(size >> (octave - 1) & 1);
    return bin < VT_HEAP_BINS ? bin : VT_HEAP_BINS - 1;
}

static void unlink_block(struct vt_heap *heap, struct vt_heap_block *block) {
    unsigned bin = bin_of(block->size);
    if (block->next)
        block->next->previous = block->previous;
    if (block->previous)
        block->previous->next = block->next;
    else
        heap->bins[bin] = block->next;
    if (!heap->bins[bin])
        heap->filled &= ~(UINT64_C(1) << bin);
}

/* The bytes of a block are free: with its free neighbours they become one. */
static void link_block(struct vt_heap *heap, struct vt_heap_block *block) {
    size_t size = size_of(block);
    struct vt_heap_block *next = next_of(block);
    if (!(next->size & USED)) {
        unlink_block(heap, next);
        size += next->size;
    }
    if (block->before) {
        struct vt_heap_block *front = (void *)((char *)block - block->before);
        if (!(front->size & USED)) {
            unlink_block(heap, front);
            size += front->size;
            block = front;
        }
    }
    set_size(block, size, 0);
    unsigned bin = bin_of(size);
    block->previous = NULL;
    block->next = heap->bins[bin];
    if (block->next)
        block->next->previous = block;
    heap->bins[bin] = block;
    heap->filled |= UINT64_C(1) << bin;
}

/* ---- life */

void vt_heap_init(struct vt_heap *heap, void *begin, size_t size,
                  bool (*grow)(void *state, size_t size), void *state) {
    memset(heap, 0, sizeof *heap);
    heap->grow = grow;
    heap->state = state;
    heap->begin = begin;
    heap->end = heap->begin + size;
    stop_of(heap)->size = USED;
    struct vt_heap_block *all = begin;
    all->before = 0;
    set_size(all, size - HEAD_BYTES, USED);
    link_block(heap, all);
}

/* At least `size` bytes more at the end; a little more than was asked for, as the
 * stretch is longer the longer it is. */
static bool grow_by(struct vt_heap *heap, size_t size) {
    size_t more = (size_t)(heap->end - heap->begin) / 16;
    if (size > SIZE_MAX - 2 * GROW_BYTES)
        return false;
    size = (size + GROW_BYTES - 1) / GROW_BYTES * GROW_BYTES;
    more = more / GROW_BYTES * GROW_BYTES;
    if (more > size && heap->grow(heap->state, more))
        size = more;
    else if (!heap->grow(heap->state, size))
        return false;
    struct vt_heap_block *block = stop_of(heap);
    heap->end += size;
    stop_of(heap)->size = USED;
    set_size(block, size, USED);
    link_block(heap, block);
    return true;
}

/* ---- blocks */

/* The size of a block for so many bytes; 0: too many. */
static size_t block_size(size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        return 0;
    size_t size = HEAD_BYTES + (bytes + HEAD_BYTES - 1) / HEAD_BYTES * HEAD_BYTES;
    return size < sizeof(struct vt_heap_block) ? sizeof(struct vt_heap_block) : size;
}

/* A free block of that size or more, or NULL. */
static struct vt_heap_block *find_block(const struct vt_heap *heap, size_t size) {
    unsigned bin = bin_of(size);
    struct vt_heap_block *block = heap->bins[bin];
    for (int i = 0; block && (i < TRIES || bin + 1 == VT_HEAP_BINS); i++) {
        if (block->size >= size)
            return block;
        block = block->next;
    }
    uint64_t larger = bin + 1 < VT_HEAP_BINS ? heap->filled >> (bin + 1) : 0;
    return larger ? heap->bins[bin + 1 + (unsigned)__builtin_ctzll(larger)] : NULL;
}

/* A block in use keeps `size` of its bytes. */
static void cut(struct vt_heap *heap, struct vt_heap_block *block, size_t size) {
    size_t rest = size_of(block) - size;
    if (rest < sizeof(struct vt_heap_block))
        return;
    set_size(block, size, USED);
    set_size(next_of(block), rest, USED);
    link_block(heap, next_of(block));
}

void *vt_heap_alloc(struct vt_heap *heap, size_t bytes) {
    size_t size = block_size(bytes);
    struct vt_heap_block *block = size ? find_block(heap, size) : NULL;
    if (!block && size && grow_by(heap, size))
        block = find_block(heap, size);
    if (!block)
        return NULL;
    unlink_block(heap, block);
    block->size |= USED;
    cut(heap, block, size);
    return (char *)block + HEAD_BYTES;
}

void vt_heap_free(struct vt_heap *heap, void *bytes) {
    if (bytes)
        link_block(heap, block_of(bytes));
}

/* Whether the block could be made that large where it stands. */
static bool widen(struct vt_heap *heap, struct vt_heap_block *block, size_t size) {
    struct vt_heap_block *next = next_of(block);
    size_t has = size_of(block), free = next->size & USED ? 0 : next->size;
    if (at(next, free) == stop_of(heap) && has + free < size) {
        if (!grow_by(heap, size - has - free))
            return false;
        free = next->size;
    }
    if (has + free < size)
        return false;
    if (free) {
        unlink_block(heap, next);
        set_size(block, has + free, USED);
    }
    cut(heap, block, size);
    return true;
}

void *vt_heap_realloc(struct vt_heap *heap, void *bytes, size_t wanted) {
    size_t size = block_size(wanted);
    if (!bytes)
        return vt_heap_alloc(heap, wanted);
    if (!size || widen(heap, block_of(bytes), size))
        return size ? bytes : NULL;
    void *other = vt_heap_alloc(heap, wanted);
    if (!other)
        return NULL;
    size_t has = size_of(block_of(bytes)) - HEAD_BYTES;
    memcpy(other, bytes, has < wanted ? has : wanted);
    vt_heap_free(heap, bytes);
    return other;
}

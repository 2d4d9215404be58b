/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressors of one piece of data into deflate blocks (RFC 1951) that end at a byte
 * and are not the last: pieces joined in order are one stream. zlib is always there,
 * ISA-L (about four times as fast) when the build found it.
 *
 * Threads:   one state per thread.
 * Ownership: states are the caller's to destroy.
 */
#ifndef VT_IO_DEFLATE_H
#define VT_IO_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_deflate_piece {
    const void *data;
    size_t size;
    unsigned char *out; /* at least `bound` of the size */
    size_t out_capacity;
    size_t out_size; /* set */
    uint32_t crc;    /* of the data; set */
};

struct vt_deflate_engine {
    const char *name;
    void *(*create)(void); /* a state; NULL: memory ran out */
    void (*destroy)(void *state);
    /* The largest number of bytes that `size` bytes can become. */
    size_t (*bound)(size_t size);
    /* false: the engine failed, which it only does when memory runs out. */
    bool (*compress)(void *state, struct vt_deflate_piece *piece);
};

extern const struct vt_deflate_engine vt_deflate_zlib;
#ifdef VIZTRACER_HAVE_ISAL
extern const struct vt_deflate_engine vt_deflate_isal;
#endif

/* The fastest of this build. */
static inline const struct vt_deflate_engine *vt_deflate_best(void) {
#ifdef VIZTRACER_HAVE_ISAL
    return &vt_deflate_isal;
#else
    return &vt_deflate_zlib;
#endif
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST /* zlib does not write to its input */
#include "core/io/zblock.h"

#include <stdlib.h>
#include <zlib.h>

enum {
    LEVEL = 5,
    OUT_BYTES = 64 * 1024,      /* of text, inflated at once */
    PACKED_BYTES = 16 * 1024,   /* for what comes out at once */
    STEP_BYTES = 16 * 1024,     /* of text */
    SHORT_STEP_BYTES = 1024,    /* alone, they expand 75 times at most */
    CHECKED_BYTES = 256 * 1024, /* from here on it is watched how much they expand */
    MOST_EXPANSION = VT_CVF_EXPANSION / 2,
};

struct packing {
    z_stream z;
    struct vt_buf *out;
};

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- packing */

static enum vt_status open_packing(struct vt_buf *out, void **state,
                                   struct vt_error *err) {
    struct packing *packing = calloc(1, sizeof *packing);
    if (!packing || deflateInit(&packing->z, LEVEL) != Z_OK) {
        free(packing);
        return no_memory(err);
    }
    packing->out = out;
    *state = packing;
    return VT_OK;
}

static void close_packing(void *state) {
    struct packing *packing = state;
    if (!packing)
        return;
    deflateEnd(&packing->z);
    free(packing);
}

/* Compresses what is in z->next_in. */
static enum vt_status deflate_step(struct packing *packing, int flush,
                                   struct vt_error *err) {
    z_stream *z = &packing->z;
    do {
        char *room = vt_buf_reserve(packing->out, PACKED_BYTES);
        if (!room)
            return no_memory(err);
        z->next_out = (Bytef *)room;
        z->avail_out = PACKED_BYTES;
        deflate(z, flush);
        packing->out->size += PACKED_BYTES - z->avail_out;
    } while (z->avail_out == 0);
    return VT_OK;
}

/* What repeats itself without end would expand as a bomb does: then the compressor is
 * made to forget what came before, every 1024 bytes until it is within bounds again. */
static enum vt_status write_packing(void *state, const void *bytes, size_t size,
                                    struct vt_error *err) {
    struct packing *packing = state;
    z_stream *z = &packing->z;
    const unsigned char *p = bytes;
    enum vt_status status = VT_OK;
    while (size && status == VT_OK) {
        bool expands =
            z->total_in > CHECKED_BYTES && z->total_in / MOST_EXPANSION > z->total_out;
        size_t step = expands ? SHORT_STEP_BYTES : STEP_BYTES;
        if (step > size)
            step = size;
        z->next_in = p;
        z->avail_in = (uInt)step;
        status = deflate_step(packing, expands ? Z_FULL_FLUSH : Z_NO_FLUSH, err);
        p += step;
        size -= step;
    }
    return status;
}

static enum vt_status finish_packing(void *state, struct vt_error *err) {
    struct packing *packing = state;
    packing->z.next_in = NULL;
    packing->z.avail_in = 0;
    return deflate_step(packing, Z_FINISH, err);
}

struct vt_cvf_packer vt_zblock_packer(void) {
    return (struct vt_cvf_packer){open_packing, write_packing, finish_packing,
                                  close_packing};
}

/* ---- unpacking */

static enum vt_status inflate_all(z_stream *z, unsigned char *room, struct vt_sink sink,
                                  struct vt_error *err) {
    for (;;) {
        z->next_out = room;
        z->avail_out = OUT_BYTES;
        int result = inflate(z, Z_NO_FLUSH);
        size_t size = OUT_BYTES - z->avail_out;
        if (result == Z_MEM_ERROR)
            return no_memory(err);
        if (result != Z_OK && result != Z_STREAM_END)
            return vt_error_set(err, VT_ERR_FORMAT, "its zlib data are not whole");
        enum vt_status status = size ? sink.write(sink.state, room, size, err) : VT_OK;
        if (status != VT_OK)
            return status;
        if (result == Z_STREAM_END)
            return z->avail_in == 0 ? VT_OK
                                    : vt_error_set(err, VT_ERR_FORMAT,
                                                   "other data behind its zlib data");
    }
}

enum vt_status vt_zblock_unpack(const void *bytes, size_t size, struct vt_sink sink,
                                struct vt_error *err) {
    z_stream z = {.next_in = bytes, .avail_in = (uInt)size};
    if (size > UINT32_MAX)
        return vt_error_set(err, VT_ERR_LIMIT, "a block of more than 4 GiB");
    unsigned char *room = malloc(OUT_BYTES);
    if (!room || inflateInit(&z) != Z_OK) {
        free(room);
        return no_memory(err);
    }
    enum vt_status status = inflate_all(&z, room, sink, err);
    inflateEnd(&z);
    free(room);
    return status;
}

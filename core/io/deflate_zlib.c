/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/deflate.h"

#include <stdlib.h>
#include <zlib.h>

/* Level 1: higher levels cost several times as much for a fifth of the size
 * (design/recording.md, "Writer"). */
enum { LEVEL = 1, RAW_WINDOW_BITS = -15, MEMORY_LEVEL = 9 };

static void *create(void) {
    z_stream *stream = calloc(1, sizeof *stream);
    if (stream && deflateInit2(stream, LEVEL, Z_DEFLATED, RAW_WINDOW_BITS, MEMORY_LEVEL,
                               Z_DEFAULT_STRATEGY) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

static void destroy(void *state) {
    if (state)
        deflateEnd(state);
    free(state);
}

/* Room for the empty block of a flush, too; with less than 6 bytes left over zlib
 * repeats it (zlib.h, deflate()). */
static size_t bound(size_t size) {
    return compressBound(size) + 16;
}

static bool compress_piece(void *state, struct vt_deflate_piece *piece) {
    z_stream *stream = state;
    deflateReset(stream);
    stream->next_in = (Bytef *)(uintptr_t)piece->data;
    stream->avail_in = (uInt)piece->size;
    stream->next_out = piece->out;
    stream->avail_out = (uInt)piece->out_capacity;
    bool is_done = deflate(stream, Z_SYNC_FLUSH) == Z_OK && stream->avail_in == 0;
    piece->out_size = piece->out_capacity - stream->avail_out;
    piece->crc = (uint32_t)crc32(0, piece->data, (uInt)piece->size);
    return is_done;
}

const struct vt_deflate_engine vt_deflate_zlib = {
    .name = "zlib",
    .create = create,
    .destroy = destroy,
    .bound = bound,
    .compress = compress_piece,
};

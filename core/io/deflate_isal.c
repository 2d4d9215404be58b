/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/deflate.h"

#include <stdlib.h>
#include <isa-l.h>

struct isal_state {
    struct isal_zstream stream;
    uint8_t level_buffer[ISAL_DEF_LVL1_DEFAULT];
};

/* The library looks at parts of the state that its init leaves as they are. */
static void *create(void) {
    return calloc(1, sizeof(struct isal_state));
}

/* Stored blocks at worst: 5 bytes per 65,535, and the flush. */
static size_t bound(size_t size) {
    return size + size / 65535 * 5 + 512;
}

static bool compress_piece(void *state, struct vt_deflate_piece *piece) {
    struct isal_state *isal = state;
    isal_deflate_stateless_init(&isal->stream);
    isal->stream.level = 1;
    isal->stream.level_buf = isal->level_buffer;
    isal->stream.level_buf_size = sizeof isal->level_buffer;
    isal->stream.flush = FULL_FLUSH;
    isal->stream.next_in = (uint8_t *)(uintptr_t)piece->data;
    isal->stream.avail_in = (uint32_t)piece->size;
    isal->stream.next_out = piece->out;
    isal->stream.avail_out = (uint32_t)piece->out_capacity;
    bool is_done = isal_deflate_stateless(&isal->stream) == COMP_OK;
    piece->out_size = isal->stream.total_out;
    piece->crc = crc32_gzip_refl(0, piece->data, piece->size);
    return is_done;
}

const struct vt_deflate_engine vt_deflate_isal = {
    .name = "ISA-L",
    .create = create,
    .destroy = free,
    .bound = bound,
    .compress = compress_piece,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that are seldom looked at (arguments, sources), one behind another in blocks
 * that are packed when they are full, if there is a packer.
 *
 * Threads:   one at a time while texts are added; reading is const.
 * Ownership: the blocks own their bytes.
 */
#ifndef VT_VIEWER_ENGINE_BLOCKS_H
#define VT_VIEWER_ENGINE_BLOCKS_H

#include "viewer/engine/engine.h"

#define VT_BLOCKS_BYTES (256u << 10)

struct vt_block {
    char *bytes;  /* owned; raw_size of them */
    char *packed; /* owned; then `bytes` may be NULL */
    uint32_t size, raw_size;
};

struct vt_blocks {
    const struct vt_engine_options *options;
    struct vt_block *items;
    uint32_t count, capacity;
    struct vt_buf open; /* the block that is being filled: number `count` */
};

struct vt_text_place {
    uint32_t block, offset, size;
};

void vt_blocks_fini(struct vt_blocks *blocks);

/* Copies the text. VT_ERR_LIMIT: it is larger than 1 GiB. */
VT_NODISCARD enum vt_status vt_blocks_add(struct vt_blocks *blocks, const char *text,
                                          size_t size, struct vt_text_place *place,
                                          struct vt_error *err);

/* After the last text. */
VT_NODISCARD enum vt_status vt_blocks_close(struct vt_blocks *blocks,
                                            struct vt_error *err);

/* Adds a whole block with these bytes, packed or not. */
VT_NODISCARD enum vt_status vt_blocks_put(struct vt_blocks *blocks, const char *bytes,
                                          uint32_t size, uint32_t raw_size,
                                          bool is_packed, struct vt_error *err);

/* Gives the packed block its raw bytes. */
VT_NODISCARD enum vt_status vt_blocks_provide(struct vt_blocks *blocks, uint32_t number,
                                              const void *bytes, size_t size,
                                              struct vt_error *err);

/* One reader's view: the block that it unpacked last. All zero is valid. */
struct vt_blocks_view {
    struct vt_buf bytes;
    uint32_t number; /* of the block in `bytes` */
    bool has;        /* there is one */
    bool needs;      /* a text could not be had: */
    uint32_t needed; /* this block is packed and there is no `unpack` */
};

void vt_blocks_view_fini(struct vt_blocks_view *view);

/* The text, borrowed: valid until the next call with this view. NULL: it cannot be had,
 * see `needs`; without that, memory ran out or the block is damaged. */
const char *vt_blocks_text(const struct vt_blocks *blocks, struct vt_blocks_view *view,
                           struct vt_text_place place);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/blocks.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TEXT_BYTES ((size_t)1 << 30)

void vt_blocks_fini(struct vt_blocks *blocks) {
    for (uint32_t i = 0; i < blocks->count; i++) {
        free(blocks->items[i].bytes);
        free(blocks->items[i].packed);
    }
    free(blocks->items);
    vt_buf_fini(&blocks->open);
}

static struct vt_block *next_item(struct vt_blocks *blocks, struct vt_error *err) {
    if (blocks->count == blocks->capacity) {
        uint32_t capacity = blocks->capacity ? blocks->capacity * 2 : 16;
        void *grown = realloc(blocks->items, capacity * sizeof *blocks->items);
        if (!grown) {
            vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
            return NULL;
        }
        blocks->items = grown;
        blocks->capacity = capacity;
    }
    struct vt_block *item = &blocks->items[blocks->count];
    memset(item, 0, sizeof *item);
    return item;
}

enum vt_status vt_blocks_close(struct vt_blocks *blocks, struct vt_error *err) {
    if (!blocks->open.size)
        return VT_OK;
    struct vt_block *item = next_item(blocks, err);
    if (!item)
        return VT_ERR_NO_MEMORY;
    struct vt_buf packed = {0};
    enum vt_status status = VT_OK;
    item->raw_size = item->size = (uint32_t)blocks->open.size;
    if (blocks->options->pack)
        status = blocks->options->pack(blocks->options->state, blocks->open.data,
                                       blocks->open.size, &packed, err);
    if (status == VT_OK && blocks->options->pack) {
        item->size = (uint32_t)packed.size;
        item->packed = vt_buf_steal(&packed);
        vt_buf_clear(&blocks->open);
    } else if (status == VT_OK)
        item->bytes = vt_buf_steal(&blocks->open);
    vt_buf_fini(&packed);
    if (status != VT_OK)
        return status;
    if (!item->packed && !item->bytes)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    blocks->count++;
    return VT_OK;
}

enum vt_status vt_blocks_add(struct vt_blocks *blocks, const char *text, size_t size,
                             struct vt_text_place *place, struct vt_error *err) {
    enum vt_status status = VT_OK;
    if (size > MOST_TEXT_BYTES)
        return vt_error_set(err, VT_ERR_LIMIT, "a text of %zu bytes", size);
    if (blocks->open.size && blocks->open.size + size > VT_BLOCKS_BYTES)
        status = vt_blocks_close(blocks, err);
    if (status != VT_OK)
        return status;
    *place = (struct vt_text_place){blocks->count, (uint32_t)blocks->open.size,
                                    (uint32_t)size};
    vt_buf_append(&blocks->open, text, size);
    return vt_buf_status(&blocks->open, err);
}

enum vt_status vt_blocks_put(struct vt_blocks *blocks, const char *bytes, uint32_t size,
                             uint32_t raw_size, bool is_packed, struct vt_error *err) {
    struct vt_block *item = next_item(blocks, err);
    char *copy = malloc(size ? size : 1);
    if (!item || !copy) {
        free(copy);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    memcpy(copy, bytes, size);
    if (is_packed)
        item->packed = copy;
    else
        item->bytes = copy;
    item->size = size;
    item->raw_size = raw_size;
    blocks->count++;
    return VT_OK;
}

enum vt_status vt_blocks_provide(struct vt_blocks *blocks, uint32_t number,
                                 const void *bytes, size_t size, struct vt_error *err) {
    if (number >= blocks->count || blocks->items[number].raw_size != size)
        return vt_error_set(err, VT_ERR_FORMAT, "block %u has not %zu bytes",
                            (unsigned)number, size);
    struct vt_block *item = &blocks->items[number];
    if (item->bytes)
        return VT_OK;
    item->bytes = malloc(size ? size : 1);
    if (!item->bytes)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    memcpy(item->bytes, bytes, size);
    return VT_OK;
}

void vt_blocks_view_fini(struct vt_blocks_view *view) {
    vt_buf_fini(&view->bytes);
}

/* The raw bytes of a block; NULL as vt_blocks_text has it. */
static const char *raw_bytes(const struct vt_blocks *blocks,
                             struct vt_blocks_view *view, uint32_t number) {
    const struct vt_block *item = &blocks->items[number];
    if (item->bytes)
        return item->bytes;
    if (view->has && view->number == number)
        return view->bytes.data;
    if (!blocks->options->unpack) {
        view->needs = true;
        view->needed = number;
        return NULL;
    }
    struct vt_error err;
    vt_buf_clear(&view->bytes);
    view->number = number;
    view->has =
        blocks->options->unpack(blocks->options->state, item->packed, item->size,
                                item->raw_size, &view->bytes, &err) == VT_OK &&
        !view->bytes.failed && view->bytes.size == item->raw_size;
    return view->has ? view->bytes.data : NULL;
}

const char *vt_blocks_text(const struct vt_blocks *blocks, struct vt_blocks_view *view,
                           struct vt_text_place place) {
    if (place.block >= blocks->count)
        return NULL;
    uint32_t have = blocks->items[place.block].raw_size;
    if (place.offset > have || place.size > have - place.offset)
        return NULL;
    const char *bytes = raw_bytes(blocks, view, place.block);
    return bytes ? bytes + place.offset : NULL;
}

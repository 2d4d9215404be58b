/* SPDX-License-Identifier: Apache-2.0
 *
 * A compressed report in the page: a browser inflates only asynchronously, so all
 * blocks are told first and come back inflated, and then the report is read.
 */
#include "core/trace/cvf_number.h"
#include "core/trace/cvf_read.h"
#include "viewer/engine/wasm.h"
#include "viewer/engine/wasm_inside.h"
#include "viewer/engine/wasm_number.h"

#include <stdlib.h>

struct block {
    const void *packed; /* in the file */
    void *bytes;        /* owned */
    size_t size;
};

static struct {
    struct block *items;
    uint32_t count, capacity, next; /* next: the one that is read next */
    bool failed;
} blocks;

static void forget_blocks(void) {
    for (uint32_t i = 0; i < blocks.count; i++)
        free(blocks.items[i].bytes);
    free(blocks.items);
    memset(&blocks, 0, sizeof blocks);
}

/* To be shown as the reply: u32 offset, u32 bytes, f64 bytes of text of each. */
static void found(void *state, const void *bytes, size_t size, uint64_t text_bytes) {
    const char *file = state;
    if (blocks.count == blocks.capacity) {
        uint32_t capacity = blocks.capacity ? blocks.capacity * 2 : 64;
        void *grown = realloc(blocks.items, capacity * sizeof *blocks.items);
        blocks.failed |= !grown;
        if (!grown)
            return;
        blocks.items = grown;
        blocks.capacity = capacity;
    }
    blocks.items[blocks.count++] = (struct block){.packed = bytes};
    uint32_t place[2] = {(uint32_t)((const char *)bytes - file), (uint32_t)size};
    double text = (double)text_bytes;
    vt_buf_append(&vt_wasm_the_reply, place, sizeof place);
    vt_buf_append(&vt_wasm_the_reply, &text, sizeof text);
}

static enum vt_status drop(void *state, const void *bytes, size_t size,
                           struct vt_error *err) {
    (void)state;
    (void)bytes;
    (void)size;
    (void)err;
    return VT_OK;
}

int vt_wasm_cvf_blocks(const void *file, size_t size) {
    struct vt_cvf_read_options options = {.found = found,
                                          .found_state = (void *)(uintptr_t)file};
    forget_blocks();
    vt_buf_clear(&vt_wasm_the_reply);
    enum vt_status status = vt_cvf_read(
        file, size, &options, (struct vt_sink){drop, NULL}, &vt_wasm_the_error);
    if (status == VT_OK && (blocks.failed || vt_wasm_the_reply.failed))
        status = vt_error_set(&vt_wasm_the_error, VT_ERR_NO_MEMORY, "out of memory");
    return (int)status;
}

int vt_wasm_cvf_provide(uint32_t block, void *bytes, size_t size) {
    if (block >= blocks.count || blocks.items[block].bytes)
        return (int)vt_error_set(&vt_wasm_the_error, VT_ERR_USAGE, "no such block");
    blocks.items[block].bytes = bytes;
    blocks.items[block].size = size;
    return 0;
}

/* Blocks are read in their order, but for file_info, which comes last. */
static enum vt_status unpack(const void *packed, size_t size, struct vt_sink sink,
                             struct vt_error *err) {
    (void)size;
    for (uint32_t i = 0; i < blocks.count; i++) {
        struct block *block = &blocks.items[(blocks.next + i) % blocks.count];
        if (block->packed != packed)
            continue;
        blocks.next = (blocks.next + i + 1) % blocks.count;
        return block->bytes ? sink.write(sink.state, block->bytes, block->size, err)
                            : vt_error_set(err, VT_ERR_FORMAT, "it is damaged");
    }
    return vt_error_set(err, VT_ERR_FORMAT, "it is damaged");
}

int vt_wasm_cvf_read(const void *file, size_t size) {
    struct vt_cvf_read_options options = {.unpack = unpack};
    enum vt_status status = vt_cvf_read(
        file, size, &options, vt_engine_sink(vt_wasm_the_engine), &vt_wasm_the_error);
    forget_blocks();
    return (int)status;
}

size_t vt_cvf_number_print(double real, char text[VT_CVF_NUMBER_TEXT_BYTES]) {
    _Static_assert(VT_CVF_NUMBER_TEXT_BYTES >= VT_WASM_NUMBER_BYTES, "room");
    return vt_wasm_number_print(real, text);
}

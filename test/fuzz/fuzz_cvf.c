/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressed reports of any bytes: what is taken becomes a trace that our strict reader
 * takes; compressed again it gives the same number of events. Its blocks can be told
 * beforehand.
 */
#include "core/io/zblock.h"
#include "core/trace/cvf_read.h"
#include "core/trace/cvf_write.h"
#include "test/fuzz/fuzz_target.h"

#include <stdlib.h>
#include <string.h>

enum { EXPANSION = 16 };

static enum vt_status decode(const void *bytes, size_t size, struct vt_buf *text,
                             struct vt_error *err) {
    struct vt_cvf_read_options options = {
        .unpack = vt_zblock_unpack,
        .limits = {.depth = 64, .string_bytes = 1 << 20},
        .expansion = EXPANSION,
    };
    return vt_cvf_read(bytes, size, &options, vt_sink_to_buf(text), err);
}

/* Compresses a text, which must be a trace; returns how many events it has. */
static uint64_t encode(const struct vt_buf *text, struct vt_buf *file) {
    struct vt_reader_limits limits = {.depth = 200};
    struct vt_cvf_packer packer = vt_zblock_packer();
    struct vt_cvf_write *write;
    struct vt_reader *reader;
    VT_REQUIRE(vt_cvf_write_create(&packer, vt_sink_to_buf(file), &write, NULL) ==
               VT_OK);
    struct vt_reader_handler handler = vt_cvf_write_handler(write);
    VT_REQUIRE(vt_reader_create(&limits, &handler, &reader, NULL) == VT_OK);
    VT_REQUIRE(vt_reader_feed(reader, text->data, text->size, NULL) == VT_OK);
    VT_REQUIRE(vt_reader_finish(reader, NULL) == VT_OK);
    uint64_t events = vt_reader_stats(reader)->events;
    VT_REQUIRE(vt_cvf_write_finish(write, vt_reader_stats(reader), NULL) == VT_OK);
    vt_reader_destroy(reader);
    vt_cvf_write_destroy(write);
    return events;
}

struct file {
    const uint8_t *bytes;
    size_t size, found;
};

static void find(void *state, const void *bytes, size_t size, uint64_t text_bytes) {
    struct file *file = state;
    const uint8_t *at = bytes;
    (void)text_bytes;
    VT_REQUIRE(at >= file->bytes && size <= file->size &&
               (size_t)(at - file->bytes) <= file->size - size);
    file->found++;
}

/* What can be read has blocks that can be told. */
static void find_blocks(const uint8_t *data, size_t size, bool is_right) {
    struct file file = {data, size, 0};
    struct vt_buf text = {0};
    struct vt_cvf_read_options options = {
        .found = find,
        .found_state = &file,
        .limits = {.depth = 64, .string_bytes = 1 << 20},
        .expansion = EXPANSION,
    };
    enum vt_status status =
        vt_cvf_read(data, size, &options, vt_sink_to_buf(&text), NULL);
    VT_REQUIRE(status == VT_OK || !is_right);
    vt_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct vt_buf text = {0}, file = {0}, again = {0}, file_again = {0};
    struct vt_error err = {0};
    enum vt_status status = decode(data, size, &text, &err);
    VT_REQUIRE(status == VT_OK || err.text[0]);
    find_blocks(data, size, status == VT_OK);
    if (status == VT_OK && text.size < (1u << 20)) {
        uint64_t events = encode(&text, &file);
        VT_REQUIRE(decode(file.data, file.size, &again, NULL) == VT_OK);
        VT_REQUIRE(encode(&again, &file_again) == events);
    }
    vt_buf_fini(&text);
    vt_buf_fini(&file);
    vt_buf_fini(&again);
    vt_buf_fini(&file_again);
    return 0;
}

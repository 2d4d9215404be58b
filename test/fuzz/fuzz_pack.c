/* SPDX-License-Identifier: Apache-2.0
 *
 * Packed reports of any bytes: what is taken and holds a trace can be packed again, and
 * then comes back as it is.
 */
#include "core/trace/pack_read.h"
#include "core/trace/pack_write.h"
#include "test/fuzz/fuzz_target.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 1 << 20 };

static enum vt_status take_little(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    struct vt_buf *text = state;
    vt_buf_append(text, bytes, size);
    return text->size < MOST_TEXT ? VT_OK : vt_error_set(err, VT_ERR_LIMIT, "too much");
}

/* Reads copies of pieces, so that any step outside of them is seen. */
static enum vt_status unpack(const void *data, size_t size, size_t step,
                             struct vt_buf *text, struct vt_error *err) {
    struct vt_pack_read *read;
    enum vt_status status =
        vt_pack_read_create((struct vt_sink){take_little, text}, &read, err);
    for (size_t at = 0; at < size && status == VT_OK; at += step) {
        size_t piece = size - at < step ? size - at : step;
        void *copy = malloc(piece);
        memcpy(copy, (const char *)data + at, piece);
        status = vt_pack_read_feed(read, copy, piece, err);
        free(copy);
    }
    if (status == VT_OK)
        status = vt_pack_read_finish(read, err);
    vt_pack_read_destroy(read);
    return status;
}

static enum vt_status pack(const struct vt_buf *text, struct vt_buf *packed) {
    struct vt_pack_write_options options = {.limits = {.depth = 64}};
    struct vt_pack_write *write;
    VT_REQUIRE(vt_pack_write_create(vt_sink_to_buf(packed), &options, &write, NULL) ==
               VT_OK);
    struct vt_sink sink = vt_pack_write_sink(write);
    enum vt_status status = sink.write(sink.state, text->data, text->size, NULL);
    if (status == VT_OK)
        status = vt_pack_write_finish(write, NULL);
    vt_pack_write_destroy(write);
    return status;
}

/* The text in the form that we write it in; false: it is no trace. */
static bool renew(const struct vt_buf *text, struct vt_buf *renewed) {
    struct vt_buf packed = {0};
    bool is_trace = text->size && pack(text, &packed) == VT_OK;
    if (is_trace)
        VT_REQUIRE(unpack(packed.data, packed.size, 1000, renewed, NULL) !=
                   VT_ERR_FORMAT);
    vt_buf_fini(&packed);
    return is_trace && renewed->size < MOST_TEXT;
}

/* The first byte says how large the pieces are; 0: the bytes are JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct vt_buf text = {0}, once = {0}, twice = {0};
    struct vt_error err = {0};
    if (*data == 0)
        vt_buf_append(&text, data + 1, size - 1);
    else {
        enum vt_status status = unpack(data + 1, size - 1, *data, &text, &err);
        VT_REQUIRE(status == VT_OK || err.text[0]);
        if (status != VT_OK)
            vt_buf_clear(&text);
    }
    if (text.size < MOST_TEXT && renew(&text, &once)) {
        VT_REQUIRE(renew(&once, &twice));
        VT_REQUIRE(once.size == twice.size &&
                   memcmp(once.data, twice.data, once.size) == 0);
    }
    vt_buf_fini(&text);
    vt_buf_fini(&once);
    vt_buf_fini(&twice);
    return 0;
}

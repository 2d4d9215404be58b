/* SPDX-License-Identifier: Apache-2.0
 *
 * The decompressor on any bytes: whole and in pieces the same comes out, and never more
 * than the limits allow.
 */
#include "core/io/gunzip.h"
#include "test/fuzz/fuzz_target.h"

#include <stdlib.h>
#include <string.h>

enum { EXPANSION = 8 };

static enum vt_status gunzip_pieces(const uint8_t *data, size_t size, size_t step,
                                    struct vt_buf *out, struct vt_error *err) {
    struct vt_gunzip *gunzip;
    enum vt_status status =
        vt_gunzip_create(vt_sink_to_buf(out), EXPANSION, &gunzip, err);
    if (status != VT_OK)
        return status;
    struct vt_sink sink = vt_gunzip_sink(gunzip);
    for (size_t at = 0; at < size && status == VT_OK; at += step) {
        size_t piece = size - at < step ? size - at : step;
        void *copy = malloc(piece);
        memcpy(copy, data + at, piece);
        status = sink.write(sink.state, copy, piece, err);
        free(copy);
    }
    if (status == VT_OK)
        status = vt_gunzip_finish(gunzip, err);
    vt_gunzip_destroy(gunzip);
    return status;
}

/* The first byte says how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct vt_buf whole = {0}, pieces = {0};
    struct vt_error err;
    enum vt_status status = gunzip_pieces(data + 1, size - 1, size, &whole, &err);
    enum vt_status again =
        gunzip_pieces(data + 1, size - 1, data[0] % 32u + 1, &pieces, &err);
    VT_REQUIRE((status == VT_OK) == (again == VT_OK));
    if (status == VT_OK) {
        VT_REQUIRE(whole.size == pieces.size);
        VT_REQUIRE(!whole.size || !memcmp(whole.data, pieces.data, whole.size));
        VT_REQUIRE(whole.size <= VT_GUNZIP_FREE_BYTES ||
                   whole.size / EXPANSION <= size);
    }
    vt_buf_fini(&whole);
    vt_buf_fini(&pieces);
    return 0;
}

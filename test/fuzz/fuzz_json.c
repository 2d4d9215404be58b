/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace reader on any bytes: whole and in pieces it must say the same.
 */
#include "core/trace/reader.h"
#include "test/fuzz/fuzz_target.h"

#include <stdlib.h>
#include <string.h>

struct seen {
    uint64_t sum; /* of all that the handlers got */
};

static void add(struct seen *seen, const void *bytes, size_t size) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < size; i++)
        seen->sum = (seen->sum ^ p[i]) * UINT64_C(0x100000001B3);
}

static enum vt_status see_event(void *state, const struct vt_reader_event *event,
                                struct vt_error *err) {
    struct seen *seen = state;
    (void)err;
    add(seen, event->text, event->size);
    add(seen, &event->ts_ns, sizeof event->ts_ns);
    for (size_t i = 0; i < event->member_count; i++) {
        size_t size;
        const char *value = vt_reader_value(event, &event->members[i], &size);
        add(seen, value, size);
    }
    return VT_OK;
}

static enum vt_status see_member(void *state, const struct vt_reader_member *member,
                                 struct vt_error *err) {
    struct seen *seen = state;
    (void)err;
    add(seen, member->name, member->name_size);
    add(seen, member->value, member->value_size);
    return VT_OK;
}

/* Reads a copy of each piece, so that any step outside it is seen. */
static enum vt_status read_pieces(const uint8_t *data, size_t size, size_t step,
                                  struct seen *seen, struct vt_error *err) {
    struct vt_reader_limits limits = {.depth = 64, .string_bytes = 4096};
    struct vt_reader_handler handler = {see_event, see_member, seen};
    struct vt_reader *reader;
    enum vt_status status = vt_reader_create(&limits, &handler, &reader, err);
    for (size_t at = 0; at < size && status == VT_OK; at += step) {
        size_t piece = size - at < step ? size - at : step;
        void *copy = malloc(piece);
        memcpy(copy, data + at, piece);
        status = vt_reader_feed(reader, copy, piece, err);
        free(copy);
    }
    if (status == VT_OK)
        status = vt_reader_finish(reader, err);
    vt_reader_destroy(reader);
    return status;
}

/* The first byte says how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct seen whole = {1}, pieces = {1};
    struct vt_error whole_err = {0}, pieces_err = {0};
    enum vt_status whole_status =
        read_pieces(data + 1, size - 1, size, &whole, &whole_err);
    enum vt_status pieces_status =
        read_pieces(data + 1, size - 1, data[0] % 32u + 1, &pieces, &pieces_err);
    VT_REQUIRE(whole_status == pieces_status);
    VT_REQUIRE(strcmp(whole_err.text, pieces_err.text) == 0);
    VT_REQUIRE(whole.sum == pieces.sum);
    return 0;
}

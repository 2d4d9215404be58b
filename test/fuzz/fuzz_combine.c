/* SPDX-License-Identifier: Apache-2.0
 *
 * Several traces of any bytes combined: what comes out is always a trace that our own
 * strict reader takes, with all the events of those that were taken.
 */
#include "core/trace/combine.h"
#include "test/fuzz/fuzz_target.h"

#include <string.h>

enum { SEPARATOR = 0xFF }; /* no byte of UTF-8 */

struct piece {
    const uint8_t *data;
    size_t size;
};

static enum vt_status pump_piece(void *state, struct vt_sink sink,
                                 struct vt_error *err) {
    const struct piece *piece = state;
    return piece->size ? sink.write(sink.state, piece->data, piece->size, err) : VT_OK;
}

static enum vt_status count_event(void *state, const struct vt_reader_event *event,
                                  struct vt_error *err) {
    uint64_t *count = state;
    (void)event;
    (void)err;
    ++*count;
    return VT_OK;
}

/* The events of a text; it must be a trace. */
static uint64_t count_events(const void *text, size_t size) {
    uint64_t count = 0;
    struct vt_reader_limits limits = {.depth = 200};
    struct vt_reader_handler handler = {.event = count_event, .state = &count};
    struct vt_reader *reader;
    VT_REQUIRE(vt_reader_create(&limits, &handler, &reader, NULL) == VT_OK);
    VT_REQUIRE(vt_reader_feed(reader, text, size, NULL) == VT_OK);
    VT_REQUIRE(vt_reader_finish(reader, NULL) == VT_OK);
    vt_reader_destroy(reader);
    return count;
}

static void say_nothing(void *state, const char *line) {
    (void)state;
    VT_REQUIRE(strlen(line) > 0);
}

/* The first byte: whether to align; then traces with separators between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST = 8 };
    struct piece pieces[MOST];
    size_t count = 0;
    uint64_t events = 0;
    if (size == 0)
        return 0;
    struct vt_combine_options options = {
        .align = data[0] & 1,
        .limits = {.depth = 64},
        .say = say_nothing,
    };
    struct vt_combine *combine;
    VT_REQUIRE(vt_combine_create(&options, &combine, NULL) == VT_OK);
    const uint8_t *p = data + 1, *end = data + size;
    while (count < MOST) {
        const uint8_t *next = memchr(p, SEPARATOR, (size_t)(end - p));
        struct piece *piece = &pieces[count++];
        *piece = (struct piece){p, (size_t)((next ? next : end) - p)};
        struct vt_combine_input input = {
            .name = "dir/a\"\xC3.json", .pump = pump_piece, .state = piece};
        if (vt_combine_add(combine, &input, NULL) == VT_OK)
            events += count_events(piece->data, piece->size);
        if (!next)
            break;
        p = next + 1;
    }
    struct vt_buf text = {0};
    struct vt_combine_counts counts;
    VT_REQUIRE(vt_combine_write(combine, vt_sink_to_buf(&text), &counts, NULL) ==
               VT_OK);
    VT_REQUIRE(counts.entries == events + counts.labels);
    VT_REQUIRE(count_events(text.data, text.size) == counts.entries);
    vt_buf_fini(&text);
    vt_combine_destroy(combine);
    return 0;
}

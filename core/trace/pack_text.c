/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pack_text.h"

#include "core/trace/pack_layout.h"
#include "core/trace/reader.h"

/* The containers by place: where they are, how they begin and end. */
static const struct {
    unsigned parent, depth;
    const char *begin, *end;
} places[VT_PACK_TEXT_PLACES] = {
    [VT_READER_TOP] = {VT_READER_TOP, 0, "{", "}"},
    [VT_READER_METADATA] = {VT_READER_TOP, 1, "\"viztracer_metadata\": {", "}"},
    [VT_READER_FILE] = {VT_READER_FILE_INFO, 2, "\"files\": {", "}"},
    [VT_READER_FUNCTION] = {VT_READER_FILE_INFO, 2, "\"functions\": {", "}"},
    [VT_READER_FILE_INFO] = {VT_READER_TOP, 1, "\"file_info\": {", "}"},
    [VT_PACK_EVENTS] = {VT_READER_TOP, 1, "\"traceEvents\": [", "]"},
};

/* Behind this nothing is open that `place` does not stand in. */
static bool is_within(unsigned place, unsigned container) {
    while (place != container && place != VT_READER_TOP)
        place = places[place].parent;
    return place == container;
}

static void separate(struct vt_pack_text *text) {
    bool *has_item = &text->has_item[places[text->place].depth];
    if (*has_item)
        vt_jwrite_bytes(&text->out, ", ", 2);
    *has_item = true;
}

static void enter(struct vt_pack_text *text, unsigned place) {
    if (place == text->place)
        return;
    enter(text, places[place].parent);
    separate(text);
    vt_jwrite_text(&text->out, places[place].begin);
    text->place = place;
    text->has_item[places[place].depth] = false;
}

void vt_pack_text_open(struct vt_pack_text *text, unsigned place) {
    if (!text->began)
        vt_jwrite_text(&text->out, places[VT_READER_TOP].begin);
    text->began = true;
    while (!is_within(place, text->place)) {
        vt_jwrite_text(&text->out, places[text->place].end);
        text->place = places[text->place].parent;
    }
    enter(text, place);
}

void vt_pack_text_item(struct vt_pack_text *text, unsigned place) {
    if (place != text->place || !text->began)
        vt_pack_text_open(text, place);
    separate(text);
}

void vt_pack_text_end(struct vt_pack_text *text) {
    vt_pack_text_open(text, VT_READER_TOP);
    vt_jwrite_text(&text->out, places[VT_READER_TOP].end);
}

char *vt_pack_text_us(char *p, int64_t ns, unsigned decimals) {
    uint64_t value = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    unsigned fraction = (unsigned)(value % 1000);
    if (ns < 0)
        *p++ = '-';
    if (decimals == 3)
        return vt_jwrite_put_us(p, value);
    p = vt_jwrite_put_u64(p, value / 1000);
    if (decimals)
        *p++ = '.';
    if (decimals)
        *p++ = (char)('0' + fraction / 100);
    if (decimals == 2)
        *p++ = (char)('0' + fraction / 10 % 10);
    return p;
}

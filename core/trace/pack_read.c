/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pack_read.h"

#include "core/trace/pack_layout.h"
#include "core/trace/pack_tables.h"
#include "core/trace/pack_text.h"
#include "core/trace/reader.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 256 * 1024 };

/* Of an event: a text or a word. */
struct piece {
    const char *text;
    size_t size;
    uint32_t word;
};

struct vt_pack_read {
    struct vt_pack_text text;
    struct vt_pack_tables tables;
    struct vt_pack_shortcut shortcut;
    struct vt_pack_cursor cells[VT_PACK_MOST_COLUMNS]; /* of the batch */
    int64_t last_end;
    uint64_t events;
    bool ended; /* the last section was there */
    enum vt_status failed;

    size_t magic;           /* bytes of it that were seen */
    unsigned char head[11]; /* of the section */
    size_t head_size;
    bool in_section;
    uint64_t section_size;
    struct vt_buf section; /* its bytes so far, unless it came in one piece */
};

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- events */

struct times {
    int64_t ts, dur;
};

/* The end of an event stands there, so its duration comes first. */
static bool take_times(struct vt_pack_read *pack,
                       const struct vt_pack_read_shape *shape, struct times *times) {
    uint64_t value;
    *times = (struct times){0, 0};
    if (shape->has_dur) {
        if (!vt_pack_take_varint(&pack->cells[shape->dur], &value))
            return false;
        times->dur = vt_varint_unzigzag(value);
    }
    if (!shape->has_ts)
        return true;
    if (!vt_pack_take_varint(&pack->cells[shape->ts], &value))
        return false;
    /* unsigned: a damaged file must not overflow */
    uint64_t end = (uint64_t)pack->last_end + (uint64_t)vt_varint_unzigzag(value);
    pack->last_end = (int64_t)end;
    times->ts = (int64_t)(end - (uint64_t)times->dur);
    return true;
}

static bool read_piece_of(struct vt_pack_read *pack, uint32_t column, uint8_t form,
                          struct piece *piece) {
    struct vt_pack_cursor *cell = &pack->cells[column];
    uint64_t word;
    if (form == VT_PACK_TEXT)
        return vt_pack_take_text(cell, &piece->text, &piece->size);
    if (!vt_pack_take_varint(cell, &word) || word >= pack->tables.words.count)
        return false;
    const struct vt_pack_item *item = &pack->tables.words.items[word];
    piece->text = pack->tables.words.bytes.data + item->offset;
    piece->size = item->size;
    piece->word = (uint32_t)word;
    return true;
}

static void put_event(struct vt_pack_read *pack, const struct vt_pack_read_shape *shape,
                      const struct piece *pieces, const struct times *times) {
    struct vt_jwrite *out = &pack->text.out;
    const struct vt_pack_list *columns = &pack->tables.columns;
    vt_pack_text_item(&pack->text, VT_PACK_EVENTS);
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t column = shape->column[i];
        const struct vt_pack_item *name =
            &columns->items[column - VT_PACK_FIRST_COLUMN];
        vt_jwrite_bytes(out, i ? ", " : "{", i ? 2 : 1);
        vt_jwrite_bytes(out, columns->bytes.data + name->offset, name->size);
        if (shape->form[i] >= VT_PACK_WORD) {
            vt_jwrite_bytes(out, pieces[i].text, pieces[i].size);
            continue;
        }
        char *p = vt_jwrite_room(out, VT_PACK_TEXT_US_BYTES);
        int64_t ns = pack->tables.is_ts[column] ? times->ts : times->dur;
        out->used += (size_t)(vt_pack_text_us(p, ns, shape->form[i] - VT_PACK_US) - p);
    }
    vt_jwrite_bytes(out, shape->count ? "}" : "{}", shape->count ? 1 : 2);
}

/* ns as its text with so many decimals of us has them. */
static int64_t as_text_has(int64_t ns, unsigned decimals) {
    static const int64_t units[] = {1000, 100, 10, 1};
    return ns - ns % units[decimals];
}

static struct vt_pack_plain plain_event(const struct vt_pack_read *pack,
                                        uint32_t number, const struct piece *pieces,
                                        const struct times *times) {
    const struct vt_pack_read_shape *shape = &pack->tables.shapes[number];
    struct vt_pack_plain event = {number, pack->tables.forgotten, {0}, 0, 0};
    for (uint32_t i = 0, words = 0; i < shape->count; i++) {
        unsigned decimals = shape->form[i] - VT_PACK_US;
        if (shape->form[i] == VT_PACK_WORD)
            event.words[words++] = pieces[i].word;
        else if (shape->column[i] == shape->ts)
            event.ts_ns = as_text_has(times->ts, decimals);
        else
            event.dur_ns = as_text_has(times->dur, decimals);
    }
    return event;
}

/* Passes an event on: through the shortcut if that knows it, else as text. */
static enum vt_status pass_event(struct vt_pack_read *pack, uint32_t number,
                                 const struct piece *pieces, const struct times *times,
                                 struct vt_error *err) {
    const struct vt_pack_read_shape *shape = &pack->tables.shapes[number];
    const struct vt_pack_shortcut *shortcut = &pack->shortcut;
    bool taken = false;
    if (!shortcut->take || !shape->is_plain) {
        put_event(pack, shape, pieces, times);
        return VT_OK;
    }
    if (pack->text.out.used)
        vt_jwrite_flush(&pack->text.out);
    struct vt_pack_plain event = plain_event(pack, number, pieces, times);
    enum vt_status status = vt_jwrite_failed(&pack->text.out)
                                ? VT_OK
                                : shortcut->take(shortcut->state, &event, &taken, err);
    if (status != VT_OK || taken)
        return status;
    put_event(pack, shape, pieces, times);
    vt_jwrite_flush(&pack->text.out);
    if (!vt_jwrite_failed(&pack->text.out))
        shortcut->written(shortcut->state, &event);
    return VT_OK;
}

static enum vt_status take_event(struct vt_pack_read *pack, struct vt_error *err) {
    struct piece pieces[VT_PACK_MOST_MEMBERS];
    struct times times = {0, 0};
    uint64_t number;
    if (!vt_pack_take_varint(&pack->cells[0], &number) ||
        number > pack->tables.shape_count)
        return vt_pack_damaged("events", err);
    pack->events++;
    if (!number) {
        if (!read_piece_of(pack, 1, VT_PACK_TEXT, &pieces[0]))
            return vt_pack_damaged("events", err);
        vt_pack_text_item(&pack->text, VT_PACK_EVENTS);
        vt_jwrite_bytes(&pack->text.out, pieces[0].text, pieces[0].size);
        return VT_OK;
    }
    const struct vt_pack_read_shape *shape = &pack->tables.shapes[number - 1];
    bool is_right = take_times(pack, shape, &times);
    for (uint32_t i = 0; i < shape->count && is_right; i++)
        if (shape->form[i] >= VT_PACK_WORD)
            is_right =
                read_piece_of(pack, shape->column[i], shape->form[i], &pieces[i]);
    return is_right ? pass_event(pack, (uint32_t)number - 1, pieces, &times, err)
                    : vt_pack_damaged("events", err);
}

static bool take_cells(struct vt_pack_read *pack, struct vt_pack_cursor *in) {
    memset(pack->cells, 0, sizeof pack->cells);
    while (in->p < in->end) {
        uint64_t column;
        const char *bytes;
        size_t size;
        if (!vt_pack_take_varint(in, &column) ||
            column >= pack->tables.columns.count + VT_PACK_FIRST_COLUMN ||
            !vt_pack_take_text(in, &bytes, &size) || pack->cells[column].p)
            return false;
        pack->cells[column].p = (const unsigned char *)bytes;
        pack->cells[column].end = (const unsigned char *)bytes + size;
    }
    return true;
}

static enum vt_status take_events(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                                  struct vt_error *err) {
    uint64_t count = 0;
    if (!vt_pack_take_varint(in, &count) || !take_cells(pack, in))
        return vt_pack_damaged("events", err);
    enum vt_status status = VT_OK;
    for (uint64_t i = 0; i < count && status == VT_OK; i++)
        status = take_event(pack, err);
    if (vt_jwrite_failed(&pack->text.out))
        return vt_jwrite_finish(&pack->text.out, err);
    for (uint32_t i = 0; i < VT_PACK_MOST_COLUMNS && status == VT_OK; i++)
        if (pack->cells[i].p != pack->cells[i].end)
            status = vt_pack_damaged("events", err);
    return status;
}

/* ---- what stands beside them */

static bool take_place(struct vt_pack_cursor *in, unsigned *place) {
    if (in->p == in->end)
        return false;
    *place = *in->p++;
    return *place < VT_PACK_TEXT_PLACES;
}

static enum vt_status take_open(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                                struct vt_error *err) {
    unsigned place;
    if (!take_place(in, &place) || in->p != in->end)
        return vt_pack_damaged("a container", err);
    vt_pack_text_open(&pack->text, place);
    return VT_OK;
}

static enum vt_status take_member(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                                  struct vt_error *err) {
    struct vt_jwrite *out = &pack->text.out;
    unsigned place;
    const char *name;
    size_t size;
    if (!take_place(in, &place) || place == VT_PACK_EVENTS ||
        !vt_pack_take_text(in, &name, &size))
        return vt_pack_damaged("a member", err);
    vt_pack_text_item(&pack->text, place);
    vt_jwrite_text(out, "\"");
    vt_jwrite_bytes(out, name, size);
    vt_jwrite_text(out, "\": ");
    vt_jwrite_bytes(out, in->p, (size_t)(in->end - in->p));
    return VT_OK;
}

static enum vt_status take_end(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                               struct vt_error *err) {
    uint64_t events;
    if (!vt_pack_take_varint(in, &events) || in->p != in->end || events != pack->events)
        return vt_pack_damaged("the end", err);
    vt_pack_text_end(&pack->text);
    pack->ended = true;
    return vt_jwrite_finish(&pack->text.out, err);
}

/* ---- sections */

static enum vt_status take_section(struct vt_pack_read *pack, struct vt_pack_cursor in,
                                   struct vt_error *err) {
    enum vt_status status = VT_OK;
    switch (pack->head[0]) {
    case 'O':
        status = take_open(pack, &in, err);
        break;
    case 'M':
        status = take_member(pack, &in, err);
        break;
    case 'W':
        return vt_pack_tables_words(&pack->tables, &in, err);
    case 'F':
        vt_pack_tables_forget_words(&pack->tables);
        return in.p == in.end ? VT_OK : vt_pack_damaged("words", err);
    case 'C':
        return vt_pack_tables_columns(&pack->tables, &in, err);
    case 'S':
        return vt_pack_tables_shapes(&pack->tables, &in, err);
    case 'E':
        return take_events(pack, &in, err);
    case 'Z':
        return take_end(pack, &in, err);
    default:
        return vt_pack_damaged("a section of an unknown kind", err);
    }
    if (status == VT_OK && vt_jwrite_failed(&pack->text.out))
        return vt_jwrite_finish(&pack->text.out, err);
    return status;
}

/* The kind and size of the next section, as far as they are there. */
static enum vt_status take_head(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                                struct vt_error *err) {
    if (pack->ended)
        return vt_pack_damaged("something stands behind the end", err);
    while (in->p < in->end && !pack->in_section) {
        pack->head[pack->head_size++] = *in->p++;
        bool is_whole = pack->head_size > 1 && pack->head[pack->head_size - 1] < 0x80;
        struct vt_pack_cursor size = {pack->head + 1, pack->head + pack->head_size};
        if (is_whole && (!vt_pack_take_varint(&size, &pack->section_size) ||
                         pack->section_size > VT_PACK_MOST_SECTION))
            return vt_error_set(err, VT_ERR_LIMIT, "damaged: a section of %llu bytes",
                                (unsigned long long)pack->section_size);
        pack->in_section = is_whole;
        if (!is_whole && pack->head_size == sizeof pack->head)
            return vt_pack_damaged("the size of a section", err);
    }
    return VT_OK;
}

static enum vt_status take_body(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                                struct vt_error *err) {
    size_t have = (size_t)(in->end - in->p);
    size_t missing = (size_t)pack->section_size - pack->section.size;
    size_t take = have < missing ? have : missing;
    struct vt_pack_cursor body = {in->p, in->p + take};
    in->p += take;
    if (take < missing || pack->section.size) {
        vt_buf_append(&pack->section, body.p, take);
        if (pack->section.failed)
            return no_memory(err);
        if (take < missing)
            return VT_OK;
        body.p = (const unsigned char *)pack->section.data;
        body.end = body.p + pack->section.size;
    }
    enum vt_status status = take_section(pack, body, err);
    vt_buf_clear(&pack->section);
    pack->in_section = false;
    pack->head_size = 0;
    return status;
}

static enum vt_status read_piece(struct vt_pack_read *pack, struct vt_pack_cursor *in,
                                 struct vt_error *err) {
    for (; pack->magic < VT_PACK_MAGIC_BYTES && in->p < in->end; pack->magic++)
        if (*in->p++ != (unsigned char)VT_PACK_MAGIC[pack->magic])
            return vt_pack_damaged("it begins as nothing known", err);
    enum vt_status status = VT_OK;
    while (in->p < in->end && status == VT_OK) {
        status = pack->in_section ? VT_OK : take_head(pack, in, err);
        if (status == VT_OK && pack->in_section)
            status = take_body(pack, in, err);
    }
    return status;
}

enum vt_status vt_pack_read_feed(struct vt_pack_read *pack, const void *bytes,
                                 size_t size, struct vt_error *err) {
    struct vt_pack_cursor in = {bytes, (const unsigned char *)bytes + size};
    if (pack->failed != VT_OK)
        return vt_error_set(err, pack->failed, "reading has failed before");
    pack->failed = read_piece(pack, &in, err);
    return pack->failed;
}

static enum vt_status feed_sink(void *state, const void *bytes, size_t size,
                                struct vt_error *err) {
    return vt_pack_read_feed(state, bytes, size, err);
}

struct vt_sink vt_pack_read_sink(struct vt_pack_read *pack) {
    return (struct vt_sink){feed_sink, pack};
}

enum vt_status vt_pack_read_finish(struct vt_pack_read *pack, struct vt_error *err) {
    if (pack->failed != VT_OK)
        return vt_error_set(err, pack->failed, "reading has failed before");
    return pack->ended ? VT_OK : vt_pack_damaged("it ends too early", err);
}

/* ---- life */

enum vt_status vt_pack_read_create(struct vt_sink inner, struct vt_pack_read **pack,
                                   struct vt_error *err) {
    struct vt_pack_read *made = calloc(1, sizeof *made);
    if (!made)
        return no_memory(err);
    if (vt_jwrite_init(&made->text.out, inner, TEXT_BYTES, err) != VT_OK) {
        free(made);
        return VT_ERR_NO_MEMORY;
    }
    *pack = made;
    return VT_OK;
}

void vt_pack_read_shorten(struct vt_pack_read *pack,
                          const struct vt_pack_shortcut *shortcut) {
    VT_REQUIRE(pack->magic == 0);
    pack->shortcut = *shortcut;
}

void vt_pack_read_destroy(struct vt_pack_read *pack) {
    if (!pack)
        return;
    vt_jwrite_fini(&pack->text.out);
    vt_pack_tables_fini(&pack->tables);
    vt_buf_fini(&pack->section);
    free(pack);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pack_read.h"

#include "core/base/varint.h"
#include "core/trace/pack_layout.h"
#include "core/trace/pack_text.h"
#include "core/trace/reader.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 256 * 1024, MOST_COLUMNS = VT_PACK_MOST_COLUMNS };

/* Bytes that are read. */
struct cursor {
    const unsigned char *p, *end;
};

struct text {
    size_t offset, size; /* in the buffer of its list */
};

struct list {
    struct vt_buf bytes;
    struct text *items;
    uint32_t count, capacity;
};

struct shape {
    uint32_t count;
    uint32_t column[VT_PACK_MOST_MEMBERS];
    uint8_t form[VT_PACK_MOST_MEMBERS];
    bool has_ts, has_dur;
    uint32_t ts, dur; /* their columns */
};

struct vt_pack_read {
    struct vt_pack_text text;
    struct list words;
    struct list columns; /* `"name": ` of each */
    bool is_ts[MOST_COLUMNS], is_dur[MOST_COLUMNS];
    struct shape *shapes;
    uint32_t shape_count;
    struct cursor cells[MOST_COLUMNS]; /* of the batch */
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

static enum vt_status damaged(const char *what, struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "damaged: %s", what);
}

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- bytes */

static bool take_varint(struct cursor *cursor, uint64_t *value) {
    return vt_varint_take(&cursor->p, cursor->end, value);
}

static bool take_text(struct cursor *cursor, const char **text, size_t *size) {
    uint64_t count;
    if (!take_varint(cursor, &count) || count > (size_t)(cursor->end - cursor->p))
        return false;
    *text = (const char *)cursor->p;
    *size = (size_t)count;
    cursor->p += count;
    return true;
}

/* ---- tables */

static bool add_item(struct list *list, size_t offset) {
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct text *items = realloc(list->items, capacity * sizeof *items);
        if (!items)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct text){offset, list->bytes.size - offset};
    return !list->bytes.failed;
}

static enum vt_status take_words(struct vt_pack_read *pack, struct cursor *in,
                                 struct vt_error *err) {
    while (in->p < in->end) {
        const char *text;
        size_t size, offset = pack->words.bytes.size;
        if (!take_text(in, &text, &size))
            return damaged("words", err);
        vt_buf_append(&pack->words.bytes, text, size);
        if (pack->words.count == UINT32_MAX / 2 || !add_item(&pack->words, offset))
            return no_memory(err);
    }
    return VT_OK;
}

static enum vt_status take_columns(struct vt_pack_read *pack, struct cursor *in,
                                   struct vt_error *err) {
    while (in->p < in->end) {
        const char *name;
        size_t size, offset = pack->columns.bytes.size;
        uint32_t column = pack->columns.count + VT_PACK_FIRST_COLUMN;
        if (!take_text(in, &name, &size) || column >= MOST_COLUMNS)
            return damaged("columns", err);
        vt_buf_append_char(&pack->columns.bytes, '"');
        vt_buf_append(&pack->columns.bytes, name, size);
        vt_buf_append_text(&pack->columns.bytes, "\": ");
        pack->is_ts[column] = size == 2 && memcmp(name, "ts", 2) == 0;
        pack->is_dur[column] = size == 3 && memcmp(name, "dur", 3) == 0;
        if (!add_item(&pack->columns, offset))
            return no_memory(err);
    }
    return VT_OK;
}

static bool take_shape(const struct vt_pack_read *pack, struct cursor *in,
                       struct shape *shape) {
    uint64_t count, column;
    memset(shape, 0, sizeof *shape);
    if (!take_varint(in, &count) || count > VT_PACK_MOST_MEMBERS)
        return false;
    shape->count = (uint32_t)count;
    for (uint32_t i = 0; i < shape->count; i++) {
        if (!take_varint(in, &column) || column < VT_PACK_FIRST_COLUMN ||
            column - VT_PACK_FIRST_COLUMN >= pack->columns.count || in->p == in->end)
            return false;
        uint8_t form = *in->p++;
        bool is_time = form < VT_PACK_WORD;
        if (form > VT_PACK_TEXT ||
            (is_time && !pack->is_ts[column] && !pack->is_dur[column]))
            return false;
        shape->column[i] = (uint32_t)column;
        shape->form[i] = form;
        if (is_time && pack->is_ts[column]) {
            shape->has_ts = true;
            shape->ts = (uint32_t)column;
        } else if (is_time) {
            shape->has_dur = true;
            shape->dur = (uint32_t)column;
        }
    }
    return true;
}

static enum vt_status take_shapes(struct vt_pack_read *pack, struct cursor *in,
                                  struct vt_error *err) {
    if (!pack->shapes)
        pack->shapes = malloc(VT_PACK_MOST_SHAPES * sizeof *pack->shapes);
    if (!pack->shapes)
        return no_memory(err);
    while (in->p < in->end) {
        if (pack->shape_count == VT_PACK_MOST_SHAPES ||
            !take_shape(pack, in, &pack->shapes[pack->shape_count]))
            return damaged("shapes", err);
        pack->shape_count++;
    }
    return VT_OK;
}

/* ---- events */

struct times {
    int64_t ts, dur;
};

/* The end of an event stands there, so its duration comes first. */
static bool take_times(struct vt_pack_read *pack, const struct shape *shape,
                       struct times *times) {
    uint64_t value;
    *times = (struct times){0, 0};
    if (shape->has_dur) {
        if (!take_varint(&pack->cells[shape->dur], &value))
            return false;
        times->dur = vt_varint_unzigzag(value);
    }
    if (!shape->has_ts)
        return true;
    if (!take_varint(&pack->cells[shape->ts], &value))
        return false;
    /* unsigned: a damaged file must not overflow */
    uint64_t end = (uint64_t)pack->last_end + (uint64_t)vt_varint_unzigzag(value);
    pack->last_end = (int64_t)end;
    times->ts = (int64_t)(end - (uint64_t)times->dur);
    return true;
}

static bool put_value(struct vt_pack_read *pack, uint32_t column, uint8_t form,
                      const struct times *times) {
    struct vt_jwrite *out = &pack->text.out;
    struct cursor *cell = &pack->cells[column];
    uint64_t word;
    const char *text;
    size_t size;
    if (form == VT_PACK_TEXT) {
        if (!take_text(cell, &text, &size))
            return false;
        vt_jwrite_bytes(out, text, size);
    } else if (form == VT_PACK_WORD) {
        if (!take_varint(cell, &word) || word >= pack->words.count)
            return false;
        const struct text *item = &pack->words.items[word];
        vt_jwrite_bytes(out, pack->words.bytes.data + item->offset, item->size);
    } else {
        char *p = vt_jwrite_room(out, VT_PACK_TEXT_US_BYTES);
        int64_t ns = pack->is_ts[column] ? times->ts : times->dur;
        out->used += (size_t)(vt_pack_text_us(p, ns, form - VT_PACK_US) - p);
    }
    return true;
}

static bool put_event(struct vt_pack_read *pack) {
    uint64_t number;
    struct vt_jwrite *out = &pack->text.out;
    if (!take_varint(&pack->cells[0], &number) || number > pack->shape_count)
        return false;
    vt_pack_text_item(&pack->text, VT_PACK_EVENTS);
    pack->events++;
    if (!number)
        return put_value(pack, 1, VT_PACK_TEXT, NULL);
    const struct shape *shape = &pack->shapes[number - 1];
    struct times times;
    if (!take_times(pack, shape, &times))
        return false;
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t column = shape->column[i];
        const struct text *name = &pack->columns.items[column - VT_PACK_FIRST_COLUMN];
        vt_jwrite_bytes(out, i ? ", " : "{", i ? 2 : 1);
        vt_jwrite_bytes(out, pack->columns.bytes.data + name->offset, name->size);
        if (!put_value(pack, column, shape->form[i], &times))
            return false;
    }
    vt_jwrite_bytes(out, shape->count ? "}" : "{}", shape->count ? 1 : 2);
    return !vt_jwrite_failed(out);
}

static bool take_cells(struct vt_pack_read *pack, struct cursor *in) {
    memset(pack->cells, 0, sizeof pack->cells);
    while (in->p < in->end) {
        uint64_t column;
        const char *bytes;
        size_t size;
        if (!take_varint(in, &column) ||
            column >= pack->columns.count + VT_PACK_FIRST_COLUMN ||
            !take_text(in, &bytes, &size) || pack->cells[column].p)
            return false;
        pack->cells[column].p = (const unsigned char *)bytes;
        pack->cells[column].end = (const unsigned char *)bytes + size;
    }
    return true;
}

static enum vt_status take_events(struct vt_pack_read *pack, struct cursor *in,
                                  struct vt_error *err) {
    uint64_t count = 0;
    bool is_right = take_varint(in, &count) && take_cells(pack, in);
    for (uint64_t i = 0; i < count && is_right; i++)
        is_right = put_event(pack);
    if (vt_jwrite_failed(&pack->text.out))
        return vt_jwrite_finish(&pack->text.out, err);
    for (uint32_t i = 0; i < MOST_COLUMNS && is_right; i++)
        is_right = pack->cells[i].p == pack->cells[i].end;
    return is_right ? VT_OK : damaged("events", err);
}

/* ---- what stands beside them */

static bool take_place(struct cursor *in, unsigned *place) {
    if (in->p == in->end)
        return false;
    *place = *in->p++;
    return *place < VT_PACK_TEXT_PLACES;
}

static enum vt_status take_open(struct vt_pack_read *pack, struct cursor *in,
                                struct vt_error *err) {
    unsigned place;
    if (!take_place(in, &place) || in->p != in->end)
        return damaged("a container", err);
    vt_pack_text_open(&pack->text, place);
    return VT_OK;
}

static enum vt_status take_member(struct vt_pack_read *pack, struct cursor *in,
                                  struct vt_error *err) {
    struct vt_jwrite *out = &pack->text.out;
    unsigned place;
    const char *name;
    size_t size;
    if (!take_place(in, &place) || place == VT_PACK_EVENTS ||
        !take_text(in, &name, &size))
        return damaged("a member", err);
    vt_pack_text_item(&pack->text, place);
    vt_jwrite_text(out, "\"");
    vt_jwrite_bytes(out, name, size);
    vt_jwrite_text(out, "\": ");
    vt_jwrite_bytes(out, in->p, (size_t)(in->end - in->p));
    return VT_OK;
}

static enum vt_status take_end(struct vt_pack_read *pack, struct cursor *in,
                               struct vt_error *err) {
    uint64_t events;
    if (!take_varint(in, &events) || in->p != in->end || events != pack->events)
        return damaged("the end", err);
    vt_pack_text_end(&pack->text);
    pack->ended = true;
    return vt_jwrite_finish(&pack->text.out, err);
}

/* ---- sections */

static enum vt_status take_section(struct vt_pack_read *pack, struct cursor in,
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
        return take_words(pack, &in, err);
    case 'F':
        vt_buf_clear(&pack->words.bytes);
        pack->words.count = 0;
        return in.p == in.end ? VT_OK : damaged("words", err);
    case 'C':
        return take_columns(pack, &in, err);
    case 'S':
        return take_shapes(pack, &in, err);
    case 'E':
        return take_events(pack, &in, err);
    case 'Z':
        return take_end(pack, &in, err);
    default:
        return damaged("a section of an unknown kind", err);
    }
    if (status == VT_OK && vt_jwrite_failed(&pack->text.out))
        return vt_jwrite_finish(&pack->text.out, err);
    return status;
}

/* The kind and size of the next section, as far as they are there. */
static enum vt_status take_head(struct vt_pack_read *pack, struct cursor *in,
                                struct vt_error *err) {
    if (pack->ended)
        return damaged("something stands behind the end", err);
    while (in->p < in->end && !pack->in_section) {
        pack->head[pack->head_size++] = *in->p++;
        bool is_whole = pack->head_size > 1 && pack->head[pack->head_size - 1] < 0x80;
        struct cursor size = {pack->head + 1, pack->head + pack->head_size};
        if (is_whole && (!take_varint(&size, &pack->section_size) ||
                         pack->section_size > VT_PACK_MOST_SECTION))
            return vt_error_set(err, VT_ERR_LIMIT, "damaged: a section of %llu bytes",
                                (unsigned long long)pack->section_size);
        pack->in_section = is_whole;
        if (!is_whole && pack->head_size == sizeof pack->head)
            return damaged("the size of a section", err);
    }
    return VT_OK;
}

static enum vt_status take_body(struct vt_pack_read *pack, struct cursor *in,
                                struct vt_error *err) {
    size_t have = (size_t)(in->end - in->p);
    size_t missing = (size_t)pack->section_size - pack->section.size;
    size_t take = have < missing ? have : missing;
    struct cursor body = {in->p, in->p + take};
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

static enum vt_status read_piece(struct vt_pack_read *pack, struct cursor *in,
                                 struct vt_error *err) {
    for (; pack->magic < VT_PACK_MAGIC_BYTES && in->p < in->end; pack->magic++)
        if (*in->p++ != (unsigned char)VT_PACK_MAGIC[pack->magic])
            return damaged("it begins as nothing known", err);
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
    struct cursor in = {bytes, (const unsigned char *)bytes + size};
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
    return pack->ended ? VT_OK : damaged("it ends too early", err);
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

void vt_pack_read_destroy(struct vt_pack_read *pack) {
    if (!pack)
        return;
    vt_jwrite_fini(&pack->text.out);
    vt_buf_fini(&pack->words.bytes);
    free(pack->words.items);
    vt_buf_fini(&pack->columns.bytes);
    free(pack->columns.items);
    free(pack->shapes);
    vt_buf_fini(&pack->section);
    free(pack);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pack_write.h"

#include "core/base/varint.h"
#include "core/trace/pack_shape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct vt_pack_write {
    struct vt_sink inner;
    uint64_t most_events;
    struct vt_reader *reader;
    struct vt_pack_shapes shapes;
    struct vt_strtab words;
    uint32_t told_columns, told_shapes, told_words; /* that stand in the file */
    uint64_t told_places;                           /* bits of places, likewise */
    uint64_t events;
    uint32_t batch_events;
    size_t batch_bytes; /* of texts */
    int64_t last_end;
    struct vt_buf section; /* that is being made */
    bool began;
};

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- bytes */

static void put_varint(struct vt_buf *buf, uint64_t value) {
    char *p = vt_buf_reserve(buf, VT_VARINT_MOST_BYTES);
    if (p)
        buf->size += vt_varint_put(p, value);
}

static void put_text(struct vt_buf *buf, const char *text, size_t size) {
    put_varint(buf, size);
    vt_buf_append(buf, text, size);
}

static enum vt_status give(struct vt_pack_write *pack, const void *bytes, size_t size,
                           struct vt_error *err) {
    return size ? pack->inner.write(pack->inner.state, bytes, size, err) : VT_OK;
}

/* A section of the bytes in pack->section and `more`. */
static enum vt_status give_section(struct vt_pack_write *pack, char kind,
                                   const char *more, size_t more_size,
                                   struct vt_error *err) {
    char head[1 + VT_VARINT_MOST_BYTES] = {kind};
    size_t size = 1 + vt_varint_put(head + 1, pack->section.size + more_size);
    enum vt_status status = vt_buf_status(&pack->section, err);
    if (status == VT_OK && !pack->began)
        status = give(pack, VT_PACK_MAGIC, VT_PACK_MAGIC_BYTES, err);
    pack->began = true;
    if (status == VT_OK)
        status = give(pack, head, size, err);
    if (status == VT_OK)
        status = give(pack, pack->section.data, pack->section.size, err);
    if (status == VT_OK)
        status = give(pack, more, more_size, err);
    vt_buf_clear(&pack->section);
    return status;
}

/* ---- batches of events */

static enum vt_status tell_columns(struct vt_pack_write *pack, struct vt_error *err) {
    uint32_t from = pack->told_columns, to = pack->shapes.names.count;
    for (uint32_t i = from; i < to; i++) {
        const struct vt_pack_column *column =
            &pack->shapes.columns[i + VT_PACK_FIRST_COLUMN];
        put_text(&pack->section, column->name, column->name_size);
    }
    pack->told_columns = to;
    return from == to ? VT_OK : give_section(pack, 'C', NULL, 0, err);
}

static enum vt_status tell_shapes(struct vt_pack_write *pack, struct vt_error *err) {
    uint32_t from = pack->told_shapes, to = pack->shapes.count;
    for (uint32_t i = from; i < to; i++) {
        const struct vt_pack_shape *shape = &pack->shapes.items[i];
        put_varint(&pack->section, shape->count);
        for (uint32_t j = 0; j < shape->count; j++) {
            put_varint(&pack->section, shape->column[j]);
            vt_buf_append_char(&pack->section, (char)shape->form[j]);
        }
    }
    pack->told_shapes = to;
    return from == to ? VT_OK : give_section(pack, 'S', NULL, 0, err);
}

static enum vt_status tell_words(struct vt_pack_write *pack, struct vt_error *err) {
    uint32_t from = pack->told_words, to = pack->words.count;
    for (uint32_t i = from; i < to; i++) {
        size_t size;
        const char *text = vt_strtab_get(&pack->words, i, &size);
        put_text(&pack->section, text, size);
    }
    pack->told_words = to;
    return from == to ? VT_OK : give_section(pack, 'W', NULL, 0, err);
}

static enum vt_status give_columns(struct vt_pack_write *pack, struct vt_error *err) {
    put_varint(&pack->section, pack->batch_events);
    for (uint32_t i = 0; i < pack->shapes.column_count; i++) {
        struct vt_buf *bytes = &pack->shapes.columns[i].bytes;
        if (bytes->failed)
            return no_memory(err);
        if (!bytes->size)
            continue;
        put_varint(&pack->section, i);
        put_text(&pack->section, bytes->data, bytes->size);
        vt_buf_clear(bytes);
    }
    return give_section(pack, 'E', NULL, 0, err);
}

/* Words that never come again must not fill the memory. */
static enum vt_status forget_words(struct vt_pack_write *pack, struct vt_error *err) {
    if (pack->words.bytes.size < VT_PACK_MOST_WORDS)
        return VT_OK;
    vt_strtab_fini(&pack->words);
    pack->told_words = 0;
    for (uint32_t i = 0; i < pack->shapes.column_count; i++)
        pack->shapes.columns[i].last_word = UINT32_MAX;
    return give_section(pack, 'F', NULL, 0, err);
}

static enum vt_status end_batch(struct vt_pack_write *pack, struct vt_error *err) {
    if (!pack->batch_events)
        return VT_OK;
    enum vt_status status = tell_columns(pack, err);
    if (status == VT_OK)
        status = tell_shapes(pack, err);
    if (status == VT_OK)
        status = tell_words(pack, err);
    if (status == VT_OK)
        status = give_columns(pack, err);
    pack->batch_events = 0;
    pack->batch_bytes = 0;
    return status == VT_OK ? forget_words(pack, err) : status;
}

/* ---- what stands beside events */

/* The containers that the reader has met since the last time. */
static enum vt_status tell_places(struct vt_pack_write *pack, struct vt_error *err) {
    const struct vt_reader_stats *stats = vt_reader_stats(pack->reader);
    const struct {
        bool is_there;
        int place;
    } places[] = {
        {stats->has_metadata, VT_READER_METADATA},
        {stats->has_file_info, VT_READER_FILE_INFO},
        {stats->has_files, VT_READER_FILE},
        {stats->has_functions, VT_READER_FUNCTION},
        {stats->has_events, VT_PACK_EVENTS},
    };
    enum vt_status status = VT_OK;
    for (size_t i = 0; i < sizeof places / sizeof *places && status == VT_OK; i++) {
        uint64_t bit = UINT64_C(1) << places[i].place;
        if (!places[i].is_there || (pack->told_places & bit))
            continue;
        pack->told_places |= bit;
        vt_buf_append_char(&pack->section, (char)places[i].place);
        status = give_section(pack, 'O', NULL, 0, err);
    }
    return status;
}

static enum vt_status take_member(void *state, const struct vt_reader_member *member,
                                  struct vt_error *err) {
    struct vt_pack_write *pack = state;
    enum vt_status status = end_batch(pack, err);
    if (status == VT_OK)
        status = tell_places(pack, err);
    if (status != VT_OK)
        return status;
    vt_buf_append_char(&pack->section, (char)member->place);
    put_text(&pack->section, member->name, member->name_size);
    return give_section(pack, 'M', member->value, member->value_size, err);
}

/* ---- events */

static void put_word(struct vt_pack_write *pack, struct vt_pack_column *column,
                     const char *text, size_t size) {
    uint32_t word = column->last_word;
    if (word != UINT32_MAX) {
        const struct vt_strtab_entry *last = &pack->words.entries[word];
        if (last->size != size ||
            memcmp(pack->words.bytes.data + last->offset, text, size) != 0)
            word = UINT32_MAX;
    }
    if (word == UINT32_MAX)
        word = vt_strtab_add(&pack->words, text, size, NULL);
    if (word == VT_STRTAB_NO_MEMORY)
        column->bytes.failed = true;
    column->last_word = word;
    put_varint(&column->bytes, word);
}

static void put_members(struct vt_pack_write *pack, const struct vt_pack_shape *shape,
                        const struct vt_reader_event *event) {
    struct vt_pack_column *ts = NULL;
    int64_t start = 0, dur = 0;
    for (uint32_t i = 0; i < shape->count; i++) {
        struct vt_pack_column *column = &pack->shapes.columns[shape->column[i]];
        const struct vt_jscan_token *member = &event->members[i];
        size_t size;
        const char *text = vt_reader_value(event, member, &size);
        if (shape->form[i] == VT_PACK_WORD)
            put_word(pack, column, text, size);
        else if (shape->form[i] == VT_PACK_TEXT) {
            put_text(&column->bytes, text, size);
            pack->batch_bytes += size;
        } else if (column->role == VT_PACK_TS) {
            vt_decimal_to_ns(&member->number, &start);
            ts = column;
        } else {
            vt_decimal_to_ns(&member->number, &dur);
            put_varint(&column->bytes, vt_varint_zigzag(dur));
        }
    }
    if (!ts)
        return;
    put_varint(&ts->bytes, vt_varint_zigzag(start + dur - pack->last_end));
    pack->last_end = start + dur;
}

static enum vt_status take_event(void *state, const struct vt_reader_event *event,
                                 struct vt_error *err) {
    struct vt_pack_write *pack = state;
    if (pack->most_events && pack->events == pack->most_events)
        return vt_error_set(err, VT_ERR_LIMIT, "more than %" PRIu64 " events",
                            pack->most_events);
    enum vt_status status = pack->batch_events ? VT_OK : tell_places(pack, err);
    if (status != VT_OK)
        return status;
    uint32_t shape = vt_pack_shape_of(&pack->shapes, event);
    if (shape == VT_PACK_SHAPE_NO_MEMORY)
        return no_memory(err);
    put_varint(&pack->shapes.columns[0].bytes, shape);
    if (shape)
        put_members(pack, &pack->shapes.items[shape - 1], event);
    else {
        put_text(&pack->shapes.columns[1].bytes, event->text, event->size);
        pack->batch_bytes += event->size;
    }
    pack->events++;
    if (++pack->batch_events < VT_PACK_BATCH_EVENTS &&
        pack->batch_bytes < VT_PACK_BATCH_BYTES)
        return VT_OK;
    return end_batch(pack, err);
}

/* ---- the whole */

enum vt_status vt_pack_write_create(struct vt_sink inner,
                                    const struct vt_pack_write_options *options,
                                    struct vt_pack_write **pack, struct vt_error *err) {
    struct vt_pack_write *made = calloc(1, sizeof *made);
    if (!made)
        return no_memory(err);
    made->inner = inner;
    made->most_events = options->most_events;
    struct vt_reader_handler handler = {
        .event = take_event, .member = take_member, .state = made};
    enum vt_status status = vt_pack_shape_init(&made->shapes, err);
    if (status == VT_OK)
        status = vt_reader_create(&options->limits, &handler, &made->reader, err);
    if (status == VT_OK)
        *pack = made;
    else
        vt_pack_write_destroy(made);
    return status;
}

void vt_pack_write_destroy(struct vt_pack_write *pack) {
    if (!pack)
        return;
    vt_reader_destroy(pack->reader);
    vt_pack_shape_fini(&pack->shapes);
    vt_strtab_fini(&pack->words);
    vt_buf_fini(&pack->section);
    free(pack);
}

struct vt_sink vt_pack_write_sink(struct vt_pack_write *pack) {
    return vt_reader_sink(pack->reader);
}

enum vt_status vt_pack_write_finish(struct vt_pack_write *pack, struct vt_error *err) {
    enum vt_status status = vt_reader_finish(pack->reader, err);
    if (status == VT_OK)
        status = end_batch(pack, err);
    if (status == VT_OK)
        status = tell_places(pack, err);
    if (status != VT_OK)
        return status;
    put_varint(&pack->section, pack->events);
    return give_section(pack, 'Z', NULL, 0, err);
}

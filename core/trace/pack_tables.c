/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pack_tables.h"

#include "core/trace/pack_read.h"

#include <stdlib.h>
#include <string.h>

enum vt_status vt_pack_damaged(const char *what, struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "damaged: %s", what);
}

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

void vt_pack_tables_fini(struct vt_pack_tables *tables) {
    vt_buf_fini(&tables->words.bytes);
    free(tables->words.items);
    vt_buf_fini(&tables->columns.bytes);
    free(tables->columns.items);
    free(tables->shapes);
}

void vt_pack_tables_forget_words(struct vt_pack_tables *tables) {
    vt_buf_clear(&tables->words.bytes);
    tables->words.count = 0;
    tables->forgotten++;
}

static bool add_item(struct vt_pack_list *list, size_t offset) {
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct vt_pack_item *items = realloc(list->items, capacity * sizeof *items);
        if (!items)
            return false;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] =
        (struct vt_pack_item){offset, list->bytes.size - offset};
    return !list->bytes.failed;
}

enum vt_status vt_pack_tables_words(struct vt_pack_tables *tables,
                                    struct vt_pack_cursor *in, struct vt_error *err) {
    while (in->p < in->end) {
        const char *text;
        size_t size, offset = tables->words.bytes.size;
        if (!vt_pack_take_text(in, &text, &size))
            return vt_pack_damaged("words", err);
        vt_buf_append(&tables->words.bytes, text, size);
        if (tables->words.count == UINT32_MAX / 2 || !add_item(&tables->words, offset))
            return no_memory(err);
    }
    return VT_OK;
}

enum vt_status vt_pack_tables_columns(struct vt_pack_tables *tables,
                                      struct vt_pack_cursor *in, struct vt_error *err) {
    while (in->p < in->end) {
        const char *name;
        size_t size, offset = tables->columns.bytes.size;
        uint32_t column = tables->columns.count + VT_PACK_FIRST_COLUMN;
        if (!vt_pack_take_text(in, &name, &size) || column >= VT_PACK_MOST_COLUMNS)
            return vt_pack_damaged("columns", err);
        vt_buf_append_char(&tables->columns.bytes, '"');
        vt_buf_append(&tables->columns.bytes, name, size);
        vt_buf_append_text(&tables->columns.bytes, "\": ");
        tables->is_ts[column] = size == 2 && memcmp(name, "ts", 2) == 0;
        tables->is_dur[column] = size == 3 && memcmp(name, "dur", 3) == 0;
        if (!add_item(&tables->columns, offset))
            return no_memory(err);
    }
    return VT_OK;
}

/* Whether it has a ts and a dur that are times, and a few words, each member once. */
static bool is_plain(const struct vt_pack_read_shape *shape) {
    uint32_t words = 0;
    for (uint32_t i = 0; i < shape->count; i++) {
        words += shape->form[i] == VT_PACK_WORD;
        for (uint32_t k = 0; k < i; k++)
            if (shape->column[k] == shape->column[i])
                return false;
    }
    return shape->has_ts && shape->has_dur && words + 2 == shape->count &&
           words <= VT_PACK_PLAIN_WORDS;
}

static bool take_shape(const struct vt_pack_tables *tables, struct vt_pack_cursor *in,
                       struct vt_pack_read_shape *shape) {
    uint64_t count, column;
    memset(shape, 0, sizeof *shape);
    if (!vt_pack_take_varint(in, &count) || count > VT_PACK_MOST_MEMBERS)
        return false;
    shape->count = (uint32_t)count;
    for (uint32_t i = 0; i < shape->count; i++) {
        if (!vt_pack_take_varint(in, &column) || column < VT_PACK_FIRST_COLUMN ||
            column - VT_PACK_FIRST_COLUMN >= tables->columns.count || in->p == in->end)
            return false;
        uint8_t form = *in->p++;
        bool is_time = form < VT_PACK_WORD;
        if (form > VT_PACK_TEXT ||
            (is_time && !tables->is_ts[column] && !tables->is_dur[column]))
            return false;
        shape->column[i] = (uint32_t)column;
        shape->form[i] = form;
        if (is_time && tables->is_ts[column]) {
            shape->has_ts = true;
            shape->ts = (uint32_t)column;
        } else if (is_time) {
            shape->has_dur = true;
            shape->dur = (uint32_t)column;
        }
    }
    shape->is_plain = is_plain(shape);
    return true;
}

enum vt_status vt_pack_tables_shapes(struct vt_pack_tables *tables,
                                     struct vt_pack_cursor *in, struct vt_error *err) {
    if (!tables->shapes)
        tables->shapes = malloc(VT_PACK_MOST_SHAPES * sizeof *tables->shapes);
    if (!tables->shapes)
        return no_memory(err);
    while (in->p < in->end) {
        if (tables->shape_count == VT_PACK_MOST_SHAPES ||
            !take_shape(tables, in, &tables->shapes[tables->shape_count]))
            return vt_pack_damaged("shapes", err);
        tables->shape_count++;
    }
    return VT_OK;
}

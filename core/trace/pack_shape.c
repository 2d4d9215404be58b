/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pack_shape.h"

#include "core/base/jnumber.h"

#include <stdlib.h>
#include <string.h>

enum { RECENT = sizeof(((struct vt_pack_shapes *)0)->recent) / sizeof(uint32_t) };

/* ---- life */

enum vt_status vt_pack_shape_init(struct vt_pack_shapes *shapes, struct vt_error *err) {
    memset(shapes, 0, sizeof *shapes);
    shapes->columns = calloc(VT_PACK_MOST_COLUMNS, sizeof *shapes->columns);
    shapes->items = malloc(VT_PACK_MOST_SHAPES * sizeof *shapes->items);
    if (!shapes->columns || !shapes->items)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    shapes->column_count = VT_PACK_FIRST_COLUMN;
    return VT_OK;
}

void vt_pack_shape_fini(struct vt_pack_shapes *shapes) {
    for (uint32_t i = 0; i < shapes->column_count; i++) {
        free(shapes->columns[i].name);
        vt_buf_fini(&shapes->columns[i].bytes);
    }
    free(shapes->columns);
    free(shapes->items);
    vt_strtab_fini(&shapes->names);
    vt_strtab_fini(&shapes->keys);
    memset(shapes, 0, sizeof *shapes);
}

/* ---- forms */

/* With how many decimals the number stands there; -1: not so that ns and this number
 * give the same text again. */
static int decimals_of(const char *text, size_t size, const struct vt_decimal *number) {
    int64_t ns;
    if (number->cut || (number->negative && !number->mantissa) ||
        !vt_decimal_to_ns(number, &ns) || ns > VT_PACK_MOST_NS || ns < -VT_PACK_MOST_NS)
        return -1;
    /* a valid number with its point here has an exponent only in the place of the digit
     * before the last */
    for (int decimals = 3; decimals; decimals--)
        if (size > (size_t)decimals + 1 && text[size - 1 - (size_t)decimals] == '.')
            return decimals < 2 || vt_jnumber_is_digit((unsigned char)text[size - 2])
                       ? decimals
                       : -1;
    for (size_t i = text[0] == '-'; i < size; i++)
        if (!vt_jnumber_is_digit((unsigned char)text[i]))
            return -1;
    return 0;
}

static uint8_t form_of(const struct vt_pack_column *column,
                       const struct vt_reader_event *event,
                       const struct vt_jscan_token *member) {
    size_t size;
    const char *text = vt_reader_value(event, member, &size);
    if (column->role == VT_PACK_PLAIN)
        return VT_PACK_TEXT;
    if (column->role == VT_PACK_REPEATS)
        return member->kind < VT_JSCAN_OBJECT && size <= VT_PACK_WORD_BYTES
                   ? VT_PACK_WORD
                   : VT_PACK_TEXT;
    int decimals =
        member->kind == VT_JSCAN_NUMBER ? decimals_of(text, size, &member->number) : -1;
    return decimals < 0 ? VT_PACK_TEXT : (uint8_t)(VT_PACK_US + decimals);
}

/* ---- known shapes */

static const char *name_of(const struct vt_reader_event *event,
                           const struct vt_jscan_token *member) {
    return event->text + (member->name_at - event->offset);
}

static bool fits(const struct vt_pack_shapes *shapes, const struct vt_pack_shape *shape,
                 const struct vt_reader_event *event) {
    if (shape->count != event->member_count)
        return false;
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct vt_pack_column *column = &shapes->columns[shape->column[i]];
        const struct vt_jscan_token *member = &event->members[i];
        if (column->name_size != member->name_size ||
            memcmp(column->name, name_of(event, member), column->name_size) != 0 ||
            form_of(column, event, member) != shape->form[i])
            return false;
    }
    return true;
}

static void move_to_front(struct vt_pack_shapes *shapes, int from) {
    uint32_t shape = shapes->recent[from];
    memmove(shapes->recent + 1, shapes->recent, (size_t)from * sizeof *shapes->recent);
    shapes->recent[0] = shape;
}

/* ---- new ones */

static enum vt_pack_role role_of(const char *name, size_t size) {
    static const struct {
        const char *name;
        enum vt_pack_role role;
    } known[] = {
        {"ph", VT_PACK_REPEATS},  {"name", VT_PACK_REPEATS}, {"cat", VT_PACK_REPEATS},
        {"pid", VT_PACK_REPEATS}, {"tid", VT_PACK_REPEATS},  {"s", VT_PACK_REPEATS},
        {"bp", VT_PACK_REPEATS},  {"ts", VT_PACK_TS},        {"dur", VT_PACK_DUR},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == size && memcmp(known[i].name, name, size) == 0)
            return known[i].role;
    return VT_PACK_PLAIN;
}

/* 0: there can be no more columns; NO_MEMORY. */
static uint32_t column_of(struct vt_pack_shapes *shapes, const char *name,
                          size_t size) {
    uint32_t found = vt_strtab_find(&shapes->names, name, size);
    if (found != VT_STRTAB_NONE)
        return found + VT_PACK_FIRST_COLUMN;
    if (shapes->column_count == VT_PACK_MOST_COLUMNS)
        return 0;
    struct vt_pack_column *column = &shapes->columns[shapes->column_count];
    column->name = malloc(size + 1);
    if (!column->name ||
        vt_strtab_add(&shapes->names, name, size, NULL) == VT_STRTAB_NO_MEMORY) {
        free(column->name);
        return VT_PACK_SHAPE_NO_MEMORY;
    }
    memcpy(column->name, name, size);
    column->name_size = size;
    column->role = role_of(name, size);
    column->last_word = UINT32_MAX;
    return shapes->column_count++;
}

/* False: it cannot have one, or (*no_memory) memory ran out. */
static bool describe(struct vt_pack_shapes *shapes, const struct vt_reader_event *event,
                     struct vt_pack_shape *shape, bool *no_memory) {
    *no_memory = false;
    if (event->member_count > VT_PACK_MOST_MEMBERS)
        return false;
    memset(shape, 0, sizeof *shape);
    shape->count = (uint32_t)event->member_count;
    shapes->lookups++;
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct vt_jscan_token *member = &event->members[i];
        uint32_t at = column_of(shapes, name_of(event, member), member->name_size);
        *no_memory = at == VT_PACK_SHAPE_NO_MEMORY;
        if (!at || *no_memory)
            return false;
        struct vt_pack_column *column = &shapes->columns[at];
        if (column->used_in == shapes->lookups) /* a name twice */
            return false;
        column->used_in = shapes->lookups;
        shape->column[i] = at;
        shape->form[i] = form_of(column, event, member);
    }
    return true;
}

static uint32_t look_up(struct vt_pack_shapes *shapes,
                        const struct vt_reader_event *event) {
    struct vt_pack_shape shape;
    bool no_memory, is_new;
    if (!describe(shapes, event, &shape, &no_memory))
        return no_memory ? VT_PACK_SHAPE_NO_MEMORY : 0;
    if (shapes->count == VT_PACK_MOST_SHAPES) {
        uint32_t found = vt_strtab_find(&shapes->keys, &shape, sizeof shape);
        return found == VT_STRTAB_NONE ? 0 : found + 1;
    }
    uint32_t index = vt_strtab_add(&shapes->keys, &shape, sizeof shape, &is_new);
    if (index == VT_STRTAB_NO_MEMORY)
        return VT_PACK_SHAPE_NO_MEMORY;
    if (is_new)
        shapes->items[shapes->count++] = shape;
    return index + 1;
}

uint32_t vt_pack_shape_of(struct vt_pack_shapes *shapes,
                          const struct vt_reader_event *event) {
    for (int i = 0; i < RECENT; i++) {
        uint32_t shape = shapes->recent[i];
        if (shape && fits(shapes, &shapes->items[shape - 1], event)) {
            move_to_front(shapes, i);
            return shape;
        }
    }
    uint32_t shape = look_up(shapes, event);
    if (shape && shape != VT_PACK_SHAPE_NO_MEMORY) {
        shapes->recent[RECENT - 1] = shape;
        move_to_front(shapes, RECENT - 1);
    }
    return shape;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What the sections of a packed report have told so far: words, columns and shapes, for
 * the reader of it (core/trace/pack_read.h). Nothing is believed.
 *
 * Threads:   one at a time.
 * Hot path:  vt_pack_take_varint, vt_pack_take_text.
 * Ownership: the tables own their memory.
 */
#ifndef VT_TRACE_PACK_TABLES_H
#define VT_TRACE_PACK_TABLES_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/base/varint.h"
#include "core/trace/pack_layout.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are read. */
struct vt_pack_cursor {
    const unsigned char *p, *end;
};

struct vt_pack_item {
    size_t offset, size; /* in the buffer of its list */
};

struct vt_pack_list {
    struct vt_buf bytes;
    struct vt_pack_item *items;
    uint32_t count, capacity;
};

/* Which members events of one kind have. */
struct vt_pack_read_shape {
    uint32_t count;
    uint32_t column[VT_PACK_MOST_MEMBERS];
    uint8_t form[VT_PACK_MOST_MEMBERS];
    bool has_ts, has_dur; /* that are times */
    uint32_t ts, dur;     /* their columns */
    bool is_plain;        /* both of them and words, each once, no more than few */
};

/* All zero is empty. */
struct vt_pack_tables {
    struct vt_pack_list words;
    uint32_t forgotten;          /* how often words were numbered anew */
    struct vt_pack_list columns; /* `"name": ` of each */
    bool is_ts[VT_PACK_MOST_COLUMNS], is_dur[VT_PACK_MOST_COLUMNS];
    struct vt_pack_read_shape *shapes;
    uint32_t shape_count;
};

void vt_pack_tables_fini(struct vt_pack_tables *tables);

/* Each takes a section. VT_ERR_FORMAT: it is damaged. */
VT_NODISCARD enum vt_status vt_pack_tables_words(struct vt_pack_tables *tables,
                                                 struct vt_pack_cursor *in,
                                                 struct vt_error *err);
VT_NODISCARD enum vt_status vt_pack_tables_columns(struct vt_pack_tables *tables,
                                                   struct vt_pack_cursor *in,
                                                   struct vt_error *err);
VT_NODISCARD enum vt_status vt_pack_tables_shapes(struct vt_pack_tables *tables,
                                                  struct vt_pack_cursor *in,
                                                  struct vt_error *err);
void vt_pack_tables_forget_words(struct vt_pack_tables *tables);

/* Returns VT_ERR_FORMAT. "damaged: <what>" */
enum vt_status vt_pack_damaged(const char *what, struct vt_error *err);

static inline bool vt_pack_take_varint(struct vt_pack_cursor *cursor, uint64_t *value) {
    return vt_varint_take(&cursor->p, cursor->end, value);
}

static inline bool vt_pack_take_text(struct vt_pack_cursor *cursor, const char **text,
                                     size_t *size) {
    uint64_t count;
    if (!vt_pack_take_varint(cursor, &count) ||
        count > (size_t)(cursor->end - cursor->p))
        return false;
    *text = (const char *)cursor->p;
    *size = (size_t)count;
    cursor->p += count;
    return true;
}

#endif

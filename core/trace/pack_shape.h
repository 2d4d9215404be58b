/* SPDX-License-Identifier: Apache-2.0
 *
 * Which members events have, in which order and form: most events of a report are of
 * few shapes. For the writer of packed reports (core/trace/pack_write.h).
 *
 * Threads:   one at a time.
 * Hot path:  vt_pack_shape_of: the shapes that came last are compared first.
 * Ownership: the table owns its columns and shapes.
 */
#ifndef VT_TRACE_PACK_SHAPE_H
#define VT_TRACE_PACK_SHAPE_H

#include "core/base/strtab.h"
#include "core/trace/pack_layout.h"
#include "core/trace/reader.h"

enum vt_pack_role { VT_PACK_PLAIN, VT_PACK_REPEATS, VT_PACK_TS, VT_PACK_DUR };

struct vt_pack_column {
    char *name; /* owned; NULL of the first two */
    size_t name_size;
    enum vt_pack_role role;
    uint32_t last_word;  /* that was written; UINT32_MAX: none */
    uint64_t used_in;    /* the look-up that used it last */
    struct vt_buf bytes; /* of the batch */
};

struct vt_pack_shape {
    uint32_t count;
    uint32_t column[VT_PACK_MOST_MEMBERS];
    uint8_t form[VT_PACK_MOST_MEMBERS];
};

/* All zero is empty; vt_pack_shape_init makes the first two columns. */
struct vt_pack_shapes {
    struct vt_pack_column *columns;
    uint32_t column_count;
    struct vt_strtab names; /* of columns, less the first two */
    struct vt_pack_shape *items;
    uint32_t count; /* item 0 is shape 1 */
    struct vt_strtab keys;
    uint32_t recent[4];
    uint64_t lookups;
};

VT_NODISCARD enum vt_status vt_pack_shape_init(struct vt_pack_shapes *shapes,
                                               struct vt_error *err);
void vt_pack_shape_fini(struct vt_pack_shapes *shapes);

#define VT_PACK_SHAPE_NO_MEMORY UINT32_MAX

/* The number of the event's shape; 0: it is to be kept as it stands. */
uint32_t vt_pack_shape_of(struct vt_pack_shapes *shapes,
                          const struct vt_reader_event *event);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of an event's text that are the same in all events of a function or of a
 * thread, each rendered when it is first needed:
 *
 *   , {"pid": 1, "tid": 2, "ts":   986155916.764   , "ph": "X", "dur":   9.097
 *   └──────── head, per thread ┘
 *   , "name": "f (/home/me/hello.py:8)", "cat": "FEE"}
 *             └ quoted ──────────────┘
 *   └ tail, per function ────────────────────────────┘
 *
 * Threads:   one at a time.
 * Ownership: owns its texts: valid until vt_label_table_fini. Borrows the symbols.
 */
#ifndef VT_TRACE_LABEL_TABLE_H
#define VT_TRACE_LABEL_TABLE_H

#include "core/base/error.h"
#include "core/base/jwrite.h"
#include "core/trace/symbol_table.h"

#include <stdbool.h>
#include <stdint.h>

/* The fixed texts of the form; see writer.c. */
struct vt_label_form {
    const char *event; /* `, {"pid": ` */
    const char *tid;
    const char *ts;
    const char *name;
    const char *end; /* behind the name of a call, with the closing brace */
    bool sanitize;   /* leave out unprintable names of C functions */
};

struct vt_tail {
    char *text;           /* owned by the table; NULL: not rendered yet */
    uint32_t size;        /* bytes */
    uint32_t quoted_at;   /* where the name with its quotes begins */
    uint32_t quoted_size; /* bytes */
    bool has_call;        /* set by the writer: an X event was written */
};

struct vt_head {
    uint32_t size; /* 0: not rendered yet */
    char text[76];
};

struct vt_label_table {
    struct vt_label_form form;
    int32_t pid;
    const struct vt_symbol_table *symbols;
    size_t tail_count, head_count; /* with an entry */
    struct vt_tail *tails;         /* by id; the last one is for ids without entry */
    struct vt_head *heads;         /* by index of the thread; likewise */
    struct vt_buf text;
    struct vt_jwrite out; /* into `text` */
};

VT_NODISCARD enum vt_status vt_label_table_init(struct vt_label_table *table,
                                                const struct vt_label_form *form,
                                                const struct vt_symbol_table *symbols,
                                                int32_t pid, struct vt_error *err);
/* All zero is allowed. */
void vt_label_table_fini(struct vt_label_table *table);

/* Slow halves. */
struct vt_tail *vt_label_table_render_tail(struct vt_label_table *table, uint32_t id);
const struct vt_head *vt_label_table_render_head(struct vt_label_table *table,
                                                 uint32_t index);

/* NULL: memory ran out. */
static inline struct vt_tail *vt_label_table_tail(struct vt_label_table *table,
                                                  uint32_t id) {
    if (VT_LIKELY(id < table->tail_count && table->tails[id].text))
        return &table->tails[id];
    return vt_label_table_render_tail(table, id);
}

static inline const struct vt_head *vt_label_table_head(struct vt_label_table *table,
                                                        uint32_t index) {
    if (VT_LIKELY(index < table->head_count && table->heads[index].size))
        return &table->heads[index];
    return vt_label_table_render_head(table, index);
}

#endif

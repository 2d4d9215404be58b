/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of JSON objects as raw text, each name once: what reports have beside their
 * events, put together.
 *
 * A name is what it stands for, however it is escaped. The first value of a name stays.
 *
 * Threads:   one at a time.
 * Ownership: the table copies names and values; what it returns is borrowed: valid
 *            until the next addition.
 */
#ifndef VT_TRACE_MEMBER_TABLE_H
#define VT_TRACE_MEMBER_TABLE_H

#include "core/base/buf.h"
#include "core/base/jwrite.h"
#include "core/base/strtab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_member_text {
    const char *name; /* as it stands between its quotes */
    size_t name_size;
    const char *value; /* JSON */
    size_t value_size;
};

struct vt_member_table_entry {
    size_t name_at, name_size, value_at, value_size; /* in bytes.data */
};

/* All zero is empty and valid. */
struct vt_member_table {
    struct vt_strtab names; /* unescaped */
    struct vt_buf bytes;
    struct vt_member_table_entry *entries; /* by number of the name */
    size_t capacity;
};

void vt_member_table_fini(struct vt_member_table *table);

enum vt_member_table_result {
    VT_MEMBER_TABLE_NEW,
    VT_MEMBER_TABLE_SAME,  /* the name is there with this very text */
    VT_MEMBER_TABLE_OTHER, /* the name is there with another one, which stays */
    VT_MEMBER_TABLE_NO_MEMORY,
};

enum vt_member_table_result vt_member_table_add(struct vt_member_table *table,
                                                const struct vt_member_text *member);

static inline size_t vt_member_table_count(const struct vt_member_table *table) {
    return table->names.count;
}

struct vt_member_text vt_member_table_get(const struct vt_member_table *table,
                                          size_t index);

/* Writes `"name": value, "name": value`, behind ", " if `is_first` is false. */
void vt_member_table_write(const struct vt_member_table *table, bool is_first,
                           struct vt_jwrite *out);

#endif

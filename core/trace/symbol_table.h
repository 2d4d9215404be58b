/* SPDX-License-Identifier: Apache-2.0
 *
 * The names in a log: functions, threads, the process, its command and configuration,
 * out of the bodies of SYMBOLS blocks (core/base/log_layout.h).
 *
 * Nothing in an entry is believed: an entry that does not fit ends its block, an entry
 * whose inner sizes do not fit is left out, and ids far above the number of entries are
 * not taken, so that memory stays in proportion to the log.
 *
 * Threads:   read-only once filled.
 * Ownership: the table takes the blocks' bytes; all texts point into them, valid until
 *            vt_symbol_table_fini.
 */
#ifndef VT_TRACE_SYMBOL_TABLE_H
#define VT_TRACE_SYMBOL_TABLE_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/base/log_layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_text {
    const char *bytes; /* UTF-8 with lone surrogates; NULL only when size is 0 */
    size_t size;       /* bytes */
};

/* Which file it was when the function was first seen; all 0: not known. */
struct vt_file_identity {
    uint64_t device, inode, size_bytes;
    int64_t mtime_ns;
};

struct vt_function {
    enum vt_symbol_kind kind;         /* PYTHON, C, NAME; 0: no entry has this id */
    int32_t line;                     /* PYTHON */
    struct vt_text name;              /* PYTHON: the qualified name */
    struct vt_text file;              /* PYTHON: co_filename */
    struct vt_file_identity identity; /* PYTHON: of that file */
};

/* Where the source of functions with this file name lies. */
struct vt_function_source {
    struct vt_text file; /* as struct vt_function has it */
    struct vt_text path;
    struct vt_file_identity identity; /* of the file at the path */
};

struct vt_trace_thread {
    bool known;   /* an entry has this index */
    bool is_task; /* a lane of log_async */
    uint64_t tid;
    struct vt_text name;
};

struct vt_symbol_table {
    struct vt_function *functions; /* by id */
    size_t function_count, function_capacity;
    struct vt_trace_thread *threads; /* by index */
    size_t thread_count, thread_capacity;
    struct vt_function_source *sources;
    size_t source_count, source_capacity;
    struct vt_text process_name, command, config; /* size 0: not there */
    size_t entries;                               /* of all kinds */
    char **blocks;                                /* owned */
    size_t block_count, block_capacity;
};

/* All zero is empty and valid. */
void vt_symbol_table_fini(struct vt_symbol_table *table);

/* Reads the entries of one block body. Takes `body` (malloc), also on failure. */
VT_NODISCARD enum vt_status vt_symbol_table_add_block(struct vt_symbol_table *table,
                                                      char *body, size_t size,
                                                      struct vt_error *err);

/* NULL when no entry has the id, index. */
const struct vt_function *vt_symbol_table_function(const struct vt_symbol_table *table,
                                                   uint32_t id);
const struct vt_trace_thread *
vt_symbol_table_thread(const struct vt_symbol_table *table, uint32_t index);

/* Appends the name that events of the function bear (behaviour.md 8): "name
 * (file:line)" of a PYTHON function, else the name alone. UTF-8 with lone surrogates.
 */
void vt_function_append_name(const struct vt_function *function, struct vt_buf *out);

#endif

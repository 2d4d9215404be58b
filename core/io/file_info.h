/* SPDX-License-Identifier: Apache-2.0
 *
 * The member file_info of a report (behaviour.md 7.2): the sources of the functions
 * that the report has calls of, and where each function stands in them.
 *
 *   vt_file_info_add      after each log, while its reader is open
 *   vt_file_info_write    once
 *
 * Sources are read one at a time while they are written.
 *
 * Threads:   one at a time.
 * Ownership: copies what it needs of the readers.
 */
#ifndef VT_IO_FILE_INFO_H
#define VT_IO_FILE_INFO_H

#include "core/base/error.h"
#include "core/base/jwrite.h"
#include "core/base/strtab.h"
#include "core/trace/symbol_table.h"
#include "core/trace/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_file_info_file {
    uint32_t path; /* in `paths` */
    struct vt_file_identity identity;
    bool is_used;    /* a function of it is in the report */
    bool is_written; /* and its source, too */
};

struct vt_file_info_function {
    uint32_t file; /* index of the file */
    int64_t line;
};

/* All zero is empty and valid. */
struct vt_file_info {
    struct vt_strtab file_names;     /* as events show them */
    struct vt_strtab paths;          /* where they are */
    struct vt_file_info_file *files; /* by number of the file name */
    size_t file_capacity;
    struct vt_strtab function_names;
    struct vt_file_info_function *functions; /* by number of the name */
    size_t function_capacity;
};

void vt_file_info_fini(struct vt_file_info *info);

/* Notes the functions of which `writer` wrote calls in its last log. */
VT_NODISCARD enum vt_status vt_file_info_add(struct vt_file_info *info,
                                             const struct vt_writer *writer,
                                             const struct vt_symbol_table *symbols,
                                             struct vt_error *err);

/* Writes {"files": …, "functions": …}. A source that cannot be read, or is not the file
 * that was recorded any more, is left out with its functions. */
VT_NODISCARD enum vt_status vt_file_info_write(struct vt_file_info *info,
                                               struct vt_jwrite *out,
                                               struct vt_error *err);

#endif

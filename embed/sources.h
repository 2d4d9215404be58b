/* SPDX-License-Identifier: Apache-2.0
 *
 * Source files by the name that code objects carry: identity on disk and the filter's
 * verdict, each found once.
 *
 * For names that are not paths from the root ("<frozen importlib._bootstrap>", a
 * relative script) the real path is written into the log too, so that the report can
 * show the source.
 *
 * Threads:   the interpreter's lock is held.
 * Ownership: the table owns its entries; vt_sources_clear frees them.
 */
#ifndef VT_EMBED_SOURCES_H
#define VT_EMBED_SOURCES_H

#include "core/record/filter.h"
#include "core/record/log.h"

struct vt_source_file {
    struct vt_symbol_python where; /* device … mtime_ns; name_bytes and line unused */
    bool hidden;
};

/* Borrowed: valid until the next call. NULL: no memory. */
const struct vt_source_file *vt_sources_find(struct vt_log *log,
                                             const struct vt_filter *filter,
                                             struct vt_log_text name);
void vt_sources_clear(void);

#endif

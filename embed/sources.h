/* SPDX-License-Identifier: Apache-2.0
 *
 * Source files by the name that code objects carry: identity on disk and the filter's
 * verdict, each found once per recorder.
 *
 * For names that are not paths from the root ("<frozen importlib._bootstrap>", a
 * relative script) the real path is written into the log too, so that the report can
 * show the source.
 *
 * Threads:   the interpreter's lock is held.
 * Ownership: the table owns its entries; vt_sources_fini frees them.
 */
#ifndef VT_EMBED_SOURCES_H
#define VT_EMBED_SOURCES_H

#include "core/record/filter.h"
#include "core/record/log.h"

struct vt_source_file {
    struct vt_symbol_python where; /* device … mtime_ns; name_bytes and line unused */
    bool is_located; /* `where` was looked for: not done for hidden files */
    bool hidden;
};

struct vt_source_entry {
    char *name; /* NULL: empty */
    size_t size;
    struct vt_source_file file;
};

/* Open addressing, a power of two slots, at most half full. All zero is empty. */
struct vt_sources {
    struct vt_source_entry *entries;
    size_t entry_count, slot_count;
};

/* Borrowed: valid until the next call. NULL: no memory. */
const struct vt_source_file *vt_sources_find(struct vt_sources *sources,
                                             struct vt_log *log,
                                             const struct vt_filter *filter,
                                             struct vt_log_text name);

/* The filter changed. */
void vt_sources_judge_again(struct vt_sources *sources, struct vt_log *log,
                            const struct vt_filter *filter);
void vt_sources_fini(struct vt_sources *sources);

#endif

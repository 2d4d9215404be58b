/* SPDX-License-Identifier: Apache-2.0
 *
 * Which functions are recorded: the verdict on a source file name (behaviour.md 9).
 *
 * A rejected function hides what it calls. Include and exclude lists are plain prefix
 * tests on the text of the file name; for each entry that is not absolute its absolute
 * path is tried too.
 *
 * Ownership: copies what it is given; vt_filter_fini frees it.
 */
#ifndef VT_RECORD_FILTER_H
#define VT_RECORD_FILTER_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct vt_filter {
    char **include; /* NULL-terminated; NULL: no include list */
    char **exclude;
    char *
        own_package; /* directory of our Python package with a '/' behind it, or NULL */
    bool ignore_frozen;
};

struct vt_filter_options {
    char *const *include_files; /* `include_count` paths */
    size_t include_count;
    char *const *exclude_files;
    size_t exclude_count;
    const char *cwd;         /* what relative entries are relative to, absolute */
    const char *own_package; /* hidden; NULL: nothing is (trace_self) */
    bool ignore_frozen;
};

/* VT_ERR_REFUSED when both lists are given ("include_files and exclude_files can't be
 * both specified!"), VT_ERR_NO_MEMORY. */
VT_NODISCARD enum vt_status vt_filter_init(struct vt_filter *filter,
                                           const struct vt_filter_options *options,
                                           struct vt_error *err);
void vt_filter_fini(struct vt_filter *filter);

/* Whether functions of the source file `path` (size bytes, need not end in NUL) are
 * hidden. */
bool vt_filter_hides(const struct vt_filter *filter, const char *path, size_t size);

#endif

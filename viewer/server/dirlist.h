/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in a directory, and nothing that is not beneath it: every open is an
 * openat2(2) that leaves the directory by no name, link or mount of /proc.
 *
 * A listing has directories and reports, by name without regard to case. It is made
 * anew for every request, so new reports appear.
 *
 * Threads:   no global state.
 */
#ifndef VT_VIEWER_SERVER_DIRLIST_H
#define VT_VIEWER_SERVER_DIRLIST_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <sys/stat.h>

/* What a file is to us, told by its name. */
enum vt_dirlist_kind {
    VT_DIRLIST_OTHER,
    VT_DIRLIST_TRACE, /* json, gz, cvf */
    VT_DIRLIST_HTML,
    VT_DIRLIST_RUN, /* the logs of a program, in a directory */
    VT_DIRLIST_FOLDER,
};

/* `status`: of what has the name. */
enum vt_dirlist_kind vt_dirlist_kind(const char *name, const struct stat *status);

/* Opens what `path` names beneath `root`, "" for itself, for reading. -1 with errno: it
 * is not there, leads out of it, or is neither a file nor a directory. */
int vt_dirlist_open(int root, const char *path, struct stat *status);

/* Appends the page that lists the directory `fd`; `path` is its own beneath the root,
 * without slash at the end. */
VT_NODISCARD enum vt_status vt_dirlist_write(int fd, const char *path,
                                             struct vt_buf *out, struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A log in a file, read with pread(2): a file that shrinks gives fewer bytes, never a
 * signal, and memory stays bounded.
 *
 * Threads:   any, once open.
 * Ownership: the caller's memory; vt_log_file_close closes. Images borrow it.
 */
#ifndef VT_IO_LOG_FILE_H
#define VT_IO_LOG_FILE_H

#include "core/base/error.h"
#include "core/trace/log_image.h"

#include <stdbool.h>

struct vt_log_file {
    int fd;
    bool is_private; /* this user's own and closed to all others */
};

/* `at`: a directory, or AT_FDCWD. Regular files only, no link as last component. Errors
 * do not name the path. */
VT_NODISCARD enum vt_status vt_log_file_open(struct vt_log_file *file, int at,
                                             const char *path, struct vt_error *err);
void vt_log_file_close(struct vt_log_file *file);

/* Takes the log for us alone until it is closed. False: its process still lives, or
 * somebody else has it. */
bool vt_log_file_lock(struct vt_log_file *file);

struct vt_log_image vt_log_file_image(struct vt_log_file *file);

#endif

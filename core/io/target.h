/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a file that is to be written really is: the open directory that holds it and
 * its name there, links followed, missing directories made.
 *
 * Ownership: the caller's memory; vt_target_fini closes and frees.
 */
#ifndef VT_IO_TARGET_H
#define VT_IO_TARGET_H

#include "core/base/error.h"

#include <stdbool.h>

struct vt_target {
    int dir_fd;     /* -1: not open */
    char *name;     /* in that directory; owned */
    bool is_direct; /* there is something that is no regular file: write to it */
};

/* Errors name the path. */
VT_NODISCARD enum vt_status vt_target_init(struct vt_target *target, const char *path,
                                           struct vt_error *err);
void vt_target_fini(struct vt_target *target);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that come once, such as those of a pipe, kept in a file without a name so that
 * they can be read again.
 *
 * Ownership: vt_spool_close frees the space. A spool that is {-1} is closed and valid.
 */
#ifndef VT_IO_SPOOL_H
#define VT_IO_SPOOL_H

#include "core/base/error.h"

#include <stddef.h>

struct vt_spool {
    int fd;
};

/* Errors name the directory. */
VT_NODISCARD enum vt_status vt_spool_open(struct vt_spool *spool, const char *dir,
                                          struct vt_error *err);
void vt_spool_close(struct vt_spool *spool);

VT_NODISCARD enum vt_status vt_spool_write(struct vt_spool *spool, const void *bytes,
                                           size_t size, struct vt_error *err);

/* To be read from its beginning through spool->fd. */
VT_NODISCARD enum vt_status vt_spool_rewind(struct vt_spool *spool,
                                            struct vt_error *err);

#endif

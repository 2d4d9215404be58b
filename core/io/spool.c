/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the file system has no files without a name: one that loses it at once. */
static int open_and_unlink(const char *dir) {
    char path[PATH_MAX];
    size_t size = (size_t)snprintf(path, sizeof path, "%s/.viztracer-XXXXXX", dir);
    if (size >= sizeof path) { /* also when it failed */
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

enum vt_status vt_spool_open(struct vt_spool *spool, const char *dir,
                             struct vt_error *err) {
    spool->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd < 0)
        spool->fd = open_and_unlink(dir);
    return spool->fd < 0 ? vt_error_set_errno(err, errno, "%s", dir) : VT_OK;
}

void vt_spool_close(struct vt_spool *spool) {
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
}

enum vt_status vt_spool_write(struct vt_spool *spool, const void *bytes, size_t size,
                              struct vt_error *err) {
    const char *p = bytes;
    while (size) {
        ssize_t n = write(spool->fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return vt_error_set_errno(err, n < 0 ? errno : EIO,
                                      "keeping it for the second reading");
        p += n;
        size -= (size_t)n;
    }
    return VT_OK;
}

enum vt_status vt_spool_rewind(struct vt_spool *spool, struct vt_error *err) {
    if (lseek(spool->fd, 0, SEEK_SET) < 0)
        return vt_error_set_errno(err, errno, "reading it again");
    return VT_OK;
}

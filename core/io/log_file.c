/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum vt_status check(struct vt_log_file *file, struct vt_error *err) {
    struct stat st;
    if (fstat(file->fd, &st) != 0)
        return vt_error_set_errno(err, errno, "cannot be examined");
    if (!S_ISREG(st.st_mode))
        return vt_error_set(err, VT_ERR_FORMAT, "not a regular file");
    file->is_private = st.st_uid == geteuid() && !(st.st_mode & 077);
    return VT_OK;
}

enum vt_status vt_log_file_open(struct vt_log_file *file, int at, const char *path,
                                struct vt_error *err) {
    file->fd =
        openat(at, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file->fd < 0)
        return vt_error_set_errno(err, errno, "cannot be opened");
    enum vt_status status = check(file, err);
    if (status != VT_OK)
        vt_log_file_close(file);
    return status;
}

void vt_log_file_close(struct vt_log_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static ptrdiff_t read_at(void *state, uint64_t offset, void *bytes, size_t size) {
    const struct vt_log_file *file = state;
    size_t got = 0;
    while (got < size) {
        ssize_t n =
            pread(file->fd, (char *)bytes + got, size - got, (off_t)(offset + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ptrdiff_t)got;
}

struct vt_log_image vt_log_file_image(struct vt_log_file *file) {
    return (struct vt_log_image){.read_at = read_at, .state = file};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/log_file.h"

#include "core/base/log_layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

/* Whether that process has mapped the file that stands at `path` now. */
static bool is_mapped_by(int32_t pid, const char *path) {
    char name[32];
    snprintf(name, sizeof name, "/proc/%d/maps", pid);
    FILE *maps = fopen(name, "re");
    if (!maps)
        return false;
    char *line = NULL;
    size_t capacity = 0, path_size = strlen(path);
    ssize_t size;
    bool found = false;
    while (!found && (size = getline(&line, &capacity, maps)) > 0) {
        size_t end = (size_t)size - (line[size - 1] == '\n');
        found = end > path_size && line[end - path_size - 1] == ' ' &&
                memcmp(line + end - path_size, path, path_size) == 0;
    }
    free(line);
    fclose(maps);
    return found;
}

/* On overlayfs, which containers have, a lock does not live as long as the mapping of
 * its file: there the log's own process is asked. */
static bool is_mapped_by_its_process(struct vt_log_file *file) {
    struct vt_log_header head;
    if (read_at(file, 0, &head, sizeof head) != (ptrdiff_t)sizeof head ||
        memcmp(head.magic, VT_LOG_MAGIC, sizeof head.magic) != 0 || head.pid <= 0)
        return false;
    char link[32], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file->fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0)
        return false;
    path[size] = '\0';
    return is_mapped_by(head.pid, path);
}

bool vt_log_file_lock(struct vt_log_file *file) {
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    return !is_mapped_by_its_process(file);
}

void vt_log_file_close(struct vt_log_file *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

struct vt_log_image vt_log_file_image(struct vt_log_file *file) {
    return (struct vt_log_image){.read_at = read_at, .state = file};
}

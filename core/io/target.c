/* SPDX-License-Identifier: Apache-2.0
 *
 * A link as target is resolved by hand, since rename(2) would replace the link itself.
 * The kernel's rule for links in shared directories (fs.protected_symlinks) is applied
 * by hand, too: in a sticky directory that all may write to, only our own links and
 * those of the directory's owner are followed.
 */
#include "core/io/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40 }; /* as in path_resolution(7) */

/* Makes the directories of the path up to its last component. 0 or an errno. */
static int make_parents(char *path) {
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        int error = mkdir(path, 0777) == 0 ? 0 : errno;
        *p = '/';
        /* What a directory that exists answers depends on the file system. */
        if (error && error != EEXIST && error != EACCES && error != EROFS)
            return error;
    }
    return 0;
}

/* A directory that may be entered but not listed cannot be fsynced, yet written to. */
static int open_directory(int at, const char *path) {
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES)
        fd = openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd;
}

/* Opens the directory of `path`, which is relative to the directory so far, and takes
 * the last component as name. 0 or an errno. */
static int enter(struct vt_target *target, const char *path) {
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash ? slash + 1 : path);
    char *parent = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int error = name && parent ? 0 : ENOMEM;
    int fd = -1;
    if (!error)
        fd = open_directory(target->dir_fd < 0 ? AT_FDCWD : target->dir_fd, parent);
    if (!error && fd < 0)
        error = errno;
    free(parent);
    if (error) {
        free(name);
        return error;
    }
    vt_target_fini(target);
    target->dir_fd = fd;
    target->name = name;
    return 0;
}

static bool may_follow(const struct vt_target *target, const struct stat *link) {
    struct stat dir;
    if (fstat(target->dir_fd, &dir) != 0)
        return false;
    bool is_shared = (dir.st_mode & S_ISVTX) && (dir.st_mode & S_IWOTH);
    return !is_shared || link->st_uid == geteuid() || link->st_uid == dir.st_uid;
}

static int follow(struct vt_target *target, const struct stat *link) {
    if (!may_follow(target, link))
        return EACCES;
    char path[PATH_MAX];
    ssize_t size = readlinkat(target->dir_fd, target->name, path, sizeof path);
    if (size < 0)
        return errno;
    if ((size_t)size == sizeof path)
        return ENAMETOOLONG;
    path[size] = '\0';
    return enter(target, path);
}

/* Links of /proc (/dev/stdout and the like lead there) do not say where they lead to:
 * what they stand for is opened through them. */
static bool is_in_proc(const struct stat *link) {
    struct stat proc;
    return stat("/proc", &proc) == 0 && link->st_dev == proc.st_dev;
}

/* Follows links until there is a file, something else, or nothing. 0 or an errno. */
static int resolve(struct vt_target *target) {
    for (int i = 0; i <= MOST_LINKS; i++) {
        if (!target->name[0] || !strcmp(target->name, ".") ||
            !strcmp(target->name, ".."))
            return EISDIR;
        struct stat st;
        if (fstatat(target->dir_fd, target->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? 0 : errno;
        if (S_ISDIR(st.st_mode))
            return EISDIR;
        bool is_magic = S_ISLNK(st.st_mode) && is_in_proc(&st);
        target->is_direct = is_magic || !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
        if (target->is_direct || S_ISREG(st.st_mode))
            return 0;
        int error = follow(target, &st);
        if (error)
            return error;
    }
    return ELOOP;
}

static int find(struct vt_target *target, const char *path) {
    char *copy = strdup(path);
    int error = copy ? make_parents(copy) : ENOMEM;
    free(copy);
    if (!error)
        error = enter(target, path);
    return error ? error : resolve(target);
}

enum vt_status vt_target_init(struct vt_target *target, const char *path,
                              struct vt_error *err) {
    *target = (struct vt_target){.dir_fd = -1};
    int error = *path ? find(target, path) : ENOENT;
    if (!error)
        return VT_OK;
    vt_target_fini(target);
    return vt_error_set_errno(err, error, "%s", path);
}

void vt_target_fini(struct vt_target *target) {
    if (target->dir_fd >= 0)
        close(target->dir_fd);
    free(target->name);
    *target = (struct vt_target){.dir_fd = -1};
}

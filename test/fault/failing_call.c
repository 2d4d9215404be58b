/* SPDX-License-Identifier: Apache-2.0 */
#include "test/fault/failing_call.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

bool failing_call_without_tmpfile;

static struct {
    enum failing_call call; /* FAILING_CALLS: none */
    int left;               /* calls of it before the one that fails */
    int error;              /* 0: only a part is done */
    bool has_failed;
} fault = {.call = FAILING_CALLS};

/* Whether this call is the one; errno is set. */
static bool is_hit(enum failing_call call) {
    if (fault.call != call || fault.left-- != 0)
        return false;
    fault.has_failed = true;
    errno = fault.error;
    return true;
}

int __real_openat(int at, const char *path, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t size);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_linkat(int from, const char *path, int to, const char *name, int flags);
int __real_renameat(int from, const char *path, int to, const char *name);
int __real_fstat(int fd, struct stat *st);
int __real_fstatat(int at, const char *path, struct stat *st, int flags);
int __real_mkdir(const char *path, mode_t mode);
ssize_t __real_readlinkat(int at, const char *path, char *target, size_t size);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t offset);
int __real_faccessat(int at, const char *path, int mode, int flags);
int __real_open(const char *path, int flags, mode_t mode);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __real_readlink(const char *path, char *target, size_t size);
DIR *__real_fdopendir(int fd);
int __wrap_openat(int at, const char *path, int flags, mode_t mode);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_linkat(int from, const char *path, int to, const char *name, int flags);
int __wrap_renameat(int from, const char *path, int to, const char *name);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatat(int at, const char *path, struct stat *st, int flags);
int __wrap_mkdir(const char *path, mode_t mode);
ssize_t __wrap_readlinkat(int at, const char *path, char *target, size_t size);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t offset);
int __wrap_faccessat(int at, const char *path, int mode, int flags);
int __wrap_open(const char *path, int flags, mode_t mode);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_readlink(const char *path, char *target, size_t size);
DIR *__wrap_fdopendir(int fd);

int __wrap_openat(int at, const char *path, int flags, mode_t mode) {
    if (failing_call_without_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return is_hit(FAILING_OPENAT) ? -1 : __real_openat(at, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size) {
    if (!is_hit(FAILING_WRITE))
        return __real_write(fd, bytes, size);
    return fault.error ? -1 : __real_write(fd, bytes, size / 2 + 1);
}

int __wrap_fsync(int fd) {
    return is_hit(FAILING_FSYNC) ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd) {
    int result = __real_close(fd);
    return is_hit(FAILING_CLOSE) ? -1 : result;
}

int __wrap_linkat(int from, const char *path, int to, const char *name, int flags) {
    return is_hit(FAILING_LINKAT) ? -1 : __real_linkat(from, path, to, name, flags);
}

int __wrap_renameat(int from, const char *path, int to, const char *name) {
    return is_hit(FAILING_RENAMEAT) ? -1 : __real_renameat(from, path, to, name);
}

int __wrap_fstat(int fd, struct stat *st) {
    return is_hit(FAILING_FSTAT) ? -1 : __real_fstat(fd, st);
}

int __wrap_fstatat(int at, const char *path, struct stat *st, int flags) {
    return is_hit(FAILING_FSTATAT) ? -1 : __real_fstatat(at, path, st, flags);
}

int __wrap_mkdir(const char *path, mode_t mode) {
    return is_hit(FAILING_MKDIR) ? -1 : __real_mkdir(path, mode);
}

ssize_t __wrap_readlinkat(int at, const char *path, char *target, size_t size) {
    return is_hit(FAILING_READLINKAT) ? -1 : __real_readlinkat(at, path, target, size);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t offset) {
    if (!is_hit(FAILING_PREAD))
        return __real_pread(fd, bytes, size, offset);
    return fault.error ? -1 : __real_pread(fd, bytes, size / 2 + 1, offset);
}

int __wrap_faccessat(int at, const char *path, int mode, int flags) {
    return is_hit(FAILING_FACCESSAT) ? -1 : __real_faccessat(at, path, mode, flags);
}

int __wrap_open(const char *path, int flags, mode_t mode) {
    return is_hit(FAILING_OPEN) ? -1 : __real_open(path, flags, mode);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size) {
    if (!is_hit(FAILING_READ))
        return __real_read(fd, bytes, size);
    return fault.error ? -1 : __real_read(fd, bytes, size / 2 + 1);
}

ssize_t __wrap_readlink(const char *path, char *target, size_t size) {
    return is_hit(FAILING_READLINK) ? -1 : __real_readlink(path, target, size);
}

DIR *__wrap_fdopendir(int fd) {
    return is_hit(FAILING_FDOPENDIR) ? NULL : __real_fdopendir(fd);
}

void failing_call_arm(enum failing_call call, int n, int error) {
    fault.call = call;
    fault.left = n;
    fault.error = error;
    fault.has_failed = false;
}

bool failing_call_disarm(void) {
    fault.call = FAILING_CALLS;
    return fault.has_failed;
}

const char *failing_call_name(enum failing_call call) {
    static const char *const names[FAILING_CALLS] = {
        "openat", "write",   "fsync",    "close",      "linkat", "renameat",
        "fstat",  "fstatat", "mkdir",    "readlinkat", "pread",  "faccessat",
        "open",   "read",    "readlink", "fdopendir"};
    return names[call];
}

static bool can_do_a_part(enum failing_call call) {
    return call == FAILING_WRITE || call == FAILING_READ || call == FAILING_PREAD;
}

int failing_call_each(bool (*attempt)(void *state, enum failing_call call, int n,
                                      int error),
                      void *state) {
    static const int errors[] = {ENOSPC, EDQUOT, EIO, EINTR, EMFILE, EACCES, EROFS, 0};
    int tried = 0;
    for (int i = 0; i < FAILING_CALLS; i++) {
        enum failing_call call = (enum failing_call)i;
        for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
            if (!errors[e] && !can_do_a_part(call))
                continue;
            for (int n = 0; attempt(state, call, n, errors[e]); n++)
                tried++;
        }
    }
    return tried;
}

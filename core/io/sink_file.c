/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/sink_file.h"

#include "core/io/target.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct vt_sink_file {
    char *path; /* as it was given, for errors */
    struct vt_target target;
    int fd;
    bool is_named;      /* `temporary` is in the directory and must not stay */
    char temporary[64]; /* name beside the target */
    uint64_t bytes;
};

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static enum vt_status fail(const struct vt_sink_file *file, int error,
                           struct vt_error *err) {
    return vt_error_set_errno(err, error, "%s", file->path);
}

/* ---- opening */

/* A name that nobody else takes: pid and time; O_EXCL and linkat decide in the end. */
static void choose_temporary(struct vt_sink_file *file) {
    snprintf(file->temporary, sizeof file->temporary, ".viztracer-%ld-%llx.tmp",
             (long)getpid(), (unsigned long long)now_ns());
}

/* A file without a name can only get one through /proc. */
static bool can_be_linked(int fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_unnamed(const struct vt_sink_file *file) {
    int fd = openat(file->target.dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 && !can_be_linked(fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int open_named(struct vt_sink_file *file) {
    int fd;
    do {
        choose_temporary(file);
        fd = openat(file->target.dir_fd, file->temporary,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    } while (fd < 0 && errno == EEXIST);
    file->is_named = fd >= 0;
    return fd;
}

/* What is there keeps its bytes: the output of a program that /dev/stdout stands
 * for. */
static int open_direct(const struct vt_sink_file *file) {
    int fd;
    do {
        fd = openat(file->target.dir_fd, file->target.name,
                    O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static enum vt_status open_target(struct vt_sink_file *file, struct vt_error *err) {
    enum vt_status status = vt_target_init(&file->target, file->path, err);
    if (status != VT_OK)
        return status;
    if (file->target.is_direct)
        file->fd = open_direct(file);
    else
        file->fd = open_unnamed(file);
    if (file->fd < 0 && !file->target.is_direct)
        file->fd = open_named(file);
    return file->fd < 0 ? fail(file, errno, err) : VT_OK;
}

enum vt_status vt_sink_file_open(const char *path, struct vt_sink_file **file,
                                 struct vt_error *err) {
    struct vt_sink_file *opened = calloc(1, sizeof *opened);
    if (!opened)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    opened->fd = -1;
    opened->target.dir_fd = -1;
    opened->path = strdup(path);
    enum vt_status status = opened->path
                                ? open_target(opened, err)
                                : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    if (status != VT_OK) {
        vt_sink_file_discard(opened);
        return status;
    }
    *file = opened;
    return VT_OK;
}

/* ---- writing */

/* Signals that a write(2) of ours may raise in this thread. */
static void signals_of_write(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGXFSZ);
    sigaddset(set, SIGPIPE);
}

/* Takes a signal that our write raised off the thread; others stay. */
static void take_signal(const sigset_t *before, int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    const struct timespec at_once = {0, 0};
    if (!sigismember(before, number))
        sigtimedwait(&one, NULL, &at_once);
}

/* write(2) without its signals; errno as it leaves it. */
static ssize_t write_quietly(int fd, const void *bytes, size_t size) {
    sigset_t ours, old, pending;
    signals_of_write(&ours);
    pthread_sigmask(SIG_BLOCK, &ours, &old);
    sigpending(&pending);
    ssize_t n = write(fd, bytes, size);
    int error = errno;
    if (n < 0 && error == EFBIG)
        take_signal(&pending, SIGXFSZ);
    if (n < 0 && error == EPIPE)
        take_signal(&pending, SIGPIPE);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return n;
}

static enum vt_status write_file(void *state, const void *bytes, size_t size,
                                 struct vt_error *err) {
    struct vt_sink_file *file = state;
    const char *p = bytes;
    while (size) {
        ssize_t n = write_quietly(file->fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) /* 0 is not specified for size > 0; going on might not end */
            return fail(file, n < 0 ? errno : EIO, err);
        p += n;
        size -= (size_t)n;
        file->bytes += (uint64_t)n;
    }
    return VT_OK;
}

struct vt_sink vt_sink_file_sink(struct vt_sink_file *file) {
    return (struct vt_sink){.write = write_file, .state = file};
}

/* ---- the end */

static int fsync_whole(int fd) {
    int result;
    do {
        result = fsync(fd);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

/* Gives the file without a name one beside the target. 0 or an errno. */
static int name_file(struct vt_sink_file *file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    int result;
    do {
        choose_temporary(file);
        result = linkat(AT_FDCWD, path, file->target.dir_fd, file->temporary,
                        AT_SYMLINK_FOLLOW);
    } while (result != 0 && errno == EEXIST);
    file->is_named = result == 0;
    return result == 0 ? 0 : errno;
}

static int close_file(struct vt_sink_file *file) {
    int fd = file->fd;
    file->fd = -1;
    /* After EINTR the descriptor is gone on Linux and fsync has told the rest. */
    return close(fd) != 0 && errno != EINTR ? errno : 0;
}

/* Makes the bytes durable and puts them under the target's name. 0 or an errno. */
static int settle(struct vt_sink_file *file) {
    int error = fsync_whole(file->fd);
    if (!error && !file->is_named)
        error = name_file(file);
    if (!error)
        error = close_file(file);
    if (!error && renameat(file->target.dir_fd, file->temporary, file->target.dir_fd,
                           file->target.name) != 0)
        error = errno;
    if (error)
        return error;
    file->is_named = false;
    /* The report is there and whole; a directory that cannot be synced only makes its
     * name less durable, which is no reason to call it failed. */
    fsync_whole(file->target.dir_fd);
    return 0;
}

enum vt_status vt_sink_file_commit(struct vt_sink_file *file,
                                   struct vt_sink_file_stats *stats,
                                   struct vt_error *err) {
    uint64_t begin = now_ns();
    int error = file->target.is_direct ? close_file(file) : settle(file);
    enum vt_status status = error ? fail(file, error, err) : VT_OK;
    if (stats)
        *stats = (struct vt_sink_file_stats){file->bytes, now_ns() - begin};
    vt_sink_file_discard(file);
    return status;
}

void vt_sink_file_discard(struct vt_sink_file *file) {
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->is_named)
        unlinkat(file->target.dir_fd, file->temporary, 0);
    vt_target_fini(&file->target);
    free(file->path);
    free(file);
}

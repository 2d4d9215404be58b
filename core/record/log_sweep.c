/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log_sweep.h"

#include "core/base/log_layout.h"
#include "core/record/log_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OLD_S = 7 * 24 * 3600, EMPTY_S = 3600 };

#define NAMED_FILE "named"

/* What is known of one run. */
struct run {
    int fd; /* of the directory */
    size_t logs, saved;
    bool is_live, is_named;
    time_t newest;
};

static bool is_log_name(const char *name) {
    size_t size = strlen(name);
    return size > 4 && strcmp(name + size - 4, ".log") == 0;
}

static bool is_saved(int fd) {
    struct vt_log_header head;
    return pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head.magic, VT_LOG_MAGIC, sizeof head.magic) == 0 &&
           head.state == VT_LOG_SAVED;
}

/* A log that cannot be looked at counts as one that is in use. */
static void look_at_log(struct run *run, const char *name) {
    int fd = openat(run->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    run->logs++;
    if (fd < 0 || fstat(fd, &st) != 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        run->is_live = true;
    } else {
        run->saved += is_saved(fd);
        run->newest = st.st_mtime > run->newest ? st.st_mtime : run->newest;
    }
    if (fd >= 0)
        close(fd);
}

static void look_at_run(struct run *run) {
    int again = openat(run->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = again < 0 ? NULL : fdopendir(again);
    if (!stream) {
        run->is_live = true;
        if (again >= 0)
            close(again);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        run->is_named |= strcmp(entry->d_name, NAMED_FILE) == 0;
        if (is_log_name(entry->d_name))
            look_at_log(run, entry->d_name);
    }
    closedir(stream);
}

static bool is_over(const struct run *run) {
    time_t age_s = time(NULL) - run->newest;
    if (!run->logs)
        return age_s > EMPTY_S;
    return run->saved == run->logs || age_s > OLD_S;
}

static void mark_named(const struct run *run) {
    int fd = openat(run->fd, NAMED_FILE,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
}

/* ---- all runs -------------------------------------------------------------------- */

struct sweep {
    void (*found)(void *state, const char *path);
    void *state;
    size_t removed;
};

static bool is_private(int fd, struct run *run) {
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != getuid() || st.st_mode & 077)
        return false;
    run->newest = st.st_mtime;
    return true;
}

static void consider(void *state, const char *path) {
    struct sweep *sweep = state;
    struct run run = {.fd =
                          open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (is_private(run.fd, &run))
        look_at_run(&run);
    else
        run.is_live = true;
    if (!run.is_live && is_over(&run)) {
        vt_log_dir_discard(path);
        sweep->removed++;
    } else if (!run.is_live && run.logs && !run.is_named && sweep->found) {
        mark_named(&run);
        sweep->found(sweep->state, path);
    }
    if (run.fd >= 0)
        close(run.fd);
}

size_t vt_log_sweep(const char *beside, void (*found)(void *state, const char *path),
                    void *state) {
    struct sweep sweep = {found, state, 0};
    vt_log_dir_clean(0, beside);
    vt_log_dir_each_dead(beside, consider, &sweep);
    return sweep.removed;
}

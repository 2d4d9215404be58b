/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log_dir.h"

#include "core/base/log_layout.h"
#include "core/record/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* statfs(2) f_type of file systems on which a shared mapping is not safe: NFS, SMB,
 * SMB2, CIFS, FUSE, 9p, AFS, CEPH (linux/magic.h). */
static const unsigned long refused_types[] = {
    0x6969,     0x517B,     0xFE534D42, 0xFF534D42,
    0x65735546, 0x01021997, 0x5346414F, 0x00C36400,
};

static bool is_local(const char *path) {
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof refused_types / sizeof *refused_types; i++) {
        if ((unsigned long)fs.f_type == refused_types[i])
            return false;
    }
    return true;
}

static char *new_name(const char *parent, const char *prefix, const char *suffix) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s%ld-%llu%s", parent, prefix, (long)getpid(),
                 (unsigned long long)vt_clock_mono_ns(), suffix) < 0)
        return NULL;
    return path;
}

/* 0, or the errno that says why not. */
static int create_in(struct vt_log_dir *dir, const char *parent) {
    if (!parent || parent[0] != '/')
        return ENOENT;
    if (!is_local(parent))
        return EOPNOTSUPP;
    char prefix[48];
    snprintf(prefix, sizeof prefix, "viztracer-%lu-", (unsigned long)getuid());
    char *path = new_name(parent, prefix, "");
    if (!path)
        return ENOMEM;
    if (mkdir(path, 0700) != 0) {
        int error = errno;
        free(path);
        return error;
    }
    dir->path = path;
    dir->pid = getpid();
    return 0;
}

enum { PLACES = 4 };

static void list_places(const char *places[PLACES], const char *beside) {
    const char *tmp = getenv("TMPDIR");
    places[0] = getenv("VIZTRACER_RUNDIR");
    places[1] = tmp && *tmp ? tmp : "/tmp";
    places[2] = "/var/tmp";
    places[3] = beside;
}

/* Which directories are looked for. */
struct wanted {
    int32_t pid; /* that made it; 0: any process that is gone */
    uint64_t since_ns;
    const char *suffix; /* behind the name of a run: "" or VT_LOG_DONE_SUFFIX */
    void (*visit)(void *state, const char *path); /* may be NULL */
    void *state;
};

static bool is_wanted(const struct wanted *wanted, const char *name) {
    unsigned long uid;
    long maker;
    unsigned long long start_ns;
    int end = 0;
    return sscanf(name, "viztracer-%lu-%ld-%llu%n", &uid, &maker, &start_ns, &end) ==
               3 &&
           strcmp(name + end, wanted->suffix) == 0 && uid == getuid() &&
           start_ns >= wanted->since_ns &&
           (wanted->pid ? maker == wanted->pid
                        : kill((pid_t)maker, 0) != 0 && errno == ESRCH);
}

static bool is_own_directory(int parent, const char *name) {
    struct stat st;
    return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode) && st.st_uid == getuid();
}

static size_t find_in(const struct wanted *wanted, const char *parent) {
    DIR *stream = parent && parent[0] == '/' ? opendir(parent) : NULL;
    if (!stream)
        return 0;
    size_t found = 0;
    const struct dirent *entry;
    while ((entry = readdir(stream))) {
        char *path = NULL;
        if (!is_wanted(wanted, entry->d_name) ||
            !is_own_directory(dirfd(stream), entry->d_name))
            continue;
        found++;
        if (wanted->visit && asprintf(&path, "%s/%s", parent, entry->d_name) >= 0)
            wanted->visit(wanted->state, path);
        free(path);
    }
    closedir(stream);
    return found;
}

static size_t find(const struct wanted *wanted, const char *beside) {
    const char *places[PLACES];
    list_places(places, beside);
    size_t found = 0;
    for (size_t i = 0; i < PLACES; i++) {
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || (places[k] && places[i] && !strcmp(places[k], places[i]));
        if (!again)
            found += find_in(wanted, places[i]);
    }
    return found;
}

size_t vt_log_dir_find(int32_t pid, uint64_t since_ns, const char *beside,
                       void (*visit)(void *state, const char *path), void *state) {
    struct wanted wanted = {pid, since_ns, "", visit, state};
    return find(&wanted, beside);
}

size_t vt_log_dir_each_dead(const char *beside,
                            void (*visit)(void *state, const char *path), void *state) {
    return vt_log_dir_find(0, 0, beside, visit, state);
}

enum vt_status vt_log_dir_create(struct vt_log_dir *dir, const char *beside,
                                 struct vt_error *err) {
    *dir = (struct vt_log_dir){0};
    const char *places[PLACES];
    list_places(places, beside);
    int error = ENOENT;
    for (size_t i = 0; i < PLACES; i++) {
        error = create_in(dir, places[i]);
        if (!error)
            return VT_OK;
    }
    return vt_error_set_errno(err, error, "no directory for the log of the run");
}

enum vt_status vt_log_dir_create_at(struct vt_log_dir *dir, const char *place,
                                    struct vt_error *err) {
    *dir = (struct vt_log_dir){0};
    int error = create_in(dir, place);
    return error ? vt_error_set_errno(err, error, "%s", place) : VT_OK;
}

enum vt_status vt_log_dir_join(struct vt_log_dir *dir, const char *path,
                               struct vt_error *err) {
    const char *slash = strrchr(path, '/');
    unsigned long uid;
    int maker = 0;
    *dir = (struct vt_log_dir){0};
    struct stat st;
    if (lstat(path, &st) != 0)
        return vt_error_set_errno(err, errno, "%s", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != getuid() || !slash ||
        sscanf(slash, "/viztracer-%lu-%d-", &uid, &maker) != 2)
        return vt_error_set(err, VT_ERR_REFUSED, "%s: not a run directory", path);
    dir->path = strdup(path);
    dir->pid = maker;
    return dir->path ? VT_OK : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

char *vt_log_dir_new_log_path(const struct vt_log_dir *dir) {
    return new_name(dir->path, "", ".log");
}

#define TOLD_FILE "/told"

void vt_log_dir_mark_told(const struct vt_log_dir *dir) {
    char *path = NULL;
    if (!dir->path || asprintf(&path, "%s" TOLD_FILE, dir->path) < 0)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
    free(path);
}

bool vt_log_dir_is_told(const char *path) {
    char *file = NULL;
    struct stat st;
    bool told = asprintf(&file, "%s" TOLD_FILE, path) >= 0 && lstat(file, &st) == 0;
    free(file);
    return told;
}

void vt_log_dir_close(struct vt_log_dir *dir) {
    free(dir->path);
    *dir = (struct vt_log_dir){0};
}

static void remove_files(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (!stream) {
        if (fd >= 0)
            close(fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(stream)))
        unlinkat(fd, entry->d_name, 0);
    closedir(stream);
}

static void remove_done(void *state, const char *path) {
    (void)state;
    remove_files(path);
    rmdir(path);
}

void vt_log_dir_discard(const char *path) {
    char done[PATH_MAX];
    struct stat st;
    int size = snprintf(done, sizeof done, "%s" VT_LOG_DONE_SUFFIX, path);
    bool is_renamed = size < PATH_MAX && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
                      rename(path, done) == 0;
    remove_done(NULL, is_renamed ? done : path);
}

void vt_log_dir_clean(int32_t pid, const char *beside) {
    struct wanted wanted = {pid, 0, VT_LOG_DONE_SUFFIX, remove_done, NULL};
    find(&wanted, beside);
}

void vt_log_dir_remove(struct vt_log_dir *dir) {
    if (dir->path && dir->pid == getpid())
        vt_log_dir_discard(dir->path);
    vt_log_dir_close(dir);
}

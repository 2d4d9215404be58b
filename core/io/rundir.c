/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/rundir.h"

#include "core/base/log_layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one run */

/* "<number>-<number><end>", as files and, after their prefix, directories are
 * called. */
static bool parse_name(const char *name, const char *end, int32_t *pid) {
    char *behind;
    errno = 0;
    long first = strtol(name, &behind, 10);
    if (errno || behind == name || *behind != '-' || first <= 0 || first > INT32_MAX)
        return false;
    const char *second = behind + 1;
    strtoull(second, &behind, 10);
    *pid = (int32_t)first;
    return behind > second && strcmp(behind, end) == 0;
}

static bool parse_directory_name(const char *name, int32_t *pid) {
    char prefix[48];
    int size =
        snprintf(prefix, sizeof prefix, "viztracer-%lu-", (unsigned long)getuid());
    return strncmp(name, prefix, (size_t)size) == 0 && parse_name(name + size, "", pid);
}

static void read_head(struct vt_rundir_log *log) {
    struct vt_log_header head;
    struct vt_error err;
    size_t got;
    if (vt_log_image_read(vt_log_file_image(&log->file), 0, &head, sizeof head, &got,
                          &err) != VT_OK ||
        got < sizeof head)
        return;
    log->is_saved = head.state == VT_LOG_SAVED;
    log->end_ns = head.stop.ticks ? head.stop.mono_ns : head.start.mono_ns;
}

/* Adds the log if it is ours and private; others are passed over. */
static enum vt_status add_log(struct vt_rundir *run, const char *name, int32_t pid,
                              struct vt_error *err) {
    struct vt_rundir_log log = {.pid = pid};
    struct vt_error why;
    if (vt_log_file_open(&log.file, run->fd, name, &why) != VT_OK)
        return VT_OK;
    struct vt_rundir_log *logs =
        log.file.is_private ? realloc(run->logs, (run->count + 1) * sizeof *logs)
                            : NULL;
    if (logs)
        run->logs = logs;
    log.name = logs ? strdup(name) : NULL;
    if (!log.name) {
        bool is_private = log.file.is_private;
        vt_log_file_close(&log.file);
        return is_private ? vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory")
                          : VT_OK;
    }
    log.is_live = !vt_log_file_lock(&log.file);
    read_head(&log);
    run->logs[run->count++] = log;
    return VT_OK;
}

/* What is in the directory, from its beginning; NULL with errno. */
static DIR *open_stream(const struct vt_rundir *run) {
    int again = openat(run->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0)
        return NULL;
    DIR *stream = fdopendir(again);
    if (!stream) {
        int error = errno;
        close(again);
        errno = error;
    }
    return stream;
}

static enum vt_status add_logs(struct vt_rundir *run, struct vt_error *err) {
    DIR *stream = open_stream(run);
    if (!stream)
        return vt_error_set_errno(err, errno, "cannot be read");
    enum vt_status status = VT_OK;
    const struct dirent *entry;
    int32_t pid;
    while (status == VT_OK && (entry = readdir(stream))) {
        if (parse_name(entry->d_name, ".log", &pid))
            status = add_log(run, entry->d_name, pid, err);
    }
    closedir(stream);
    return status;
}

static int by_end(const void *left, const void *right) {
    const struct vt_rundir_log *a = left, *b = right;
    if (a->end_ns != b->end_ns)
        return a->end_ns < b->end_ns ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* The process that made the directory comes last, as in reports. There is a log. */
static void sort_logs(struct vt_rundir *run) {
    int32_t pid;
    const char *slash = strrchr(run->path, '/');
    qsort(run->logs, run->count, sizeof *run->logs, by_end);
    if (!parse_directory_name(slash ? slash + 1 : run->path, &pid))
        return;
    size_t to = 0;
    for (size_t pass = 0, count = run->count; pass < count; pass++) {
        struct vt_rundir_log log = run->logs[to];
        if (log.pid != pid) {
            to++;
            continue;
        }
        memmove(&run->logs[to], &run->logs[to + 1],
                (run->count - to - 1) * sizeof *run->logs);
        run->logs[run->count - 1] = log;
    }
}

static enum vt_status check_owner(struct vt_rundir *run, struct vt_error *err) {
    struct stat st;
    if (fstat(run->fd, &st) != 0)
        return vt_error_set_errno(err, errno, "cannot be examined");
    if (st.st_uid != geteuid())
        return vt_error_set(err, VT_ERR_REFUSED, "belongs to another user");
    if (st.st_mode & 077)
        return vt_error_set(err, VT_ERR_REFUSED, "is open to other users");
    run->device = st.st_dev;
    run->inode = st.st_ino;
    run->time_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return VT_OK;
}

enum vt_status vt_rundir_open(struct vt_rundir *run, const char *path,
                              struct vt_error *err) {
    *run = (struct vt_rundir){.fd = -1};
    run->fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (run->fd < 0)
        return vt_error_set_errno(err, errno, "cannot be opened");
    enum vt_status status = check_owner(run, err);
    if (status == VT_OK && !(run->path = strdup(path)))
        status = vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    while (run->path && strlen(run->path) > 1 &&
           run->path[strlen(run->path) - 1] == '/')
        run->path[strlen(run->path) - 1] = '\0';
    if (status == VT_OK)
        status = add_logs(run, err);
    if (status == VT_OK && !run->count)
        status = vt_error_set(err, VT_ERR_FORMAT, "no log of viztracer is in it");
    if (status == VT_OK)
        sort_logs(run);
    else
        vt_rundir_close(run);
    return status;
}

void vt_rundir_close(struct vt_rundir *run) {
    for (size_t i = 0; i < run->count; i++) {
        vt_log_file_close(&run->logs[i].file);
        free(run->logs[i].name);
    }
    free(run->logs);
    free(run->path);
    if (run->fd >= 0)
        close(run->fd);
    *run = (struct vt_rundir){.fd = -1};
}

bool vt_rundir_is_live(const struct vt_rundir *run) {
    for (size_t i = 0; i < run->count; i++) {
        if (run->logs[i].is_live)
            return true;
    }
    return false;
}

bool vt_rundir_is_saved(const struct vt_rundir *run) {
    for (size_t i = 0; i < run->count; i++) {
        if (!run->logs[i].is_saved)
            return false;
    }
    return true;
}

void vt_rundir_remove(const struct vt_rundir *run) {
    char done[PATH_MAX];
    int size = snprintf(done, sizeof done, "%s" VT_LOG_DONE_SUFFIX, run->path);
    bool is_renamed = size < PATH_MAX && rename(run->path, done) == 0;
    DIR *stream = open_stream(run);
    const struct dirent *entry;
    while (stream && (entry = readdir(stream)))
        unlinkat(run->fd, entry->d_name, 0);
    if (stream)
        closedir(stream);
    rmdir(is_renamed ? done : run->path);
}

/* ---- all runs */

static enum vt_status keep_run(struct vt_rundir_list *list, struct vt_rundir *run,
                               struct vt_error *err) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 8;
        struct vt_rundir *runs = realloc(list->runs, capacity * sizeof *runs);
        if (!runs) {
            vt_rundir_close(run);
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        }
        list->runs = runs;
        list->capacity = capacity;
    }
    list->runs[list->count++] = *run;
    return VT_OK;
}

static bool is_known(const struct vt_rundir_list *list, const struct vt_rundir *run) {
    for (size_t i = 0; i < list->count; i++) {
        const struct vt_rundir *other = &list->runs[i];
        if (run->device == other->device && run->inode == other->inode)
            return true;
    }
    return false;
}

/* Adds the run if a report can be made of it; what is not ours is passed over. */
static enum vt_status consider(struct vt_rundir_list *list, const char *place,
                               const char *name, struct vt_error *err) {
    char *path;
    if (asprintf(&path, "%s/%s", place, name) < 0)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    struct vt_rundir run;
    struct vt_error why;
    enum vt_status status = vt_rundir_open(&run, path, &why);
    free(path);
    if (status != VT_OK)
        return status == VT_ERR_NO_MEMORY ? vt_error_set(err, status, "out of memory")
                                          : VT_OK;
    if (vt_rundir_is_live(&run) || vt_rundir_is_saved(&run) || is_known(list, &run)) {
        vt_rundir_close(&run);
        return VT_OK;
    }
    return keep_run(list, &run, err);
}

static enum vt_status search(struct vt_rundir_list *list, const char *place,
                             struct vt_error *err) {
    DIR *stream = place && *place ? opendir(place) : NULL;
    if (!stream)
        return VT_OK;
    enum vt_status status = VT_OK;
    const struct dirent *entry;
    int32_t pid;
    while (status == VT_OK && (entry = readdir(stream))) {
        if (parse_directory_name(entry->d_name, &pid))
            status = consider(list, place, entry->d_name, err);
    }
    closedir(stream);
    return status;
}

static int by_time(const void *left, const void *right) {
    const struct vt_rundir *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns > b->time_ns ? -1 : 1;
    return strcmp(b->path, a->path);
}

enum vt_status vt_rundir_find(struct vt_rundir_list *list, struct vt_error *err) {
    *list = (struct vt_rundir_list){0};
    const char *tmp = getenv("TMPDIR");
    const char *places[] = {getenv("VIZTRACER_RUNDIR"), tmp && *tmp ? tmp : "/tmp",
                            "/var/tmp", "."};
    for (size_t i = 0; i < sizeof places / sizeof(char *); i++) {
        enum vt_status status = search(list, places[i], err);
        if (status != VT_OK) {
            vt_rundir_list_fini(list);
            return status;
        }
    }
    if (list->count)
        qsort(list->runs, list->count, sizeof *list->runs, by_time);
    return VT_OK;
}

void vt_rundir_list_fini(struct vt_rundir_list *list) {
    for (size_t i = 0; i < list->count; i++)
        vt_rundir_close(&list->runs[i]);
    free(list->runs);
    *list = (struct vt_rundir_list){0};
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory is looked at until none of its logs is being written by a process that
 * is worth waiting for, and no Python that was just started below us still has to make
 * its log.
 */
#include "core/io/collect.h"

#include "core/io/lineage.h"
#include "core/io/rundir.h"
#include "core/trace/log_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_AGAIN_MS = 20 };

/* Each log is an open file: as many as the system lets us have, while we save. */
static void raise_file_limit(struct rlimit *old) {
    struct rlimit most;
    *old = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    if (getrlimit(RLIMIT_NOFILE, old) != 0)
        return;
    most = (struct rlimit){old->rlim_max, old->rlim_max};
    setrlimit(RLIMIT_NOFILE, &most);
}

/* ---- waiting --------------------------------------------------------------------- */

static bool is_own(const struct vt_rundir_log *log) {
    return log->is_live && log->pid == getpid();
}

static bool is_worth_waiting(const struct vt_rundir_log *log) {
    return log->is_live && !is_own(log) &&
           (getsid(log->pid) == getsid(0) || vt_lineage_is_descendant(log->pid));
}

struct look {
    const struct vt_rundir *run;
    size_t awaited;
};

static bool has_log(const struct vt_rundir *run, int32_t pid) {
    for (size_t i = 0; i < run->count; i++) {
        if (run->logs[i].pid == pid)
            return true;
    }
    return false;
}

/* A process that will leave no log says so by a file of this name. */
static bool is_untraced(const struct vt_rundir *run, int32_t pid) {
    char name[32];
    struct stat st;
    snprintf(name, sizeof name, "%d.untraced", pid);
    return fstatat(run->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void count_starting(void *state, int32_t pid) {
    struct look *look = state;
    if (!has_log(look->run, pid) && !is_untraced(look->run, pid) &&
        vt_lineage_is_young_python(pid))
        look->awaited++;
}

static size_t count_awaited(const struct vt_rundir *run) {
    struct look look = {run, 0};
    for (size_t i = 0; i < run->count; i++)
        look.awaited += is_worth_waiting(&run->logs[i]);
    vt_lineage_each(count_starting, &look);
    return look.awaited;
}

static enum vt_status open_when_whole(const struct vt_collect_options *options,
                                      struct vt_rundir *run, struct vt_error *err) {
    for (;;) {
        enum vt_status status = vt_rundir_open(run, options->run_dir, err);
        if (status != VT_OK)
            return status;
        size_t awaited = options->wait ? count_awaited(run) : 0;
        if (!awaited || !options->wait(options->state, awaited))
            return VT_OK;
        vt_rundir_close(run);
        poll(NULL, 0, LOOK_AGAIN_MS);
    }
}

/* ---- the report ------------------------------------------------------------------ */

/* A process that died while it made its log left one that cannot be read. */
static bool is_readable(struct vt_log_image image) {
    struct vt_log_reader *reader;
    struct vt_error why;
    if (vt_log_reader_open(image, (struct vt_clock_pair){0, 0}, &reader, &why) != VT_OK)
        return false;
    vt_log_reader_close(reader);
    return true;
}

static enum vt_status save(const struct vt_collect_options *options,
                           struct vt_rundir *run, struct vt_report_stats *stats,
                           struct vt_error *err) {
    size_t count = 0;
    struct vt_log_image *images = calloc(run->count + 1, sizeof *images);
    if (!images)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < run->count; i++) {
        struct vt_log_image image = vt_log_file_image(&run->logs[i].file);
        if (!is_own(&run->logs[i]) && is_readable(image))
            images[count++] = image;
    }
    images[count++] = options->own;
    enum vt_status status = vt_report_save(images, count, options->report, stats, err);
    free(images);
    return status;
}

enum vt_status vt_report_collect(const struct vt_collect_options *options,
                                 struct vt_report_stats *stats, struct vt_error *err) {
    struct vt_rundir run = {.fd = -1};
    struct rlimit limit;
    raise_file_limit(&limit);
    bool has_run = options->run_dir && open_when_whole(options, &run, err) == VT_OK;
    enum vt_status status =
        has_run ? save(options, &run, stats, err)
                : vt_report_save(&options->own, 1, options->report, stats, err);
    vt_rundir_close(&run);
    if (limit.rlim_cur != RLIM_INFINITY)
        setrlimit(RLIMIT_NOFILE, &limit);
    return status;
}

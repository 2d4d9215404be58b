/* SPDX-License-Identifier: Apache-2.0
 *
 * The run directories that core/record/log_dir.h draws, as those see them who come
 * later:
 *
 *   $VIZTRACER_RUNDIR, $TMPDIR or /tmp, /var/tmp, the current directory
 *     viztracer-<uid>-<pid>-<start ns>/
 *       <pid>-<start ns>.log     flock(2)ed while its process lives
 *
 * Only directories and logs that are this user's own and closed to all others count.
 *
 * Threads:   no global state.
 * Ownership: the caller's memory; each vt_rundir is closed by vt_rundir_close.
 */
#ifndef VT_IO_RUNDIR_H
#define VT_IO_RUNDIR_H

#include "core/base/error.h"
#include "core/io/log_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_rundir_log {
    char *name; /* in the directory; owned */
    int32_t pid;
    struct vt_log_file file; /* open; locked by us unless is_live */
    bool is_live;            /* its process still runs (or it is being recovered) */
    bool is_saved;           /* a report was made of it */
    uint64_t end_ns;         /* CLOCK_MONOTONIC: when it was stopped, else begun */
};

struct vt_rundir {
    char *path;                 /* owned */
    int fd;                     /* of the directory */
    uint64_t device, inode;     /* the directory's identity */
    int64_t time_ns;            /* when the run began, CLOCK_REALTIME */
    struct vt_rundir_log *logs; /* by end_ns; the process that made the directory
                                   last */
    size_t count;
};

/* VT_ERR_REFUSED: not this user's own, or open to others. VT_ERR_FORMAT: no log is in
 * it. Errors do not name the path. */
VT_NODISCARD enum vt_status vt_rundir_open(struct vt_rundir *run, const char *path,
                                           struct vt_error *err);
void vt_rundir_close(struct vt_rundir *run);

bool vt_rundir_is_live(const struct vt_rundir *run);  /* any of its logs */
bool vt_rundir_is_saved(const struct vt_rundir *run); /* all of them */

/* Removes the files in the directory and itself, its name first (log_layout.h); what
 * cannot be removed stays. */
void vt_rundir_remove(const struct vt_rundir *run);

struct vt_rundir_list {
    struct vt_rundir *runs; /* newest first */
    size_t count, capacity;
};

/* Opens all runs in the places above of which a report can still be made: dead and not
 * saved. */
VT_NODISCARD enum vt_status vt_rundir_find(struct vt_rundir_list *list,
                                           struct vt_error *err);
void vt_rundir_list_fini(struct vt_rundir_list *list);

#endif

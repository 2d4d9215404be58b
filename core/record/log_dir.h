/* SPDX-License-Identifier: Apache-2.0
 *
 * The private directory of one run, which holds the logs of its processes.
 *
 *   $VIZTRACER_RUNDIR | $TMPDIR or /tmp | /var/tmp | beside the report
 *     viztracer-<uid>-<pid>-<start ns>/      0700
 *       <pid>-<start ns>.log                 0600, flock(2)ed while its process lives
 *
 * Network and FUSE file systems are passed over (their mappings fail in ways that
 * kill).
 *
 * Ownership: the caller closes with vt_log_dir_close, which keeps the files, or
 *            vt_log_dir_remove, which does not.
 */
#ifndef VT_RECORD_LOG_DIR_H
#define VT_RECORD_LOG_DIR_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_log_dir {
    char *path;  /* absolute; NULL: none */
    int32_t pid; /* of the process that made it */
};

/* Makes the directory in the first place that takes it. `beside` (may be NULL) is the
 * directory of the report. */
VT_NODISCARD enum vt_status vt_log_dir_create(struct vt_log_dir *dir,
                                              const char *beside, struct vt_error *err);

/* The same in this place and in no other. */
VT_NODISCARD enum vt_status
vt_log_dir_create_at(struct vt_log_dir *dir, const char *place, struct vt_error *err);

/* The directory of a run that exists, by its path: VT_ERR_NOT_FOUND when it is gone. */
VT_NODISCARD enum vt_status vt_log_dir_join(struct vt_log_dir *dir, const char *path,
                                            struct vt_error *err);

/* The path of a new log of this process in it, owned by the caller; NULL: no memory. */
char *vt_log_dir_new_log_path(const struct vt_log_dir *dir);

/* Calls `visit` (may be NULL) with the path of each run directory that process `pid`
 * made since CLOCK_MONOTONIC was `since_ns`, wherever vt_log_dir_create would look;
 * of this user only. Returns how many there are. */
size_t vt_log_dir_find(int32_t pid, uint64_t since_ns, const char *beside,
                       void (*visit)(void *state, const char *path), void *state);

/* The same for each run directory of this user whose maker is gone. */
size_t vt_log_dir_each_dead(const char *beside,
                            void (*visit)(void *state, const char *path), void *state);

/* The user was told that the run is not saved and how to recover it: no one else needs
 * to tell (is_told). */
void vt_log_dir_mark_told(const struct vt_log_dir *dir);
bool vt_log_dir_is_told(const char *path);

/* Removes the run directory `path`, of which a report was made; its name first
 * (VT_LOG_DONE_SUFFIX). */
void vt_log_dir_discard(const char *path);

/* Removes what is left of directories that process `pid` discarded (0: any process that
 * is gone) until it died, wherever vt_log_dir_create would look. */
void vt_log_dir_clean(int32_t pid, const char *beside);

void vt_log_dir_close(struct vt_log_dir *dir);

/* vt_log_dir_discard, then closes. Nothing is done in a
 * process that did not make it. */
void vt_log_dir_remove(struct vt_log_dir *dir);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Recording a Python program that runs already.
 *
 *   vt_attach_open      may it be attached to? Makes a run directory that it can write
 *   vt_attach_begin     the program imports our package and records into that directory
 *   vt_attach_end       the program stops recording; its hook is gone
 *   vt_attach_tell      the program says on its own stdout where the report is
 *   vt_attach_close     removes what was put into the program's file system
 *
 * The program needs nothing of ours: its sys.path has our folder for the moment of the
 * import. In another root (a container) the folder is copied there. The report is made
 * by the caller, of the run directory, whether or not the program still lives.
 *
 * Threads:   one caller; see embed/inject.h for why it must not be killed.
 * Ownership: a vt_attach owns its texts and descriptors.
 */
#ifndef VT_EMBED_ATTACH_H
#define VT_EMBED_ATTACH_H

#include "core/record/config.h"
#include "core/record/log_dir.h"
#include "embed/inject.h"
#include "embed/pyproc.h"

struct vt_attach {
    struct vt_pyproc process;
    struct vt_inject inject;
    struct vt_log_dir run; /* as we see it */
    int run_fd;            /* the same, also when the program's root is gone */
    char *inner_run;       /* as the program sees it */
    char *package;         /* our folder as the program sees it */
    char *copy;            /* the same as we see it, if it is a copy; else NULL */
    unsigned answers;      /* so many were read */
};

/* How long the program may take to come to a place where Python can run. */
enum { VT_ATTACH_LIMIT_MS = 10000 };

/* Errors as vt_pyproc_open, and of the files that are made. */
VT_NODISCARD enum vt_status vt_attach_open(struct vt_attach *attach, pid_t pid,
                                           const struct vt_config *config,
                                           struct vt_error *err);

/* Records by the settings of `config`; a tracer that the program has registered, and
 * that is idle, is what it records by instead. VT_ERR_REFUSED: it records already, or
 * its Python has no core here; else as vt_inject_run. */
VT_NODISCARD enum vt_status vt_attach_begin(struct vt_attach *attach,
                                            const struct vt_config *config,
                                            struct vt_error *err);

/* VT_OK also when the program is gone or records no more. VT_ERR_REFUSED: it is busy
 * for longer than the limit, and goes on recording. */
VT_NODISCARD enum vt_status vt_attach_end(struct vt_attach *attach,
                                          struct vt_error *err);

/* After the end: the report is at `path`. */
void vt_attach_tell(struct vt_attach *attach, const char *path);

/* Stops and forgets whatever tracer the program has. */
VT_NODISCARD enum vt_status vt_attach_uninstall(struct vt_attach *attach,
                                                struct vt_error *err);

/* Gives the run directory back to the caller's user, if it was made for another, and
 * names it: valid until the close, also when the program is gone. */
const char *vt_attach_run_dir(struct vt_attach *attach, char *path, size_t size);

/* Removes the run directory, unless the program still writes to it, and the copy. */
void vt_attach_close(struct vt_attach *attach);

#endif

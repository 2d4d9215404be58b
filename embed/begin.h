/* SPDX-License-Identifier: Apache-2.0
 *
 * The one way in which the recording of a program begins and ends, on both rungs of the
 * ladder (our own process with the interpreter's libpython; the real python3 with the
 * child hook).
 *
 *   vt_begin_prepare        the configuration is known; nothing of Python is touched
 *   vt_begin_audit_hook     an audit hook: `cpython.run_*` creates the log and arms the
 *                           hook
 *   vt_begin_main_entered   the first frame whose globals are __main__'s: recording is
 *                           on
 *   vt_begin_main_returned  that frame is left
 *   (Py_AtExit, else C exit: tracing stops, the report is saved: embed/finish.h)
 *
 * Threads:   the interpreter's main thread.
 * Ownership: prepare takes the configuration.
 */
#ifndef VT_EMBED_BEGIN_H
#define VT_EMBED_BEGIN_H

#include "core/record/config.h"
#include "core/record/thread.h"

struct vt_recorder;

/* Takes `config` (it is at its defaults afterwards): output_path, lib_dir and
 * python_dir are absolute. Call once per process. */
void vt_begin_prepare(struct vt_config *config);

/* A Py_AuditHookFunction; `data` is unused. Cheap for all events but cpython.run_* and
 * os.exec. */
struct _object;
int vt_begin_audit_hook(const char *event, struct _object *args, void *data);

/* The hook calls these: see above. */
void vt_begin_main_entered(void);
void vt_begin_main_returned(struct vt_thread *thread, bool normally);

/* ---- a recording that the program begins itself, in a stock python3 */

/* Its children are recorded from now on, in the run directory of `recorder`'s log;
 * `follow(state, …)` is called in forked children with their own recorder. False: the
 * process is recorded by the command line or below it, or the log is no file; or with
 * an exception set. `config` is copied. */
bool vt_begin_cover(const struct vt_config *config, struct vt_recorder *recorder,
                    void (*follow)(void *state, struct vt_recorder *recorder),
                    void *state);

/* No longer; children that run go on. Nothing happens for another recorder. */
void vt_begin_uncover(const struct vt_recorder *recorder);

/* The recorder of this process if it is below one that merges its log; else NULL. */
struct vt_recorder *vt_begin_child_recorder(void);

/* In a forked child of the recording, at its first event: gives it a log of its own, in
 * which its parent's open calls go on. False: it is not to be recorded. */
bool vt_begin_resume(void);

/* The same where nothing was being recorded (the program had stopped it, or it records
 * in places only): the log is there, the recording is not on. */
bool vt_begin_reopen(void);

/* multiprocessing starts the work of a process (the object; may be NULL) here: in a
 * forked child the calls of its parent end to be shown. */
void vt_begin_process_started(struct vt_thread *thread, struct _object *process);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The one way in which the recording of a program begins and ends, on both rungs of the
 * ladder (our own process with the interpreter's libpython; the real python3 with the
 * child hook).
 *
 *   vt_begin_prepare     the configuration is known; nothing of Python is touched
 *   vt_begin_audit_hook  an audit hook: `cpython.run_*` creates the log and arms the
 *                        profile hook
 *   (the first frame whose globals are __main__'s starts the recording)
 *   (Py_AtExit, else C exit: tracing stops, the report is saved, the last lines are
 *   printed)
 *
 * Threads:   the interpreter's main thread.
 * Ownership: prepare takes the configuration.
 */
#ifndef VT_EMBED_BEGIN_H
#define VT_EMBED_BEGIN_H

#include "core/record/config.h"

/* Takes `config`: all paths in it absolute (output_path, lib_dir). Call once per
 * process. */
void vt_begin_prepare(struct vt_config *config);

/* A Py_AuditHookFunction; `data` is unused. Cheap for all events but cpython.run_* and
 * os.exec. */
struct _object;
int vt_begin_audit_hook(const char *event, struct _object *args, void *data);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The event source: what calls us at each call and return. Implemented by
 * hook_setprofile.c (up to Python 3.11) and hook_monitoring.c (from 3.12 on).
 *
 *   vt_hook_arm      waits, in the main thread, for the first frame whose globals are
 *                    the given dictionary; then calls vt_begin_main_entered, installs
 *   vt_hook_install  events of all threads, running and new ones, go to the recorder
 *   vt_hook_remove   no more events; what the program itself installed is as it left it
 *
 * Threads:   the interpreter's lock is held.
 * Hot path:  the callbacks; they never raise, and call no Python code.
 */
#ifndef VT_EMBED_HOOK_H
#define VT_EMBED_HOOK_H

#include "core/base/error.h"
#include "embed/pycompat.h"

/* `main_globals` is borrowed: valid until the first such frame. No exception is left
 * set; VT_ERR_UNSUPPORTED: the interpreter does not give us its events. */
VT_NODISCARD enum vt_status vt_hook_arm(PyObject *main_globals, struct vt_error *err);

/* Once more when the settings of the recorder that is on have changed. */
VT_NODISCARD enum vt_status vt_hook_install(struct vt_error *err);
void vt_hook_remove(void);

/* The calling thread's events go to the recorder, too: for threads that C code made and
 * for those that the program had left out. Needless where a hook sees all threads. */
void vt_hook_this_thread(void);

#endif

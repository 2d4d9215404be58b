/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps sys.setprofile what it is without us, beside the monitoring hook (Python 3.12
 * and later).
 *
 * The interpreter tells of the end of a C call when the call's instruction was
 * instrumented at its beginning. Beside our tool every call is, and so a profile
 * function of the program would hear of the end of calls that began before it was set,
 * first of all of sys.setprofile itself: the standard library's `profile` fails at
 * that. The guard stands before sys's own C function and drops those events.
 *
 * Threads:   the interpreter's lock is held.
 */
#ifndef VT_EMBED_PROFILE_GUARD_H
#define VT_EMBED_PROFILE_GUARD_H

#include "embed/pycompat.h"

/* `missed` hears of each event at which the program's function raised: the interpreter
 * then passes over the tools behind sys.setprofile's, ours too. It has the arguments of
 * a Py_tracefunc, and is called with the exception set. */
void vt_profile_guard_install(void (*missed)(PyFrameObject *frame, int what,
                                             PyObject *arg));
void vt_profile_guard_remove(void);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments and results of Python functions as text in the log (log_func_args,
 * log_func_retval).
 *
 *   vt_argrepr_entered  behind vt_thread_enter of the call
 *   vt_argrepr_leaves   before vt_thread_leave
 *
 * This is the only place where a hook runs code of the program (__repr__,
 * log_func_repr). Meanwhile the thread records nothing; a pending exception is put
 * aside; what the code raises is swallowed, and the value shown as "Not Displayable".
 * Ctrl-C alone is kept: it comes again when the hook is left.
 *
 * A value is cut behind VT_ARGREPR_VALUE_BYTES of JSON text, and "..." says so. The
 * arguments of one call have VT_ARGREPR_ARGS_BYTES; those for which there is no room
 * are shown as "...", or not at all.
 *
 * Threads:   the interpreter's lock is held; the program's code may let go of it.
 * Hot path:  functions are flagged (VT_FUNC_LOGS): what is not logged is not asked.
 */
#ifndef VT_EMBED_ARGREPR_H
#define VT_EMBED_ARGREPR_H

#include "core/record/thread.h"
#include "embed/pycompat.h"

enum { VT_ARGREPR_VALUE_BYTES = 4000, VT_ARGREPR_ARGS_BYTES = 11000 };

/* What a recorder logs of its calls. */
struct vt_argrepr {
    bool args, result;
    PyObject *show; /* instead of repr(); NULL: repr() */
};

/* log_func_with_objprint's function. A new reference; NULL with an exception set. */
PyObject *vt_argrepr_find_objprint(void);

/* `locals` are those of the frame that runs `code`; NULL: unknown, nothing is logged.
 * `id` is the function's. */
void vt_argrepr_entered(struct vt_thread *thread, uint32_t id, PyCodeObject *code,
                        PyObject **locals);

/* `result` NULL: left by an exception. False: the program's code ended the recording;
 * there is no call to leave any more. */
bool vt_argrepr_leaves(struct vt_thread *thread, uint32_t id, PyObject *result);

#endif

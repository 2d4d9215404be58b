/* SPDX-License-Identifier: Apache-2.0
 *
 * Has another process run a few lines of Python, without its help and without gdb.
 *
 * Its main thread is stopped for a moment (ptrace), a few pages are mapped in it, and
 * the interpreter is asked to run the text as a pending call: it does at its next safe
 * point, as it would run a signal handler. When the thread is not in the interpreter
 * but waits in the kernel without the interpreter's lock (sleep, select, read, a lock),
 * it takes the lock and runs the text itself, and the kernel takes up its wait again,
 * with the time that was left. A claim word sees to it that the text runs once.
 *
 * The text must catch every Exception; it runs in a dictionary of its own.
 *
 * Threads:   one caller; it must not be killed while vt_inject_run runs, which would
 *            leave the target with our registers.
 * Ownership: a vt_inject borrows the process. The pages in the target stay (90 KB): a
 *            call may still be on its way out of them.
 */
#ifndef VT_EMBED_INJECT_H
#define VT_EMBED_INJECT_H

#include "embed/pyproc.h"

#include <stdint.h>

struct vt_inject {
    struct vt_pyproc *process;
    uint64_t code, data; /* addresses in the target; 0: not there yet */
};

/* Runs `source`, compiled by the name `file`; returns when it has run. `limit_ms`: how
 * long the interpreter may take to come to a safe point.
 *
 * VT_ERR_REFUSED: the system forbids it, or the program is busy outside of the
 * interpreter for longer than the limit: then it will not run. VT_ERR_NOT_FOUND: the
 * process has ended. VT_ERR_UNSUPPORTED: not on this kind of machine. */
VT_NODISCARD enum vt_status vt_inject_run(struct vt_inject *inject, const char *source,
                                          const char *file, int limit_ms,
                                          struct vt_error *err);

#endif

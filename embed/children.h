/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process below a traced one is: how it is recorded, and what it is called
 * (behaviour.md 7.6, 16).
 *
 * Threads: the interpreter's lock is held.
 */
#ifndef VT_EMBED_CHILDREN_H
#define VT_EMBED_CHILDREN_H

#include "core/base/buf.h"
#include "core/record/config.h"
#include "embed/pycompat.h"

#include <stdbool.h>

/* Is this process below the one that made the session's run directory? */
bool vt_children_is_child(const struct vt_config *session);

/* Is the program that starts a helper of multiprocessing's that is not shown? `event`
 * and `args`: the audit event cpython.run_*. */
bool vt_children_is_helper(const char *event, PyObject *args);

/* Tells who merges the logs that there will be none of this process. */
void vt_children_mark_untraced(const struct vt_config *session);

/* The name of a process that was started as a program: "child.py", "timeit",
 * "python -c". */
void vt_children_name(struct vt_buf *name, const char *event, PyObject *args);

#endif

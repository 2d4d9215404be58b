/* SPDX-License-Identifier: Apache-2.0
 *
 * When a code object or a type dies, every table that knows its address is told
 * (vt_funcid_forget_*), so that an address is never mistaken for another object's.
 *
 * A code object tells its death through its extra slot, which holds a number of ours; a
 * heap type through a weak reference. What cannot tell is kept alive. Each is watched
 * once per process, however many recorders know it.
 *
 * Threads:   the interpreter's lock is held.
 */
#ifndef VT_EMBED_DEATHS_H
#define VT_EMBED_DEATHS_H

#include "embed/pycompat.h"

void vt_deaths_watch_code(PyCodeObject *code);
void vt_deaths_watch_type(PyTypeObject *type);

/* Never dies: takes one reference, once per process. */
void vt_deaths_keep(PyObject *object);

/* Calls `visit` for each code object that is watched and lives. */
void vt_deaths_each_code(void (*visit)(PyCodeObject *code, void *state), void *state);

#endif

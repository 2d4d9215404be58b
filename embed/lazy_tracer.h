/* SPDX-License-Identifier: Apache-2.0
 *
 * The tracer of a run, `builtins.__viz_tracer__`, until the program asks for it.
 *
 * Nothing of the package is imported for it: the object is made by hand, and becomes a
 * VizTracer, the very same object, when an attribute of it is read or set for the first
 * time. So get_tracer() and the bare name give one tracer.
 *
 * Threads:   the interpreter's lock is held.
 */
#ifndef VT_EMBED_LAZY_TRACER_H
#define VT_EMBED_LAZY_TRACER_H

#include "core/record/config.h"
#include "embed/recorder.h"

/* Puts it into builtins. Both are borrowed: for the life of the process. Returns it,
 * borrowed. Raises nothing; NULL: there is no memory, the program finds no tracer. */
PyObject *vt_lazy_tracer_install(const struct vt_config *config,
                                 struct vt_recorder *recorder);

/* In a forked child: the run goes on in this recorder. */
void vt_lazy_tracer_follow(struct vt_recorder *recorder);

/* This object, which may be the run's tracer, is about to be freed. */
void vt_lazy_tracer_forget(const PyObject *object);

/* The run's recorder goes: the tracer is an ordinary one from here on. NULL is allowed.
 */
void vt_lazy_tracer_leave_run(PyObject *tracer);

/* Makes a VizTracer of it, if it is not one yet. False with an exception set. */
bool vt_lazy_tracer_wake(PyObject *object);

#endif

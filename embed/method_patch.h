/* SPDX-License-Identifier: Apache-2.0
 *
 * A C function of the interpreter replaced by one of ours, in its method table entry:
 * every function object made from the entry, before or after, calls ours.
 *
 * Threads:   the interpreter's lock is held.
 * Ownership: plain data; the entry is the interpreter's and lives for ever.
 */
#ifndef VT_EMBED_METHOD_PATCH_H
#define VT_EMBED_METHOD_PATCH_H

#include "embed/pycompat.h"

struct vt_method_patch {
    PyMethodDef *method; /* NULL: nothing is replaced */
    PyCFunction original;
};

/* Does nothing when there is no such method, or one of another calling convention. */
static inline void vt_method_patch_apply(struct vt_method_patch *patch,
                                         PyMethodDef *method, int flags,
                                         PyCFunction ours) {
    if (patch->method || !method || method->ml_flags != flags)
        return;
    patch->method = method;
    patch->original = method->ml_meth;
    method->ml_meth = ours;
}

/* The same for a function of the module sys. */
static inline void vt_method_patch_apply_sys(struct vt_method_patch *patch,
                                             const char *name, int flags,
                                             PyCFunction ours) {
    PyObject *function = PySys_GetObject(name);
    if (function && PyCFunction_Check(function))
        vt_method_patch_apply(patch, ((PyCFunctionObject *)(void *)function)->m_ml,
                              flags, ours);
}

static inline void vt_method_patch_undo(struct vt_method_patch *patch) {
    if (patch->method)
        patch->method->ml_meth = patch->original;
    *patch = (struct vt_method_patch){NULL, NULL};
}

#endif

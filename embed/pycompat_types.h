/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the versions of CPython for the types that we make.
 */
#ifndef VT_EMBED_PYCOMPAT_TYPES_H
#define VT_EMBED_PYCOMPAT_TYPES_H

#include "embed/pycompat.h"

#include <structmember.h>

/* In a tp_traverse of a heap type: its instances hold it (3.9 and later). */
#if PY_VERSION_HEX >= 0x03090000
#define VT_PY_VISIT_TYPE(self) Py_VISIT(Py_TYPE(self))
#else
#define VT_PY_VISIT_TYPE(self) ((void)0)
#endif

/* Where the instances of a type have their dictionary and weak references: a member
 * table among the slots, and by hand before 3.9. `offsets` has exactly those rows. */
#if PY_VERSION_HEX >= 0x03090000
#define VT_PY_OFFSET_SLOTS(offsets)                                                    \
    { Py_tp_members, offsets }
#else
#define VT_PY_OFFSET_SLOTS(offsets)                                                    \
    { Py_tp_finalize, NULL }
#endif

/* A new heap type; NULL with an exception set. */
static inline PyObject *vt_py_make_type(PyType_Spec *spec, const PyMemberDef *offsets) {
    PyObject *type = PyType_FromSpec(spec);
#if PY_VERSION_HEX < 0x03090000
    if (type && offsets) {
        ((PyTypeObject *)(void *)type)->tp_dictoffset = offsets[0].offset;
        ((PyTypeObject *)(void *)type)->tp_weaklistoffset = offsets[1].offset;
    }
#else
    (void)offsets;
#endif
    return type;
}

/* Whether the object of a weak reference lives and is this one. */
static inline bool vt_py_refers_to(PyObject *reference, PyObject *object) {
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *found;
    bool same = PyWeakref_GetRef(reference, &found) > 0 && found == object;
    Py_XDECREF(found);
    return same;
#else
    return PyWeakref_GetObject(reference) == object;
#endif
}

/* Makes `type` the type of an object of the same layout. */
static inline void vt_py_change_type(PyObject *object, PyTypeObject *type) {
    PyTypeObject *old = Py_TYPE(object);
    Py_INCREF(type);
#if PY_VERSION_HEX >= 0x03090000
    Py_SET_TYPE(object, type);
#else
    Py_TYPE(object) = type;
#endif
    Py_DECREF(old);
}

#endif

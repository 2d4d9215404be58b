/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the versions of CPython in the variables of a frame.
 */
#ifndef VT_EMBED_PYCOMPAT_FRAME_H
#define VT_EMBED_PYCOMPAT_FRAME_H

#include "embed/pycompat.h"

/* The names of a function's local variables, arguments first. Borrowed. */
static inline PyObject *vt_py_local_names(PyCodeObject *code) {
#if PY_VERSION_HEX >= 0x030b0000
    return code->co_localsplusnames;
#else
    return code->co_varnames;
#endif
}

/* The argument number `at` of a frame that is at its beginning or is resumed, among its
 * `locals`; NULL: unset. Borrowed. A variable of inner functions lies in a cell. */
static inline PyObject *vt_py_argument(PyCodeObject *code, PyObject **locals, int at) {
    PyObject *value = locals[at];
#if PY_VERSION_HEX >= 0x030b0000
    if (value && PyCell_Check(value) &&
        _PyLocals_GetKind(code->co_localspluskinds, at) & CO_FAST_CELL)
        return PyCell_GET(value);
#else
    Py_ssize_t cells = PyTuple_GET_SIZE(code->co_cellvars);
    for (Py_ssize_t i = 0; !value && code->co_cell2arg && i < cells; i++) {
        if (code->co_cell2arg[i] == at)
            value = PyCell_GET(locals[code->co_nlocals + i]);
    }
#endif
    return value;
}

/* Before 3.10 an overflow of the recursion limit marks the thread, which is killed when
 * it goes on: code that we ran must not leave that mark. */
static inline int vt_py_overflowed(PyThreadState *tstate) {
#if PY_VERSION_HEX < 0x030a0000
    return tstate->overflowed;
#else
    (void)tstate;
    return 0;
#endif
}

static inline void vt_py_set_overflowed(PyThreadState *tstate, int overflowed) {
#if PY_VERSION_HEX < 0x030a0000
    tstate->overflowed = (char)overflowed;
#else
    (void)tstate, (void)overflowed;
#endif
}

#if VT_PY_HAS_MONITORING

/* The local variables of the innermost frame if it runs `code`, else NULL. Borrowed. */
static inline PyObject **vt_py_current_locals(PyThreadState *tstate,
                                              PyCodeObject *code) {
#if PY_VERSION_HEX >= 0x030d0000
    struct _PyInterpreterFrame *frame = tstate->current_frame;
    bool runs = frame && frame->f_executable == (PyObject *)code;
#else
    struct _PyInterpreterFrame *frame = tstate->cframe->current_frame;
    bool runs = frame && frame->f_code == code;
#endif
    return runs ? frame->localsplus : NULL;
}

#else

/* The local variables of a frame, arguments first. Borrowed. */
static inline PyObject **vt_py_frame_locals(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030b0000
    return frame->f_frame->localsplus;
#else
    return frame->f_localsplus;
#endif
}

#endif

#endif

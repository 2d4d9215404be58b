/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the versions of CPython that a core is built for. The only file
 * that looks at PY_VERSION_HEX, with pycompat_types.h beside it: others ask for what
 * they need by name.
 *
 * Sources: Include/cpython/pystate.h, Include/internal/pycore_frame.h and
 * Python/ceval.c of 3.8 to 3.13. A core serves all patch levels of its minor version:
 * only layouts that did not change within one are used.
 */
#ifndef VT_EMBED_PYCOMPAT_H
#define VT_EMBED_PYCOMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>

#include <stdbool.h>

#if PY_VERSION_HEX < 0x03080000 || PY_VERSION_HEX >= 0x030e0000
#error "a core can be built for Python 3.8 to 3.13"
#endif
#ifdef Py_GIL_DISABLED
#error "free-threaded builds are not supported"
#endif

/* sys.monitoring (PEP 669) replaces the profile hook from 3.12 on. */
#if PY_VERSION_HEX >= 0x030c0000
#define VT_PY_HAS_MONITORING 1
#else
#define VT_PY_HAS_MONITORING 0
#endif

#define Py_BUILD_CORE 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#if !VT_PY_HAS_MONITORING
#include <internal/pycore_pystate.h>
#endif
#if !VT_PY_HAS_MONITORING && PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_runtime.h>
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#endif
#pragma GCC diagnostic pop
#undef Py_BUILD_CORE

/* The calling thread's state, or NULL without the interpreter's lock. */
static inline PyThreadState *vt_py_thread_state(void) {
#if PY_VERSION_HEX >= 0x030d0000
    return PyThreadState_GetUnchecked();
#else
    return _PyThreadState_UncheckedGet();
#endif
}

/* The interpreter that a thread's state belongs to. Borrowed. */
static inline PyInterpreterState *vt_py_interpreter(PyThreadState *tstate) {
#if PY_VERSION_HEX >= 0x03090000
    return PyThreadState_GetInterpreter(tstate);
#else
    return tstate->interp;
#endif
}

/* Whether the calling thread runs the main interpreter, the one that is recorded. */
static inline bool vt_py_in_main_interpreter(void) {
    return vt_py_interpreter(vt_py_thread_state()) == PyInterpreterState_Main();
}

/* The name that a report shows: the qualified one where code objects have it. Borrowed.
 */
static inline PyObject *vt_py_code_name(PyCodeObject *code) {
#if PY_VERSION_HEX >= 0x030b0000
    return code->co_qualname;
#else
    return code->co_name;
#endif
}

/* The code that a frame runs. A new reference. */
static inline PyCodeObject *vt_py_frame_new_code(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x03090000
    return PyFrame_GetCode(frame);
#else
    Py_INCREF(frame->f_code);
    return frame->f_code;
#endif
}

/* Calls `freed(extra)` when a code object dies on which vt_py_set_code_extra put
 * `extra`. Returns an index, or -1 (all slots taken). */
static inline Py_ssize_t vt_py_request_code_extra(freefunc freed) {
#if PY_VERSION_HEX >= 0x030c0000
    return PyUnstable_Eval_RequestCodeExtraIndex(freed);
#else
    return _PyEval_RequestCodeExtraIndex(freed);
#endif
}

static inline int vt_py_set_code_extra(PyObject *code, Py_ssize_t index, void *extra) {
#if PY_VERSION_HEX >= 0x030c0000
    return PyUnstable_Code_SetExtra(code, index, extra);
#else
    return _PyCode_SetExtra(code, index, extra);
#endif
}

/* `*extra` is NULL where none was put. */
static inline int vt_py_get_code_extra(PyObject *code, Py_ssize_t index, void **extra) {
#if PY_VERSION_HEX >= 0x030c0000
    return PyUnstable_Code_GetExtra(code, index, extra);
#else
    return _PyCode_GetExtra(code, index, extra);
#endif
}

#if !VT_PY_HAS_MONITORING

/* Where the interpreter keeps the current thread's state: reading it is cheaper than
 * the call above, which is all that function does. The place is that of the headers we
 * were built with; NULL when this interpreter's differs. Ask with the interpreter's
 * lock held. */
static inline PyThreadState *volatile *vt_py_thread_state_place(void) {
    void *place = &_PyRuntime.gilstate.tstate_current;
    PyThreadState *volatile *word = place;
    return *word == vt_py_thread_state() && *word ? word : NULL;
}

/* The code that a frame runs. Borrowed. */
static inline PyCodeObject *vt_py_frame_code(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030b0000
    return frame->f_frame->f_code;
#else
    return frame->f_code;
#endif
}

static inline PyObject *vt_py_frame_globals(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030b0000
    return frame->f_frame->f_globals;
#else
    return frame->f_globals;
#endif
}

/* The first local variable (an argument) of a frame; NULL: unset. Borrowed. */
static inline PyObject *vt_py_frame_first_local(PyFrameObject *frame) {
    if (vt_py_frame_code(frame)->co_argcount < 1)
        return NULL;
#if PY_VERSION_HEX >= 0x030b0000
    return frame->f_frame->localsplus[0];
#else
    return frame->f_localsplus[0];
#endif
}

/* Makes `func` the profile function of a thread, as PyEval_SetProfile does for the
 * calling one, but without its audit event, which hooks of the program would see. */
static inline void vt_py_set_profile(PyThreadState *tstate, Py_tracefunc func) {
    bool tracing = func || tstate->c_tracefunc;
    tstate->c_profilefunc = func;
#if PY_VERSION_HEX >= 0x030b0000
    tstate->cframe->use_tracing = tracing ? 255 : 0;
#elif PY_VERSION_HEX >= 0x030a0000
    tstate->cframe->use_tracing = tracing;
#else
    tstate->use_tracing = tracing;
#endif
}

#endif /* !VT_PY_HAS_MONITORING */

#endif

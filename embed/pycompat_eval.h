/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the versions of CPython for a function that evaluates frames
 * (PEP 523).
 */
#ifndef VT_EMBED_PYCOMPAT_EVAL_H
#define VT_EMBED_PYCOMPAT_EVAL_H

#include "embed/pycompat.h"

/* The parameters of such a function; the interpreter's own one, called with them; the
 * code and the globals of the frame (borrowed). */
#if PY_VERSION_HEX >= 0x030b0000
#define VT_PY_FRAME_PARAMETERS                                                         \
    PyThreadState *tstate, struct _PyInterpreterFrame *frame, int throwing
#elif PY_VERSION_HEX >= 0x03090000
#define VT_PY_FRAME_PARAMETERS PyThreadState *tstate, PyFrameObject *frame, int throwing
#else
#define VT_PY_FRAME_PARAMETERS PyFrameObject *frame, int throwing
#endif

#if PY_VERSION_HEX >= 0x03090000
#define VT_PY_EVALUATE() _PyEval_EvalFrameDefault(tstate, frame, throwing)
#else
#define VT_PY_EVALUATE() _PyEval_EvalFrameDefault(frame, throwing)
#endif

#if PY_VERSION_HEX >= 0x030d0000
#define VT_PY_FRAME_CODE() ((PyCodeObject *)(void *)frame->f_executable)
#else
#define VT_PY_FRAME_CODE() (frame->f_code)
#endif

/* Ends a frame that is not to be evaluated, as its evaluation would: from 3.12 on the
 * evaluating function takes it off the stack. An exception thrown into a frame that has
 * not begun leaves no trace. */
#if PY_VERSION_HEX >= 0x030c0000
#define VT_PY_DROP_FRAME()                                                             \
    (PyErr_SetNone(PyExc_SystemError),                                                 \
     (void)_PyEval_EvalFrameDefault(tstate, frame, 1), PyErr_Clear())
#else
#define VT_PY_DROP_FRAME() ((void)frame)
#endif

/* `function` evaluates all frames that begin from here; NULL: the interpreter does. */
static inline void vt_py_evaluate_with(PyObject *(*function)(VT_PY_FRAME_PARAMETERS)) {
    if (!function)
        function = _PyEval_EvalFrameDefault;
#if PY_VERSION_HEX >= 0x03090000
    _PyInterpreterState_SetEvalFrameFunc(vt_py_interpreter(vt_py_thread_state()),
                                         function);
#else
    vt_py_interpreter(vt_py_thread_state())->eval_frame = function;
#endif
}

#endif

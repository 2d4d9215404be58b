/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/main_code.h"

#include "embed/pycompat_eval.h"

static PyObject *awaited_globals; /* borrowed: __main__'s; NULL: nothing is awaited */
static PyObject *replacer;

/* A new reference, or NULL: the program's code runs as it is. */
static PyObject *ask_replacer(PyCodeObject *code) {
    PyObject *function = replacer;
    replacer = NULL;
    PyObject *other = PyObject_CallFunctionObjArgs(function, code, NULL);
    Py_DECREF(function);
    if (!other)
        PyErr_Clear();
    if (other && PyCode_Check(other))
        return other;
    Py_XDECREF(other);
    return NULL;
}

static PyObject *evaluate(VT_PY_FRAME_PARAMETERS) {
    if (throwing || frame->f_globals != awaited_globals ||
        VT_PY_FRAME_CODE()->co_flags & CO_NEWLOCALS)
        return VT_PY_EVALUATE();
    PyObject *globals = awaited_globals;
    awaited_globals = NULL;
    vt_py_evaluate_with(NULL);
    PyObject *other = ask_replacer(VT_PY_FRAME_CODE());
    if (!other)
        return VT_PY_EVALUATE();
    VT_PY_DROP_FRAME();
    PyObject *result = PyEval_EvalCode(other, globals, globals);
    Py_DECREF(other);
    return result;
}

void vt_main_code_replace(PyObject *main_globals, PyObject *replace) {
    Py_INCREF(replace);
    awaited_globals = main_globals;
    replacer = replace;
    vt_py_evaluate_with(evaluate);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/audit_log.h"

#include "embed/recorder.h"

static PyObject *listener; /* NULL: nobody listens */
static bool hook_added;
static _Thread_local bool is_telling; /* of an event: there are none meanwhile */

static void tell(const char *event, PyObject *args) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *function = listener;
    Py_INCREF(function);
    PyObject *answer = PyObject_CallFunction(function, "sO", event, args);
    Py_XDECREF(answer);
    Py_DECREF(function);
    PyErr_Restore(type, value, traceback);
}

static int on_audit(const char *event, PyObject *args, void *data) {
    (void)data;
    if (!listener || is_telling || !vt_recorder_current() || !vt_py_thread_state() ||
        !vt_py_in_main_interpreter() || !args)
        return 0;
    is_telling = true;
    tell(event, args);
    is_telling = false;
    return 0;
}

PyObject *vt_audit_log_listen(PyObject *module, PyObject *listen) {
    (void)module;
    PyObject *old = listener;
    if (listen != Py_None && !hook_added) {
        if (PySys_AddAuditHook(on_audit, NULL) != 0)
            return NULL;
        hook_added = true;
    }
    listener = listen == Py_None ? NULL : listen;
    Py_XINCREF(listener);
    Py_XDECREF(old);
    Py_RETURN_NONE;
}

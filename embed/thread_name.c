/* SPDX-License-Identifier: Apache-2.0
 *
 * threading is looked at only if the program imported it: its Thread objects keep the
 * name in
 * `_name`, and `_active` maps thread identifiers to them. A thread is entered in
 * `_active` after its first frames ran; until then the first frame's own argument is
 * the Thread.
 */
#include "embed/thread_name.h"

#include "embed/pytext.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Borrowed, or NULL. */
static PyObject *threading_attribute(const char *name) {
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *module = modules ? PyDict_GetItemString(modules, "threading") : NULL;
    if (!module || !PyModule_Check(module))
        return NULL;
    return PyDict_GetItemString(PyModule_GetDict(module), name);
}

/* The instance's own dictionary entry `_name`; no descriptor or __getattr__ runs. */
static bool append_name_of(struct vt_buf *name, PyObject *thread) {
    PyObject *type = threading_attribute("Thread");
    if (!thread || !type || !PyType_Check(type) ||
        !PyType_IsSubtype(Py_TYPE(thread), (PyTypeObject *)type))
        return false;
    PyObject *dict = PyObject_GenericGetDict(thread, NULL);
    PyObject *text = dict ? PyDict_GetItemString(dict, "_name") : NULL;
    bool found = text && PyUnicode_Check(text);
    if (found)
        vt_pytext_append(name, text);
    Py_XDECREF(dict);
    return found;
}

static PyObject *active_thread(void) {
    PyObject *active = threading_attribute("_active");
    if (!active || !PyDict_Check(active))
        return NULL;
    PyObject *ident = PyLong_FromUnsignedLong(PyThread_get_thread_ident());
    PyObject *thread = ident ? PyDict_GetItemWithError(active, ident) : NULL;
    Py_XDECREF(ident);
    return thread;
}

static bool is_main_thread(void) {
    return syscall(SYS_gettid) == getpid();
}

static void append_fallback(struct vt_buf *name) {
    static unsigned dummies; /* guarded by the interpreter's lock */
    if (is_main_thread())
        vt_buf_append_text(name, "MainThread");
    else
        vt_buf_printf(name, "Dummy-%u", ++dummies);
}

void vt_thread_name_append(struct vt_buf *name, PyObject *frame_self) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (!append_name_of(name, frame_self) && !append_name_of(name, active_thread()))
        append_fallback(name);
    PyErr_Restore(type, value, traceback);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/describe.h"

#include "core/base/buf.h"
#include "embed/pytext.h"

#include <stdio.h>

/* multiprocessing.process._current_process._name, without running code. Borrowed, or
 * NULL. */
static PyObject *name_of_process(void) {
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *module =
        modules ? PyDict_GetItemString(modules, "multiprocessing.process") : NULL;
    PyObject *process =
        module && PyModule_Check(module)
            ? PyDict_GetItemString(PyModule_GetDict(module), "_current_process")
            : NULL;
    PyObject *dict = process ? PyObject_GenericGetDict(process, NULL) : NULL;
    PyObject *name = dict ? PyDict_GetItemString(dict, "_name") : NULL;
    Py_XDECREF(dict); /* the process holds it */
    return name && PyUnicode_Check(name) ? name : NULL;
}

void vt_describe_process(struct vt_log *log, PyObject *name) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    struct vt_buf text = {0};
    if (!name)
        name = name_of_process();
    if (name)
        vt_pytext_append(&text, name);
    else
        vt_buf_append_text(&text, "MainProcess");
    if (!text.failed)
        vt_log_add_process(log, VT_SYMBOL_PROCESS,
                           (struct vt_log_text){text.data, text.size});
    vt_buf_fini(&text);
    PyErr_Restore(type, value, traceback);
}

/* Each word ends in a NUL byte. */
void vt_describe_command(struct vt_log *log) {
    FILE *file = fopen("/proc/self/cmdline", "rbe");
    if (!file)
        return;
    struct vt_buf words = {0};
    char bytes[4096];
    size_t n;
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        vt_buf_append(&words, bytes, n);
    fclose(file);
    if (!words.failed)
        vt_log_add_process(log, VT_SYMBOL_COMMAND,
                           (struct vt_log_text){words.data, words.size});
    vt_buf_fini(&words);
}

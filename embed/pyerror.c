/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/pyerror.h"

#include <string.h>

static PyObject *type_of(enum vt_status status) {
    switch (status) {
    case VT_ERR_IO:
    case VT_ERR_NOT_FOUND:
        return PyExc_OSError;
    case VT_ERR_UNSUPPORTED:
        return PyExc_NotImplementedError;
    default:
        return PyExc_Exception;
    }
}

PyObject *vt_pyerror_raise(const struct vt_error *err) {
    if (err->status == VT_ERR_NO_MEMORY)
        return PyErr_NoMemory();
    PyObject *text =
        PyUnicode_DecodeFSDefaultAndSize(err->text, (Py_ssize_t)strlen(err->text));
    if (text)
        PyErr_SetObject(type_of(err->status), text);
    Py_XDECREF(text);
    return NULL;
}

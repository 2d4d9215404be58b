/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/pytext.h"

#include <string.h>

static void append_code_point(struct vt_buf *buf, Py_UCS4 c) {
    char bytes[4];
    size_t n;
    if (c < 0x80) {
        bytes[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        bytes[0] = (char)(0xC0 | (c >> 6));
        n = 2;
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | (c >> 12));
        n = 3;
    } else {
        bytes[0] = (char)(0xF0 | (c >> 18));
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        bytes[i] = (char)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3F));
    vt_buf_append(buf, bytes, n);
}

void vt_pytext_append(struct vt_buf *buf, PyObject *text) {
    if (!text || !PyUnicode_Check(text) || PyUnicode_READY(text) != 0)
        return;
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text)) {
        vt_buf_append(buf, PyUnicode_DATA(text), (size_t)length);
        return;
    }
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    for (Py_ssize_t i = 0; i < length; i++)
        append_code_point(buf, PyUnicode_READ(kind, data, i));
}

PyObject *vt_pytext_to_python(const char *text) {
    Py_ssize_t size = (Py_ssize_t)strlen(text);
    PyObject *decoded = PyUnicode_DecodeUTF8(text, size, "surrogatepass");
    if (decoded || !PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        return decoded;
    PyErr_Clear();
    return PyUnicode_DecodeUTF8(text, size, "surrogateescape");
}

PyObject *vt_pytext_list_to_python(const struct vt_strlist *list) {
    PyObject *items = PyList_New((Py_ssize_t)list->count);
    for (size_t i = 0; items && i < list->count; i++) {
        PyObject *text = vt_pytext_to_python(list->items[i]);
        if (text)
            PyList_SET_ITEM(items, (Py_ssize_t)i, text);
        else
            Py_CLEAR(items);
    }
    return items;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/plain_repr.h"

#include "core/base/jtext.h"

enum { INT_DIGITS = 20 };

static bool append_int(struct vt_buf *out, PyObject *value) {
    int overflow = 0;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow)
        return false;
    char text[INT_DIGITS + 3], *p = text + sizeof text;
    unsigned long long rest =
        number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;
    *--p = '"';
    do
        *--p = (char)('0' + rest % 10);
    while ((rest /= 10));
    if (number < 0)
        *--p = '-';
    *--p = '"';
    vt_buf_append(out, p, (size_t)(text + sizeof text - p));
    return true;
}

/* repr() quotes with ' unless that is in the text. */
static bool stands_for_itself(const unsigned char *text, size_t size) {
    return vt_jtext_skip(text, text + size) == text + size &&
           !memchr(text, '\'', size) && !memchr(text, 0x7F, size);
}

static bool append_str(struct vt_buf *out, PyObject *value, size_t most) {
    if (!PyUnicode_IS_READY(value) || !PyUnicode_IS_ASCII(value))
        return false;
    size_t size = (size_t)PyUnicode_GET_LENGTH(value);
    const unsigned char *text = PyUnicode_DATA(value);
    if (size > most || !stands_for_itself(text, size))
        return false;
    char *to = vt_buf_reserve(out, size + 4);
    if (!to)
        return false;
    memcpy(to, "\"'", 2);
    memcpy(to + 2, text, size);
    memcpy(to + 2 + size, "'\"", 2);
    out->size += size + 4;
    return true;
}

bool vt_plain_repr_append_float(struct vt_buf *out, PyObject *value) {
    char *text = PyFloat_CheckExact(value)
                     ? PyOS_double_to_string(PyFloat_AS_DOUBLE(value), 'r', 0,
                                             Py_DTSF_ADD_DOT_0, NULL)
                     : NULL;
    if (!text)
        return false;
    vt_buf_append_char(out, '"');
    vt_buf_append_text(out, text);
    vt_buf_append_char(out, '"');
    PyMem_Free(text);
    return true;
}

bool vt_plain_repr_append(struct vt_buf *out, PyObject *value, size_t most) {
    if (PyUnicode_CheckExact(value))
        return append_str(out, value, most);
    if (PyLong_CheckExact(value))
        return append_int(out, value);
    if (value != Py_None && !PyBool_Check(value))
        return false;
    const char *name = value == Py_None   ? "\"None\""
                       : value == Py_True ? "\"True\""
                                          : "\"False\"";
    vt_buf_append_text(out, name);
    return true;
}

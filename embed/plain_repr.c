/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/plain_repr.h"

#include "core/base/jtext.h"
#include "embed/pyjson.h"

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

/* ---- text and bytes -------------------------------------------------------------- */

/* repr() quotes with ' unless that is in the text. */
static bool stands_for_itself(const unsigned char *text, size_t size) {
    return vt_jtext_skip(text, text + size) == text + size &&
           !memchr(text, '\'', size) && !memchr(text, 0x7F, size);
}

static void append_plain(struct vt_buf *out, const unsigned char *text, size_t size) {
    char *to = vt_buf_reserve(out, size + 4);
    if (!to)
        return;
    memcpy(to, "\"'", 2);
    memcpy(to + 2, text, size);
    memcpy(to + 2 + size, "'\"", 2);
    out->size += size + 4;
}

static char *put_hex(char *to, char letter, Py_UCS4 c, int digits) {
    *to++ = letter;
    for (int shift = 4 * digits - 4; shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[c >> shift & 0xF];
    return to;
}

/* What repr() says of a character that it does not show; its backslash is two in
 * JSON. */
static char *put_escape(char *to, Py_UCS4 c) {
    *to++ = '\\';
    *to++ = '\\';
    if (c == '\n' || c == '\r' || c == '\t') {
        *to++ = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        return to;
    }
    return c < 0x100     ? put_hex(to, 'x', c, 2)
           : c < 0x10000 ? put_hex(to, 'u', c, 4)
                         : put_hex(to, 'U', c, 8);
}

/* A value in the making. */
struct shown {
    int kind; /* of `data` */
    const void *data;
    Py_ssize_t length;
    bool is_text; /* false: bytes */
    char quote;
};

/* At most VT_PYJSON_CHARACTER_BYTES. */
static char *put_special(char *to, const struct shown *shown, Py_UCS4 c) {
    if (c < 0x20 || c == 0x7F ||
        (c > 0x7F && !(shown->is_text && Py_UNICODE_ISPRINTABLE(c))))
        return put_escape(to, c);
    if (c == (Py_UCS4)shown->quote || c == '\\') {
        *to++ = '\\';
        *to++ = '\\';
    }
    return vt_pyjson_put_character(to, c);
}

static bool is_plain(Py_UCS4 c) {
    return c >= 0x20 && c < 0x7F && c != '\'' && c != '"' && c != '\\';
}

static char *put_bytes(char *to, const struct shown *shown) {
    const Py_UCS1 *p = shown->data, *end = p + shown->length;
    for (; p < end; p++) {
        if (is_plain(*p))
            *to++ = (char)*p;
        else
            to = put_special(to, shown, *p);
    }
    return to;
}

static char *put_wide(char *to, const struct shown *shown) {
    for (Py_ssize_t i = 0; i < shown->length; i++)
        to = put_special(to, shown, PyUnicode_READ(shown->kind, shown->data, i));
    return to;
}

static bool holds(const struct shown *shown, char wanted) {
    if (shown->kind == PyUnicode_1BYTE_KIND)
        return memchr(shown->data, wanted, (size_t)shown->length) != NULL;
    Py_ssize_t i = 0;
    while (i < shown->length &&
           PyUnicode_READ(shown->kind, shown->data, i) != (Py_UCS4)wanted)
        i++;
    return i < shown->length;
}

static char *put_quote(char *to, const struct shown *shown) {
    if (shown->quote == '"')
        *to++ = '\\';
    *to++ = shown->quote;
    return to;
}

/* False, with `out` as it was: the result has over `most` bytes. */
static bool append_shown(struct vt_buf *out, struct shown *shown, size_t most) {
    enum { ROUND_BYTES = 7 };
    char *start = vt_buf_reserve(
        out, (size_t)shown->length * VT_PYJSON_CHARACTER_BYTES + ROUND_BYTES);
    if (!start)
        return true;
    shown->quote = holds(shown, '\'') && !holds(shown, '"') ? '"' : '\'';
    char *to = start;
    *to++ = '"';
    if (!shown->is_text)
        *to++ = 'b';
    to = put_quote(to, shown);
    to = shown->kind == PyUnicode_1BYTE_KIND ? put_bytes(to, shown)
                                             : put_wide(to, shown);
    to = put_quote(to, shown);
    *to++ = '"';
    size_t size = (size_t)(to - start);
    if (size <= most)
        out->size += size;
    return size <= most;
}

static bool append_str(struct vt_buf *out, PyObject *value, size_t most) {
    if (!PyUnicode_IS_READY(value) || (size_t)PyUnicode_GET_LENGTH(value) > most)
        return false;
    struct shown shown = {(int)PyUnicode_KIND(value), PyUnicode_DATA(value),
                          PyUnicode_GET_LENGTH(value), true, 0};
    if (!PyUnicode_IS_ASCII(value) ||
        !stands_for_itself(shown.data, (size_t)shown.length))
        return append_shown(out, &shown, most);
    append_plain(out, shown.data, (size_t)shown.length);
    return true;
}

static bool append_bytes(struct vt_buf *out, PyObject *value, size_t most) {
    struct shown shown = {PyUnicode_1BYTE_KIND, PyBytes_AS_STRING(value),
                          PyBytes_GET_SIZE(value), false, 0};
    return (size_t)shown.length <= most && append_shown(out, &shown, most);
}

/* ---- any plain value ------------------------------------------------------------- */

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
    if (PyBytes_CheckExact(value))
        return append_bytes(out, value, most);
    if (value != Py_None && !PyBool_Check(value))
        return false;
    const char *name = value == Py_None   ? "\"None\""
                       : value == Py_True ? "\"True\""
                                          : "\"False\"";
    vt_buf_append_text(out, name);
    return true;
}

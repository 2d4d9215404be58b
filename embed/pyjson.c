/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/pyjson.h"

#include "core/base/jtext.h"

#include <math.h>
#include <string.h>

/* A container that is being written, and those around it. */
struct vt_pyjson_level {
    PyObject *container;
    const struct vt_pyjson_level *outer;
    unsigned depth;
};

/* ---- texts ---- */

/* How each ASCII character is written: 0: as it is; 'u': by number; else behind a
 * backslash. */
static const char forms[128] = {
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', 'b',         't',          'n', 'u',
    'f', 'r', 'u', 'u', 'u', 'u', 'u', 'u', 'u',         'u',          'u', 'u',
    'u', 'u', 'u', 'u', 'u', 'u', 'u', 'u', ['"'] = '"', ['\\'] = '\\'};

static char *put_unit(char *to, unsigned unit) {
    static const char digits[] = "0123456789abcdef";
    *to++ = '\\';
    *to++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *to++ = digits[unit >> shift & 0xF];
    return to;
}

char *vt_pyjson_put_character(char *to, Py_UCS4 c) {
    char form = c < 0x80 ? forms[c] : 'u';
    if (!form) {
        *to++ = (char)c;
    } else if (form != 'u') {
        *to++ = '\\';
        *to++ = form;
    } else if (c > 0xFFFF) {
        to = put_unit(to, 0xD800 | (c - 0x10000) >> 10);
        to = put_unit(to, 0xDC00 | ((c - 0x10000) & 0x3FF));
    } else {
        to = put_unit(to, c);
    }
    return to;
}

static void append_characters(struct vt_buf *out, int kind, const void *data,
                              Py_ssize_t length) {
    enum { CHUNK = 64, MOST_BYTES = VT_PYJSON_CHARACTER_BYTES };
    for (Py_ssize_t done = 0; done < length;) {
        Py_ssize_t end = length - done < CHUNK ? length : done + CHUNK;
        char *start = vt_buf_reserve(out, CHUNK * MOST_BYTES), *to = start;
        if (!start)
            return;
        for (; done < end; done++)
            to = vt_pyjson_put_character(to, PyUnicode_READ(kind, data, done));
        out->size += (size_t)(to - start);
    }
}

/* Most text is plain: it is copied in runs, short text in one piece with its quotes.
 * Where a special character is there are often more: some at a time, one by one. */
static void append_ascii(struct vt_buf *out, const unsigned char *text, size_t size) {
    enum { FEW = 24, MOST_BYTES = 6 };
    const unsigned char *p = text, *end = text + size;
    while (p < end) {
        const unsigned char *special = vt_jtext_skip(p, end);
        vt_buf_append(out, p, (size_t)(special - p));
        const unsigned char *stop = end - special < FEW ? end : special + FEW;
        char *start = vt_buf_reserve(out, FEW * MOST_BYTES), *to = start;
        if (!start)
            return;
        for (p = special; p < stop; p++)
            to = vt_pyjson_put_character(to, *p);
        out->size += (size_t)(to - start);
    }
}

static bool append_short(struct vt_buf *out, const unsigned char *text, size_t size) {
    char *to = vt_buf_reserve(out, size + 2);
    if (!to || vt_jtext_skip(text, text + size) != text + size)
        return false;
    *to = '"';
    memcpy(to + 1, text, size);
    to[size + 1] = '"';
    out->size += size + 2;
    return true;
}

void vt_pyjson_append_string(struct vt_buf *out, PyObject *text) {
    bool is_ready = PyUnicode_READY(text) == 0;
    if (!is_ready)
        PyErr_Clear();
    size_t length = is_ready ? (size_t)PyUnicode_GET_LENGTH(text) : 0;
    bool is_ascii = is_ready && PyUnicode_IS_ASCII(text);
    if (is_ascii && append_short(out, PyUnicode_DATA(text), length))
        return;
    vt_buf_append_char(out, '"');
    if (is_ascii)
        append_ascii(out, PyUnicode_DATA(text), length);
    else if (is_ready)
        append_characters(out, PyUnicode_KIND(text), PyUnicode_DATA(text),
                          PyUnicode_GET_LENGTH(text));
    vt_buf_append_char(out, '"');
}

/* ---- complaints and stand-ins ---- */

/* Only the first counts. */
static void complain(struct vt_pyjson *json, PyObject *exception_type,
                     const char *format, const char *what) {
    if (json->complaint)
        return;
    PyObject *text = PyUnicode_FromFormat(format, what);
    if (text)
        json->complaint = PyObject_CallFunctionObjArgs(exception_type, text, NULL);
    Py_XDECREF(text);
    PyErr_Clear();
}

/* As __name__ has it: static types carry their module in front. */
static const char *name_of_type(PyObject *value) {
    const char *name = Py_TYPE(value)->tp_name, *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* An error of the program's code is its own affair; Ctrl-C is not. */
static void swallow(struct vt_pyjson *json) {
    if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_Exception))
        PyErr_Clear();
    else if (PyErr_Occurred())
        json->raised = true;
}

static void append_stand_in(struct vt_pyjson *json, PyObject *value) {
    PyObject *text = PyObject_Repr(value);
    if (text)
        vt_pyjson_append_string(json->out, text);
    else
        vt_buf_append_text(json->out, "\"Not Displayable\"");
    Py_XDECREF(text);
    swallow(json);
}

/* ---- numbers ---- */

/* Appends the text of a str that is ASCII digits and signs. */
static void append_digits(struct vt_buf *out, PyObject *text) {
    vt_buf_append(out, PyUnicode_DATA(text), (size_t)PyUnicode_GET_LENGTH(text));
}

/* Decimal digits, or quoted hexadecimal ones where Python refuses to make that many. */
static void append_long(struct vt_pyjson *json, PyObject *value, bool is_key) {
    PyObject *text = PyLong_Type.tp_repr(value); /* a subclass may say what it wants */
    bool is_decimal = text != NULL;
    if (!is_decimal) {
        swallow(json);
        text = PyNumber_ToBase(value, 16);
    }
    bool quotes = is_key || !is_decimal;
    if (quotes)
        vt_buf_append_char(json->out, '"');
    if (text)
        append_digits(json->out, text);
    if (quotes)
        vt_buf_append_char(json->out, '"');
    Py_XDECREF(text);
    swallow(json);
}

static void append_int(struct vt_pyjson *json, PyObject *value, bool is_key) {
    int overflow;
    long number = PyLong_AsLongAndOverflow(value, &overflow);
    if (overflow)
        append_long(json, value, is_key);
    else
        vt_buf_printf(json->out, is_key ? "\"%ld\"" : "%ld", number);
}

static void append_float(struct vt_pyjson *json, double number, bool is_key) {
    bool quotes = is_key || !isfinite(number);
    char *text = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (!text)
        PyErr_Clear();
    if (quotes)
        vt_buf_append_char(json->out, '"');
    vt_buf_append_text(json->out, text ? text : "0");
    if (quotes)
        vt_buf_append_char(json->out, '"');
    PyMem_Free(text);
}

/* ---- containers ---- */

/* False: the container stands around itself or too deep; that is said. */
static bool push(struct vt_pyjson *json, struct vt_pyjson_level *level,
                 PyObject *container) {
    *level = (struct vt_pyjson_level){container, json->innermost, 1};
    if (level->outer)
        level->depth = level->outer->depth + 1;
    for (const struct vt_pyjson_level *at = level->outer; at; at = at->outer) {
        if (at->container == container) {
            complain(json, PyExc_ValueError, "%s", "Circular reference detected");
            return false;
        }
    }
    if (level->depth > VT_PYJSON_DEPTH) {
        complain(json, PyExc_RecursionError, "%s",
                 "maximum recursion depth exceeded while encoding a JSON object");
        return false;
    }
    if (level->depth > json->deepest)
        json->deepest = level->depth;
    json->innermost = level;
    return true;
}

static void pop(struct vt_pyjson *json, const struct vt_pyjson_level *level) {
    json->innermost = level->outer;
}

/* A list or tuple. The program's code, which the items may run, may change it. */
static void append_sequence(struct vt_pyjson *json, PyObject *sequence) {
    bool is_list = PyList_Check(sequence);
    vt_buf_append_char(json->out, '[');
    for (Py_ssize_t i = 0; !json->raised; i++) {
        Py_ssize_t size =
            is_list ? PyList_GET_SIZE(sequence) : PyTuple_GET_SIZE(sequence);
        if (i >= size)
            break;
        PyObject *item =
            is_list ? PyList_GET_ITEM(sequence, i) : PyTuple_GET_ITEM(sequence, i);
        Py_INCREF(item);
        if (i)
            vt_buf_append_text(json->out, ", ");
        vt_pyjson_append(json, item);
        Py_DECREF(item);
    }
    vt_buf_append_char(json->out, ']');
}

static void append_key(struct vt_pyjson *json, PyObject *key) {
    if (PyUnicode_Check(key)) {
        vt_pyjson_append_string(json->out, key);
    } else if (key == Py_None) {
        vt_buf_append_text(json->out, "\"null\"");
    } else if (PyBool_Check(key)) {
        vt_buf_append_text(json->out, key == Py_True ? "\"true\"" : "\"false\"");
    } else if (PyLong_Check(key)) {
        append_int(json, key, true);
    } else if (PyFloat_Check(key)) {
        append_float(json, PyFloat_AS_DOUBLE(key), true);
    } else {
        complain(json, PyExc_TypeError,
                 "keys must be str, int, float, bool or None, not %s",
                 name_of_type(key));
        append_stand_in(json, key);
    }
}

static void append_member(struct vt_pyjson *json, PyObject *key, PyObject *value,
                          bool is_first) {
    if (!is_first)
        vt_buf_append_text(json->out, ", ");
    append_key(json, key);
    vt_buf_append_text(json->out, ": ");
    vt_pyjson_append(json, value);
}

static bool is_skipped(PyObject *key, const char *const *skip) {
    if (!skip || !PyUnicode_Check(key))
        return false;
    for (; *skip; skip++) {
        if (PyUnicode_CompareWithASCIIString(key, *skip) == 0)
            return true;
    }
    return false;
}

static void append_plain_members(struct vt_pyjson *json, PyObject *dict,
                                 const char *const *skip) {
    PyObject *key, *value;
    Py_ssize_t at = 0;
    bool is_first = true;
    while (!json->raised && PyDict_Next(dict, &at, &key, &value)) {
        if (is_skipped(key, skip))
            continue;
        Py_INCREF(key);
        Py_INCREF(value);
        append_member(json, key, value, is_first);
        is_first = false;
        Py_DECREF(key);
        Py_DECREF(value);
    }
}

/* A subclass of dict may have items of its own. */
static void append_own_members(struct vt_pyjson *json, PyObject *dict,
                               const char *const *skip) {
    PyObject *items = PyMapping_Items(dict);
    bool is_first = true;
    for (Py_ssize_t i = 0; items && !json->raised && i < PyList_GET_SIZE(items); i++) {
        PyObject *item = PyList_GET_ITEM(items, i);
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2 ||
            is_skipped(PyTuple_GET_ITEM(item, 0), skip))
            continue;
        append_member(json, PyTuple_GET_ITEM(item, 0), PyTuple_GET_ITEM(item, 1),
                      is_first);
        is_first = false;
    }
    Py_XDECREF(items);
    swallow(json);
}

void vt_pyjson_append_dict(struct vt_pyjson *json, PyObject *dict,
                           const char *const *skip) {
    struct vt_pyjson_level level;
    if (!push(json, &level, dict)) {
        vt_buf_append_text(json->out, "\"...\"");
        return;
    }
    vt_buf_append_char(json->out, '{');
    if (PyDict_CheckExact(dict))
        append_plain_members(json, dict, skip);
    else
        append_own_members(json, dict, skip);
    vt_buf_append_char(json->out, '}');
    pop(json, &level);
}

static void append_list(struct vt_pyjson *json, PyObject *list) {
    struct vt_pyjson_level level;
    if (!push(json, &level, list)) {
        vt_buf_append_text(json->out, "\"...\"");
        return;
    }
    append_sequence(json, list);
    pop(json, &level);
}

void vt_pyjson_append(struct vt_pyjson *json, PyObject *value) {
    if (PyUnicode_Check(value)) {
        vt_pyjson_append_string(json->out, value);
    } else if (value == Py_None) {
        vt_buf_append_text(json->out, "null");
    } else if (PyBool_Check(value)) {
        vt_buf_append_text(json->out, value == Py_True ? "true" : "false");
    } else if (PyLong_Check(value)) {
        append_int(json, value, false);
    } else if (PyFloat_Check(value)) {
        append_float(json, PyFloat_AS_DOUBLE(value), false);
    } else if (PyList_Check(value) || PyTuple_Check(value)) {
        append_list(json, value);
    } else if (PyDict_Check(value)) {
        vt_pyjson_append_dict(json, value, NULL);
    } else {
        complain(json, PyExc_TypeError, "Object of type %s is not JSON serializable",
                 name_of_type(value));
        append_stand_in(json, value);
    }
}

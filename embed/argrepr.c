/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/argrepr.h"

#include "core/base/jtext.h"
#include "core/record/thread_args.h"
#include "embed/pycompat_frame.h"
#include "embed/plain_repr.h"
#include "embed/pyjson.h"
#include "embed/recorder.h"

/* One call's text in the making. The rest is for values whose text is made by the
 * interpreter: set by guard(). */
struct rendering {
    struct vt_buf text;
    struct vt_thread *thread;
    bool is_guarded;
    int overflowed;
    uint32_t depth;
    uint64_t serial; /* of the recorder */
    uint64_t hush;
    PyObject *show; /* owned; NULL: repr() */
    PyObject *type, *value, *traceback;
};

/* The memory of the last text, for the next one. */
static struct vt_buf spare;

/* Whether the innermost call that is open is that of `id`, and shown. */
static bool is_innermost(const struct vt_thread *thread, uint32_t id) {
    return !thread->hidden && vt_thread_depth(thread) && (thread->top - 1)->id == id;
}

static void begin(struct rendering *r, struct vt_thread *thread) {
    r->text = spare;
    r->thread = thread;
    r->is_guarded = false;
    spare = (struct vt_buf){0};
    vt_buf_clear(&r->text);
}

/* From here on code of the program may run. */
static void guard(struct rendering *r) {
    if (r->is_guarded)
        return;
    const struct vt_recorder *recorder = vt_recorder_current();
    r->is_guarded = true;
    r->show = recorder->argrepr.show;
    r->serial = recorder->serial;
    r->depth = vt_thread_depth(r->thread);
    r->overflowed = vt_py_overflowed(vt_py_thread_state());
    PyErr_Fetch(&r->type, &r->value, &r->traceback);
    Py_XINCREF(r->show);
    r->hush = vt_recorder_hush();
}

/* False: the program's code ended the recording meanwhile. */
static bool end(struct rendering *r) {
    if (!r->is_guarded)
        return true;
    vt_recorder_unhush(r->hush);
    Py_XDECREF(r->show);
    vt_py_set_overflowed(vt_py_thread_state(), r->overflowed);
    PyErr_Restore(r->type, r->value, r->traceback);
    const struct vt_recorder *recorder = vt_recorder_current();
    return recorder && recorder->serial == r->serial &&
           vt_recorder_lane() == r->thread && vt_thread_depth(r->thread) == r->depth;
}

static void put_spare(struct rendering *r) {
    vt_buf_fini(&spare);
    spare = r->text;
}

/* ---- one value ------------------------------------------------------------------- */

/* Errors of the program's code are nobody's. Ctrl-C that came meanwhile is the
 * program's: it comes again. */
static void swallow(void) {
    bool interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    PyErr_Clear();
    if (interrupted)
        PyErr_SetInterrupt();
}

/* Types whose repr() runs no code of the program, nor looks for signals; what is not
 * plain of them comes here (vt_plain_repr_append). */
static bool is_simple(PyObject *value) {
    return PyUnicode_CheckExact(value) || PyLong_CheckExact(value) ||
           PyBytes_CheckExact(value);
}

static PyObject *text_of(PyObject *value, PyObject *show) {
    if (!show)
        return is_simple(value) ? Py_TYPE(value)->tp_repr(value) : PyObject_Repr(value);
    PyObject *text = PyObject_CallFunctionObjArgs(show, value, NULL);
    if (text && !PyUnicode_Check(text)) {
        Py_DECREF(text);
        return NULL;
    }
    return text;
}

/* How many bytes of `json`, the inside of a string, are at most `most` and whole. */
static size_t find_cut(const char *json, size_t most) {
    size_t at = 0;
    for (;;) {
        size_t unit = json[at] != '\\' ? 1 : json[at + 1] == 'u' ? 6 : 2;
        if (at + unit > most)
            return at;
        at += unit;
    }
}

/* A str, with its quotes, cut where it is too long. */
static void append_cut(struct vt_buf *out, PyObject *text) {
    bool is_long = PyUnicode_GetLength(text) > VT_ARGREPR_VALUE_BYTES;
    PyObject *shown =
        is_long ? PyUnicode_Substring(text, 0, VT_ARGREPR_VALUE_BYTES) : text;
    size_t start = out->size + 1;
    if (shown)
        vt_pyjson_append_string(out, shown);
    if (is_long)
        Py_XDECREF(shown);
    PyErr_Clear();
    if (out->failed || out->size < start)
        return;
    size_t size = out->size - 1 - start;
    if (!is_long && size <= VT_ARGREPR_VALUE_BYTES)
        return;
    if (size > VT_ARGREPR_VALUE_BYTES)
        size = find_cut(out->data + start, VT_ARGREPR_VALUE_BYTES);
    out->size = start + size;
    vt_buf_append_text(out, "...\"");
}

static void append_value(struct rendering *r, PyObject *value) {
    bool is_shown_by_repr =
        !(r->is_guarded ? r->show : vt_recorder_current()->argrepr.show);
    if (is_shown_by_repr &&
        vt_plain_repr_append(&r->text, value, VT_ARGREPR_VALUE_BYTES - 2))
        return;
    guard(r);
    if (is_shown_by_repr && vt_plain_repr_append_float(&r->text, value))
        return;
    Py_INCREF(value);
    PyObject *text = text_of(value, r->show);
    if (text)
        append_cut(&r->text, text);
    else
        vt_buf_append_text(&r->text, "\"Not Displayable\"");
    Py_XDECREF(text);
    Py_DECREF(value);
    if (PyErr_Occurred())
        swallow();
}

PyObject *vt_argrepr_find_objprint(void) {
    PyObject *module = PyImport_ImportModule("viztracer.objtext");
    PyObject *found =
        module ? PyObject_CallMethod(module, "find_object_text", NULL) : NULL;
    Py_XDECREF(module);
    return found;
}

/* ---- a call ---------------------------------------------------------------------- */

static int count_arguments(const PyCodeObject *code) {
    return code->co_argcount + code->co_kwonlyargcount +
           !!(code->co_flags & CO_VARARGS) + !!(code->co_flags & CO_VARKEYWORDS);
}

/* `, "name": `, in one piece where the name is ASCII, as nearly all are. */
static void append_name(struct vt_buf *text, PyObject *name, bool is_first) {
    enum { ROUND_BYTES = 6 };
    size_t size = PyUnicode_IS_ASCII(name) ? (size_t)PyUnicode_GET_LENGTH(name) : 0;
    const unsigned char *from = size ? PyUnicode_DATA(name) : NULL;
    char *to = size ? vt_buf_reserve(text, size + ROUND_BYTES) : NULL;
    if (!to || vt_jtext_skip(from, from + size) != from + size) {
        vt_buf_append_text(text, is_first ? "" : ", ");
        vt_pyjson_append_string(text, name);
        vt_buf_append_text(text, ": ");
        return;
    }
    char *start = to;
    if (!is_first) {
        *to++ = ',';
        *to++ = ' ';
    }
    *to++ = '"';
    memcpy(to, from, size);
    memcpy(to + size, "\": ", 3);
    text->size += size + 3 + (size_t)(to - start);
}

static void append_argument(struct rendering *r, PyObject *name, PyObject *value,
                            bool is_first) {
    append_name(&r->text, name, is_first);
    if (r->text.size < VT_ARGREPR_ARGS_BYTES - VT_ARGREPR_VALUE_BYTES)
        append_value(r, value);
    else
        vt_buf_append_text(&r->text, "\"...\"");
}

static void append_arguments(struct rendering *r, PyCodeObject *code,
                             PyObject **locals) {
    PyObject *names = vt_py_local_names(code);
    int count = count_arguments(code);
    bool is_first = true;
    vt_buf_append_text(&r->text, "{\"func_args\": {");
    for (int i = 0; i < count && r->text.size < VT_ARGREPR_ARGS_BYTES; i++) {
        PyObject *value = vt_py_argument(code, locals, i);
        if (!value)
            continue; /* the program deleted it */
        append_argument(r, PyTuple_GET_ITEM(names, i), value, is_first);
        is_first = false;
    }
    vt_buf_append_text(&r->text, "}}");
}

void vt_argrepr_entered(struct vt_thread *thread, uint32_t id, PyCodeObject *code,
                        PyObject **locals) {
    if (!vt_recorder_current()->argrepr.args || !locals || !is_innermost(thread, id))
        return;
    struct rendering r;
    begin(&r, thread);
    append_arguments(&r, code, locals);
    if (end(&r) && !r.text.failed)
        (void)vt_thread_args_set(thread, r.text.data, r.text.size);
    put_spare(&r);
}

bool vt_argrepr_leaves(struct vt_thread *thread, uint32_t id, PyObject *result) {
    if (!vt_recorder_current()->argrepr.result || !is_innermost(thread, id))
        return true;
    struct rendering r;
    begin(&r, thread);
    vt_buf_append_text(&r.text, "\"return_value\": ");
    if (result)
        append_value(&r, result);
    else
        vt_buf_append_text(&r.text, "\"<NULL>\"");
    bool same = end(&r);
    if (same && !r.text.failed)
        (void)vt_thread_args_add(thread, r.text.data, r.text.size);
    put_spare(&r);
    return same;
}

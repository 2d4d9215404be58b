/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/tracer.h"

#include "core/record/thread_args.h"
#include "embed/draft.h"

#include <string.h>

/* ---- instants ---- */

/* One of "g", "p", "t"; 0 with an exception set. */
static char to_scope(PyObject *scope) {
    if (!PyUnicode_Check(scope)) {
        PyErr_SetString(PyExc_TypeError, "Scope must be a string");
        return 0;
    }
    if (PyUnicode_GetLength(scope) == 1) {
        Py_UCS4 letter = PyUnicode_ReadChar(scope, 0);
        if (letter == 'g' || letter == 'p' || letter == 't')
            return (char)letter;
    }
    PyErr_SetString(PyExc_ValueError, "Scope must be one of 'g', 'p', 't'");
    return 0;
}

static PyObject *put_instant(struct vt_tracer *tracer, PyObject *name, PyObject *args,
                             char scope) {
    struct vt_draft draft;
    if (!vt_draft_begin(&draft, tracer, name))
        return NULL;
    if (args != Py_None)
        vt_pyjson_append(&draft.json, args);
    return vt_draft_end(&draft, VT_EVENT_INSTANT, (unsigned char)scope);
}

static bool is_scope_letter(PyObject *args) {
    if (!PyUnicode_Check(args) || PyUnicode_GetLength(args) != 1)
        return false;
    Py_UCS4 letter = PyUnicode_ReadChar(args, 0);
    return letter == 'g' || letter == 'p' || letter == 't';
}

/* The manual's second parameter is the scope, the reference's is args. */
PyObject *vt_tracer_method_add_instant(PyObject *self, PyObject *args,
                                       PyObject *kwargs) {
    static char *names[] = {"name", "args", "scope", NULL};
    PyObject *name, *values = Py_None, *scope = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:add_instant", names, &name,
                                     &values, &scope))
        return NULL;
    if (!vt_tracer_is_recording(vt_tracer_of(self)))
        Py_RETURN_NONE;
    if (!scope && PyTuple_GET_SIZE(args) == 2 && is_scope_letter(values)) {
        scope = values;
        values = Py_None;
    }
    char letter = 'g';
    if (scope)
        letter = to_scope(scope);
    return letter ? put_instant(vt_tracer_of(self), name, values, letter) : NULL;
}

PyObject *vt_tracer_method_log_instant(PyObject *self, PyObject *args,
                                       PyObject *kwargs) {
    static char *names[] = {"name", "args", "scope", "cond", NULL};
    PyObject *name, *values = Py_None, *scope = NULL, *condition = Py_True;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOO:log_instant", names, &name,
                                     &values, &scope, &condition))
        return NULL;
    int holds = PyObject_IsTrue(condition);
    if (holds < 0)
        return NULL;
    if (!holds || !vt_tracer_is_recording(vt_tracer_of(self)))
        Py_RETURN_NONE;
    char letter = 't';
    if (scope)
        letter = to_scope(scope);
    return letter ? put_instant(vt_tracer_of(self), name, values, letter) : NULL;
}

/* ---- counters, objects, raw events ---- */

PyObject *vt_tracer_method_add_counter(PyObject *self, PyObject *args,
                                       PyObject *kwargs) {
    static char *names[] = {"name", "args", NULL};
    PyObject *name, *values;
    struct vt_draft draft;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO!:add_counter", names, &name,
                                     &PyDict_Type, &values))
        return NULL;
    if (!vt_tracer_is_recording(vt_tracer_of(self)))
        Py_RETURN_NONE;
    if (!vt_draft_begin(&draft, vt_tracer_of(self), name))
        return NULL;
    vt_pyjson_append(&draft.json, values);
    return vt_draft_end(&draft, VT_EVENT_COUNTER, 0);
}

/* The payload {"id": …, "args": …}; up to the args it is what vt_late wants again. */
static PyObject *append_object(struct vt_draft *draft, PyObject *id, PyObject *values) {
    vt_buf_append_text(&draft->text, "{\"id\": ");
    vt_pyjson_append_string(&draft->text, id);
    PyObject *prefix = NULL;
    if (values != Py_None) {
        vt_buf_append_text(&draft->text, ", \"args\": ");
        prefix =
            PyBytes_FromStringAndSize(draft->text.data, (Py_ssize_t)draft->text.size);
        draft->json.deepest = 0;
        vt_pyjson_append(&draft->json, values);
    }
    vt_buf_append_char(&draft->text, '}');
    PyErr_Clear(); /* no memory for the prefix: the snapshot stays as it is now */
    return prefix;
}

static PyObject *put_object(struct vt_tracer *tracer, int phase, PyObject *id,
                            PyObject *name, PyObject *values) {
    struct vt_draft draft;
    if (!vt_draft_begin(&draft, tracer, name))
        return NULL;
    PyObject *prefix = append_object(&draft, id, values);
    /* {"snapshot": {"a": [ … ]}}: what is in the third may change until the save. */
    bool may_change = draft.json.deepest > 2;
    PyObject *result = vt_draft_end(&draft, VT_EVENT_OBJECT, (uint64_t)phase);
    if (result && prefix && may_change && draft.is_written) {
        bool is_first = !tracer->late.items;
        (void)vt_late_remember(&tracer->late, draft.start, draft.thread, prefix,
                               values);
        if (is_first && tracer->is_run)
            vt_tracer_settle_at_exit(tracer);
    }
    Py_XDECREF(prefix);
    return result;
}

PyObject *vt_tracer_method_add_object(PyObject *self, PyObject *args,
                                      PyObject *kwargs) {
    static char *names[] = {"ph", "obj_id", "name", "args", NULL};
    int phase;
    PyObject *id, *name, *values = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "COO|O:add_object", names, &phase,
                                     &id, &name, &values))
        return NULL;
    if (!vt_tracer_is_recording(vt_tracer_of(self)))
        Py_RETURN_NONE;
    if (phase != 'N' && phase != 'O' && phase != 'D') {
        PyErr_SetString(PyExc_ValueError, "ph must be one of 'N', 'O', 'D'");
        return NULL;
    }
    PyObject *id_text = PyObject_Str(id);
    PyObject *result =
        id_text ? put_object(vt_tracer_of(self), phase, id_text, name, values) : NULL;
    Py_XDECREF(id_text);
    return result;
}

/* Its pid and tid are ours to say. */
PyObject *vt_tracer_method_add_raw(PyObject *self, PyObject *raw) {
    static const char *const ours[] = {"pid", "tid", NULL};
    struct vt_draft draft;
    if (!PyDict_Check(raw)) {
        PyErr_SetString(PyExc_TypeError, "a raw event must be a dict");
        return NULL;
    }
    if (!vt_draft_begin(&draft, vt_tracer_of(self), NULL))
        return NULL;
    vt_pyjson_append_dict(&draft.json, raw, ours);
    return vt_draft_end(&draft, VT_EVENT_RAW, 0);
}

/* ---- the innermost call ---- */

enum { SHOWN_BYTES = 4000 };

/* A value too long for the side area: the beginning of its text, as a string. */
static void shorten(struct vt_buf *value) {
    struct vt_buf text = {0};
    vt_buf_append_char(&text, '"');
    for (size_t i = 0; i < SHOWN_BYTES && i < value->size; i++) {
        if (value->data[i] == '"' || value->data[i] == '\\')
            vt_buf_append_char(&text, '\\');
        vt_buf_append_char(&text, value->data[i]);
    }
    vt_buf_append_text(&text, "...\"");
    vt_buf_fini(value);
    *value = text;
}

/* What does not fit beside the other args is shown shortened. */
static void put_member(struct vt_thread *lane, const struct vt_buf *name,
                       struct vt_buf *value) {
    struct vt_log_text name_text = {name->data, name->size};
    if (vt_thread_args_put(lane, name_text,
                           (struct vt_log_text){value->data, value->size}))
        return;
    shorten(value);
    if (!vt_thread_args_put(lane, name_text,
                            (struct vt_log_text){value->data, value->size}))
        (void)vt_thread_args_put(lane, name_text, (struct vt_log_text){"\"...\"", 5});
}

static PyObject *put_func_args(struct vt_tracer *tracer, PyObject *key,
                               PyObject *value) {
    struct vt_draft draft;
    struct vt_buf name = {0};
    if (!vt_draft_begin(&draft, tracer, NULL))
        return NULL;
    vt_pyjson_append_string(&name, key);
    vt_pyjson_append(&draft.json, value);
    struct vt_thread *lane = vt_recorder_lane();
    bool raised = draft.json.raised, failed = draft.text.failed || name.failed;
    if (lane && !raised && !failed)
        put_member(lane, &name, &draft.text);
    vt_buf_fini(&name);
    return vt_draft_give_up(&draft);
}

/* The manual's signature has a name in front, which says nothing. */
PyObject *vt_tracer_method_add_func_args(PyObject *self, PyObject *args,
                                         PyObject *kwargs) {
    static char *names[] = {"key", "value", NULL};
    static char *manual_names[] = {"name", "key", "value", NULL};
    PyObject *ignored, *key, *value;
    bool manual =
        PyTuple_GET_SIZE(args) == 3 || (kwargs && PyDict_GetItemString(kwargs, "name"));
    int parsed = manual
                     ? PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:add_func_args",
                                                   manual_names, &ignored, &key, &value)
                     : PyArg_ParseTupleAndKeywords(args, kwargs, "OO:add_func_args",
                                                   names, &key, &value);
    if (!parsed)
        return NULL;
    if (!vt_tracer_is_recording(vt_tracer_of(self)))
        Py_RETURN_NONE;
    if (!PyUnicode_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "key must be a string");
        return NULL;
    }
    return put_func_args(vt_tracer_of(self), key, value);
}

PyObject *vt_tracer_method_func_args_text(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    size_t size = 0;
    (void)unused;
    struct vt_thread *lane = vt_tracer_is_recording(tracer) ? vt_recorder_lane() : NULL;
    const char *text = lane ? vt_thread_args_get(lane, &size) : NULL;
    if (!text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeASCII(text, (Py_ssize_t)size, NULL);
}

/* ---- times ---- */

PyObject *vt_tracer_method_getts(PyObject *self, PyObject *unused) {
    (void)self, (void)unused;
    return PyFloat_FromDouble((double)vt_clock_mono_ns() / 1e3);
}

PyObject *vt_tracer_method_get_base_time(PyObject *self, PyObject *unused) {
    const struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    return PyLong_FromLongLong(vt_recorder_is_ours(tracer->recorder)
                                   ? vt_log_head(tracer->recorder->log)->base_time_ns
                                   : vt_clock_base_time_ns());
}

PyObject *vt_tracer_method_mark_sync(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    if (!vt_tracer_open_log(tracer))
        return NULL;
    struct vt_clock_pair now = vt_clock_pair(10);
    tracer->sync_marker_ticks = now.ticks;
    tracer->sync_marker_ns = now.mono_ns;
    vt_log_set_sync_marker(tracer->recorder->log, now.ticks);
    Py_RETURN_NONE;
}

PyObject *vt_tracer_method_get_sync_marker(PyObject *self, PyObject *unused) {
    const struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    if (!tracer->sync_marker_ticks)
        Py_RETURN_NONE;
    return PyFloat_FromDouble((double)tracer->sync_marker_ns / 1e3);
}

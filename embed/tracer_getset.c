/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings as attributes: one row each, with the rule that a value must keep. Where
 * they are kept says core/record/config.def. */
#include "embed/tracer.h"

#include "core/record/option.h"
#include "embed/describe.h"
#include "embed/pyerror.h"
#include "embed/pytext.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum rule {
    RULE_FLAG,     /* bool; TypeError "X must be a boolean" */
    RULE_FLAG_GC,  /* bool; TypeError "X needs to be True or False, not V" */
    RULE_FLAG_PID, /* bool; ValueError "X needs to be a boolean, not V" */
    RULE_INTEGER,  /* int; TypeError "X must be an integer" */
    RULE_TEXT,     /* str or None; TypeError "X must be a string" */
    RULE_LIST,     /* list of str, or None; TypeError "X must be a list or None" */
    RULE_FILES,    /* the same, read as None when empty */
};

struct setting {
    const char *name;
    enum rule rule;
};

/* ---- values to Python ---- */

static PyObject *text_to_python(const char *text) {
    if (!text)
        Py_RETURN_NONE;
    return vt_pytext_to_python(text);
}

static PyObject *list_to_python(const struct vt_strlist *list, bool none_if_empty) {
    if (!list->given || (none_if_empty && !list->count))
        Py_RETURN_NONE;
    return vt_pytext_list_to_python(list);
}

static PyObject *get_setting(PyObject *self, void *closure) {
    const struct setting *setting = closure;
    struct vt_config *config = &vt_tracer_of(self)->config;
    const struct vt_option *option = vt_option_find(setting->name);
    VT_REQUIRE(option != NULL);
    switch (setting->rule) {
    case RULE_INTEGER:
        return PyLong_FromLongLong(*vt_option_int(option, config));
    case RULE_TEXT:
        return text_to_python(*vt_option_text(option, config));
    case RULE_LIST:
    case RULE_FILES:
        return list_to_python(vt_option_list(option, config),
                              setting->rule == RULE_FILES);
    default:
        return PyBool_FromLong(*vt_option_flag(option, config));
    }
}

/* ---- values from Python ---- */

static bool set_flag(const struct setting *setting, bool *field, PyObject *value) {
    if (PyBool_Check(value)) {
        *field = value == Py_True;
        return true;
    }
    if (setting->rule == RULE_FLAG_GC)
        PyErr_Format(PyExc_TypeError, "%s needs to be True or False, not %S",
                     setting->name, value);
    else if (setting->rule == RULE_FLAG_PID)
        PyErr_Format(PyExc_ValueError, "%s needs to be a boolean, not %S",
                     setting->name, value);
    else
        PyErr_Format(PyExc_TypeError, "%s must be a boolean", setting->name);
    return false;
}

static bool to_integer(const char *name, PyObject *value, int64_t *number) {
    if (!PyLong_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be an integer", name);
        return false;
    }
    long long integer = PyLong_AsLongLong(value);
    if (integer == -1 && PyErr_Occurred())
        return false;
    *number = integer;
    return true;
}

static bool set_text(const char *name, char **field, PyObject *value) {
    struct vt_buf text = {0};
    struct vt_error err;
    if (value != Py_None && !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be a string", name);
        return false;
    }
    vt_pytext_append(&text, value);
    vt_buf_append_char(&text, '\0');
    enum vt_status status = vt_buf_status(&text, &err);
    if (status == VT_OK)
        status = vt_config_set_text(field, value == Py_None ? NULL : text.data, &err);
    vt_buf_fini(&text);
    return status == VT_OK || vt_pyerror_raise(&err);
}

static bool append_item(struct vt_strlist *list, PyObject *item) {
    struct vt_buf text = {0};
    struct vt_error err;
    vt_pytext_append(&text, item);
    enum vt_status status = vt_buf_status(&text, &err);
    if (status == VT_OK)
        status =
            vt_strlist_append_bytes(list, text.size ? text.data : "", text.size, &err);
    vt_buf_fini(&text);
    return status == VT_OK || vt_pyerror_raise(&err);
}

static bool set_list(const char *name, struct vt_strlist *field, PyObject *value) {
    struct vt_strlist list = {0};
    bool is_list = PyList_Check(value);
    if (!is_list && value != Py_None) {
        PyErr_Format(PyExc_TypeError, "%s must be a list or None", name);
        return false;
    }
    list.given = is_list;
    for (Py_ssize_t i = 0; is_list && i < PyList_GET_SIZE(value); i++) {
        PyObject *item = PyList_GET_ITEM(value, i);
        if (!PyUnicode_Check(item))
            PyErr_Format(PyExc_TypeError, "%s must be a list of strings or None", name);
        if (!PyUnicode_Check(item) || !append_item(&list, item)) {
            vt_strlist_fini(&list);
            return false;
        }
    }
    vt_strlist_fini(field);
    *field = list;
    return true;
}

/* What relative files are relative to: the current folder of the moment when they are
 * named. */
static bool note_folder(struct vt_tracer *tracer) {
    struct vt_error err;
    char *folder = getcwd(NULL, 0);
    enum vt_status status =
        vt_config_set_text(&tracer->config.launch_cwd, folder ? folder : "/", &err);
    free(folder);
    return status == VT_OK || vt_pyerror_raise(&err);
}

static bool store(struct vt_tracer *tracer, const struct setting *setting,
                  PyObject *value) {
    struct vt_config *config = &tracer->config;
    const struct vt_option *option = vt_option_find(setting->name);
    VT_REQUIRE(option != NULL);
    switch (setting->rule) {
    case RULE_INTEGER:
        return to_integer(setting->name, value, vt_option_int(option, config));
    case RULE_TEXT:
        return set_text(setting->name, vt_option_text(option, config), value);
    case RULE_LIST:
        return set_list(setting->name, vt_option_list(option, config), value);
    case RULE_FILES:
        return set_list(setting->name, vt_option_list(option, config), value) &&
               note_folder(tracer);
    default:
        return set_flag(setting, vt_option_flag(option, config), value);
    }
}

static int refuse_deletion(void) {
    PyErr_SetString(PyExc_AttributeError, "a setting cannot be deleted");
    return -1;
}

static int set_setting(PyObject *self, PyObject *value, void *closure) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    if (!value)
        return refuse_deletion();
    return store(tracer, closure, value) && vt_tracer_apply_settings(tracer) ? 0 : -1;
}

/* ---- settings that are not alike ---- */

static PyObject *get_verbose(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLongLong(vt_tracer_of(self)->verbose);
}

static int set_verbose(PyObject *self, PyObject *value, void *closure) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)closure;
    if (!value)
        return refuse_deletion();
    if (!to_integer("verbose", value, &tracer->verbose))
        return -1;
    tracer->config.quiet = tracer->verbose == 0;
    return 0;
}

/* us, as a float: what was given. */
static PyObject *get_min_duration(PyObject *self, void *closure) {
    (void)closure;
    return PyFloat_FromDouble((double)vt_tracer_of(self)->config.min_duration_ns / 1e3);
}

static int set_min_duration(PyObject *self, PyObject *value, void *closure) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)closure;
    if (!value)
        return refuse_deletion();
    if (!PyFloat_Check(value) && !PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "min_duration must be a float or an integer");
        return -1;
    }
    double duration_us = PyFloat_AsDouble(value);
    if (duration_us == -1 && PyErr_Occurred())
        return -1;
    if (!(duration_us >= 0 && duration_us < 9e15)) {
        PyErr_SetString(PyExc_ValueError, "min_duration must not be negative");
        return -1;
    }
    tracer->config.min_duration_ns = (int64_t)llround(duration_us * 1e3);
    return vt_tracer_apply_settings(tracer) ? 0 : -1;
}

static PyObject *new_reference_or_none(PyObject *object) {
    object = object ? object : Py_None;
    Py_INCREF(object);
    return object;
}

static void replace(PyObject **field, PyObject *value) {
    PyObject *old = *field;
    *field = value == Py_None ? NULL : value;
    Py_XINCREF(*field);
    Py_XDECREF(old);
}

static PyObject *get_log_func_repr(PyObject *self, void *closure) {
    (void)closure;
    return new_reference_or_none(vt_tracer_of(self)->log_func_repr);
}

static int set_log_func_repr(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    if (!value)
        return refuse_deletion();
    if (value != Py_None && !PyCallable_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "log_func_repr must be a callable or None");
        return -1;
    }
    replace(&vt_tracer_of(self)->log_func_repr, value);
    return vt_tracer_apply_settings(vt_tracer_of(self)) ? 0 : -1;
}

static PyObject *get_process_name(PyObject *self, void *closure) {
    (void)closure;
    return new_reference_or_none(vt_tracer_of(self)->process_name);
}

static int set_process_name(PyObject *self, PyObject *value, void *closure) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)closure;
    if (!value)
        return refuse_deletion();
    if (value != Py_None && !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "process_name must be a string");
        return -1;
    }
    replace(&tracer->process_name, value);
    if (vt_recorder_is_ours(tracer->recorder))
        vt_describe_process(tracer->recorder->log, tracer->process_name);
    return 0;
}

static PyObject *get_tracer_entries(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromLongLong(vt_tracer_of(self)->config.tracer_entries);
}

static PyObject *get_enable(PyObject *self, void *closure) {
    const struct vt_tracer *tracer = vt_tracer_of(self);
    (void)closure;
    return PyBool_FromLong(vt_tracer_is_recording(tracer) || tracer->is_sparse_ready);
}

static PyObject *get_is_settled(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(vt_tracer_of(self)->is_settled);
}

static PyObject *get_is_run(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(vt_tracer_of(self)->is_run);
}

static PyObject *get_is_guest(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(vt_tracer_of(self)->is_guest);
}

static PyObject *get_has_log(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(vt_recorder_is_ours(vt_tracer_of(self)->recorder));
}

/* ---- the table ---- */

#define SETTING(rule, name, doc)                                                       \
    {                                                                                  \
#name, get_setting, set_setting, PyDoc_STR(doc),                               \
            (void *)&(const struct setting) {                                          \
#name, RULE_##rule                                                         \
        }                                                                              \
    }
#define SPECIAL(name, doc)                                                             \
    { #name, get_##name, set_##name, PyDoc_STR(doc), NULL }
#define READ_ONLY(name, getter, doc)                                                   \
    { name, getter, NULL, PyDoc_STR(doc), NULL }

PyGetSetDef vt_tracer_getset[] = {
    SETTING(INTEGER, max_stack_depth, "record only so many levels; -1: all"),
    SETTING(FILES, include_files, "record functions of these files and folders only"),
    SETTING(FILES, exclude_files, "do not record functions of these files and folders"),
    SETTING(FLAG, ignore_c_function, "leave out functions written in C"),
    SETTING(FLAG, ignore_frozen, "leave out functions of frozen modules"),
    SETTING(FLAG, log_func_args, "log the arguments of functions"),
    SETTING(FLAG, log_func_retval, "log what functions return"),
    SETTING(FLAG, log_func_with_objprint, "show those with objprint"),
    SETTING(FLAG, log_print, "log what is printed instead of printing it"),
    SETTING(FLAG_GC, log_gc, "log the garbage collector"),
    SETTING(FLAG, log_sparse, "record functions decorated with @log_sparse only"),
    SETTING(FLAG, log_async, "show asynchronous tasks as threads"),
    SETTING(FLAG, log_torch, "log what torch does"),
    SETTING(LIST, log_audit, "log audit events with these names"),
    SETTING(FLAG, trace_self, "record functions of viztracer, too"),
    SETTING(FLAG, ignore_multiprocess, "record this process only"),
    SETTING(FLAG_PID, pid_suffix, "put _<pid> into the name of the report"),
    SETTING(FLAG, file_info, "put the sources into the report"),
    SETTING(FLAG, minimize_memory, "for compatibility: reports are always streamed"),
    SETTING(FLAG, dump_raw, "write the raw form of a report"),
    SETTING(FLAG, sanitize_function_name, "leave out unprintable names of C functions"),
    SETTING(TEXT, report_endpoint, "HOST:PORT of the server that collects reports"),
    SETTING(TEXT, output_file, "where the report goes"),
    SPECIAL(verbose, "0: print nothing"),
    SPECIAL(min_duration, "leave out calls that are shorter, in us"),
    SPECIAL(log_func_repr, "shows arguments and results instead of repr()"),
    SPECIAL(process_name, "the name of this process in the report"),
    READ_ONLY("tracer_entries", get_tracer_entries, "how many events are kept"),
    READ_ONLY("enable", get_enable, "whether it is started"),
    READ_ONLY("_is_settled", get_is_settled, "saved or parsed since the last start"),
    READ_ONLY("_is_guest", get_is_guest, "another process saves what this one records"),
    READ_ONLY("_is_run", get_is_run, "the tracer of the command line"),
    READ_ONLY("_has_log", get_has_log, "something may have been recorded"),
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

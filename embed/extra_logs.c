/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/extra_logs.h"

#include "core/record/option.h"
#include "embed/main_code.h"
#include "embed/pytext.h"

#include <string.h>

static PyObject *logging_tracer; /* NULL: no logs were begun */

static bool wants_logs(const struct vt_config *config) {
    return config->log_print || config->log_gc || config->log_torch ||
           config->log_audit.given;
}

static bool begin_logs(PyObject *tracer) {
    PyObject *done = tracer ? PyObject_CallMethod(tracer, "_begin_logs", NULL) : NULL;
    if (done) {
        Py_INCREF(tracer);
        logging_tracer = tracer;
    }
    Py_XDECREF(done);
    return done || !PyErr_Occurred();
}

void vt_extra_logs_end(void) {
    PyObject *tracer = logging_tracer;
    if (!tracer)
        return;
    logging_tracer = NULL;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *done = PyObject_CallMethod(tracer, "_end_logs", NULL);
    if (!done)
        PyErr_WriteUnraisable(tracer);
    Py_XDECREF(done);
    Py_DECREF(tracer);
    PyErr_Restore(type, value, traceback);
}

/* ---- instrumented source --------------------------------------------------------- */

static const char *const lists[] = {"log_var", "log_number", "log_attr",
                                    "log_func_exec", "log_func_entry"};
enum { LIST_COUNT = sizeof lists / sizeof *lists };

static struct vt_strlist *list_of(const struct vt_config *config, size_t i) {
    struct vt_config *fields = (struct vt_config *)(uintptr_t)config;
    return vt_option_list(vt_option_find(lists[i]), fields);
}

static bool wants_instrumentation(const struct vt_config *config) {
    bool wanted = config->log_exception || config->magic_comment;
    for (size_t i = 0; i < LIST_COUNT; i++)
        wanted |= list_of(config, i)->count != 0;
    return wanted;
}

static bool set_item(PyObject *dict, const char *name, PyObject *value) {
    bool done = value && PyDict_SetItemString(dict, name, value) == 0;
    Py_XDECREF(value);
    return done;
}

/* The settings as keyword arguments. NULL with an exception set. */
static PyObject *make_settings(const struct vt_config *config) {
    PyObject *settings = PyDict_New();
    bool done =
        settings &&
        set_item(settings, "log_exception", PyBool_FromLong(config->log_exception)) &&
        set_item(settings, "magic_comment", PyBool_FromLong(config->magic_comment));
    for (size_t i = 0; done && i < LIST_COUNT; i++)
        done =
            set_item(settings, lists[i], vt_pytext_list_to_python(list_of(config, i)));
    if (!done)
        Py_CLEAR(settings);
    return settings;
}

/* Answers what replaces the program's own code. NULL with an exception set. */
static PyObject *begin_instrumentation(PyObject *settings,
                                       const struct vt_extra_program *program) {
    PyObject *module = PyImport_ImportModule("viztracer.instrument.run");
    PyObject *replace = module ? PyObject_CallMethod(module, "begin", "OsO", settings,
                                                     program->event, program->args)
                               : NULL;
    Py_XDECREF(module);
    return replace;
}

static bool instrument(const struct vt_config *config,
                       const struct vt_extra_program *program) {
    PyObject *settings = make_settings(config);
    PyObject *replace = settings ? begin_instrumentation(settings, program) : NULL;
    Py_XDECREF(settings);
    if (replace && replace != Py_None)
        vt_main_code_replace(program->globals, replace);
    Py_XDECREF(replace);
    return replace;
}

bool vt_extra_logs_begin(const struct vt_config *config, PyObject *tracer,
                         const struct vt_extra_program *program) {
    if (wants_logs(config) && !begin_logs(tracer))
        return false;
    return !wants_instrumentation(config) || instrument(config, program);
}

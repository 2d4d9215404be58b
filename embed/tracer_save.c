/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/tracer.h"

#include "embed/finish.h"
#include "embed/lazy_tracer.h"
#include "embed/pyerror.h"
#include "embed/pytext.h"
#include "embed/report_lib.h"
#include "embed/words.h"

/* ---- before ---- */

/* Raises what the first value that JSON cannot carry made; see embed/pyjson.h. */
PyObject *vt_tracer_method_check(PyObject *self, PyObject *unused) {
    PyObject *complaint = vt_tracer_of(self)->complaint;
    (void)unused;
    if (!complaint)
        Py_RETURN_NONE;
    PyErr_SetObject((PyObject *)Py_TYPE(complaint), complaint);
    return NULL;
}

/* Objects are shown as they are now. */
static bool settle(struct vt_tracer *tracer) {
    uint64_t hush = vt_recorder_hush();
    bool settled = vt_late_settle(&tracer->late, &tracer->recorder->overrides);
    vt_recorder_unhush(hush);
    return settled;
}

/* When the run's report is written Python is gone: its tracer settles before that. What
 * goes wrong here leaves the snapshots as they were logged. */
void vt_tracer_settle_at_exit(struct vt_tracer *tracer) {
    uint64_t hush = vt_recorder_hush();
    PyObject *module = PyImport_ImportModule("atexit");
    PyObject *method = PyObject_GetAttrString((PyObject *)tracer, "_settle");
    PyObject *done =
        module && method ? PyObject_CallMethod(module, "register", "O", method) : NULL;
    Py_XDECREF(done);
    Py_XDECREF(method);
    Py_XDECREF(module);
    PyErr_Clear();
    vt_recorder_unhush(hush);
}

PyObject *vt_tracer_method_settle(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    if (vt_recorder_is_ours(tracer->recorder) && !settle(tracer))
        return NULL;
    Py_RETURN_NONE;
}

/* What a report is made from. False with an exception set. */
static bool prepare(struct vt_tracer *tracer, const struct vt_report_lib **lib) {
    struct vt_error err;
    if (tracer->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "another thread saves this tracer now");
        return false;
    }
    if (!vt_tracer_open_log(tracer) || !settle(tracer))
        return false;
    if (vt_report_lib_open(&tracer->config, lib, &err) != VT_OK)
        return vt_pyerror_raise(&err);
    struct vt_log *log = tracer->recorder->log;
    if (vt_log_head(log)->state != VT_LOG_STOPPED && !vt_tracer_is_recording(tracer))
        vt_log_mark_stopped(log); /* custom events only: it never started */
    return true;
}

static struct vt_report_options options_of(const struct vt_tracer *tracer, bool raw,
                                           bool file_info) {
    return (struct vt_report_options){
        .dump_raw = raw,
        .sanitize_function_name = tracer->config.sanitize_function_name,
        .file_info = file_info,
        .overrides = tracer->recorder->overrides.items,
        .override_count = tracer->recorder->overrides.count,
    };
}

/* (entries, events, lost) */
static PyObject *stats_to_python(const struct vt_report_stats *stats) {
    return Py_BuildValue("KKK", (unsigned long long)stats->entries,
                         (unsigned long long)stats->events,
                         (unsigned long long)stats->lost);
}

/* The whole run's report in a file, for plugins; None: there is none to save. */
PyObject *vt_tracer_method_write_run(PyObject *self, PyObject *args) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    struct vt_report_stats stats = {0};
    struct vt_error err;
    PyObject *path;
    if (!PyArg_ParseTuple(args, "O&:_write_run", PyUnicode_FSConverter, &path))
        return NULL;
    enum vt_status status = VT_OK;
    bool has_report = tracer->is_run && vt_finish_has_report();
    if (has_report && !settle(tracer)) {
        Py_DECREF(path);
        return NULL;
    }
    if (has_report) {
        Py_BEGIN_ALLOW_THREADS status =
            vt_finish_write(PyBytes_AS_STRING(path), &stats, &err);
        Py_END_ALLOW_THREADS
    }
    Py_DECREF(path);
    if (!has_report)
        Py_RETURN_NONE;
    if (status != VT_OK)
        return vt_pyerror_raise(&err);
    tracer->is_settled = true;
    return stats_to_python(&stats);
}

/* A plugin had the report of the run changed, and it was saved that way. */
PyObject *vt_tracer_method_leave_run(PyObject *self, PyObject *unused) {
    (void)unused;
    if (vt_tracer_of(self)->is_run) {
        vt_lazy_tracer_leave_run(self);
        vt_finish_drop();
    }
    Py_RETURN_NONE;
}

/* ---- to a file ---- */

/* Writes the words to sys.stdout and forgets them. What goes wrong there is no reason
 * not to save. */
static void say(struct vt_buf *words, bool aloud) {
    PyObject *text =
        aloud && !words->failed
            ? PyUnicode_DecodeFSDefaultAndSize(words->data, (Py_ssize_t)words->size)
            : NULL;
    PyObject *out = text ? PySys_GetObject("stdout") : NULL;
    if (out && out != Py_None && PyFile_WriteObject(text, out, Py_PRINT_RAW) == 0) {
        PyObject *flushed = PyObject_CallMethod(out, "flush", NULL);
        Py_XDECREF(flushed);
    }
    Py_XDECREF(text);
    PyErr_Clear();
    vt_buf_fini(words);
}

struct waiting {
    PyThreadState *tstate; /* without the lock meanwhile */
    size_t told;
    bool aloud;
};

/* For children that still run; an exception that a signal raises ends it. */
static bool wait_for_children(void *state, size_t count) {
    struct waiting *waiting = state;
    struct vt_buf words = {0};
    PyEval_RestoreThread(waiting->tstate);
    if (waiting->told != count) {
        vt_words_waiting(&words, count);
        say(&words, waiting->aloud);
    }
    waiting->told = count;
    bool go_on = PyErr_CheckSignals() == 0;
    PyErr_Clear();
    waiting->tstate = PyEval_SaveThread();
    return go_on;
}

static enum vt_status write_file(struct vt_tracer *tracer,
                                 const struct vt_report_lib *lib,
                                 const struct vt_report_options *options, bool aloud,
                                 struct vt_report_stats *stats, struct vt_error *err) {
    struct vt_log_image image = {vt_log_read_at, tracer->recorder->log};
    struct waiting waiting = {.aloud = aloud};
    struct vt_collect_options collect = {
        .run_dir = tracer->recorder->dir.path,
        .own = image,
        .report = options,
        .wait = wait_for_children,
        .state = &waiting,
    };
    tracer->is_busy = true;
    waiting.tstate = PyEval_SaveThread();
    enum vt_status status = tracer->has_cover
                                ? lib->collect(&collect, stats, err)
                                : lib->save(&image, 1, options, stats, err);
    PyEval_RestoreThread(waiting.tstate);
    tracer->is_busy = false;
    return status;
}

/* A server that is gone costs the report, not the program. False: an exception. */
static bool warn_of_server(const struct vt_error *err) {
    return PyErr_WarnFormat(
               PyExc_RuntimeWarning, 1,
               "Report server has ended before saving report. No data will be "
               "saved. (%s)",
               err->text) == 0;
}

static PyObject *lose_report(struct vt_tracer *tracer, const struct vt_error *err) {
    tracer->is_settled = true;
    vt_tracer_give_place(tracer);
    if (!warn_of_server(err))
        return NULL;
    return Py_BuildValue("iii", 0, 0, 0);
}

static PyObject *save(struct vt_tracer *tracer, const char *path, bool raw,
                      bool file_info, bool aloud) {
    const struct vt_report_lib *lib;
    struct vt_report_stats stats;
    struct vt_error err;
    struct vt_buf words = {0};
    if (!prepare(tracer, &lib))
        return NULL;
    vt_words_saving(&words);
    say(&words, aloud);
    struct vt_report_options options = options_of(tracer, raw, file_info);
    options.output_path = path;
    options.endpoint = vt_tracer_endpoint(tracer);
    if (write_file(tracer, lib, &options, aloud, &stats, &err) != VT_OK) {
        vt_buf_append_char(&words, '\n');
        say(&words, aloud);
        return options.endpoint ? lose_report(tracer, &err) : vt_pyerror_raise(&err);
    }
    if (options.endpoint)
        vt_words_status(&words, ""); /* the server tells the rest */
    else
        vt_words_saved(&words, &stats, path);
    say(&words, aloud);
    vt_tracer_give_place(tracer);
    tracer->is_settled = true;
    if (!tracer->is_run) /* there is nothing to recover any more */
        vt_log_dir_remove(&tracer->recorder->dir);
    return stats_to_python(&stats);
}

PyObject *vt_tracer_method_write(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"path", "raw", "file_info", "aloud", NULL};
    PyObject *path;
    int raw, file_info, aloud;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&ppp:_write", names,
                                     PyUnicode_FSConverter, &path, &raw, &file_info,
                                     &aloud))
        return NULL;
    PyObject *result =
        save(vt_tracer_of(self), PyBytes_AS_STRING(path), raw, file_info, aloud);
    Py_DECREF(path);
    return result;
}

/* ---- as text ---- */

/* (text, (entries, events, lost)) */
PyObject *vt_tracer_method_text(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"raw", "file_info", NULL};
    struct vt_tracer *tracer = vt_tracer_of(self);
    const struct vt_report_lib *lib;
    struct vt_report_stats stats;
    struct vt_error err;
    struct vt_buf text = {0};
    int raw, file_info;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "pp:_text", names, &raw, &file_info))
        return NULL;
    if (!prepare(tracer, &lib))
        return NULL;
    struct vt_log_image image = {vt_log_read_at, tracer->recorder->log};
    struct vt_report_options options = options_of(tracer, raw, file_info);
    enum vt_status status;
    tracer->is_busy = true;
    Py_BEGIN_ALLOW_THREADS status =
        lib->write(&image, 1, &options, vt_sink_to_buf(&text), &stats, &err);
    Py_END_ALLOW_THREADS tracer->is_busy = false;
    PyObject *result = NULL;
    if (status == VT_OK) {
        tracer->is_settled = true;
        result = Py_BuildValue("s#N", text.data, (Py_ssize_t)text.size,
                               stats_to_python(&stats));
    } else {
        (void)vt_pyerror_raise(&err);
    }
    vt_buf_fini(&text);
    return result;
}

/* Where the tracer's reports go instead of files, or None. */
PyObject *vt_tracer_method_endpoint(PyObject *self, PyObject *unused) {
    (void)unused;
    return Py_BuildValue("z", vt_tracer_endpoint(vt_tracer_of(self)));
}

/* A text that is a report already, to a file or a server; the module's function. */
PyObject *vt_tracer_save_text(PyObject *module, PyObject *args) {
    const struct vt_report_lib *lib;
    struct vt_report_stats stats = {0};
    struct vt_error err;
    struct vt_buf words = {0};
    struct vt_config config = {0}; /* only python_dir, which is borrowed */
    PyObject *path;
    const char *text;
    Py_ssize_t size;
    unsigned long long entries;
    const char *endpoint;
    int aloud;
    (void)module;
    if (!PyArg_ParseTuple(args, "sO&s#Kpz:save_text", &config.python_dir,
                          PyUnicode_FSConverter, &path, &text, &size, &entries, &aloud,
                          &endpoint))
        return NULL;
    stats.entries = entries;
    vt_words_saving(&words);
    say(&words, aloud);
    enum vt_status status = vt_report_lib_open(&config, &lib, &err);
    if (status == VT_OK) {
        Py_BEGIN_ALLOW_THREADS status =
            endpoint
                ? lib->send_text(endpoint, text, (size_t)size, &err)
                : lib->save_text(PyBytes_AS_STRING(path), text, (size_t)size, &err);
        Py_END_ALLOW_THREADS
    }
    if (status == VT_OK && endpoint)
        vt_words_status(&words, ""); /* the server tells the rest */
    else if (status == VT_OK)
        vt_words_saved(&words, &stats, PyBytes_AS_STRING(path));
    else
        vt_buf_append_char(&words, '\n');
    say(&words, aloud);
    Py_DECREF(path);
    if (status != VT_OK && !endpoint)
        return vt_pyerror_raise(&err);
    if (status != VT_OK && !warn_of_server(&err))
        return NULL;
    Py_RETURN_NONE;
}

/* ---- in a child process ---- */

/* Before a fork: the child gets the log's mapping, too; and after it no other child.
 * The parent is through with what it recorded. */
PyObject *vt_tracer_method_share_with_child(PyObject *self, PyObject *args) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    const struct vt_report_lib *lib;
    int share;
    if (!PyArg_ParseTuple(args, "p:_share_with_child", &share))
        return NULL;
    if (share && !prepare(tracer, &lib))
        return NULL;
    if (!share)
        tracer->is_settled = true;
    vt_log_share_with_child(tracer->recorder->log, share);
    Py_RETURN_NONE;
}

/* In the child: writes what the parent had recorded. */
PyObject *vt_tracer_method_write_inherited(PyObject *self, PyObject *args) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    const struct vt_report_lib *lib;
    struct vt_report_stats stats;
    struct vt_error err;
    struct vt_buf words = {0};
    PyObject *path;
    int raw, file_info, aloud;
    if (!PyArg_ParseTuple(args, "O&ppp:_write_inherited", PyUnicode_FSConverter, &path,
                          &raw, &file_info, &aloud))
        return NULL;
    enum vt_status status = vt_report_lib_open(&tracer->config, &lib, &err);
    if (status == VT_OK) {
        vt_words_saving(&words);
        say(&words, aloud);
        vt_log_adopt_in_child(tracer->recorder->log);
        struct vt_report_options options = options_of(tracer, raw, file_info);
        options.output_path = PyBytes_AS_STRING(path);
        tracer->has_cover = false; /* its children are not ours */
        status = write_file(tracer, lib, &options, aloud, &stats, &err);
    }
    if (status == VT_OK)
        vt_words_saved(&words, &stats, PyBytes_AS_STRING(path));
    say(&words, aloud);
    Py_DECREF(path);
    if (status != VT_OK)
        return vt_pyerror_raise(&err);
    Py_RETURN_NONE;
}

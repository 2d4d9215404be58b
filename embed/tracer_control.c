/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/tracer.h"

#include "embed/begin.h"
#include "embed/describe.h"
#include "embed/hook.h"
#include "embed/pyerror.h"
#include "embed/report_lib.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the log ---- */

void vt_tracer_forget(struct vt_tracer *tracer) {
    vt_late_clear(&tracer->late);
    Py_CLEAR(tracer->complaint);
}

void vt_tracer_drop_log(struct vt_tracer *tracer) {
    struct vt_recorder *recorder = tracer->recorder;
    tracer->recorder = NULL;
    tracer->is_settled = false;
    Py_CLEAR(tracer->names);
    vt_tracer_forget(tracer);
    if (tracer->has_cover)
        vt_begin_uncover(recorder);
    if (recorder && !tracer->is_run) {
        vt_recorder_show_with(recorder, NULL);
        vt_recorder_close(recorder, false);
    }
    tracer->is_run = tracer->is_guest = tracer->has_cover = false;
    vt_tracer_give_place(tracer);
}

/* Where the report will be: a log may find no other place than beside it, and a report
 * of a program that dies goes there. */
static enum vt_status note_output_path(struct vt_config *config, struct vt_error *err) {
    struct vt_buf path = {0};
    const char *name = config->output_file ? config->output_file : "result.json";
    char *folder = name[0] == '/' ? NULL : getcwd(NULL, 0);
    vt_buf_printf(&path, "%s%s%s", folder ? folder : "", folder ? "/" : "", name);
    free(folder);
    enum vt_status status = vt_buf_status(&path, err);
    if (status == VT_OK)
        status = vt_config_set_text(&config->output_path, path.data, err);
    vt_buf_fini(&path);
    return status;
}

static void describe(const struct vt_tracer *tracer) {
    struct vt_log *log = tracer->recorder->log;
    vt_describe_process(log, tracer->process_name);
    vt_describe_command(log);
    if (tracer->sync_marker_ticks)
        vt_log_set_sync_marker(log, tracer->sync_marker_ticks);
}

/* What shows arguments and results. A new reference; NULL with an exception set. */
static PyObject *find_show(const struct vt_tracer *tracer) {
    if (tracer->config.log_func_with_objprint)
        return vt_argrepr_find_objprint();
    PyObject *show = tracer->log_func_repr ? tracer->log_func_repr : Py_None;
    Py_INCREF(show);
    return show;
}

static bool apply_show(struct vt_tracer *tracer) {
    PyObject *show = find_show(tracer);
    if (show)
        vt_recorder_show_with(tracer->recorder, show == Py_None ? NULL : show);
    Py_XDECREF(show);
    return show;
}

bool vt_tracer_open_log(struct vt_tracer *tracer) {
    struct vt_error err;
    bool is_parents = tracer->recorder && !vt_recorder_is_ours(tracer->recorder);
    if (is_parents && !(tracer->is_run && vt_begin_reopen()))
        vt_tracer_drop_log(tracer);
    if (tracer->recorder)
        return true;
    enum vt_status status = note_output_path(&tracer->config, &err);
    if (status == VT_OK)
        status = vt_recorder_open(&tracer->config, &tracer->recorder, &err);
    if (status != VT_OK)
        return vt_pyerror_raise(&err);
    tracer->recorder->threads_opt_out = true;
    describe(tracer);
    return apply_show(tracer);
}

static bool has_both_lists(const struct vt_tracer *tracer) {
    return tracer->config.include_files.count && tracer->config.exclude_files.count;
}

bool vt_tracer_apply_settings(struct vt_tracer *tracer) {
    struct vt_error err;
    if (!vt_recorder_is_ours(tracer->recorder) || has_both_lists(tracer))
        return true; /* start refuses both */
    if (!apply_show(tracer))
        return false;
    enum vt_status status =
        vt_recorder_configure(tracer->recorder, &tracer->config, &err);
    if (status == VT_OK && vt_tracer_is_recording(tracer))
        status = vt_hook_install(&err);
    return status == VT_OK || vt_pyerror_raise(&err);
}

/* ---- start and stop ---- */

/* Only one records at a time. */
static bool stop_other(void) {
    if (!vt_recorder_current())
        return true;
    vt_recorder_stop(VT_THREAD_FLUSH_OPEN);
    PySys_WriteStdout("Warning! Overwrite tracer! You should not have two VizTracer "
                      "recording at the same time!\n");
    return !PyErr_Occurred();
}

/* The log is open. False with an exception set. */
static bool begin_recording(struct vt_tracer *tracer, bool is_sparse) {
    struct vt_error err;
    if (!stop_other())
        return false;
    tracer->recorder->is_sparse = is_sparse;
    vt_recorder_start(tracer->recorder);
    if (vt_hook_install(&err) == VT_OK)
        return true;
    vt_hook_remove();
    vt_recorder_stop(VT_THREAD_FLUSH_FINISH);
    return vt_pyerror_raise(&err);
}

void vt_tracer_stop(struct vt_tracer *tracer, enum vt_thread_flush flush) {
    tracer->is_sparse_ready = false;
    tracer->sparse_regions = 0;
    if (!vt_tracer_is_recording(tracer))
        return;
    vt_recorder_stop(flush);
    vt_hook_remove();
    if (tracer->has_cover)
        vt_begin_uncover(tracer->recorder);
}

/* In a forked child the tracer goes on in the child's log. */
static void follow(void *state, struct vt_recorder *recorder) {
    struct vt_tracer *tracer = state;
    tracer->recorder = recorder;
    tracer->sparse_regions = 0;
    tracer->is_settled = tracer->has_cover = false;
    tracer->is_run = tracer->is_guest = true;
}

/* Where the report goes instead of a file; NULL: nowhere else. */
const char *vt_tracer_endpoint(const struct vt_tracer *tracer) {
    const char *usual = getenv("VIZTRACER_REPORT_SERVER_ENDPOINT");
    if (tracer->config.report_endpoint)
        return tracer->config.report_endpoint;
    return usual && *usual ? usual : NULL;
}

/* The server waits for the tracer's report. False with an exception set. */
static bool hold_place(struct vt_tracer *tracer) {
    const struct vt_report_lib *lib;
    struct vt_error err;
    int fd;
    const char *endpoint = vt_tracer_endpoint(tracer);
    if (!endpoint || tracer->place_fd_plus_1 || tracer->is_run)
        return true;
    if (vt_report_lib_open(&tracer->config, &lib, &err) != VT_OK ||
        lib->hold_place(endpoint, &fd, &err) != VT_OK)
        return vt_pyerror_raise(&err);
    tracer->place_fd_plus_1 = fd + 1;
    return true;
}

void vt_tracer_give_place(struct vt_tracer *tracer) {
    if (tracer->place_fd_plus_1)
        close(tracer->place_fd_plus_1 - 1);
    tracer->place_fd_plus_1 = 0;
}

/* Has the tracer's children recorded, too. False with an exception set. */
static bool cover_children(struct vt_tracer *tracer) {
    struct vt_error err;
    struct vt_config *config = &tracer->config;
    if (config->ignore_multiprocess || tracer->is_run)
        return true;
    if (!config->lib_dir &&
        vt_report_lib_find_dir(config, &config->lib_dir, &err) != VT_OK)
        return vt_pyerror_raise(&err);
    tracer->has_cover = vt_begin_cover(config, tracer->recorder, follow, tracer);
    return !PyErr_Occurred();
}

/* A process below one that is recorded, and saves, has a recorder already: the tracer
 * of a program that asks for one there (joblib's workers do) becomes its face. */
static void join_run(struct vt_tracer *tracer) {
    struct vt_recorder *of_run =
        tracer->config.ignore_multiprocess ? NULL : vt_begin_child_recorder();
    if (!of_run || tracer->recorder == of_run)
        return;
    vt_tracer_drop_log(tracer);
    tracer->recorder = of_run;
    tracer->is_run = tracer->is_guest = true;
    vt_describe_process(of_run->log, tracer->process_name);
}

/* A log that was saved is over, but for the run's, whose report is one. */
static bool open_log_to_record(struct vt_tracer *tracer) {
    if (tracer->is_settled && !tracer->is_run)
        vt_tracer_drop_log(tracer);
    tracer->is_settled = false;
    return vt_tracer_open_log(tracer);
}

PyObject *vt_tracer_method_start(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    join_run(tracer);
    if (vt_tracer_is_recording(tracer))
        Py_RETURN_NONE;
    if (has_both_lists(tracer)) {
        PyErr_SetString(PyExc_Exception,
                        "include_files and exclude_files can't be both specified!");
        return NULL;
    }
    if (!hold_place(tracer) || !open_log_to_record(tracer) || !cover_children(tracer))
        return NULL;
    if (tracer->config.log_sparse)
        tracer->is_sparse_ready = true;
    else if (!begin_recording(tracer, false))
        return NULL;
    Py_RETURN_NONE;
}

PyObject *vt_tracer_method_stop(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"stop_option", NULL};
    const char *option = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|z:stop", names, &option))
        return NULL;
    bool finish = option && strcmp(option, "flush_as_finish") == 0;
    vt_tracer_stop(vt_tracer_of(self),
                   finish ? VT_THREAD_FLUSH_FINISH : VT_THREAD_FLUSH_OPEN);
    Py_RETURN_NONE;
}

PyObject *vt_tracer_method_clear(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    if (!vt_recorder_is_ours(tracer->recorder))
        Py_RETURN_NONE;
    vt_tracer_forget(tracer);
    if (tracer->is_settled && !tracer->is_run)
        vt_tracer_drop_log(tracer);
    else
        vt_log_clear(tracer->recorder->log);
    Py_RETURN_NONE;
}

PyObject *vt_tracer_method_cleanup(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    if (tracer->is_run)
        return vt_tracer_method_clear(self, unused);
    vt_tracer_stop(tracer, VT_THREAD_FLUSH_OPEN);
    vt_tracer_drop_log(tracer);
    Py_RETURN_NONE;
}

/* ---- this thread ---- */

PyObject *vt_tracer_method_pause(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    struct vt_thread *lane =
        vt_tracer_is_recording(tracer) ? vt_recorder_lane_in(tracer->recorder) : NULL;
    bool was_paused = lane && lane->paused_at;
    if (lane)
        vt_thread_pause(lane);
    return PyBool_FromLong(lane && !was_paused);
}

PyObject *vt_tracer_method_resume(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    struct vt_thread *lane =
        vt_tracer_is_recording(tracer) ? vt_recorder_lane_in(tracer->recorder) : NULL;
    if (lane)
        vt_thread_resume(lane);
    Py_RETURN_NONE;
}

PyObject *vt_tracer_method_enable_thread_tracing(PyObject *self, PyObject *unused) {
    (void)unused;
    if (vt_tracer_is_recording(vt_tracer_of(self)))
        vt_hook_this_thread();
    Py_RETURN_NONE;
}

/* ---- sparse regions ---- */

/* While at least one thread is in a region the recorder is on; threads outside of one
 * are paused. False: the thread is in a region already, nothing began. */
PyObject *vt_tracer_method_sparse_begin(PyObject *self, PyObject *args) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    unsigned depth;
    if (!PyArg_ParseTuple(args, "I:_sparse_begin", &depth))
        return NULL;
    bool is_on = vt_tracer_is_recording(tracer);
    if (!vt_tracer_open_log(tracer) || (!is_on && !begin_recording(tracer, true)))
        return NULL;
    struct vt_thread *lane = vt_recorder_lane_in(tracer->recorder);
    if (!lane || !lane->paused_at)
        Py_RETURN_FALSE;
    lane->max_depth = depth; /* counted from here: what is open already does not */
    vt_thread_resume(lane);
    vt_thread_forget(lane);
    tracer->sparse_regions++;
    Py_RETURN_TRUE;
}

/* Whether what this thread does is being recorded by a sparse region. */
PyObject *vt_tracer_method_in_region(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    if (!vt_tracer_is_recording(tracer))
        Py_RETURN_FALSE;
    const struct vt_thread *lane = vt_recorder_lane_in(tracer->recorder);
    return PyBool_FromLong(lane && !lane->paused_at);
}

PyObject *vt_tracer_method_sparse_end(PyObject *self, PyObject *unused) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    (void)unused;
    if (!vt_tracer_is_recording(tracer) || !tracer->sparse_regions)
        Py_RETURN_NONE; /* it was stopped meanwhile */
    struct vt_thread *lane = vt_recorder_lane_in(tracer->recorder);
    if (lane) {
        vt_thread_flush(lane, VT_THREAD_FLUSH_FINISH);
        vt_thread_pause(lane);
    }
    if (--tracer->sparse_regions == 0) {
        vt_recorder_stop(VT_THREAD_FLUSH_FINISH);
        vt_hook_remove();
    }
    Py_RETURN_NONE;
}

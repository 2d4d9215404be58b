/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/tracer.h"

#include "embed/event_type.h"
#include "embed/lazy_tracer.h"
#include "embed/pycompat_types.h"
#include "embed/pyerror.h"
#include "embed/pytext.h"

#include <stddef.h>

/* ---- birth and death ---- */

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)args, (void)kwargs;
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    struct vt_tracer *tracer = vt_tracer_of(self);
    vt_config_init(&tracer->config);
    tracer->config.ignore_multiprocess = true;
    tracer->config.file_info = true;
    tracer->verbose = 1;
    return self;
}

static bool set_home(struct vt_config *config, PyObject *folder) {
    struct vt_buf path = {0};
    struct vt_error err;
    vt_pytext_append(&path, folder);
    vt_buf_append_char(&path, '\0');
    enum vt_status status = vt_buf_status(&path, &err);
    if (status == VT_OK)
        status = vt_config_set_text(&config->python_dir, path.data, &err);
    vt_buf_fini(&path);
    return status == VT_OK || vt_pyerror_raise(&err);
}

static int init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"tracer_entries", "python_dir", NULL};
    struct vt_tracer *tracer = vt_tracer_of(self);
    long long entries;
    PyObject *python_dir;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "LU:Tracer", names, &entries,
                                     &python_dir))
        return -1;
    if (entries < 1 || entries > VT_CONFIG_MAX_TRACER_ENTRIES) {
        PyErr_Format(PyExc_ValueError, "tracer_entries must be from 1 to %lld",
                     (long long)VT_CONFIG_MAX_TRACER_ENTRIES);
        return -1;
    }
    tracer->config.tracer_entries = entries;
    return set_home(&tracer->config, python_dir) ? 0 : -1;
}

int vt_tracer_traverse(PyObject *self, visitproc visit, void *arg) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    Py_VISIT(tracer->dict);
    Py_VISIT(tracer->names);
    Py_VISIT(tracer->log_func_repr);
    Py_VISIT(tracer->complaint);
    VT_PY_VISIT_TYPE(self);
    return vt_late_traverse(&tracer->late, visit, arg);
}

int vt_tracer_clear_references(PyObject *self) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    Py_CLEAR(tracer->dict);
    Py_CLEAR(tracer->names);
    Py_CLEAR(tracer->log_func_repr);
    Py_CLEAR(tracer->process_name);
    vt_tracer_forget(tracer);
    return 0;
}

void vt_tracer_dealloc(PyObject *self) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    vt_lazy_tracer_forget(self);
    if (tracer->weak_references)
        PyObject_ClearWeakRefs(self);
    if (!tracer->is_run)
        vt_tracer_stop(tracer, VT_THREAD_FLUSH_OPEN);
    vt_tracer_drop_log(tracer);
    (void)vt_tracer_clear_references(self);
    vt_config_fini(&tracer->config);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- the type ---- */

PyMemberDef vt_tracer_offsets[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(struct vt_tracer, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct vt_tracer, weak_references),
     READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

#define KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef methods[] = {
    {"start", vt_tracer_method_start, METH_NOARGS, PyDoc_STR("Start recording.")},
    {"stop", KEYWORDS(vt_tracer_method_stop), METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("Stop recording. Calls that are open are shown without an end; with\n"
               "\"flush_as_finish\" they end now.")},
    {"pause", vt_tracer_method_pause, METH_NOARGS,
     PyDoc_STR("Record no calls of this thread until resume(). True if it was not "
               "paused.")},
    {"resume", vt_tracer_method_resume, METH_NOARGS,
     PyDoc_STR("Record this thread's calls again.")},
    {"clear", vt_tracer_method_clear, METH_NOARGS,
     PyDoc_STR("Forget what was recorded.")},
    {"cleanup", vt_tracer_method_cleanup, METH_NOARGS,
     PyDoc_STR("Forget what was recorded and free its memory.")},
    {"enable_thread_tracing", vt_tracer_method_enable_thread_tracing, METH_NOARGS,
     PyDoc_STR("Record the calling thread, too, if it was made by C code.")},
    {"_sparse_begin", vt_tracer_method_sparse_begin, METH_VARARGS, NULL},
    {"_sparse_end", vt_tracer_method_sparse_end, METH_NOARGS, NULL},
    {"_in_region", vt_tracer_method_in_region, METH_NOARGS, NULL},
    {"add_instant", KEYWORDS(vt_tracer_method_add_instant),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("add_instant(name, args=None, scope='g')\n\nLog a moment.")},
    {"log_instant", KEYWORDS(vt_tracer_method_log_instant),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("log_instant(name, args=None, scope='t', cond=True)\n\nLog a moment if "
               "the condition holds.")},
    {"add_counter", KEYWORDS(vt_tracer_method_add_counter),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("add_counter(name, args)\n\nLog numbers, by name, that change over "
               "time.")},
    {"add_object", KEYWORDS(vt_tracer_method_add_object), METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("add_object(ph, obj_id, name, args=None)\n\nLog that an object is new "
               "('N'), a snapshot of it ('O'), or its end ('D').")},
    {"add_raw", vt_tracer_method_add_raw, METH_O,
     PyDoc_STR("add_raw(raw)\n\nLog a whole event of the report's format.")},
    {"add_func_args", KEYWORDS(vt_tracer_method_add_func_args),
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("add_func_args(key, value)\n\nAttach a value to the call that is "
               "running.")},
    {"_func_args_text", vt_tracer_method_func_args_text, METH_NOARGS, NULL},
    {"log_event", vt_event_type_log_event, METH_O,
     PyDoc_STR("log_event(event_name)\n\nFor a with-statement: log it as one event.")},
    {"getts", vt_tracer_method_getts, METH_NOARGS,
     PyDoc_STR("The time in us, by the clock of the events.")},
    {"get_base_time", vt_tracer_method_get_base_time, METH_NOARGS,
     PyDoc_STR("What makes that time one since the epoch, in ns.")},
    {"_mark_sync", vt_tracer_method_mark_sync, METH_NOARGS, NULL},
    {"get_sync_marker", vt_tracer_method_get_sync_marker, METH_NOARGS,
     PyDoc_STR("The time of set_sync_marker() in us, or None.")},
    {"_write", KEYWORDS(vt_tracer_method_write), METH_VARARGS | METH_KEYWORDS, NULL},
    {"_text", KEYWORDS(vt_tracer_method_text), METH_VARARGS | METH_KEYWORDS, NULL},
    {"_endpoint", vt_tracer_method_endpoint, METH_NOARGS, NULL},
    {"_share_with_child", vt_tracer_method_share_with_child, METH_VARARGS, NULL},
    {"_write_inherited", vt_tracer_method_write_inherited, METH_VARARGS, NULL},
    {"_check", vt_tracer_method_check, METH_NOARGS, NULL},
    {"_settle", vt_tracer_method_settle, METH_NOARGS, NULL},
    {"_take_settings", vt_tracer_method_take_settings, METH_VARARGS, NULL},
    {"_write_run", vt_tracer_method_write_run, METH_VARARGS, NULL},
    {"_leave_run", vt_tracer_method_leave_run, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("The native half of viztracer.VizTracer.")},
    {Py_tp_new, new},
    {Py_tp_init, init},
    {Py_tp_traverse, vt_tracer_traverse},
    {Py_tp_clear, vt_tracer_clear_references},
    {Py_tp_dealloc, vt_tracer_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, vt_tracer_getset},
    VT_PY_OFFSET_SLOTS(vt_tracer_offsets),
    {0, NULL},
};

PyType_Spec vt_tracer_type_spec = {
    .name = "_viztracer.Tracer",
    .basicsize = sizeof(struct vt_tracer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

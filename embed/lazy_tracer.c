/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/lazy_tracer.h"

#include "embed/begin.h"
#include "embed/pycompat_types.h"
#include "embed/pyerror.h"
#include "embed/tracer.h"

static const struct vt_config *session;
static struct vt_recorder *run;
static PyObject *installed; /* borrowed; NULL: it is gone */

/* ---- waking ---- */

/* The class, if its objects are laid out as ours are. */
static PyTypeObject *find_class(void) {
    PyObject *module = PyImport_ImportModule("viztracer.viztracer");
    PyObject *found = module ? PyObject_GetAttrString(module, "VizTracer") : NULL;
    Py_XDECREF(module);
    if (!found ||
        (PyType_Check(found) &&
         ((PyTypeObject *)(void *)found)->tp_basicsize == sizeof(struct vt_tracer)))
        return (PyTypeObject *)(void *)found;
    Py_DECREF(found);
    PyErr_SetString(PyExc_ImportError,
                    "the package viztracer is of another version than this run");
    return NULL;
}

static bool take_settings(struct vt_tracer *tracer) {
    struct vt_error err;
    if (vt_config_copy(&tracer->config, session, &err) != VT_OK)
        return vt_pyerror_raise(&err);
    if (vt_config_set_text(&tracer->config.output_file, session->output_path, &err) !=
        VT_OK)
        return vt_pyerror_raise(&err);
    tracer->config.file_info = true;
    tracer->config.pid_suffix = false; /* it is in the name already */
    tracer->verbose = !session->quiet;
    if (vt_recorder_is_ours(run)) {
        tracer->recorder = run;
        tracer->is_run = true;
        tracer->is_guest = vt_begin_child_recorder() == run;
        tracer->is_sparse_ready = session->log_sparse;
    }
    return true;
}

/* The import of the package is not the program's doing: it is not recorded. */
static PyObject *get_attribute(PyObject *self, PyObject *name);

static bool is_asleep(PyObject *object) {
    return Py_TYPE(object)->tp_getattro == get_attribute;
}

static bool become(PyObject *self) {
    PyTypeObject *type = find_class();
    bool is_first = is_asleep(self); /* the import may have woken it */
    bool done = type && (!is_first || take_settings(vt_tracer_of(self)));
    if (done && is_first) {
        vt_py_change_type(self, type);
        PyObject *adopted = PyObject_CallMethod(self, "_adopt", NULL);
        done = adopted != NULL;
        Py_XDECREF(adopted);
    }
    Py_XDECREF(type);
    return done;
}

static PyObject *get_attribute(PyObject *self, PyObject *name) {
    return vt_lazy_tracer_wake(self) ? PyObject_GetAttr(self, name) : NULL;
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value) {
    return vt_lazy_tracer_wake(self) ? PyObject_SetAttr(self, name, value) : -1;
}

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("The tracer of this run, not asked for yet.")},
    {Py_tp_getattro, get_attribute},
    {Py_tp_setattro, set_attribute},
    {Py_tp_traverse, vt_tracer_traverse},
    {Py_tp_clear, vt_tracer_clear_references},
    {Py_tp_dealloc, vt_tracer_dealloc},
    VT_PY_OFFSET_SLOTS(vt_tracer_offsets),
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "_viztracer.LazyTracer",
    .basicsize = sizeof(struct vt_tracer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

bool vt_lazy_tracer_wake(PyObject *object) {
    if (!is_asleep(object))
        return true;
    uint64_t hush = vt_recorder_hush();
    bool woken = become(object);
    vt_recorder_unhush(hush);
    return woken;
}

void vt_lazy_tracer_follow(struct vt_recorder *recorder) {
    run = recorder;
    if (!installed || is_asleep(installed))
        return;
    struct vt_tracer *tracer = vt_tracer_of(installed);
    if (!tracer->is_run)
        return;
    tracer->recorder = recorder;
    tracer->is_guest = true;
    tracer->sparse_regions = 0;
    tracer->is_settled = false;
}

void vt_lazy_tracer_forget(const PyObject *object) {
    if (object == installed)
        installed = NULL;
}

void vt_lazy_tracer_leave_run(PyObject *tracer) {
    run = NULL;
    if (!tracer || is_asleep(tracer))
        return;
    vt_tracer_of(tracer)->recorder = NULL;
    vt_tracer_of(tracer)->is_run = false;
}

PyObject *vt_lazy_tracer_install(const struct vt_config *config,
                                 struct vt_recorder *recorder) {
    session = config;
    run = recorder;
    PyTypeObject *type =
        (PyTypeObject *)(void *)vt_py_make_type(&spec, vt_tracer_offsets);
    PyObject *self = type ? type->tp_alloc(type, 0) : NULL;
    PyObject *builtins = self ? PyEval_GetBuiltins() : NULL;
    if (self)
        vt_config_init(&vt_tracer_of(self)->config);
    installed = self;
    bool kept = builtins && PyDict_SetItemString(builtins, "__viz_tracer__", self) == 0;
    Py_XDECREF(self);
    Py_XDECREF(type);
    PyErr_Clear();
    return kept ? self : NULL;
}

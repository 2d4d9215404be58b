/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/event_type.h"

#include "embed/draft.h"
#include "embed/lazy_tracer.h"
#include "embed/pycompat_types.h"

#include <stddef.h>

struct event {
    PyObject_HEAD PyObject *tracer; /* NULL: not initialised */
    PyObject *name;
    PyObject *file; /* str */
    int line;
    uint64_t start; /* ticks; 0: not entered */
};

static struct event *event_of(PyObject *self) {
    return (struct event *)(void *)self;
}

static bool is_tracer(PyObject *object) {
    const PyTypeObject *type = Py_TYPE(object);
    while (type && type->tp_dealloc != vt_tracer_dealloc)
        type = type->tp_base;
    return type != NULL;
}

static int init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"tracer", "event_name", "file_name", "lineno", NULL};
    struct event *event = event_of(self);
    PyObject *tracer, *name, *file;
    int line;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOUi:VizEvent", names, &tracer,
                                     &name, &file, &line))
        return -1;
    if (!is_tracer(tracer)) {
        PyErr_SetString(PyExc_TypeError, "tracer must be a VizTracer");
        return -1;
    }
    if (!vt_lazy_tracer_wake(tracer))
        return -1;
    Py_INCREF(tracer);
    Py_INCREF(name);
    Py_INCREF(file);
    Py_XDECREF(event->tracer);
    Py_XDECREF(event->name);
    Py_XDECREF(event->file);
    event->tracer = tracer;
    event->name = name;
    event->file = file;
    event->line = line;
    return 0;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(event_of(self)->tracer);
    Py_VISIT(event_of(self)->name);
    VT_PY_VISIT_TYPE(self);
    return 0;
}

static int clear(PyObject *self) {
    Py_CLEAR(event_of(self)->tracer);
    Py_CLEAR(event_of(self)->name);
    Py_CLEAR(event_of(self)->file);
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *enter(PyObject *self, PyObject *unused) {
    (void)unused;
    event_of(self)->start = vt_clock_ticks();
    Py_INCREF(self);
    return self;
}

static PyObject *leave(PyObject *self, PyObject *args) {
    struct event *event = event_of(self);
    uint64_t now = vt_clock_ticks();
    struct vt_draft draft;
    (void)args;
    if (!event->tracer || !event->start)
        Py_RETURN_NONE;
    if (!vt_draft_begin_at(&draft, vt_tracer_of(event->tracer), event->name,
                           event->file, event->line))
        return NULL;
    draft.start = event->start;
    event->start = 0;
    return vt_draft_end(&draft, VT_EVENT_DURATION, now - draft.start);
}

static PyMethodDef methods[] = {
    {"__enter__", enter, METH_NOARGS, NULL},
    {"__exit__", leave, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)PyDoc_STR("VizEvent(tracer, event_name, file_name, lineno)\n\n"
                                  "A duration event, from the beginning of a "
                                  "with-statement to its end.")},
    {Py_tp_init, init},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec vt_event_type_spec = {
    .name = "_viztracer.Event",
    .basicsize = sizeof(struct event),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

/* ---- log_event ---- */

/* New references; False with an exception set. */
static bool find_caller(PyObject **file, int *line) {
    PyFrameObject *frame = PyEval_GetFrame();
    *line = frame ? PyFrame_GetLineNumber(frame) : 0;
    if (frame) {
        PyCodeObject *code = vt_py_frame_new_code(frame);
        *file = code->co_filename;
        Py_INCREF(*file);
        Py_DECREF(code);
    } else {
        *file = PyUnicode_FromString("<unknown>");
    }
    return *file != NULL;
}

PyObject *vt_event_type_log_event(PyObject *tracer, PyObject *event_name) {
    PyObject *file;
    int line;
    if (!find_caller(&file, &line))
        return NULL;
    PyObject *type = PyObject_GetAttrString((PyObject *)Py_TYPE(tracer), "_Event");
    PyObject *event =
        type ? PyObject_CallFunction(type, "OOOi", tracer, event_name, file, line)
             : NULL;
    Py_XDECREF(type);
    Py_DECREF(file);
    return event;
}

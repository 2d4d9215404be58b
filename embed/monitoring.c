/* SPDX-License-Identifier: Apache-2.0
 *
 * Each event has a callback object of our own type, whose vectorcall slot is the C
 * function: no arguments are parsed, no Python frame is made, and the recursion limit,
 * at which the call of an ordinary builtin function fails, is not looked at.
 *
 * Tool identifiers: there are six, and the program comes first. cProfile takes 2 and
 * fails when it is taken, debuggers take 0, coverage 1, optimizers have a claim on 5,
 * nobody on 4 and 3. We take 4, else 3, 5, 2. When other tools have all of these, the
 * program is not recorded, and its user is told so.
 *
 * What others can see: sys.monitoring.get_tool(4) is 'viztracer', and
 * sys.monitoring.register_callback raises an audit event of that name. We register
 * before the program's first frame, so that only audit hooks of sitecustomize and the
 * like are told (once for each of our events; one that raises prevents the recording).
 * When recording ends the callbacks stay registered, without effect: the program's own
 * audit hooks would be told of their going.
 */
#include "embed/monitoring.h"

#if VT_PY_HAS_MONITORING

struct callback {
    PyObject ob_base;
    vectorcallfunc call; /* the type's vectorcall slot */
};

struct vt_monitoring vt_monitoring;

static struct {
    PyObject *module; /* sys.monitoring; NULL: the tool is not held */
    int id;           /* -1: none yet */
    int bits[VT_MONITORING_MAX_EVENTS];
    struct callback *callbacks[VT_MONITORING_MAX_EVENTS]; /* the module has them, too */
} tool;

/* ---- the type of callbacks ------------------------------------------------------- */

static PyObject *ignore_event(PyObject *self, PyObject *const *args, size_t count,
                              PyObject *names) {
    (void)self, (void)args, (void)count, (void)names;
    Py_RETURN_NONE;
}

static void free_callback(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", Py_T_PYSSIZET, offsetof(struct callback, call),
     Py_READONLY, NULL},
    {0},
};

/* ISO C has no cast from a function to an object; slots want one. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
static PyType_Slot slots[] = {
    {Py_tp_call, PyVectorcall_Call},
    {Py_tp_dealloc, free_callback},
    {Py_tp_members, members},
    {0, NULL},
};
#pragma GCC diagnostic pop

static PyType_Spec spec = {
    .name = "viztracer.callback",
    .basicsize = sizeof(struct callback),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL |
             Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

/* ---- taking an identifier -------------------------------------------------------- */

/* True when a call worked, whatever it answered. */
static bool done(PyObject *answer) {
    Py_XDECREF(answer);
    return answer != NULL;
}

/* 1: taken; 0: another tool has it; -1: an exception. */
static int take_id(int id) {
    PyObject *user = PyObject_CallMethod(tool.module, "get_tool", "i", id);
    if (!done(user))
        return -1;
    if (user != Py_None)
        return 0;
    tool.id = id;
    return done(PyObject_CallMethod(tool.module, "use_tool_id", "is", id, "viztracer"))
               ? 1
               : -1;
}

static bool take_some_id(void) {
    static const int wanted[] = {4, 3, 5, 2};
    int taken = 0;
    for (size_t i = 0; !taken && i < sizeof wanted / sizeof *wanted; i++)
        taken = take_id(wanted[i]);
    return taken > 0;
}

static bool learn_names(const struct vt_monitoring_event *events, size_t count) {
    vt_monitoring.missing = PyObject_GetAttrString(tool.module, "MISSING");
    vt_monitoring.disable = PyObject_GetAttrString(tool.module, "DISABLE");
    PyObject *names = PyObject_GetAttrString(tool.module, "events");
    bool known = vt_monitoring.missing && vt_monitoring.disable && names;
    for (size_t i = 0; known && i < count; i++) {
        PyObject *bit = PyObject_GetAttrString(names, events[i].name);
        tool.bits[i] = bit ? (int)PyLong_AsLong(bit) : -1;
        known = done(bit) && tool.bits[i] > 0;
    }
    Py_XDECREF(names);
    return known;
}

static bool register_callback(PyTypeObject *type, size_t at, vectorcallfunc call) {
    struct callback *callback = PyObject_New(struct callback, type);
    if (!callback)
        return false;
    callback->call = call;
    tool.callbacks[at] = callback;
    return done(PyObject_CallMethod(tool.module, "register_callback", "iiO", tool.id,
                                    tool.bits[at], callback));
}

static bool register_callbacks(const struct vt_monitoring_event *events, size_t count) {
    PyTypeObject *type = (PyTypeObject *)(void *)PyType_FromSpec(&spec);
    bool registered = type != NULL;
    for (size_t i = 0; registered && i < count; i++)
        registered = register_callback(type, i, events[i].call);
    Py_XDECREF(type);
    return registered;
}

/* Turns the pending exception, if there is one, into an error. Its text is not asked
 * for: that may be the program's code. */
static enum vt_status fail(struct vt_error *err, const char *sentence) {
    PyObject *exception = PyErr_GetRaisedException();
    enum vt_status status =
        vt_error_set(err, VT_ERR_UNSUPPORTED, "%s%s%s", sentence, exception ? ": " : "",
                     exception ? Py_TYPE(exception)->tp_name : "");
    Py_XDECREF(exception);
    return status;
}

enum vt_status vt_monitoring_hold(const struct vt_monitoring_event *events,
                                  size_t count, struct vt_error *err) {
    VT_REQUIRE(count <= VT_MONITORING_MAX_EVENTS);
    if (tool.module)
        return VT_OK;
    tool.module = Py_XNewRef(PySys_GetObject("monitoring"));
    tool.id = -1;
    enum vt_status status = VT_OK;
    if (!tool.module || !learn_names(events, count))
        status = fail(err, "sys.monitoring is not what it was");
    else if (!take_some_id())
        status = fail(err, "sys.monitoring has no tool identifier left for us");
    else if (!register_callbacks(events, count))
        status = fail(err, "sys.monitoring.register_callback");
    else
        return VT_OK;
    vt_monitoring_release();
    return status;
}

/* ---- events ---------------------------------------------------------------------- */

void vt_monitoring_replace(size_t at, vectorcallfunc call) {
    tool.callbacks[at]->call = call;
}

static bool set_events(int set) {
    return done(PyObject_CallMethod(tool.module, "set_events", "ii", tool.id, set));
}

enum vt_status vt_monitoring_listen(size_t count, struct vt_error *err) {
    int set = 0;
    for (size_t i = 0; i < count; i++)
        set |= tool.bits[i];
    return set_events(set) ? VT_OK : fail(err, "sys.monitoring.set_events");
}

enum vt_status vt_monitoring_restart(struct vt_error *err) {
    if (done(PyObject_CallMethod(tool.module, "restart_events", NULL)))
        return VT_OK;
    return fail(err, "sys.monitoring.restart_events");
}

void vt_monitoring_release(void) {
    if (!tool.module)
        return;
    if (tool.id >= 0) {
        (void)set_events(0);
        (void)done(PyObject_CallMethod(tool.module, "free_tool_id", "i", tool.id));
        PyErr_Clear();
    }
    for (size_t i = 0; i < VT_MONITORING_MAX_EVENTS; i++) {
        if (tool.callbacks[i])
            tool.callbacks[i]->call = ignore_event;
        Py_CLEAR(tool.callbacks[i]);
    }
    Py_CLEAR(vt_monitoring.missing);
    Py_CLEAR(vt_monitoring.disable);
    Py_CLEAR(tool.module);
}

#endif

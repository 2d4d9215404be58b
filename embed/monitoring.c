/* SPDX-License-Identifier: Apache-2.0
 *
 * Each event has a callback object of our own type, whose vectorcall slot is the C
 * function: no arguments are parsed, no Python frame is made, and the recursion limit,
 * at which the call of an ordinary builtin function fails, is not looked at.
 *
 * Tool identifiers: there are six, and the program comes first. cProfile takes 2 and
 * fails when it is taken, debuggers take 0, coverage 1, optimizers have a claim on 5,
 * nobody on 4 and 3. We take 4, else 3, 5, 2. When other tools have all of these, the
 * program is not recorded, and its user is told so. When the program asks for ours by
 * sys.monitoring.use_tool_id, we move to another one that is free.
 *
 * What others can see: sys.monitoring.get_tool(4) is 'viztracer'; a tool of the program
 * hears the C_RETURN of the very call that switches it on; register_callback raises an
 * audit event. We register before the program's first frame, so that only audit hooks
 * of sitecustomize and the like are told (once for each of our events; one that raises
 * prevents the recording). When recording ends the callbacks stay registered, without
 * effect: the program's own audit hooks would be told of their going.
 */
#include "embed/monitoring.h"

#if VT_PY_HAS_MONITORING

#include "embed/method_patch.h"

struct callback {
    PyObject ob_base;
    vectorcallfunc call; /* the type's vectorcall slot */
};

struct vt_monitoring vt_monitoring;

static struct {
    PyObject *module; /* sys.monitoring; NULL: the tool is not held */
    int id;           /* -1: none yet */
    int events;       /* that are told */
    size_t count;
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

static bool make_callbacks(const struct vt_monitoring_event *events, size_t count) {
    PyTypeObject *type = (PyTypeObject *)(void *)PyType_FromSpec(&spec);
    for (; type && tool.count < count; tool.count++) {
        struct callback *callback = PyObject_New(struct callback, type);
        if (!callback)
            break;
        callback->call = events[tool.count].call;
        tool.callbacks[tool.count] = callback;
    }
    Py_XDECREF(type);
    return tool.count == count;
}

/* For the identifier `id`; `callbacks` false: takes them back. */
static bool register_callbacks(int id, bool callbacks) {
    bool registered = true;
    for (size_t i = 0; registered && i < tool.count; i++) {
        PyObject *callback = callbacks ? (PyObject *)tool.callbacks[i] : Py_None;
        registered = done(PyObject_CallMethod(tool.module, "register_callback", "iiO",
                                              id, tool.bits[i], callback));
    }
    return registered;
}

static bool set_events(int id, int events) {
    return done(PyObject_CallMethod(tool.module, "set_events", "ii", id, events));
}

static void free_id(int id) {
    (void)set_events(id, 0);
    PyErr_Clear();
    (void)done(PyObject_CallMethod(tool.module, "free_tool_id", "i", id));
    PyErr_Clear();
}

/* ---- giving it up for the program ------------------------------------------------ */

static struct vt_method_patch use_tool_id_patch;

/* Each event is told once: the new identifier takes over when it is complete. Events
 * that we switched off would stay so for who has the old one next: all restart. */
static void move_away(void) {
    int old = tool.id;
    if (!take_some_id() || !register_callbacks(tool.id, true) ||
        !set_events(tool.id, tool.events)) {
        PyErr_Clear();
        if (tool.id != old)
            free_id(tool.id);
        tool.id = old;
        return;
    }
    (void)set_events(old, 0);
    PyErr_Clear();
    (void)register_callbacks(old, false);
    PyErr_Clear();
    free_id(old);
    (void)done(PyObject_CallMethod(tool.module, "restart_events", NULL));
    PyErr_Clear();
}

static PyObject *our_use_tool_id(PyObject *module, PyObject *const *args,
                                 Py_ssize_t count) {
    if (vt_py_in_main_interpreter() && count == 2 && PyLong_CheckExact(args[0]) &&
        PyUnicode_Check(args[1]) && PyLong_AsLong(args[0]) == tool.id)
        move_away();
    PyErr_Clear();
    return ((_PyCFunctionFast)(void (*)(void))use_tool_id_patch.original)(module, args,
                                                                          count);
}

static void watch_use_tool_id(void) {
    PyObject *function = PyObject_GetAttrString(tool.module, "use_tool_id");
    if (function && PyCFunction_CheckExact(function))
        vt_method_patch_apply(
            &use_tool_id_patch, ((PyCFunctionObject *)(void *)function)->m_ml,
            METH_FASTCALL, (PyCFunction)(void (*)(void))our_use_tool_id);
    Py_XDECREF(function);
    PyErr_Clear();
}

/* ---- holding --------------------------------------------------------------------- */

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
    tool.count = 0;
    enum vt_status status = VT_OK;
    if (!tool.module || !learn_names(events, count))
        status = fail(err, "sys.monitoring is not what it was");
    else if (!take_some_id())
        status = fail(err, "sys.monitoring has no tool identifier left for us");
    else if (!make_callbacks(events, count) || !register_callbacks(tool.id, true))
        status = fail(err, "sys.monitoring.register_callback");
    if (status == VT_OK)
        watch_use_tool_id();
    else
        vt_monitoring_release();
    return status;
}

/* ---- events ---------------------------------------------------------------------- */

void vt_monitoring_replace(size_t at, vectorcallfunc call) {
    tool.callbacks[at]->call = call;
}

enum vt_status vt_monitoring_listen(size_t count, struct vt_error *err) {
    tool.events = 0;
    for (size_t i = 0; i < count; i++)
        tool.events |= tool.bits[i];
    return set_events(tool.id, tool.events) ? VT_OK
                                            : fail(err, "sys.monitoring.set_events");
}

enum vt_status vt_monitoring_restart(struct vt_error *err) {
    if (done(PyObject_CallMethod(tool.module, "restart_events", NULL)))
        return VT_OK;
    return fail(err, "sys.monitoring.restart_events");
}

void vt_monitoring_release(void) {
    if (!tool.module)
        return;
    vt_method_patch_undo(&use_tool_id_patch);
    if (tool.id >= 0)
        free_id(tool.id);
    for (size_t i = 0; i < tool.count; i++) {
        tool.callbacks[i]->call = ignore_event;
        Py_CLEAR(tool.callbacks[i]);
    }
    Py_CLEAR(vt_monitoring.missing);
    Py_CLEAR(vt_monitoring.disable);
    Py_CLEAR(tool.module);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The monitoring hook (Python 3.12 and later): sys.monitoring, PEP 669.
 *
 * The events are those of one interpreter, the main one: all its threads, running and
 * new; sub-interpreters are not recorded. What the program sets by sys.setprofile and
 * sys.settrace has tools of its own there, and stays as it is.
 *
 * What an event means is what sys.setprofile makes of it (Python/legacy_tracing.c):
 *   PY_START PY_RESUME PY_THROW   a frame is entered, or entered again
 *   PY_RETURN PY_YIELD PY_UNWIND  it is left: for good, for a while, by an exception
 *   CALL C_RETURN C_RAISE         around a call; we take those of builtin functions and
 *                                 of method descriptors that have a `self`
 * CALL comes for every kind of callable, the other two only for those that are not
 * Python functions; the same test of the callable stands before all three, so that they
 * match. A bound method around a builtin (classmethod(repr)) is seen whole at CALL and
 * taken apart at C_RETURN; called as m(*args) it has no C_RETURN at all (3.13), and is
 * not recorded.
 *
 * A call whose function a filter hides is counted, and so is everything below it. What
 * can be switched off for good are the CALL events of a hidden function's own
 * instructions: whenever they come, its frame is open and hides them.
 */
#include "embed/hook.h"

#if VT_PY_HAS_MONITORING

#include "embed/argrepr.h"
#include "embed/begin.h"
#include "embed/funcid.h"
#include "embed/monitoring.h"
#include "embed/profile_guard.h"
#include "embed/pycompat_frame.h"
#include "embed/recorder.h"
#include "embed/tasks.h"

#include <opcode.h>

/* ---- events ---------------------------------------------------------------------- */

/* Events were switched off for these verdicts (vt_funcid_verdicts); 0: none were. */
static uint64_t switched_off;

/* None is immortal. */
static inline PyObject *go_on(void) {
    return Py_None;
}

/* The first argument of the frame that is being entered, or NULL. */
static PyObject *first_argument(PyThreadState *tstate, PyCodeObject *code) {
    if (code->co_argcount < 1)
        return NULL;
    PyFrameObject *frame = PyThreadState_GetFrame(tstate);
    PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, 0);
    PyObject *value = frame ? PyFrame_GetVar(frame, name) : NULL;
    PyErr_Clear();
    Py_XDECREF(frame);
    return value;
}

/* The lane of a thread whose first event this is. In a forked child and after the end
 * nothing is recorded: the events go away. `entered`: the code of the frame that is
 * entered, or NULL. */
static __attribute__((noinline)) struct vt_thread *find_lane(PyObject *entered) {
    struct vt_thread *thread = vt_recorder_lane();
    if (thread)
        return thread;
    if (!vt_recorder_current() && !vt_begin_resume()) {
        vt_hook_remove();
        return NULL;
    }
    PyThreadState *tstate = vt_py_thread_state();
    PyObject *self =
        entered ? first_argument(tstate, (PyCodeObject *)(void *)entered) : NULL;
    thread = vt_recorder_find_thread(tstate, self);
    Py_XDECREF(self);
    return thread;
}

static inline void enter(struct vt_thread *thread, const struct vt_func *func) {
    if (VT_UNLIKELY(func->flags & VT_FUNC_TRANSPARENT))
        return;
    vt_thread_enter(thread, func->id, func->flags & VT_FUNC_HIDDEN);
}

/* ---- events of Python functions: (code, offset, ...) ------------------------------
 */

static void start_process(struct vt_thread *thread, PyCodeObject *code) {
    PyObject *self = first_argument(vt_py_thread_state(), code);
    vt_begin_process_started(thread, self);
    Py_XDECREF(self);
}

static __attribute__((noinline)) PyObject *
start_slowly(PyObject *self, PyObject *const *args, size_t count, PyObject *names) {
    (void)self, (void)count, (void)names;
    if (!PyCode_Check(args[0]) || vt_funcid_is_transparent(args[0]))
        return go_on(); /* or an extension module told of something like a call */
    struct vt_thread *thread = find_lane(args[0]);
    if (!thread)
        return go_on();
    PyCodeObject *code = (PyCodeObject *)(void *)args[0];
    struct vt_func func = *vt_funcid_find_code(code);
    if (func.flags & VT_FUNC_STARTS_PROCESS)
        start_process(thread, code);
    if (func.flags & VT_FUNC_ASYNC)
        vt_tasks_enter(thread);
    enter(thread, &func);
    if (func.flags & VT_FUNC_LOGS)
        vt_argrepr_entered(thread, func.id, code,
                           vt_py_current_locals(vt_py_thread_state(), code));
    return go_on();
}

enum { SLOW_START = VT_FUNC_STARTS_PROCESS | VT_FUNC_LOGS | VT_FUNC_ASYNC };

static PyObject *on_start(PyObject *self, PyObject *const *args, size_t count,
                          PyObject *names) {
    struct vt_thread *thread = vt_recorder_lane();
    const struct vt_func *func = vt_funcid_cached(args[0], NULL);
    if (VT_UNLIKELY(!thread || func->key != args[0] || func->flags & SLOW_START))
        return start_slowly(self, args, count, names);
    enter(thread, func);
    return go_on();
}

/* What the watch waits for: a task's turn or the program's end. */
static __attribute__((noinline)) PyObject *watch_reached(struct vt_thread *thread,
                                                         bool normally) {
    if (!vt_thread_end_task(thread))
        vt_begin_main_returned(thread, normally);
    return go_on();
}

static __attribute__((noinline)) PyObject *leave_slowly(PyObject *code,
                                                        PyObject *result) {
    if (!PyCode_Check(code) || vt_funcid_is_transparent(code))
        return go_on();
    struct vt_thread *thread = find_lane(NULL);
    if (!thread)
        return go_on();
    uint32_t id = VT_LOG_NO_ID;
    if (!thread->hidden) {
        const struct vt_func *func = vt_funcid_find_code((PyCodeObject *)(void *)code);
        id = func->id;
        if (func->flags & VT_FUNC_LOGS && !vt_argrepr_leaves(thread, id, result))
            return go_on();
    }
    if (vt_thread_leave(thread, id) == VT_THREAD_AT_WATCH)
        return watch_reached(thread, result != NULL);
    return go_on();
}

/* `result` NULL: left by an exception. */
static inline PyObject *leave(PyObject *code, PyObject *result) {
    struct vt_thread *thread = vt_recorder_lane();
    const struct vt_func *func = vt_funcid_cached(code, NULL);
    if (VT_UNLIKELY(!thread || func->key != code ||
                    func->flags & (VT_FUNC_TRANSPARENT | VT_FUNC_LOGS)))
        return leave_slowly(code, result);
    if (VT_UNLIKELY(vt_thread_leave(thread, func->id) == VT_THREAD_AT_WATCH))
        return watch_reached(thread, result != NULL);
    return go_on();
}

static PyObject *on_return(PyObject *self, PyObject *const *args, size_t count,
                           PyObject *names) {
    (void)self, (void)count, (void)names;
    return leave(args[0], args[2]);
}

static PyObject *on_unwind(PyObject *self, PyObject *const *args, size_t count,
                           PyObject *names) {
    (void)self, (void)count, (void)names;
    return leave(args[0], NULL);
}

/* ---- events of C functions: (code, offset, callable, first argument) --------------
 */

/* What names a C function: see embed/funcid.h. */
struct c_call {
    PyMethodDef *method; /* NULL: not a call that we record */
    PyObject *module;
    PyTypeObject *type;
};

static struct c_call describe_builtin(PyObject *callable) {
    const PyCFunctionObject *f = (const PyCFunctionObject *)(void *)callable;
    return (struct c_call){f->m_ml, f->m_module, f->m_self ? Py_TYPE(f->m_self) : NULL};
}

/* A descriptor whose first argument it cannot be bound to raises TypeError. */
static struct c_call describe_descriptor(PyObject *callable, PyObject *first) {
    const PyMethodDescrObject *d = (const PyMethodDescrObject *)(void *)callable;
    if (first == vt_monitoring.missing || !PyObject_TypeCheck(first, PyDescr_TYPE(d)))
        return (struct c_call){0};
    return (struct c_call){d->d_method, NULL, Py_TYPE(first)};
}

static struct c_call describe(PyObject *callable, PyObject *first) {
    while (Py_IS_TYPE(callable, &PyMethod_Type)) {
        first = PyMethod_GET_SELF(callable);
        callable = PyMethod_GET_FUNCTION(callable);
    }
    if (PyCFunction_Check(callable))
        return describe_builtin(callable);
    if (Py_IS_TYPE(callable, &PyMethodDescr_Type))
        return describe_descriptor(callable, first);
    return (struct c_call){0};
}

/* Whether the instruction at `offset` is f(*arguments). */
static bool is_star_call(PyObject *code, PyObject *offset) {
    PyObject *bytes =
        PyCode_Check(code) ? PyCode_GetCode((PyCodeObject *)(void *)code) : NULL;
    Py_ssize_t at = PyLong_AsSsize_t(offset);
    bool star = bytes && at >= 0 && at < PyBytes_GET_SIZE(bytes) &&
                (unsigned char)PyBytes_AS_STRING(bytes)[at] == CALL_FUNCTION_EX;
    Py_XDECREF(bytes);
    PyErr_Clear();
    return star;
}

/* The call that a CALL event tells of, if its end will be told, too. */
static struct c_call describe_call(PyObject *const *args) {
    struct c_call call = describe(args[2], args[3]);
    if (call.method && Py_IS_TYPE(args[2], &PyMethod_Type) &&
        is_star_call(args[0], args[1]))
        return (struct c_call){0};
    return call;
}

/* Whether the caller is itself hidden by a filter, not only for what called it. */
static bool is_hidden_code(PyObject *code) {
    const struct vt_func *func = vt_funcid_cached(code, NULL);
    if (func->key != code && PyCode_Check(code))
        func = vt_funcid_find_code((PyCodeObject *)(void *)code);
    return func->key == code && func->flags & VT_FUNC_HIDDEN;
}

static __attribute__((noinline)) PyObject *
call_slowly(PyObject *self, PyObject *const *args, size_t count, PyObject *names) {
    (void)self, (void)count, (void)names;
    struct vt_thread *thread = find_lane(NULL);
    if (!thread)
        return go_on();
    if (thread->hidden && is_hidden_code(args[0])) {
        switched_off = vt_funcid_verdicts();
        return Py_NewRef(vt_monitoring.disable);
    }
    struct c_call call = describe_call(args);
    if (!call.method)
        return go_on();
    if (thread->hidden && !thread->cut) {
        vt_thread_enter(thread, VT_LOG_NO_ID, true);
        return go_on();
    }
    const struct vt_func *func = vt_funcid_find_c(call.method, call.module, call.type);
    vt_thread_enter(thread, func->id, func->flags & VT_FUNC_HIDDEN);
    return go_on();
}

static __attribute__((noinline)) PyObject *
c_return_slowly(PyObject *self, PyObject *const *args, size_t count, PyObject *names) {
    (void)self, (void)count, (void)names;
    struct vt_thread *thread = find_lane(NULL);
    if (!thread || (thread->hidden && is_hidden_code(args[0])))
        return go_on();
    struct c_call call = describe(args[2], args[3]);
    if (!call.method)
        return go_on();
    uint32_t id = thread->hidden
                      ? VT_LOG_NO_ID
                      : vt_funcid_find_c(call.method, call.module, call.type)->id;
    if (vt_thread_leave(thread, id) == VT_THREAD_AT_WATCH)
        return watch_reached(thread, true);
    return go_on();
}

/* What the cache holds of a call that it may know, with the keys to compare it with. */
struct c_probe {
    const struct vt_func *func;
    const void *key, *key2;
};

static inline struct c_probe probe(PyObject *callable, PyObject *first) {
    const void *key, *key2;
    if (Py_IS_TYPE(callable, &PyCFunction_Type)) {
        key = ((PyCFunctionObject *)(void *)callable)->m_ml;
        key2 = vt_funcid_key2((PyCFunctionObject *)(void *)callable);
    } else {
        key = ((PyMethodDescrObject *)(void *)callable)->d_method;
        key2 = first == vt_monitoring.missing ? NULL : Py_TYPE(first);
    }
    return (struct c_probe){vt_funcid_cached(key, key2), key, key2};
}

static inline bool is_plain(PyObject *callable) {
    return Py_IS_TYPE(callable, &PyCFunction_Type) ||
           Py_IS_TYPE(callable, &PyMethodDescr_Type);
}

/* Of all others only these may hold a builtin function. */
static inline bool needs_look(PyObject *callable) {
    return Py_IS_TYPE(callable, &PyMethod_Type) ||
           Py_IS_TYPE(callable, &PyCMethod_Type);
}

enum call_kind { NOT_OURS, OURS, UNSURE };

/* What a call below a hidden one is, without names. */
static inline enum call_kind classify(PyObject *const *args) {
    const struct vt_func *caller = vt_funcid_cached(args[0], NULL);
    if (caller->key != args[0] || caller->flags & VT_FUNC_HIDDEN)
        return UNSURE;
    if (Py_IS_TYPE(args[2], &PyCFunction_Type))
        return OURS;
    if (!Py_IS_TYPE(args[2], &PyMethodDescr_Type))
        return needs_look(args[2]) ? UNSURE : NOT_OURS;
    bool bound = Py_IS_TYPE(args[3], PyDescr_TYPE(args[2]));
    return bound && args[3] != vt_monitoring.missing ? OURS : UNSURE;
}

static __attribute__((noinline)) PyObject *
hidden_call(PyObject *self, PyObject *const *args, size_t count, PyObject *names) {
    enum call_kind kind = vt_recorder_lane()->cut ? UNSURE : classify(args);
    if (VT_UNLIKELY(kind == UNSURE))
        return call_slowly(self, args, count, names);
    if (kind == OURS)
        vt_thread_enter(vt_recorder_lane(), VT_LOG_NO_ID, true);
    return go_on();
}

static __attribute__((noinline)) PyObject *
hidden_c_return(PyObject *self, PyObject *const *args, size_t count, PyObject *names) {
    enum call_kind kind = classify(args);
    if (VT_UNLIKELY(kind == UNSURE))
        return c_return_slowly(self, args, count, names);
    struct vt_thread *thread = vt_recorder_lane();
    if (kind == OURS && vt_thread_leave(thread, VT_LOG_NO_ID) == VT_THREAD_AT_WATCH)
        return watch_reached(thread, true);
    return go_on();
}

static PyObject *on_call(PyObject *self, PyObject *const *args, size_t count,
                         PyObject *names) {
    struct vt_thread *thread = vt_recorder_lane();
    if (VT_UNLIKELY(thread && thread->hidden))
        return hidden_call(self, args, count, names);
    if (!is_plain(args[2])) {
        if (VT_UNLIKELY(needs_look(args[2])))
            return call_slowly(self, args, count, names);
        return go_on();
    }
    struct c_probe at = probe(args[2], args[3]);
    if (VT_UNLIKELY(!thread || at.func->key != at.key || at.func->key2 != at.key2))
        return call_slowly(self, args, count, names);
    enter(thread, at.func);
    return go_on();
}

static PyObject *on_c_return(PyObject *self, PyObject *const *args, size_t count,
                             PyObject *names) {
    struct vt_thread *thread = vt_recorder_lane();
    if (VT_UNLIKELY(thread && thread->hidden))
        return hidden_c_return(self, args, count, names);
    if (!is_plain(args[2])) {
        if (VT_UNLIKELY(needs_look(args[2])))
            return c_return_slowly(self, args, count, names);
        return go_on();
    }
    struct c_probe at = probe(args[2], args[3]);
    if (VT_UNLIKELY(!thread || at.func->key != at.key || at.func->key2 != at.key2))
        return c_return_slowly(self, args, count, names);
    if (VT_UNLIKELY(vt_thread_leave(thread, at.func->id) == VT_THREAD_AT_WATCH))
        return watch_reached(thread, true);
    return go_on();
}

/* An event that did not come to us because the program's profile function raised at it.
 * Those that an event of ours follows need nothing: the frame or call that raised is
 * unwound. */
static void on_missed(PyFrameObject *frame, int what, PyObject *arg) {
    PyObject *code = (PyObject *)PyFrame_GetCode(frame);
    struct vt_thread *thread = find_lane(NULL);
    if (thread && what == PyTrace_CALL)
        (void)on_start(NULL, &code, 1, NULL);
    else if (thread && what == PyTrace_RETURN && !arg)
        (void)leave(code, NULL);
    else if (thread && (what == PyTrace_C_RETURN || what == PyTrace_C_EXCEPTION))
        (void)vt_thread_leave(thread, vt_funcid_of_cfunction(arg)->id);
    Py_DECREF(code);
}

/* ---- installing ------------------------------------------------------------------ */

enum { START_EVENT = 0, START_EVENT_ONLY = 1, NO_C_EVENTS = 6, ALL_EVENTS = 9 };

static const struct vt_monitoring_event events[ALL_EVENTS] = {
    {"PY_START", on_start},   {"PY_RESUME", on_start},   {"PY_THROW", on_start},
    {"PY_RETURN", on_return}, {"PY_YIELD", on_return},   {"PY_UNWIND", on_unwind},
    {"CALL", on_call},        {"C_RETURN", on_c_return}, {"C_RAISE", on_c_return},
};

static PyObject *awaited_globals;

static bool runs_awaited_globals(void) {
    PyFrameObject *frame = PyThreadState_GetFrame(vt_py_thread_state());
    PyObject *globals = frame ? PyFrame_GetGlobals(frame) : NULL;
    Py_XDECREF(globals);
    Py_XDECREF(frame);
    return globals && globals == awaited_globals;
}

/* Until the program's own first frame, which is a module's and not a function's:
 * nothing is recorded. */
static PyObject *on_waiting(PyObject *self, PyObject *const *args, size_t count,
                            PyObject *names) {
    if (!PyCode_Check(args[0]) ||
        ((PyCodeObject *)(void *)args[0])->co_flags & CO_NEWLOCALS ||
        !runs_awaited_globals())
        return go_on();
    awaited_globals = NULL;
    vt_begin_main_entered();
    if (vt_recorder_current())
        return on_start(self, args, count, names);
    vt_hook_remove();
    return go_on();
}

enum vt_status vt_hook_arm(PyObject *main_globals, struct vt_error *err) {
    enum vt_status status = vt_monitoring_hold(events, ALL_EVENTS, err);
    if (status != VT_OK)
        return status;
    awaited_globals = main_globals;
    vt_monitoring_replace(START_EVENT, on_waiting);
    return vt_monitoring_listen(START_EVENT_ONLY, err);
}

enum vt_status vt_hook_install(struct vt_error *err) {
    enum vt_status status = vt_monitoring_hold(events, ALL_EVENTS, err);
    if (status == VT_OK && switched_off && switched_off != vt_funcid_verdicts()) {
        switched_off = 0;
        status = vt_monitoring_restart(err);
    }
    if (status != VT_OK)
        return status;
    vt_monitoring_replace(START_EVENT, on_start);
    vt_profile_guard_install(on_missed);
    return vt_monitoring_listen(
        vt_recorder_current()->ignore_c_function ? NO_C_EVENTS : ALL_EVENTS, err);
}

/* All threads are heard of. */
void vt_hook_this_thread(void) {
}

void vt_hook_remove(void) {
    vt_profile_guard_remove();
    vt_monitoring_release();
}

#endif

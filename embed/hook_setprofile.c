/* SPDX-License-Identifier: Apache-2.0
 *
 * The profile hook (Python 3.8 to 3.11).
 *
 * Our function stands in each thread's c_profilefunc with a NULL object, so that
 * sys.getprofile() stays None. When the program sets a profile function of its own, by
 * sys.setprofile or cProfile, ours goes back on top of it: the object stays the
 * program's (that is what sys.getprofile() answers), and every event that the program's
 * function would have got is handed on to it. To notice, the C entry points that set
 * the function are replaced in their method tables by ones that call the original and
 * then put ours on top; there is no event after the original has run.
 *
 * A new thread gets the hook before it runs: when _thread.start_new_thread returns, its
 * thread state is already in the interpreter's list. Threads that C code made are found
 * at the next full block of events.
 */
#include "embed/hook.h"

#if !VT_PY_HAS_MONITORING

#include "embed/argrepr.h"
#include "embed/begin.h"
#include "embed/funcid.h"
#include "embed/method_patch.h"
#include "embed/pycompat_frame.h"
#include "embed/recorder.h"
#include "embed/tasks.h"

static int on_profile(PyObject *self, PyFrameObject *frame, int what, PyObject *arg);

/* ---- the program's own profile functions ---- */

/* What the program set in a thread, kept by thread state while ours is on top. */
struct chained {
    PyThreadState *tstate;
    Py_tracefunc func;
    bool skip_next; /* python3 would not have told it of the event that comes next */
    struct chained *next;
};

static struct chained *chained_list; /* short: threads in which the program profiles */

static struct chained *find_chained(PyThreadState *tstate) {
    struct chained *at = chained_list;
    while (at && at->tstate != tstate)
        at = at->next;
    return at;
}

static void set_chained(PyThreadState *tstate, Py_tracefunc func, bool skip_next) {
    struct chained *at = find_chained(tstate);
    if (!at && func) {
        at = PyMem_RawCalloc(1, sizeof *at);
        if (!at)
            return;
        at->tstate = tstate;
        at->next = chained_list;
        chained_list = at;
    }
    if (at) {
        at->func = func;
        at->skip_next = skip_next;
    }
}

/* After the program set or removed a profile function: ours goes on top again. `before`
 * is what it had. */
static void go_on_top(Py_tracefunc before) {
    PyThreadState *tstate = vt_py_thread_state();
    if (!vt_recorder_current() || tstate->c_profilefunc == on_profile ||
        !vt_py_in_main_interpreter())
        return;
    Py_tracefunc func = tstate->c_profilefunc;
    set_chained(tstate, func, func && !before);
    vt_py_set_profile(tstate, on_profile);
}

/* The program's function of the calling thread, put back in its place for the time of a
 * call that replaces it. */
static Py_tracefunc step_aside(void) {
    PyThreadState *tstate = vt_py_thread_state();
    if (tstate->c_profilefunc != on_profile)
        return tstate->c_profilefunc;
    struct chained *chained = find_chained(tstate);
    return chained ? chained->func : NULL;
}

static int hand_on(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    PyThreadState *tstate = vt_py_thread_state();
    struct chained *chained = find_chained(tstate);
    if (!chained || !chained->func)
        return 0;
    if (chained->skip_next) {
        chained->skip_next = false;
        return 0;
    }
    Py_tracefunc before = chained->func;
    int result = chained->func(self, frame, what, arg);
    go_on_top(before); /* a function that raises is removed by the interpreter */
    return result;
}

static struct vt_method_patch setprofile_patch, enable_patch, disable_patch;

static PyObject *our_setprofile(PyObject *self, PyObject *function) {
    Py_tracefunc before = step_aside();
    PyObject *result = setprofile_patch.original(self, function);
    go_on_top(before);
    return result;
}

static PyObject *our_enable(PyObject *self, PyObject *args, PyObject *kwargs) {
    Py_tracefunc before = step_aside();
    PyObject *result = ((PyCFunctionWithKeywords)(void (*)(void))enable_patch.original)(
        self, args, kwargs);
    go_on_top(before);
    return result;
}

static PyObject *our_disable(PyObject *self, PyObject *nothing) {
    Py_tracefunc before = step_aside();
    PyObject *result = disable_patch.original(self, nothing);
    go_on_top(before);
    return result;
}

/* `enable` is about to be called for the first time: the type that has it has
 * `disable`, too, and is a base of the caller's. */
static PyObject *find_disable(PyObject *profiler) {
    PyTypeObject *type = profiler ? Py_TYPE(profiler) : NULL;
    PyObject *disable = NULL;
    for (; type && !disable; type = type->tp_base)
        disable = PyDict_GetItemString(type->tp_dict, "disable");
    return disable;
}

static void patch_profiler(PyObject *enable) {
    PyObject *disable = find_disable(((PyCFunctionObject *)(void *)enable)->m_self);
    if (!disable || Py_TYPE(disable) != &PyMethodDescr_Type)
        return;
    vt_method_patch_apply(&enable_patch, ((PyCFunctionObject *)enable)->m_ml,
                          METH_VARARGS | METH_KEYWORDS,
                          (PyCFunction)(void (*)(void))our_enable);
    vt_method_patch_apply(&disable_patch, ((PyMethodDescrObject *)disable)->d_method,
                          METH_NOARGS, our_disable);
}

/* ---- threads ---- */

/* A thread state without our hook may be a new one at the address of one that died: the
 * gate must not take it for that. */
static void hook_thread(PyThreadState *tstate) {
    if (tstate->c_profilefunc == on_profile)
        return;
    if (vt_gate->tstate == tstate)
        vt_gate->tstate = NULL;
    set_chained(tstate, tstate->c_profilefunc, false);
    vt_py_set_profile(tstate, on_profile);
}

static void unhook_thread(PyThreadState *tstate) {
    if (tstate->c_profilefunc != on_profile)
        return;
    struct chained *chained = find_chained(tstate);
    vt_py_set_profile(tstate, chained && tstate->c_profileobj ? chained->func : NULL);
}

static void each_thread(void (*visit)(PyThreadState *tstate)) {
    PyInterpreterState *interpreter = vt_py_interpreter(vt_py_thread_state());
    for (PyThreadState *t = PyInterpreterState_ThreadHead(interpreter); t;
         t = PyThreadState_Next(t))
        visit(t);
}

/* threading's profile function for the threads that it starts. Borrowed; NULL: none. */
static PyObject *thread_profile(void) {
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *threading = modules ? PyDict_GetItemString(modules, "threading") : NULL;
    PyObject *hook =
        threading && PyModule_Check(threading)
            ? PyDict_GetItemString(PyModule_GetDict(threading), "_profile_hook")
            : NULL;
    return hook == Py_None ? NULL : hook;
}

/* threading.setprofile(function) is being called. Where the recorder lets the program
 * opt out, None says so, unless it takes back a function of the program's own. */
static void note_thread_profile(PyObject *function) {
    struct vt_recorder *recorder = vt_recorder_current();
    if (recorder && recorder->threads_opt_out)
        recorder->new_threads_left_out = function == Py_None && !thread_profile();
}

/* A thread was started: its state is in the interpreter's list already. */
static void hook_new_threads(void) {
    const struct vt_recorder *recorder = vt_recorder_current();
    if (recorder && !recorder->new_threads_left_out)
        each_thread(hook_thread);
}

/* Threads that C code made have no hook: looked for whenever a block of events is full.
 */
static void find_foreign_threads(void) {
    static PyThreadState *newest; /* of the interpreter's list at the last look */
    if (!vt_recorder_lane())
        return; /* a thread that ends, without the interpreter's lock */
    PyThreadState *tstate = vt_py_thread_state();
    PyThreadState *head = PyInterpreterState_ThreadHead(vt_py_interpreter(tstate));
    if (head == newest)
        return;
    newest = head;
    hook_new_threads();
}

/* ---- events ---- */

static PyThreadState *volatile *thread_state_place; /* NULL: ask the function */
static bool ignore_c_function;

static inline PyThreadState *current_thread_state(void) {
    return VT_LIKELY(thread_state_place != NULL) ? *thread_state_place
                                                 : vt_py_thread_state();
}

/* What the watch waits for: a task's turn or the program's end. */
static __attribute__((noinline)) int watch_reached(struct vt_thread *thread,
                                                   bool normally) {
    if (!vt_thread_end_task(thread))
        vt_begin_main_returned(thread, normally);
    return 0;
}

static inline int leave(struct vt_thread *thread, uint32_t id, bool normally) {
    if (VT_UNLIKELY(vt_thread_leave(thread, id) == VT_THREAD_AT_WATCH))
        return watch_reached(thread, normally);
    return 0;
}

static inline int record_func(struct vt_thread *thread, const struct vt_func *func,
                              int what, PyObject *arg) {
    if (what == PyTrace_CALL || what == PyTrace_C_CALL) {
        vt_thread_enter(thread, func->id, false);
        return 0;
    }
    return leave(thread, func->id, arg != NULL);
}

/* A function with flags. */
static __attribute__((noinline)) int record_flagged(struct vt_thread *thread,
                                                    const struct vt_func *func,
                                                    PyFrameObject *frame, int what,
                                                    PyObject *arg) {
    uint32_t flags = func->flags;
    if (flags & VT_FUNC_TRANSPARENT)
        return 0;
    if (flags & VT_FUNC_STARTS_THREAD && what == PyTrace_C_RETURN)
        hook_new_threads();
    if (flags & VT_FUNC_SETS_PROFILE && what == PyTrace_C_CALL)
        patch_profiler(arg);
    if (flags & VT_FUNC_SETS_THREAD_PROFILE && what == PyTrace_CALL)
        note_thread_profile(vt_py_frame_first_local(frame));
    if (flags & VT_FUNC_STARTS_PROCESS && what == PyTrace_CALL)
        vt_begin_process_started(thread, vt_py_frame_first_local(frame));
    bool is_c = what != PyTrace_CALL && what != PyTrace_RETURN;
    if (is_c && ignore_c_function)
        return 0;
    uint32_t id = func->id; /* what is called here may learn functions */
    if (what != PyTrace_CALL && what != PyTrace_C_CALL) {
        if (flags & VT_FUNC_LOGS && !vt_argrepr_leaves(thread, id, arg))
            return 0;
        return leave(thread, id, arg != NULL);
    }
    if (flags & VT_FUNC_ASYNC)
        vt_tasks_enter(thread);
    vt_thread_enter(thread, id, flags & VT_FUNC_HIDDEN);
    if (flags & VT_FUNC_LOGS)
        vt_argrepr_entered(thread, id, vt_py_frame_code(frame),
                           vt_py_frame_locals(frame));
    return 0;
}

/* A function that the cache does not hold. */
static __attribute__((noinline)) int record_unknown(struct vt_thread *thread,
                                                    PyFrameObject *frame, int what,
                                                    PyObject *arg) {
    const struct vt_func *func = what == PyTrace_CALL || what == PyTrace_RETURN
                                     ? vt_funcid_find_code(vt_py_frame_code(frame))
                                     : vt_funcid_of_cfunction(arg);
    return record_flagged(thread, func, frame, what, arg);
}

/* Inlined in on_profile, so that the common case saves no registers. */
static inline __attribute__((always_inline)) int
record(struct vt_thread *thread, PyFrameObject *frame, int what, PyObject *arg) {
    const struct vt_func *func;
    bool is_flagged;
    if (what == PyTrace_CALL || what == PyTrace_RETURN) {
        PyCodeObject *code = vt_py_frame_code(frame);
        func = vt_funcid_cached(code, NULL);
        if (VT_UNLIKELY(func->key != code))
            return record_unknown(thread, frame, what, arg);
        is_flagged = func->flags;
    } else {
        const PyCFunctionObject *callable = (PyCFunctionObject *)(void *)arg;
        const void *key2 = vt_funcid_key2(callable);
        func = vt_funcid_cached(callable->m_ml, key2);
        if (VT_UNLIKELY(func->key != callable->m_ml || func->key2 != key2))
            return record_unknown(thread, frame, what, arg);
        is_flagged = func->flags || ignore_c_function;
    }
    if (VT_UNLIKELY(is_flagged))
        return record_flagged(thread, func, frame, what, arg);
    return record_func(thread, func, what, arg);
}

/* The program's profile function raised at the beginning of a call: it does not take
 * place, and its end is not told. */
static void end_refused_call(struct vt_thread *thread, PyFrameObject *frame, int what,
                             PyObject *arg) {
    if (what == PyTrace_CALL)
        (void)record(thread, frame, PyTrace_RETURN, NULL);
    else if (what == PyTrace_C_CALL)
        (void)record(thread, frame, PyTrace_C_EXCEPTION, arg);
}

/* A thread that was not the last one seen, or in which the program profiles, too. In a
 * forked child nothing is recorded: the hook goes away. */
static __attribute__((noinline)) int
on_profile_slow(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    PyThreadState *tstate = vt_py_thread_state();
    if (!vt_recorder_current() && !vt_begin_resume()) {
        unhook_thread(tstate);
        return self ? hand_on(self, frame, what, arg) : 0;
    }
    PyObject *frame_self = what == PyTrace_CALL ? vt_py_frame_first_local(frame) : NULL;
    struct vt_thread *thread = vt_recorder_find_thread(tstate, frame_self);
    if (thread)
        (void)record(thread, frame, what, arg);
    int result = self ? hand_on(self, frame, what, arg) : 0;
    if (result != 0 && thread)
        end_refused_call(thread, frame, what, arg);
    return result;
}

/* For C events `arg` is always a builtin function or method object (Python/ceval.c). */
static int on_profile(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    struct vt_gate *gate = vt_gate;
    if (VT_UNLIKELY(self || gate->tstate != (void *)current_thread_state()))
        return on_profile_slow(self, frame, what, arg);
    return record(gate->thread, frame, what, arg);
}

/* ---- installing ---- */

static PyObject *awaited_globals;

/* Until the program's own first frame: nothing is recorded. */
static int on_waiting(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    (void)self;
    (void)arg;
    if (what != PyTrace_CALL || vt_py_frame_globals(frame) != awaited_globals)
        return 0;
    awaited_globals = NULL;
    vt_py_set_profile(vt_py_thread_state(), NULL);
    vt_begin_main_entered();
    if (!vt_recorder_current())
        return 0;
    return on_profile(NULL, frame, what, arg);
}

enum vt_status vt_hook_arm(PyObject *main_globals, struct vt_error *err) {
    (void)err;
    awaited_globals = main_globals;
    PyThreadState *tstate = vt_py_thread_state();
    if (!tstate->c_profilefunc)
        vt_py_set_profile(tstate, on_waiting);
    return VT_OK;
}

void vt_hook_this_thread(void) {
    if (vt_recorder_current())
        hook_thread(vt_py_thread_state());
}

enum vt_status vt_hook_install(struct vt_error *err) {
    (void)err;
    thread_state_place = vt_py_thread_state_place();
    ignore_c_function = vt_recorder_current()->ignore_c_function;
    vt_method_patch_apply_sys(&setprofile_patch, "setprofile", METH_O, our_setprofile);
    each_thread(hook_thread);
    vt_log_on_full_block(vt_recorder_current()->log, find_foreign_threads);
    return VT_OK;
}

void vt_hook_remove(void) {
    each_thread(unhook_thread);
    vt_method_patch_undo(&setprofile_patch);
    vt_method_patch_undo(&enable_patch);
    vt_method_patch_undo(&disable_patch);
    while (chained_list) {
        struct chained *next = chained_list->next;
        PyMem_RawFree(chained_list);
        chained_list = next;
    }
}

#endif

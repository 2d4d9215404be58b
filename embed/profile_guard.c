/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/profile_guard.h"

#if VT_PY_HAS_MONITORING

#include "embed/method_patch.h"

static struct vt_method_patch setprofile_patch, all_threads_patch;
static void (*tell_missed)(PyFrameObject *frame, int what, PyObject *arg);
static Py_tracefunc function_of_sys; /* one for all threads: it calls c_profileobj */

/* C calls that the program's function was told of and that have not ended. */
static __thread unsigned open_calls;

static bool began_before(int what) {
    bool ends = what == PyTrace_C_RETURN || what == PyTrace_C_EXCEPTION;
    if (ends && !open_calls)
        return true;
    if (ends)
        open_calls--;
    else if (what == PyTrace_C_CALL)
        open_calls++;
    return false;
}

static int guard(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    if (began_before(what))
        return 0;
    int result = function_of_sys(self, frame, what, arg);
    if (result != 0 && tell_missed)
        tell_missed(frame, what, arg);
    return result;
}

static void set_guard(PyThreadState *tstate) {
    if (!tstate->c_profilefunc || tstate->c_profilefunc == guard)
        return;
    function_of_sys = tstate->c_profilefunc;
    tstate->c_profilefunc = guard;
}

static void lift_guard(PyThreadState *tstate) {
    if (tstate->c_profilefunc == guard)
        tstate->c_profilefunc = function_of_sys;
}

static void each_thread(void (*visit)(PyThreadState *tstate)) {
    PyInterpreterState *main = PyInterpreterState_Main();
    for (PyThreadState *t = PyInterpreterState_ThreadHead(main); t;
         t = PyThreadState_Next(t))
        visit(t);
}

static PyObject *our_setprofile(PyObject *self, PyObject *function) {
    PyThreadState *tstate = vt_py_thread_state();
    if (!vt_py_in_main_interpreter())
        return setprofile_patch.original(self, function);
    if (!tstate->c_profilefunc)
        open_calls = 0;
    PyObject *result = setprofile_patch.original(self, function);
    set_guard(tstate);
    return result;
}

static PyObject *our_setprofile_all_threads(PyObject *self, PyObject *function) {
    if (!vt_py_in_main_interpreter())
        return all_threads_patch.original(self, function);
    if (!vt_py_thread_state()->c_profilefunc)
        open_calls = 0;
    PyObject *result = all_threads_patch.original(self, function);
    each_thread(set_guard);
    return result;
}

void vt_profile_guard_install(void (*missed)(PyFrameObject *frame, int what,
                                             PyObject *arg)) {
    tell_missed = missed;
    vt_method_patch_apply_sys(&setprofile_patch, "setprofile", METH_O, our_setprofile);
    vt_method_patch_apply_sys(&all_threads_patch, "_setprofileallthreads", METH_O,
                              our_setprofile_all_threads);
}

void vt_profile_guard_remove(void) {
    vt_method_patch_undo(&setprofile_patch);
    vt_method_patch_undo(&all_threads_patch);
    each_thread(lift_guard);
    tell_missed = NULL;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Our handler of SIGTERM stands below Python, which learned at its start that the
 * disposition is the default and still says so. The handler raises a private signal
 * (the carrier), for which a handler in Python's sense is set: Python runs it between
 * two steps of the main thread, or when a blocking call comes back interrupted, and
 * it raises SystemExit(0). What the program sets for SIGTERM replaces ours, as it
 * would replace the default. */
#include "embed/sigterm.h"

#include "embed/pycompat.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* Real-time signals from the far end, which glibc and libraries leave alone. */
enum { CARRIERS_TRIED = 8 };

static int carrier; /* 0: not installed */
static pid_t
    installed_in; /* a child made behind pthread_atfork's back has another pid */
static volatile sig_atomic_t ending; /* one came after Python had gone */

static bool has_default(int number) {
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
           now.sa_handler == SIG_DFL;
}

static void set_default(int number) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(number, &action, NULL);
}

static void on_sigterm(int number) {
    int error_number = errno;
    bool python_listens = !has_default(carrier); /* its finalization ends that */
    if (getpid() == installed_in && python_listens) {
        (void)raise(carrier);
    } else if (getpid() != installed_in || ending) {
        set_default(number);
        (void)raise(number);
    } else {
        ending = 1; /* the process is on its way out: let it, once */
    }
    errno = error_number;
}

/* The carrier's handler in Python's sense. */
static PyObject *leave(PyObject *self, PyObject *args) {
    (void)self;
    (void)args;
    PyObject *zero = PyLong_FromLong(0);
    PyErr_SetObject(PyExc_SystemExit, zero);
    Py_XDECREF(zero);
    return NULL;
}

static PyMethodDef leave_method = {"leave", leave, METH_VARARGS, NULL};

/* signal.signal(number, leave). */
static bool set_python_handler(int number) {
    PyObject *module = PyImport_ImportModule("_signal");
    PyObject *handler = PyCFunction_New(&leave_method, NULL);
    PyObject *before =
        module && handler ? PyObject_CallMethod(module, "signal", "iO", number, handler)
                          : NULL;
    Py_XDECREF(handler);
    Py_XDECREF(module);
    if (!before) {
        /* signal.signal runs the handlers of signals that have arrived. */
        bool interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        PyErr_Clear();
        if (interrupted)
            PyErr_SetInterrupt();
        return false;
    }
    Py_DECREF(before);
    return true;
}

static int find_carrier(void) {
    for (int i = 0; i < CARRIERS_TRIED; i++)
        if (has_default(SIGRTMAX - 3 - i))
            return SIGRTMAX - 3 - i;
    return 0;
}

void vt_sigterm_install(void) {
    if (carrier || !has_default(SIGTERM))
        return;
    int number = find_carrier();
    if (!number || !set_python_handler(number))
        return;
    carrier = number;
    installed_in = getpid();
    struct sigaction action = {.sa_handler = on_sigterm, .sa_flags = SA_ONSTACK};
    sigaction(SIGTERM, &action, NULL);
}

void vt_sigterm_forget_in_child(void) {
    struct sigaction now;
    if (!carrier)
        return;
    if (sigaction(SIGTERM, NULL, &now) == 0 && now.sa_handler == on_sigterm)
        set_default(SIGTERM);
    set_default(carrier);
    carrier = 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts the calls of each function in a stock Python, written apart from the recorder
 * so that the two can be held against each other; or does nothing at each event, which
 * is the floor that a recorder is measured against.
 *
 * sitecustomize.py arms it before the program starts. Counting begins at the first
 * frame whose globals are __main__'s and ends when that frame returns; when it is left
 * by an exception, at the end of the process. The counts go to a file: for each name
 * one line
 * "<count> <bytes of the name>", then the name and a newline.
 *
 * Threads: the interpreter's lock guards everything.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 14 };

/* A function is known by two pointers that stay alive once they are here: a code object
 * and nothing, or a method definition and the module name or type that it was called
 * of. */
struct counter {
    struct counter *next;
    const void *what;
    PyObject *owner;
    unsigned long long count;
    char *name;
    size_t name_bytes;
};

static struct counter *buckets[BUCKETS];
static char *output_path;
static PyObject *main_globals;    /* the dictionary of __main__, borrowed for ever */
static PyFrameObject *main_frame; /* the outermost counted frame, while it is open */
static bool counting, dumped;

static struct counter *find(const void *what, PyObject *owner) {
    size_t hash = ((size_t)what >> 4) * 31 + ((size_t)owner >> 4);
    struct counter **bucket = &buckets[(hash ^ (hash >> 14)) % BUCKETS];
    for (struct counter *c = *bucket; c; c = c->next)
        if (c->what == what && c->owner == owner)
            return c;
    struct counter *c = calloc(1, sizeof *c);
    if (!c)
        Py_FatalError("counthook: out of memory");
    c->what = what;
    c->owner = owner;
    Py_XINCREF(owner);
    c->next = *bucket;
    *bucket = c;
    return c;
}

/* Steals `name`, a str or NULL. */
static void set_name(struct counter *c, PyObject *name) {
    PyObject *bytes =
        name ? PyUnicode_AsEncodedString(name, "utf-8", "surrogatepass") : NULL;
    if (!bytes)
        Py_FatalError("counthook: a function without a name");
    c->name_bytes = (size_t)PyBytes_GET_SIZE(bytes);
    c->name = malloc(c->name_bytes + 1);
    if (!c->name)
        Py_FatalError("counthook: out of memory");
    memcpy(c->name, PyBytes_AS_STRING(bytes), c->name_bytes);
    Py_DECREF(bytes);
    Py_DECREF(name);
}

static PyCodeObject *code_of(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x03090000
    PyCodeObject *code = PyFrame_GetCode(frame);
    Py_DECREF(code); /* the frame keeps it */
    return code;
#else
    return frame->f_code;
#endif
}

static bool is_main(PyFrameObject *frame) {
#if PY_VERSION_HEX >= 0x030b0000
    PyObject *globals = PyFrame_GetGlobals(frame);
    Py_DECREF(globals);
    return globals == main_globals;
#else
    return frame->f_globals == main_globals;
#endif
}

static void count_python(PyFrameObject *frame) {
    PyCodeObject *code = code_of(frame);
    struct counter *c = find(code, (PyObject *)code);
    c->count++;
    if (c->name)
        return;
#if PY_VERSION_HEX >= 0x030b0000
    PyObject *function_name = code->co_qualname;
#else
    PyObject *function_name = code->co_name;
#endif
    set_name(c, PyUnicode_FromFormat("%U (%U:%d)", function_name, code->co_filename,
                                     code->co_firstlineno));
}

static void count_c(PyObject *function) {
    if (!PyCFunction_Check(function))
        return;
    PyCFunctionObject *f = (PyCFunctionObject *)function;
    bool has_module = f->m_module && PyUnicode_Check(f->m_module);
    PyObject *owner =
        has_module ? f->m_module : (f->m_self ? (PyObject *)Py_TYPE(f->m_self) : NULL);
    struct counter *c = find(f->m_ml, owner);
    c->count++;
    if (c->name)
        return;
    if (has_module)
        set_name(c, PyUnicode_FromFormat("%U.%s", owner, f->m_ml->ml_name));
    else if (owner)
        set_name(c, PyUnicode_FromFormat("%s.%s", ((PyTypeObject *)owner)->tp_name,
                                         f->m_ml->ml_name));
    else
        set_name(c, PyUnicode_FromString(f->m_ml->ml_name));
}

static void dump(void) {
    if (dumped || !output_path)
        return;
    dumped = true;
    FILE *out = fopen(output_path, "wb");
    if (!out) {
        perror(output_path);
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct counter *c = buckets[i]; c; c = c->next) {
            fprintf(out, "%llu %zu\n", c->count, c->name_bytes);
            fwrite(c->name, 1, c->name_bytes, out);
            fputc('\n', out);
        }
    fclose(out);
}

static int count_event(PyObject *self, PyFrameObject *frame, int what, PyObject *arg);

static void arm_all_threads(Py_tracefunc hook) {
#if PY_VERSION_HEX >= 0x030c0000
    PyEval_SetProfileAllThreads(hook, NULL);
#else
    PyInterpreterState *interpreter = PyThreadState_Get()->interp;
    for (PyThreadState *t = PyInterpreterState_ThreadHead(interpreter); t;
         t = PyThreadState_Next(t)) {
#if PY_VERSION_HEX >= 0x03090000
        extern int _PyEval_SetProfile(PyThreadState *, Py_tracefunc, PyObject *);
        if (_PyEval_SetProfile(t, hook, NULL) < 0)
            PyErr_Clear();
#else
        t->c_profilefunc = hook;
        t->use_tracing = hook != NULL || t->c_tracefunc != NULL;
#endif
    }
#endif
}

static bool is_named(PyObject *function, const char *name) {
    return PyCFunction_Check(function) &&
           strcmp(((PyCFunctionObject *)function)->m_ml->ml_name, name) == 0;
}

/* A new thread cannot run before its maker gives up the interpreter's lock, and
 * start_new_thread does not: when it has returned, the thread is hooked before its
 * first frame. */
static int count_event(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    (void)self;
    if (!counting) {
        if (main_frame || dumped || what != PyTrace_CALL || !is_main(frame))
            return 0;
        counting = true;
        main_frame = frame;
    }
    if (what == PyTrace_CALL) {
        count_python(frame);
    } else if (what == PyTrace_C_CALL) {
        count_c(arg);
    } else if (what == PyTrace_C_RETURN) {
        if (is_named(arg, "start_new_thread") || is_named(arg, "start_joinable_thread"))
            arm_all_threads(count_event);
    } else if (what == PyTrace_RETURN && frame == main_frame) {
        main_frame = NULL;
        if (arg) {
            counting = false;
            dump();
        }
    }
    return 0;
}

static int empty_event(PyObject *self, PyFrameObject *frame, int what, PyObject *arg) {
    (void)self, (void)frame, (void)what, (void)arg;
    return 0;
}

static PyObject *count_into(PyObject *self, PyObject *args) {
    (void)self;
    const char *path;
    if (!PyArg_ParseTuple(args, "s", &path))
        return NULL;
    output_path = strdup(path);
    main_globals = PyModule_GetDict(PyImport_AddModule("__main__"));
    if (!output_path || Py_AtExit(dump) < 0)
        return PyErr_NoMemory();
    PyEval_SetProfile(count_event, NULL);
    Py_RETURN_NONE;
}

static PyObject *do_nothing(PyObject *self, PyObject *args) {
    (void)self, (void)args;
    PyEval_SetProfile(empty_event, NULL);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"count_into", count_into, METH_VARARGS, "Counts calls; writes them to a path."},
    {"do_nothing", do_nothing, METH_NOARGS, "Installs a hook that does nothing."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_counthook", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__counthook(void) {
    return PyModule_Create(&module);
}

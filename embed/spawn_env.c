/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever is not as expected (an environment of another type, no memory), the original
 * function gets what the program gave and answers as it does without us. */
#include "embed/spawn_env.h"

#include "embed/finish.h"
#include "embed/method_patch.h"
#include "embed/session_env.h"

#include <stdbool.h>
#include <string.h>

/* ---- one environment, with our variables ----------------------------------------- */

static PyObject *new_ref(PyObject *object) {
    Py_INCREF(object);
    return object;
}

/* The bytes of a str (as the file system has them) or bytes object; a new reference, or
 * NULL. */
static PyObject *to_bytes(PyObject *text) {
    if (PyUnicode_Check(text))
        return PyUnicode_EncodeFSDefault(text);
    return PyBytes_Check(text) ? new_ref(text) : NULL;
}

/* "<before><value of variable i>" as a bytes object; NULL: none, see
 * vt_session_env_value. */
static PyObject *value_behind(const char *before, int i, const char *old) {
    struct vt_buf text = {0};
    vt_buf_append_text(&text, before);
    PyObject *value = NULL;
    if (vt_session_env_value(i, old, &text) && !text.failed)
        value = PyBytes_FromStringAndSize(text.data, (Py_ssize_t)text.size);
    vt_buf_fini(&text);
    return value;
}

static bool set_in_dict(PyObject *dict, int i) {
    PyObject *key = PyUnicode_FromString(vt_session_env_name(i));
    PyObject *old = key ? PyDict_GetItemWithError(dict, key) : NULL;
    PyObject *old_bytes = old ? to_bytes(old) : NULL;
    PyObject *value =
        PyErr_Occurred()
            ? NULL
            : value_behind("", i, old_bytes ? PyBytes_AS_STRING(old_bytes) : NULL);
    bool is_set = !value || PyDict_SetItem(dict, key, value) == 0;
    Py_XDECREF(value);
    Py_XDECREF(old_bytes);
    Py_XDECREF(key);
    return is_set && !PyErr_Occurred();
}

/* A key that is a bytes object, as os.environb has them, becomes the str that is looked
 * for. */
static PyObject *normal_key(PyObject *key) {
    if (!PyBytes_Check(key))
        return new_ref(key);
    return PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(key),
                                            PyBytes_GET_SIZE(key));
}

static bool fill_dict(PyObject *dict, PyObject *keys, PyObject *values) {
    Py_ssize_t count = PyList_GET_SIZE(keys);
    if (PyList_GET_SIZE(values) != count)
        return false;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *key = normal_key(PyList_GET_ITEM(keys, i));
        bool is_set = key && PyDict_SetItem(dict, key, PyList_GET_ITEM(values, i)) == 0;
        Py_XDECREF(key);
        if (!is_set)
            return false;
    }
    for (int i = 0; i < VT_SESSION_ENV_VARIABLES; i++) {
        if (!set_in_dict(dict, i))
            return false;
    }
    return true;
}

/* A dict with the items of a mapping and our variables; NULL, without an exception: the
 * mapping is to be used as it is. The mapping is asked what os.execve asks it. */
static PyObject *extend_mapping(PyObject *mapping) {
    if (!PyMapping_Check(mapping))
        return NULL;
    PyObject *keys = PyMapping_Keys(mapping);
    PyObject *values = keys ? PyMapping_Values(mapping) : NULL;
    PyObject *dict = values ? PyDict_New() : NULL;
    if (dict && !fill_dict(dict, keys, values))
        Py_CLEAR(dict);
    Py_XDECREF(keys);
    Py_XDECREF(values);
    PyErr_Clear();
    return dict;
}

/* The value in an entry b"NAME=value" of this name; NULL: another variable. */
static const char *value_of(PyObject *entry, const char *name) {
    size_t size = strlen(name);
    const char *text = PyBytes_Check(entry) ? PyBytes_AS_STRING(entry) : "";
    return strncmp(text, name, size) == 0 && text[size] == '=' ? text + size + 1 : NULL;
}

static bool set_in_list(PyObject *list, int i) {
    char before[64];
    const char *name = vt_session_env_name(i), *old = NULL;
    Py_ssize_t at = 0, count = PyList_GET_SIZE(list);
    while (at < count && !(old = value_of(PyList_GET_ITEM(list, at), name)))
        at++;
    snprintf(before, sizeof before, "%s=", name);
    PyObject *entry = value_behind(before, i, old);
    if (!entry)
        return !PyErr_Occurred();
    bool is_set = at < count ? PyList_SetItem(list, at, new_ref(entry)) == 0
                             : PyList_Append(list, entry) == 0;
    Py_DECREF(entry);
    return is_set;
}

/* The same for the sequence of b"NAME=value" that subprocess makes. */
static PyObject *extend_list(PyObject *entries) {
    PyObject *list = PyList_Check(entries) || PyTuple_Check(entries)
                         ? PySequence_List(entries)
                         : NULL;
    for (int i = 0; list && i < VT_SESSION_ENV_VARIABLES; i++) {
        if (!set_in_list(list, i))
            Py_CLEAR(list);
    }
    PyErr_Clear();
    return list;
}

/* ---- calls with that environment ------------------------------------------------- */

enum { MOST_ARGUMENTS = 32, ENV_OF_POSIX = 2, ENV_OF_FORK_EXEC = 5 };

typedef PyObject *fast_call(PyObject *self, PyObject *const *args, Py_ssize_t count);
typedef PyObject *keyword_call(PyObject *self, PyObject *const *args, Py_ssize_t count,
                               PyObject *names);

/* Copies a call's arguments and replaces the environment among them. NULL: there is
 * nothing to replace; else the new environment, owned. */
static PyObject *replace_env(PyObject *copy[MOST_ARGUMENTS], PyObject *const *args,
                             Py_ssize_t count, Py_ssize_t at,
                             PyObject *extend(PyObject *)) {
    if (count > MOST_ARGUMENTS || at < 0 || at >= count || args[at] == Py_None)
        return NULL;
    PyObject *env = extend(args[at]);
    if (!env)
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        copy[i] = args[i];
    copy[at] = env;
    return env;
}

/* Where `env` is among the arguments; -1: nowhere. */
static Py_ssize_t find_env(Py_ssize_t count, PyObject *names) {
    if (count > ENV_OF_POSIX)
        return ENV_OF_POSIX;
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); i++) {
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), "env") == 0)
            return count + i;
    }
    return -1;
}

static PyObject *call_posix(const struct vt_method_patch *patch, PyObject *self,
                            PyObject *const *args, Py_ssize_t count, PyObject *names) {
    keyword_call *original = (keyword_call *)(void (*)(void))patch->original;
    PyObject *copy[MOST_ARGUMENTS];
    Py_ssize_t all = count + (names ? PyTuple_GET_SIZE(names) : 0);
    PyObject *env =
        replace_env(copy, args, all, find_env(count, names), extend_mapping);
    PyObject *result = original(self, env ? copy : args, count, names);
    Py_XDECREF(env);
    return result;
}

static struct vt_method_patch execve_patch, execv_patch, posix_spawn_patch,
    posix_spawnp_patch, fork_exec_patch;

static PyObject *our_execve(PyObject *self, PyObject *const *args, Py_ssize_t count,
                            PyObject *names) {
    PyObject *result = call_posix(&execve_patch, self, args, count, names);
    vt_finish_exec_failed();
    return result;
}

static PyObject *our_execv(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    fast_call *original = (fast_call *)(void (*)(void))execv_patch.original;
    PyObject *result = original(self, args, count);
    vt_finish_exec_failed();
    return result;
}

static PyObject *our_posix_spawn(PyObject *self, PyObject *const *args,
                                 Py_ssize_t count, PyObject *names) {
    return call_posix(&posix_spawn_patch, self, args, count, names);
}

static PyObject *our_posix_spawnp(PyObject *self, PyObject *const *args,
                                  Py_ssize_t count, PyObject *names) {
    return call_posix(&posix_spawnp_patch, self, args, count, names);
}

/* _posixsubprocess.fork_exec takes a tuple, or an array in newer versions. */
static PyObject *our_fork_exec(PyObject *self, PyObject *const *args,
                               Py_ssize_t count) {
    fast_call *original = (fast_call *)(void (*)(void))fork_exec_patch.original;
    PyObject *copy[MOST_ARGUMENTS];
    PyObject *env = replace_env(copy, args, count, ENV_OF_FORK_EXEC, extend_list);
    PyObject *result = original(self, env ? copy : args, count);
    Py_XDECREF(env);
    return result;
}

static PyObject *copy_tuple(PyObject *args, Py_ssize_t at, PyObject *item) {
    PyObject *copy = PyTuple_New(PyTuple_GET_SIZE(args));
    for (Py_ssize_t i = 0; copy && i < PyTuple_GET_SIZE(args); i++)
        PyTuple_SET_ITEM(copy, i, new_ref(i == at ? item : PyTuple_GET_ITEM(args, i)));
    return copy;
}

static PyObject *our_fork_exec_tuple(PyObject *self, PyObject *args) {
    PyObject *copy = NULL;
    if (PyTuple_GET_SIZE(args) > ENV_OF_FORK_EXEC &&
        PyTuple_GET_ITEM(args, ENV_OF_FORK_EXEC) != Py_None) {
        PyObject *env = extend_list(PyTuple_GET_ITEM(args, ENV_OF_FORK_EXEC));
        copy = env ? copy_tuple(args, ENV_OF_FORK_EXEC, env) : NULL;
        Py_XDECREF(env);
        PyErr_Clear();
    }
    PyObject *result = fork_exec_patch.original(self, copy ? copy : args);
    Py_XDECREF(copy);
    return result;
}

/* ---- installing ------------------------------------------------------------------ */

/* The C function of a module that is imported already. Borrowed; NULL: none. */
static PyMethodDef *find_method(const char *module_name, const char *name) {
    /* PyImport_GetModuleDict() ends the program once the modules are gone, and events
     * go on until the last object has died. */
    PyObject *modules = PySys_GetObject("modules");
    PyObject *module = modules && PyDict_Check(modules)
                           ? PyDict_GetItemString(modules, module_name)
                           : NULL;
    PyObject *function = module && PyModule_Check(module)
                             ? PyDict_GetItemString(PyModule_GetDict(module), name)
                             : NULL;
    return function && PyCFunction_Check(function)
               ? ((PyCFunctionObject *)(void *)function)->m_ml
               : NULL;
}

#define AS_METHOD(function) ((PyCFunction)(void (*)(void))(function))

void vt_spawn_env_install(void) {
    int fast = METH_FASTCALL, keywords = METH_FASTCALL | METH_KEYWORDS;
    vt_method_patch_apply(&execv_patch, find_method("posix", "execv"), fast,
                          AS_METHOD(our_execv));
    vt_method_patch_apply(&execve_patch, find_method("posix", "execve"), keywords,
                          AS_METHOD(our_execve));
    vt_method_patch_apply(&posix_spawn_patch, find_method("posix", "posix_spawn"),
                          keywords, AS_METHOD(our_posix_spawn));
    vt_method_patch_apply(&posix_spawnp_patch, find_method("posix", "posix_spawnp"),
                          keywords, AS_METHOD(our_posix_spawnp));
}

static void install_fork_exec(void) {
    PyMethodDef *method = find_method("_posixsubprocess", "fork_exec");
    vt_method_patch_apply(&fork_exec_patch, method, METH_VARARGS, our_fork_exec_tuple);
    vt_method_patch_apply(&fork_exec_patch, method, METH_FASTCALL,
                          AS_METHOD(our_fork_exec));
}

/* The events of the functions that start a program (docs: "Audit events table"). */
void vt_spawn_env_on_event(const char *event) {
    static const char *const starting[] = {"os.exec", "os.posix_spawn", "os.system",
                                           "subprocess.Popen"};
    for (size_t i = 0; i < sizeof starting / sizeof *starting; i++) {
        if (strcmp(event, starting[i]) == 0)
            vt_session_env_keep();
    }
    if (event[0] == 's' && execve_patch.method)
        install_fork_exec();
}

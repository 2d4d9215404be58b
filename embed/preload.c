/* SPDX-License-Identifier: Apache-2.0
 *
 * libviztracer_preload.so: makes a real python3 load our core (core_api.h).
 *
 * It may be loaded into any program, so it needs no library, and every name that it
 * takes from elsewhere is weak: in a program that is not a Python nothing happens. In
 * a Python the constructor only prepares: hooks may not be added before the memory
 * allocators are chosen (-X dev, PYTHONMALLOC=debug), and programs that merely
 * contain a Python stay as they are.
 *
 *   start        the constructor: our variables leave the environment;
 *                PyImport_Inittab becomes our copy with `_viztracer` added and the init
 *                function of `_thread`, which every start of the import system calls,
 *                replaced
 *   init_thread  adds the audit hook, then does what was asked
 *   on_event     at the first cpython.run_* loads the core, and hands all on to it
 */
#include "embed/core_api.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* Include/import.h and Include/cpython/sysmodule.h, the same in 3.8 to 3.13; a
 * library for all versions has no Python.h. */
struct _inittab {
    const char *name;
    struct _object *(*initfunc)(void);
};
typedef int audit_hook(const char *event, struct _object *args, void *data);
extern struct _inittab *PyImport_Inittab;
extern struct _object *PyExc_ImportError;
int PySys_AddAuditHook(audit_hook *hook, void *data);
const char *Py_GetVersion(void);
void PyErr_SetString(struct _object *type, const char *text);
void _Py_MergeZeroLocalRefcount(struct _object *object);

#pragma weak PyImport_Inittab
#pragma weak PyExc_ImportError
#pragma weak PySys_AddAuditHook
#pragma weak Py_GetVersion
#pragma weak PyErr_SetString
#pragma weak _Py_MergeZeroLocalRefcount
#pragma weak environ
#pragma weak dlopen
#pragma weak dlsym
#pragma weak dlerror
#pragma weak write

enum { MAX_BUILTINS = 1024, MAX_PATH_BYTES = 4096 };

static struct _inittab builtins[MAX_BUILTINS + 2];
static struct _object *(*real_init_thread)(void);
static const char *session; /* the value of VIZTRACER_SESSION */
static bool hook_added, core_tried;
static void *core;
static audit_hook *core_hook;

/* ---- text, without libc ---------------------------------------------------------- */

static size_t length_of(const char *text) {
    size_t size = 0;
    while (text[size])
        size++;
    return size;
}

static bool starts_with(const char *text, const char *prefix) {
    while (*prefix && *text == *prefix)
        text++, prefix++;
    return !*prefix;
}

/* Appends up to `size` bytes; false when they do not fit with a NUL behind them. */
static bool append(char *to, size_t *used, const char *text, size_t size) {
    if (size >= MAX_PATH_BYTES - *used)
        return false;
    for (size_t i = 0; i < size; i++)
        to[(*used)++] = text[i];
    to[*used] = '\0';
    return true;
}

static void say(const char *text) {
    if (write && write(STDERR_FILENO, text, length_of(text)) < 0)
        return; /* nobody listens */
}

/* ---- the environment ------------------------------------------------------------- */

/* The value of the entry `NAME=value`; NULL: another variable. */
static char *value_of(char *entry, const char *name) {
    return starts_with(entry, name) && entry[length_of(name)] == '='
               ? entry + length_of(name) + 1
               : NULL;
}

static void remove_entry(char **entry) {
    for (; *entry; entry++)
        entry[0] = entry[1];
}

static bool is_end(char c) {
    return !c || c == ':' || c == ' ';
}

/* Where the item of the list `value` that ends in `ending` starts; NULL: nowhere. */
static char *find_item(char *value, const char *ending) {
    size_t size = length_of(ending);
    for (char *start = value, *c = value;; c++) {
        if (!is_end(*c))
            continue;
        if ((size_t)(c - start) >= size && starts_with(c - size, ending))
            return start;
        if (!*c)
            return NULL;
        start = c + 1;
    }
}

/* Takes our item out of the list, with the separator that joined it to the others.
 * False: it was all there is. */
static bool cut_item(char *value, const char *ending) {
    char *start = find_item(value, ending);
    if (!start)
        return true;
    char *end = start;
    while (!is_end(*end))
        end++;
    if (start == value && !*end)
        return false;
    if (start > value)
        start--;
    else
        end++;
    while ((*start++ = *end++))
        continue;
    return true;
}

/* Makes the environment what it is without us, so that the program sees what python3
 * sees. */
static void clean(char **env) {
    while (env && *env) {
        char *text = value_of(*env, VT_SESSION_VARIABLE);
        char *libraries = value_of(*env, "LD_PRELOAD");
        char *asan = value_of(*env, "ASAN_OPTIONS");
        if (text)
            session = text;
        if (text || (libraries && !cut_item(libraries, "/" VT_PRELOAD_FILE_NAME)) ||
            (asan && !cut_item(asan, VT_ASAN_OPTION)))
            remove_entry(env);
        else
            env++;
    }
}

/* ---- the core -------------------------------------------------------------------- */

/* <folder of the cores>/_viztracer.cpython-311-<machine>.so; false: longer than any
 * path. */
static bool find_core(char *path) {
    const char *version = Py_GetVersion(); /* "3.11.2 (main, …" */
    size_t folder = 0, used = 0, minor = 2;
    while (session[folder] && session[folder] != '\n')
        folder++;
    while (version[minor] >= '0' && version[minor] <= '9')
        minor++;
    return append(path, &used, session, folder) && append(path, &used, "/", 1) &&
           append(path, &used, VT_CORE_FILE_PREFIX, sizeof VT_CORE_FILE_PREFIX - 1) &&
           append(path, &used, version, 1) &&
           append(path, &used, version + 2, minor - 2) &&
           append(path, &used, VT_CORE_FILE_SUFFIX, sizeof VT_CORE_FILE_SUFFIX - 1);
}

static void load_core(void) {
    char path[MAX_PATH_BYTES];
    if (core_tried)
        return;
    core_tried = true;
    if (find_core(path))
        core = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (core)
        return;
    const char *why = dlerror ? dlerror() : NULL;
    say("viztracer: ");
    say(why ? why : "the path of the core is too long");
    say("; the program runs untraced\n");
}

/* A function of the core; C has no cast from what dlsym returns. */
static void find_function(const char *name, void *function) {
    void *address = core ? dlsym(core, name) : NULL;
    for (size_t i = 0; i < sizeof address; i++)
        ((volatile char *)function)[i] = ((char *)&address)[i];
}

static struct _object *init_module(void) {
    struct _object *(*init)(void);
    load_core();
    find_function("PyInit__viztracer", &init);
    if (init)
        return init();
    if (PyErr_SetString && &PyExc_ImportError)
        PyErr_SetString(PyExc_ImportError, "viztracer's core could not be loaded");
    return NULL;
}

/* ---- the hook -------------------------------------------------------------------- */

static int on_event(const char *event, struct _object *args, void *data) {
    if (!core_hook) {
        int (*attach)(const char *);
        if (core_tried || !starts_with(event, "cpython.run_"))
            return 0;
        load_core();
        find_function("vt_core_attach_session", &attach);
        if (!attach || !attach(session))
            return 0;
        find_function("vt_core_audit_hook", &core_hook);
    }
    return core_hook ? core_hook(event, args, data) : 0;
}

static struct _object *init_thread(void) {
    if (!hook_added) {
        hook_added = true; /* the imports of sub-interpreters come here, too */
        if (PySys_AddAuditHook(on_event, NULL) != 0)
            return NULL;
    }
    return real_init_thread();
}

/* Is the process a Python that a core can be loaded into? Not a free-threaded one. */
static bool is_python(void) {
    return PySys_AddAuditHook && &PyImport_Inittab && PyImport_Inittab &&
           Py_GetVersion && dlopen && dlsym && !_Py_MergeZeroLocalRefcount;
}

static void swap_builtins(void) {
    size_t count = 0;
    for (; PyImport_Inittab[count].name; count++) {
        if (count == MAX_BUILTINS)
            return;
        builtins[count] = PyImport_Inittab[count];
        if (starts_with(builtins[count].name, "_thread") && !builtins[count].name[7]) {
            real_init_thread = builtins[count].initfunc;
            builtins[count].initfunc = init_thread;
        }
    }
    if (!real_init_thread)
        return;
    builtins[count] = (struct _inittab){"_viztracer", init_module};
    PyImport_Inittab = builtins;
}

/* glibc hands argc, argv and the environment to constructors; `environ` may not be
 * set yet. */
__attribute__((constructor)) static void start(int argc, char **argv, char **env) {
    (void)argc;
    (void)argv;
    if (!is_python())
        return;
    clean(env);
    if (&environ && environ != env)
        clean(environ);
    if (session)
        swap_builtins();
}

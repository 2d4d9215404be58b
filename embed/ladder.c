/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/ladder.h"

#include "embed/core_api.h"
#include "embed/find_python.h"
#include "embed/prefault.h"
#include "embed/session_env.h"

#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OLDEST_MINOR = 8, NEWEST_MINOR = 13 };

/* One run on its way to a rung. */
struct climb {
    struct vt_config *config;
    struct vt_python_facts python;
    char *core;  /* path of the core for this Python */
    int argc;    /* with argv[0] */
    char **argv; /* argv[0] = the real python3; then the caller's words, borrowed */
    bool must_embed, must_exec;
};

/* ---- the version ----------------------------------------------------------------- */

static enum vt_status check_supported(const struct vt_python_facts *python,
                                      struct vt_error *err) {
    if (strcmp(python->implementation, "cpython") != 0)
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "%s is %s; only CPython is supported", python->executable,
                            python->implementation);
    if (python->major != 3 || python->minor < OLDEST_MINOR ||
        python->minor > NEWEST_MINOR)
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "%s is Python %d.%d; supported are 3.%d to 3.%d",
                            python->executable, python->major, python->minor,
                            OLDEST_MINOR, NEWEST_MINOR);
    if (strchr(python->abiflags, 't'))
        return vt_error_set(
            err, VT_ERR_UNSUPPORTED,
            "%s is a free-threaded Python %d.%dt, which is not supported",
            python->executable, python->major, python->minor);
    return VT_OK;
}

/* "311" of "_viztracer.cpython-311-x86_64-linux-gnu.so" as 3 and 11. */
static bool parse_core_name(const char *name, int *major, int *minor) {
    size_t prefix = strlen(VT_CORE_FILE_PREFIX);
    if (strncmp(name, VT_CORE_FILE_PREFIX, prefix) != 0 || name[prefix] < '0')
        return false;
    int end = 0;
    return sscanf(name + prefix, "%1d%d%n", major, minor, &end) == 2 &&
           strcmp(name + prefix + end, VT_CORE_FILE_SUFFIX) == 0;
}

static int order_numbers(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

/* "3.8, 3.11" of the cores in `dir`; "none". */
static void list_cores(const char *dir, struct vt_buf *list) {
    int minors[64], count = 0, major;
    DIR *folder = opendir(dir);
    struct dirent *entry;
    while (folder && count < 64 && (entry = readdir(folder)))
        if (parse_core_name(entry->d_name, &major, &minors[count]))
            count++;
    if (folder)
        closedir(folder);
    qsort(minors, (size_t)count, sizeof *minors, order_numbers);
    for (int i = 0; i < count; i++)
        vt_buf_printf(list, "%s3.%d", i ? ", " : "", minors[i]);
    vt_buf_append_text(list, count ? "" : "none");
}

static enum vt_status find_core(struct climb *climb, struct vt_error *err) {
    const struct vt_python_facts *python = &climb->python;
    if (asprintf(&climb->core, "%s/" VT_CORE_FILE_PREFIX "%d%d" VT_CORE_FILE_SUFFIX,
                 climb->config->python_dir, python->major, python->minor) < 0) {
        climb->core = NULL;
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    if (access(climb->core, R_OK) == 0)
        return VT_OK;
    struct vt_buf cores = {0};
    list_cores(climb->config->python_dir, &cores);
    vt_error_set(
        err, VT_ERR_UNSUPPORTED,
        "%s is Python %d.%d, for which this viztracer has no core (it has: %s); "
        "add one in the source folder with: cmake -S . -B build "
        "\"-DVIZTRACER_ADD_PYTHON=%s\" && cmake --build build",
        python->executable, python->major, python->minor, cores.data ? cores.data : "",
        python->executable);
    vt_buf_fini(&cores);
    return VT_ERR_UNSUPPORTED;
}

/* ---- rung 1: embed --------------------------------------------------------------- */

/* Is `text`, what the loaded library says of itself, the interpreter's version? */
static bool is_version(const char *text, const struct vt_python_facts *python) {
    char expected[32];
    int size = python->micro == VT_PYTHON_MICRO_UNKNOWN
                   ? snprintf(expected, sizeof expected, "%d.%d.", python->major,
                              python->minor)
                   : snprintf(expected, sizeof expected, "%d.%d.%d", python->major,
                              python->minor, python->micro);
    if (strncmp(text, expected, (size_t)size) != 0)
        return false;
    return expected[size - 1] == '.' || !isdigit((unsigned char)text[size]);
}

/* A function of a loaded library; C has no cast from what dlsym returns. */
static void find_function(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
}

static enum vt_status load_libpython(const struct vt_python_facts *python,
                                     struct vt_error *err) {
    if (python->privileged)
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "%s runs with other rights than ours", python->executable);
    if (!python->libpython)
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "%s has no libpython%d.%d.so.1.0 of its own patch level",
                            python->executable, python->major, python->minor);
    void *library = vt_prefault_dlopen(python->libpython, RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        return vt_error_set(err, VT_ERR_UNSUPPORTED, "%s", dlerror());
    const char *(*get_version)(void);
    find_function(library, "Py_GetVersion", &get_version);
    const char *version = get_version ? get_version() : "?";
    if (!is_version(version, python))
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "%s is of version %.16s, %s of %d.%d.%d", python->libpython,
                            version, python->executable, python->major, python->minor,
                            python->micro);
    return VT_OK;
}

/* Runs the program; returns -1 when nothing has happened yet. */
static int embed(struct climb *climb, struct vt_error *err) {
    if (load_libpython(&climb->python, err) != VT_OK)
        return -1;
    void *core = dlopen(climb->core, RTLD_NOW | RTLD_LOCAL);
    if (!core) {
        vt_error_set(err, VT_ERR_UNSUPPORTED, "%s", dlerror());
        return -1;
    }
    int (*core_main)(struct vt_config *, int, char **);
    find_function(core, "vt_core_main", &core_main);
    if (!core_main) {
        vt_error_set(err, VT_ERR_UNSUPPORTED, "%s: not a core of this viztracer",
                     climb->core);
        return -1;
    }
    return core_main(climb->config, climb->argc, climb->argv);
}

/* ---- rung 2: exec ---------------------------------------------------------------- */

/* No caller is left to tell this: the process becomes the program. */
static void say_untraced(const struct vt_python_facts *python) {
    char line[1024];
    int n =
        snprintf(line, sizeof line,
                 "viztracer: %s: set-user-ID, set-group-ID or capabilities make the "
                 "loader ignore LD_PRELOAD; the program runs untraced\n",
                 python->executable);
    if (n > 0 && write(STDERR_FILENO, line,
                       (size_t)n < sizeof line ? (size_t)n : sizeof line - 1) < 0)
        return; /* nobody listens */
}

/* Does an option of the interpreter keep it from PYTHONPATH or from sitecustomize? */
static bool is_isolated(char *const *words) {
    for (; *words && (*words)[0] == '-'; words++) {
        size_t plain = 1 + strspn(*words + 1, "OBsiqbP");
        char letter = (*words)[plain];
        if (letter && strchr("IES", letter))
            return true;
        if ((letter == 'X' || letter == 'W') && !(*words)[plain + 1] && words[1])
            words++; /* its value */
        else if (letter && letter != 'X' && letter != 'W')
            return false;
    }
    return false;
}

static enum vt_status check_child_hook(const struct climb *climb,
                                       struct vt_error *err) {
    const char *hook = climb->config->child_hook;
    if (!hook || strcmp(hook, "sitecustomize") != 0 || !is_isolated(climb->argv + 1))
        return VT_OK;
    return vt_error_set(err, VT_ERR_UNSUPPORTED,
                        "--child_hook=sitecustomize cannot record %s with -I, -E or -S",
                        climb->python.executable);
}

static enum vt_status become_python(struct climb *climb, struct vt_error *err) {
    const struct vt_python_facts *python = &climb->python;
    if (python->privileged) {
        say_untraced(python);
    } else {
        enum vt_status status = check_child_hook(climb, err);
        if (status == VT_OK)
            status = vt_session_env_set(climb->config, err);
        if (status != VT_OK)
            return status;
    }
    execv(python->executable, climb->argv);
    vt_error_set_errno(err, errno, "%s", python->executable);
    return err->status = VT_ERR_UNSUPPORTED;
}

/* ---- the climb ------------------------------------------------------------------- */

static enum vt_status read_wish(struct climb *climb, struct vt_error *err) {
    const char *wish = getenv("VIZTRACER_LAUNCH");
    climb->must_embed = wish && strcmp(wish, "embed") == 0;
    climb->must_exec = wish && strcmp(wish, "exec") == 0;
    if (!wish || !*wish || climb->must_embed || climb->must_exec)
        return VT_OK;
    return vt_error_set(err, VT_ERR_USAGE,
                        "VIZTRACER_LAUNCH: '%s' is neither embed nor exec", wish);
}

static enum vt_status make_argv(struct climb *climb, int argc, char **argv,
                                struct vt_error *err) {
    climb->argc = argc + 1;
    climb->argv = calloc((size_t)argc + 2, sizeof *climb->argv);
    if (!climb->argv)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    climb->argv[0] = climb->python.executable;
    memcpy(climb->argv + 1, argv, (size_t)argc * sizeof *argv);
    return VT_OK;
}

static enum vt_status prepare(struct climb *climb, int argc, char **argv,
                              struct vt_error *err) {
    enum vt_status status = read_wish(climb, err);
    if (status == VT_OK)
        status = vt_find_python(&climb->python, err);
    if (status == VT_OK)
        status = check_supported(&climb->python, err);
    if (status == VT_OK)
        status = find_core(climb, err);
    if (status == VT_OK)
        status = make_argv(climb, argc, argv, err);
    return status;
}

int vt_ladder_run(struct vt_config *config, int argc, char **argv,
                  struct vt_error *err) {
    struct climb climb = {.config = config};
    int exit_status = -1;
    vt_session_env_clear(); /* of a traced program that runs us */
    enum vt_status status = prepare(&climb, argc, argv, err);
    if (status == VT_OK && !climb.must_exec)
        exit_status = embed(&climb, err);
    if (status == VT_OK && climb.must_embed && exit_status < 0)
        vt_error_prefix(err, "VIZTRACER_LAUNCH=embed");
    else if (status == VT_OK && exit_status < 0)
        become_python(&climb, err);
    free(climb.argv);
    free(climb.core);
    vt_python_facts_fini(&climb.python);
    return exit_status;
}

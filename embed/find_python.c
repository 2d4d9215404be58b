/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/find_python.h"

#include "embed/ask_python.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What PATH is when it is not set, as the shell has it. */
static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

static bool is_program(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) && access(path, X_OK) == 0;
}

/* Makes `path` absolute without resolving links. Allocated; NULL: no memory, no
 * folder. */
static char *absolute(const char *path) {
    if (*path == '/')
        return strdup(path);
    char *cwd = getcwd(NULL, 0);
    char *result = NULL;
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    if (cwd && asprintf(&result, "%s/%s", cwd, path) < 0)
        result = NULL;
    free(cwd);
    return result;
}

/* The first program `name` on PATH that is not ourselves. Allocated; NULL: none. */
static char *search_path(const char *name) {
    const char *list = getenv("PATH");
    if (!list)
        list = default_path;
    for (;;) {
        size_t size = strcspn(list, ":");
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%.*s/%s", size ? (int)size : 1,
                         size ? list : ".", name);
        if (n > 0 && (size_t)n < sizeof path && is_program(path) &&
            !vt_python_facts_same_file(path, "/proc/self/exe"))
            return absolute(path);
        if (!list[size])
            return NULL;
        list += size + 1;
    }
}

static enum vt_status resolve_setting(const char *value, char **path,
                                      struct vt_error *err) {
    *path = strchr(value, '/') ? absolute(value) : search_path(value);
    if (!*path)
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "VIZTRACER_PYTHON: no program %s on PATH", value);
    if (!is_program(*path)) {
        int why = access(*path, X_OK) != 0 ? errno : EACCES;
        vt_error_set(err, VT_ERR_UNSUPPORTED, "VIZTRACER_PYTHON: %s: %s", *path,
                     strerror(why));
    } else if (vt_python_facts_same_file(*path, "/proc/self/exe")) {
        vt_error_set(err, VT_ERR_UNSUPPORTED,
                     "VIZTRACER_PYTHON: %s is viztracer itself", *path);
    } else {
        return VT_OK;
    }
    free(*path);
    *path = NULL;
    return VT_ERR_UNSUPPORTED;
}

/* The virtual environment's own python3; NULL: none is active, or it is gone. */
static char *find_in_venv(void) {
    const char *venv = getenv("VIRTUAL_ENV");
    char *path = NULL;
    if (!venv || !*venv || asprintf(&path, "%s/bin/python3", venv) < 0)
        return NULL;
    char *result =
        is_program(path) && !vt_python_facts_same_file(path, "/proc/self/exe")
            ? absolute(path)
            : NULL;
    free(path);
    return result;
}

/* The program that runs is not to see that it was called so. */
static enum vt_status take_caller(const char *caller, char **path,
                                  struct vt_error *err) {
    char *value = strdup(caller);
    unsetenv("VIZTRACER_CALLER");
    if (!value)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status = resolve_setting(value, path, err);
    free(value);
    return status;
}

static enum vt_status choose(char **path, struct vt_error *err) {
    const char *caller = getenv("VIZTRACER_CALLER");
    if (caller && *caller)
        return take_caller(caller, path, err);
    const char *setting = getenv("VIZTRACER_PYTHON");
    if (setting && *setting)
        return resolve_setting(setting, path, err);
    *path = find_in_venv();
    if (!*path)
        *path = search_path("python3");
    if (!*path && is_program(VT_DEFAULT_PYTHON))
        *path = strdup(VT_DEFAULT_PYTHON);
    if (*path)
        return VT_OK;
    return vt_error_set(
        err, VT_ERR_UNSUPPORTED,
        "no python3 on PATH; VIZTRACER_PYTHON=/path/to/python3 names one");
}

enum vt_status vt_find_python(struct vt_python_facts *facts, struct vt_error *err) {
    *facts = (struct vt_python_facts){0};
    if (getenv(VT_ASK_PYTHON_GUARD))
        return vt_error_set(
            err, VT_ERR_UNSUPPORTED,
            "the python3 that was found leads back to viztracer itself; "
            "VIZTRACER_PYTHON=/path/to/python3 names another");
    char *path = NULL;
    enum vt_status status = choose(&path, err);
    if (status == VT_OK && !vt_python_facts_read(facts, path))
        status = vt_ask_python(facts, path, err);
    free(path);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/session_env.h"

#include "embed/core_api.h"
#include "embed/preload_place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One variable: a list to which an item of ours is added, or ours altogether. */
struct variable {
    const char *name;
    const char *ending;     /* how our item of the list ends; NULL: no list */
    const char *separators; /* of the list */
    bool only_if_set;
    bool is_first; /* our item; else it is the last */
};

enum { SESSION, LIBRARY, ASAN, PATH };

static const struct variable variables[VT_SESSION_ENV_VARIABLES] = {
    [SESSION] = {VT_SESSION_VARIABLE, NULL, NULL, false, false},
    [LIBRARY] = {"LD_PRELOAD", "/" VT_PRELOAD_FILE_NAME, ": ", false, false},
    [ASAN] = {"ASAN_OPTIONS", VT_ASAN_OPTION, ": ", true, false},
    [PATH] = {"PYTHONPATH", VT_CHILD_HOOK_FOLDER, ":", false, true},
};

static struct vt_buf items[VT_SESSION_ENV_VARIABLES]; /* size 0: is not set */

const char *vt_session_env_name(int i) {
    return variables[i].name;
}

static bool is_ours(const struct variable *variable, const char *item, size_t size) {
    size_t n = strlen(variable->ending);
    return size >= n && memcmp(item + size - n, variable->ending, n) == 0;
}

/* Appends the items of `list` that are not ours, as they stand, with what separates
 * them. False: there are none (an empty list has one, which is empty). */
static bool keep_others(const struct variable *variable, struct vt_buf *kept,
                        const char *list) {
    bool is_kept = false;
    for (const char *separator = list; list; separator = list++) {
        size_t size = strcspn(list, variable->separators);
        if (!is_ours(variable, list, size)) {
            vt_buf_append(kept, separator, is_kept ? 1 : 0);
            vt_buf_append(kept, list, size);
            is_kept = true;
        }
        list += size;
        if (!*list)
            break;
    }
    return is_kept;
}

bool vt_session_env_value(int i, const char *old, struct vt_buf *value) {
    const struct variable *variable = &variables[i];
    if (!items[i].size || (variable->only_if_set && (!old || !*old)))
        return false;
    struct vt_buf others = {0};
    bool has_others = variable->ending && keep_others(variable, &others, old);
    if (variable->is_first && !others.size)
        has_others = false; /* an empty item would be the current folder */
    const struct vt_buf *first = variable->is_first ? &items[i] : &others;
    const struct vt_buf *last = variable->is_first ? &others : &items[i];
    vt_buf_append(value, first->data, first->size);
    vt_buf_append_text(value, has_others ? ":" : "");
    vt_buf_append(value, last->data, last->size);
    value->failed |= others.failed;
    vt_buf_fini(&others);
    return true;
}

static enum vt_status set(const char *name, struct vt_buf *value,
                          struct vt_error *err) {
    enum vt_status status = vt_buf_status(value, err);
    if (status == VT_OK && setenv(name, value->data ? value->data : "", 1) != 0)
        status = vt_error_set_errno(err, errno, "environment");
    return status;
}

static enum vt_status set_variable(int i, struct vt_error *err) {
    struct vt_buf value = {0};
    const char *old = getenv(variables[i].name);
    enum vt_status status = VT_OK;
    if (vt_session_env_value(i, old, &value) &&
        (value.failed || !old || strcmp(old, value.data) != 0))
        status = set(variables[i].name, &value, err);
    vt_buf_fini(&value);
    return status;
}

static enum vt_status set_all(struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (int i = 0; status == VT_OK && i < VT_SESSION_ENV_VARIABLES; i++)
        status = set_variable(i, err);
    return status;
}

static enum vt_status place_folder(const char *python_dir, struct vt_error *err) {
    if (strchr(python_dir, ':'))
        return vt_error_set(
            err, VT_ERR_UNSUPPORTED,
            "%s: a folder with a colon in its name cannot be on PYTHONPATH",
            python_dir);
    vt_buf_printf(&items[PATH], "%s" VT_CHILD_HOOK_FOLDER, python_dir);
    return vt_buf_status(&items[PATH], err);
}

static enum vt_status make_items(const struct vt_config *config, struct vt_error *err) {
    for (int i = 0; i < VT_SESSION_ENV_VARIABLES; i++)
        vt_buf_fini(&items[i]);
    bool is_path =
        config->child_hook && strcmp(config->child_hook, "sitecustomize") == 0;
    enum vt_status status =
        is_path ? place_folder(config->python_dir, err)
                : vt_preload_place(&items[LIBRARY], config->lib_dir, err);
    if (status != VT_OK)
        return status;
    vt_buf_printf(&items[SESSION], "%s\n", config->python_dir);
    vt_config_to_text(config, &items[SESSION]);
    if (!is_path)
        vt_buf_append_text(&items[ASAN], VT_ASAN_OPTION);
    status = vt_buf_status(&items[SESSION], err);
    return status == VT_OK ? vt_buf_status(&items[ASAN], err) : status;
}

enum vt_status vt_session_env_set(const struct vt_config *config,
                                  struct vt_error *err) {
    enum vt_status status = make_items(config, err);
    if (status == VT_OK)
        return set_all(err);
    for (int i = 0; i < VT_SESSION_ENV_VARIABLES; i++)
        vt_buf_fini(&items[i]);
    return status;
}

void vt_session_env_keep(void) {
    struct vt_error err;
    (void)!set_all(&err);
}

void vt_session_env_clear(void) {
    struct vt_error err;
    for (int i = 0; i < VT_SESSION_ENV_VARIABLES; i++)
        vt_buf_fini(&items[i]);
    if (!getenv(VT_SESSION_VARIABLE))
        return;
    unsetenv(VT_SESSION_VARIABLE);
    for (int i = LIBRARY; i < VT_SESSION_ENV_VARIABLES; i++) {
        struct vt_buf others = {0};
        const char *list = getenv(variables[i].name);
        if (keep_others(&variables[i], &others, list))
            (void)!set(variables[i].name, &others, &err);
        else
            unsetenv(variables[i].name);
        vt_buf_fini(&others);
    }
}

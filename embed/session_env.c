/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/session_env.h"

#include "core/base/buf.h"
#include "embed/core_api.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The loader splits LD_PRELOAD at blanks and colons, and replaces $ORIGIN and its
 * like. */
static enum vt_status check_path(const char *path, struct vt_error *err) {
    if (path[strcspn(path, " \t\n\v\f\r:;$")])
        return vt_error_set(
            err, VT_ERR_UNSUPPORTED,
            "%s: a library in a path with a blank, colon, semicolon or $ "
            "cannot be preloaded; install viztracer elsewhere",
            path);
    if (access(path, R_OK) != 0)
        return vt_error_set_errno(err, errno, "%s", path);
    return VT_OK;
}

static bool is_ours(const char *entry, size_t size) {
    static const char name[] = "/" VT_PRELOAD_FILE_NAME;
    size_t n = sizeof name - 1;
    return size >= n && memcmp(entry + size - n, name, n) == 0;
}

/* The entries of `list` that are not ours, as they stand. */
static void keep_others(struct vt_buf *kept, const char *list) {
    while (list && *list) {
        size_t size = strcspn(list, ": ");
        if (size && !is_ours(list, size)) {
            vt_buf_append_text(kept, kept->size ? ":" : "");
            vt_buf_append(kept, list, size);
        }
        list += size + (list[size] != '\0');
    }
}

static enum vt_status set(const char *name, struct vt_buf *value,
                          struct vt_error *err) {
    enum vt_status status = vt_buf_status(value, err);
    if (status == VT_OK && setenv(name, value->data ? value->data : "", 1) != 0)
        status = vt_error_set_errno(err, errno, "environment");
    return status;
}

enum vt_status vt_session_env_set(const struct vt_config *config,
                                  struct vt_error *err) {
    struct vt_buf session = {0}, preload = {0}, library = {0};
    vt_buf_printf(&library, "%s/" VT_PRELOAD_FILE_NAME, config->lib_dir);
    enum vt_status status = vt_buf_status(&library, err);
    if (status == VT_OK)
        status = check_path(library.data, err);
    if (status == VT_OK) {
        vt_buf_printf(&session, "%s\n", config->python_dir);
        vt_config_to_text(config, &session);
        keep_others(&preload, getenv("LD_PRELOAD"));
        vt_buf_printf(&preload, "%s%s", preload.size ? ":" : "", library.data);
        status = set(VT_SESSION_VARIABLE, &session, err);
    }
    if (status == VT_OK)
        status = set("LD_PRELOAD", &preload, err);
    vt_buf_fini(&session);
    vt_buf_fini(&preload);
    vt_buf_fini(&library);
    return status;
}

void vt_session_env_clear(void) {
    struct vt_buf others = {0};
    struct vt_error err;
    const char *list = getenv("LD_PRELOAD");
    if (!getenv(VT_SESSION_VARIABLE))
        return;
    unsetenv(VT_SESSION_VARIABLE);
    keep_others(&others, list);
    if (list && !others.size)
        unsetenv("LD_PRELOAD");
    else if (list)
        (void)!set("LD_PRELOAD", &others, &err);
    vt_buf_fini(&others);
}

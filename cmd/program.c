/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/program.h"
#include "core/base/buf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool holds_file(const char *folder, const char *name) {
    struct vt_buf path = {0};
    vt_buf_printf(&path, "%s/%s", folder, name);
    bool holds = !path.failed && access(path.data, F_OK) == 0;
    vt_buf_fini(&path);
    return holds;
}

/* A file of any kind (also a pipe: `viztracer <(…)`), or a folder that python3 can run.
 */
static bool can_run(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return false;
    return !S_ISDIR(info.st_mode) || holds_file(path, "__main__.py") ||
           holds_file(path, "__main__.pyc");
}

static bool is_regular(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Looks through $PATH. `path` holds the file's path if the answer is true. */
static bool find_on_path(const char *name, struct vt_buf *path) {
    const char *folders = getenv("PATH");
    if (!folders || !*name || strchr(name, '/'))
        return false;
    while (*folders) {
        size_t size = strcspn(folders, ":");
        vt_buf_clear(path);
        vt_buf_append(path, folders, size);
        vt_buf_printf(path, "%s%s", size ? "/" : "", name);
        if (!path->failed && is_regular(path->data))
            return true;
        folders += size;
        folders += *folders == ':';
    }
    return false;
}

enum vt_status vt_program_find(const char *name, char **path, struct vt_error *err) {
    struct vt_buf found = {0};
    *path = NULL;
    if (strcmp(name, "-") == 0 || can_run(name)) {
        vt_buf_append_text(&found, name);
    } else if (!find_on_path(name, &found)) {
        vt_buf_fini(&found);
        return vt_error_set(err, VT_ERR_REFUSED, "No such file as %s", name);
    }
    if (ends_with(name, ".json")) {
        vt_buf_fini(&found);
        return vt_error_set(
            err, VT_ERR_REFUSED,
            "viztracer can't run json file, did you mean \"vizviewer %s\"?", name);
    }
    *path = vt_buf_steal(&found);
    return *path ? VT_OK : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

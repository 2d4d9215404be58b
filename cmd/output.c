/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end) {
    size_t size = strlen(text);
    size_t end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static enum vt_status check_extension(const char *name, struct vt_error *err) {
    if (!ends_with(name, ".json") && !ends_with(name, ".gz") &&
        !ends_with(name, ".html"))
        return vt_error_set(err, VT_ERR_REFUSED,
                            "Only html, json and gz are supported");
    return VT_OK;
}

/* ---- names ---- */

/* The last component of `program` up to its first dot; "python" where that is empty. */
static void append_stem(const char *program, struct vt_buf *name) {
    size_t size = program ? strlen(program) : 0;
    while (size && program[size - 1] == '/')
        size--;
    size_t start = size;
    while (start && program[start - 1] != '/')
        start--;
    size_t end = start;
    while (end < size && program[end] != '.')
        end++;
    if (end == start || (size == 1 && *program == '-'))
        vt_buf_append_text(name, "python");
    else
        vt_buf_append(name, program + start, end - start);
}

/* <stem>_<YYYYMMDD>_<HHMMSS>_<pid>.json */
static void append_unique_name(const struct vt_output_source *source,
                               struct vt_buf *name) {
    struct tm tm;
    char stamp[32] = "";
    if (localtime_r(&source->now, &tm))
        strftime(stamp, sizeof stamp, "%Y%m%d_%H%M%S", &tm);
    append_stem(source->program, name);
    vt_buf_printf(name, "_%s_%d.json", stamp, (int)source->pid);
}

/* The file's name as the options give it, with _<pid> before its last extension if
 * asked. */
static void append_name(const struct vt_config *config,
                        const struct vt_output_source *source, struct vt_buf *name) {
    if (config->unique_output_file && !config->pid_suffix) {
        append_unique_name(source, name);
        return;
    }
    const char *file = config->output_file && !config->unique_output_file
                           ? config->output_file
                       : source->default_name ? source->default_name
                                              : "result.json";
    const char *dot = config->pid_suffix ? strrchr(file, '.') : NULL;
    size_t stem = dot && !strchr(dot, '/') ? (size_t)(dot - file) : strlen(file);
    vt_buf_append(name, file, stem);
    if (config->pid_suffix)
        vt_buf_printf(name, "_%d", (int)source->pid);
    vt_buf_append_text(name, file + stem);
}

/* ---- paths ---- */

/* Appends the components of `path` to the absolute path in `to`; "." and ".." are
 * resolved by their names, as os.path.abspath does. An absolute path replaces what was
 * there. */
static void join(struct vt_buf *to, const char *path) {
    if (*path == '/')
        vt_buf_clear(to);
    while (*path) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size == 2 && path[0] == '.' && path[1] == '.') {
            while (to->size && to->data[to->size - 1] != '/')
                to->size--;
            to->size -= to->size > 0;
        } else if (size > 0 && !(size == 1 && path[0] == '.')) {
            vt_buf_append_char(to, '/');
            vt_buf_append(to, path, size);
        }
        path += size;
    }
}

enum vt_status vt_output_resolve(struct vt_config *config,
                                 const struct vt_output_source *source,
                                 struct vt_error *err) {
    struct vt_buf name = {0};
    struct vt_buf path = {0};
    append_name(config, source, &name);
    enum vt_status status = vt_buf_status(&name, err);
    if (status == VT_OK && !source->any_name)
        status = check_extension(name.data, err);
    if (status == VT_OK) {
        join(&path, config->launch_cwd);
        if (config->output_dir)
            join(&path, config->output_dir);
        join(&path, name.data);
        vt_buf_append(&path, "", 0);
        status = vt_buf_status(&path, err);
    }
    if (status == VT_OK)
        status = vt_config_set_text(&config->output_path, path.data, err);
    vt_buf_fini(&name);
    vt_buf_fini(&path);
    return status;
}

static enum vt_status make_folders(char *path, struct vt_error *err) {
    for (char *slash = path + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        char end = *slash;
        *slash = '\0';
        int failed = mkdir(path, 0777) != 0 && errno != EEXIST ? errno : 0;
        if (failed)
            return vt_error_set_errno(err, failed, "--output_dir: %s", path);
        if (end == '\0')
            return VT_OK;
        *slash = end;
    }
}

enum vt_status vt_output_make_dir(const struct vt_config *config,
                                  struct vt_error *err) {
    if (!config->output_dir)
        return VT_OK;
    struct vt_buf path = {0};
    join(&path, config->launch_cwd);
    join(&path, config->output_dir);
    vt_buf_append(&path, "", 0);
    enum vt_status status = vt_buf_status(&path, err);
    if (status == VT_OK && path.size > 0)
        status = make_folders(path.data, err);
    vt_buf_fini(&path);
    return status;
}

enum vt_status vt_output_prepare(struct vt_config *config,
                                 const struct vt_output_source *source,
                                 struct vt_error *err) {
    free(config->launch_cwd);
    config->launch_cwd = getcwd(NULL, 0);
    if (!config->launch_cwd)
        return vt_error_set_errno(err, errno, "the current folder");
    enum vt_status status = vt_output_resolve(config, source, err);
    return status == VT_OK ? vt_output_make_dir(config, err) : status;
}

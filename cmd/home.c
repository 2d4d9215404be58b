/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/home.h"
#include "cmd/private_lib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_PATH_BYTES = 4096 }; /* what readlink(2) can give: PATH_MAX */

static enum vt_status set_path(char **field, const char *dir, const char *rest,
                               struct vt_error *err) {
    struct vt_buf path = {0};
    vt_buf_printf(&path, "%s%s", strcmp(dir, "/") == 0 ? "" : dir, rest);
    enum vt_status status = vt_buf_status(&path, err);
    if (status == VT_OK)
        status = vt_config_set_text(field, path.data, err);
    vt_buf_fini(&path);
    return status;
}

static enum vt_status try_layout(const char *dir, const char *lib, const char *python,
                                 struct vt_config *config, bool *found,
                                 struct vt_error *err) {
    enum vt_status status = set_path(&config->lib_dir, dir, lib, err);
    if (status == VT_OK)
        status = set_path(&config->python_dir, dir, python, err);
    *found = status == VT_OK && access(config->lib_dir, X_OK) == 0 &&
             access(config->python_dir, X_OK) == 0;
    return status;
}

/* The package that pip unpacked is found by its own file. */
static enum vt_status try_wheel(const char *dir, struct vt_config *config, bool *found,
                                struct vt_error *err) {
    static const char ending[] = "/viztracer/native/bin";
    size_t size = strlen(dir), n = sizeof ending - 1;
    *found = false;
    if (size <= n || strcmp(dir + size - n, ending) != 0)
        return VT_OK;
    char *site = strndup(dir, size - n);
    if (!site)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status =
        try_layout(site, "/viztracer/native/lib", "", config, found, err);
    free(site);
    return status;
}

enum vt_status vt_home_find_from(const char *dir, struct vt_config *config,
                                 struct vt_error *err) {
    bool found;
    enum vt_status status = try_wheel(dir, config, &found, err);
    if (status == VT_OK && !found)
        status = try_layout(dir, "/lib", "/python", config, &found, err);
    if (status != VT_OK || found)
        return status;
    const char *slash = strrchr(dir, '/');
    char *prefix = strndup(dir, slash && slash > dir ? (size_t)(slash - dir) : 1);
    if (!prefix)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    status = try_layout(prefix, "/lib/viztracer", "/lib/viztracer/python", config,
                        &found, err);
    if (status == VT_OK && !found)
        status =
            vt_error_set(err, VT_ERR_NOT_FOUND,
                         "the installation is incomplete: neither %s/lib nor %s has "
                         "our libraries",
                         dir, config->lib_dir);
    free(prefix);
    return status;
}

enum vt_status vt_home_find(struct vt_config *config, struct vt_error *err) {
    char path[MAX_PATH_BYTES];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size < 0)
        return vt_error_set_errno(err, errno, "/proc/self/exe");
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    slash[slash == path ? 1 : 0] = '\0';
    return vt_home_find_from(path, config, err);
}

enum vt_status vt_home_find_function(const char *file, const char *name, void *function,
                                     struct vt_error *err) {
    struct vt_config config;
    vt_config_init(&config);
    enum vt_status status = vt_home_find(&config, err);
    if (status == VT_OK)
        status = vt_private_lib_find(config.lib_dir, file, name, function, err);
    vt_config_fini(&config);
    return status;
}

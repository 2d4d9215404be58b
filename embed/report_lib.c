/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/report_lib.h"

#include "core/base/buf.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "libviztracer_report.so"

static struct vt_report_lib opened;

/* From the folder of the package to the library's: build/python and build/lib;
 * lib/viztracer/python and lib/viztracer; site-packages and viztracer/native/lib. */
static const char *const places[] = {"../lib", "..", "viztracer/native/lib"};

static void find(const struct vt_config *config, struct vt_buf *path) {
    if (config->lib_dir) {
        vt_buf_printf(path, "%s/" FILE_NAME, config->lib_dir);
        return;
    }
    for (size_t i = 0; config->python_dir && i < sizeof places / sizeof *places; i++) {
        vt_buf_clear(path);
        vt_buf_printf(path, "%s/%s/" FILE_NAME, config->python_dir, places[i]);
        if (path->failed || access(path->data, R_OK) == 0)
            return;
    }
    vt_buf_clear(path);
    vt_buf_append_text(path, FILE_NAME);
}

/* ISO C has no cast from object to function. */
static bool look_up(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

enum vt_status vt_report_lib_find_dir(const struct vt_config *config, char **dir,
                                      struct vt_error *err) {
    struct vt_buf path = {0};
    find(config, &path);
    char *file = path.failed ? NULL : realpath(path.data, NULL);
    int error = errno;
    vt_buf_fini(&path);
    if (!file)
        return vt_error_set_errno(err, error, FILE_NAME);
    *strrchr(file, '/') = '\0';
    free(*dir);
    *dir = file;
    return VT_OK;
}

enum vt_status vt_report_lib_open(const struct vt_config *config,
                                  const struct vt_report_lib **lib,
                                  struct vt_error *err) {
    *lib = &opened;
    if (opened.save)
        return VT_OK;
    struct vt_buf path = {0};
    find(config, &path);
    void *library = path.failed ? NULL : dlopen(path.data, RTLD_NOW | RTLD_LOCAL);
    vt_buf_fini(&path);
    struct vt_report_lib found;
    if (library && look_up(library, "vt_report_save", &found.save) &&
        look_up(library, "vt_report_write", &found.write) &&
        look_up(library, "vt_report_save_text", &found.save_text) &&
        look_up(library, "vt_report_send_text", &found.send_text) &&
        look_up(library, "vt_report_collect", &found.collect) &&
        look_up(library, "vt_report_hold_place", &found.hold_place)) {
        opened = found;
        return VT_OK;
    }
    const char *why = dlerror();
    return vt_error_set(err, VT_ERR_NOT_FOUND, "%s", why ? why : FILE_NAME);
}

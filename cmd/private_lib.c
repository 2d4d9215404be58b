/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/private_lib.h"
#include "core/base/buf.h"

#include <dlfcn.h>
#include <string.h>

enum vt_status vt_private_lib_open(const char *lib_dir, const char *file,
                                   void **library, struct vt_error *err) {
    struct vt_buf path = {0};
    vt_buf_printf(&path, "%s/%s", lib_dir, file);
    enum vt_status status = vt_buf_status(&path, err);
    if (status == VT_OK) {
        *library = dlopen(path.data, RTLD_NOW | RTLD_LOCAL);
        if (!*library)
            status = vt_error_set(err, VT_ERR_NOT_FOUND,
                                  "the installation is incomplete: %s", dlerror());
    }
    vt_buf_fini(&path);
    return status;
}

enum vt_status vt_private_lib_symbol(void *library, const char *name, void **symbol,
                                     struct vt_error *err) {
    *symbol = dlsym(library, name);
    if (!*symbol)
        return vt_error_set(err, VT_ERR_NOT_FOUND, "the installation is mixed: %s",
                            dlerror());
    return VT_OK;
}

enum vt_status vt_private_lib_find(const char *lib_dir, const char *file,
                                   const char *name, void *function,
                                   struct vt_error *err) {
    void *library;
    void *symbol;
    enum vt_status status = vt_private_lib_open(lib_dir, file, &library, err);
    if (status == VT_OK)
        status = vt_private_lib_symbol(library, name, &symbol, err);
    if (status == VT_OK)
        memcpy(function, &symbol, sizeof symbol); /* ISO C cannot cast it */
    return status;
}

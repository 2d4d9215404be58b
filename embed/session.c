/* SPDX-License-Identifier: Apache-2.0
 *
 * The core in a real python3, called by the preload library's hook with the
 * interpreter's lock held. */
#include "core/record/config.h"
#include "embed/begin.h"
#include "embed/core_api.h"
#include "embed/frozen.h"
#include "embed/pycompat.h"

#include <string.h>

static enum vt_status read_session(const char *session, struct vt_config *config,
                                   struct vt_error *err) {
    const char *text = strchr(session, '\n');
    if (!text)
        return vt_error_set(err, VT_ERR_FORMAT, "no configuration");
    enum vt_status status = vt_config_from_text(config, text + 1, err);
    if (status == VT_OK && !config->python_dir) {
        vt_config_fini(config);
        status = vt_error_set(err, VT_ERR_FORMAT, "python_dir is missing");
    }
    return status;
}

int vt_core_attach_session(const char *session) {
    struct vt_config config = {0};
    struct vt_error err;
    enum vt_status status = read_session(session, &config, &err);
    if (status == VT_OK && !vt_frozen_install(config.python_dir)) {
        vt_config_fini(&config);
        status = vt_error_set(&err, VT_ERR_NO_MEMORY, "out of memory");
    }
    if (status != VT_OK) {
        PySys_FormatStderr("viztracer: " VT_SESSION_VARIABLE ": %s; the program runs "
                           "untraced\n",
                           err.text);
        return 0;
    }
    vt_begin_prepare(&config);
    return 1;
}

int vt_core_audit_hook(const char *event, struct _object *args, void *data) {
    return vt_begin_audit_hook(event, args, data);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/say.h"

int vt_cmd_view(int count, char *const *words) {
    (void)count;
    (void)words;
    struct vt_error err;
    vt_error_set(&err, VT_ERR_UNSUPPORTED, "not available yet");
    return vt_say_error("vizviewer", &err);
}

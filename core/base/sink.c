/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/sink.h"

static enum vt_status append(void *state, const void *bytes, size_t size,
                             struct vt_error *err) {
    struct vt_buf *buf = state;
    vt_buf_append(buf, bytes, size);
    return vt_buf_status(buf, err);
}

struct vt_sink vt_sink_to_buf(struct vt_buf *buf) {
    return (struct vt_sink){.write = append, .state = buf};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_image.h"

#include <errno.h>

enum vt_status vt_log_image_read(struct vt_log_image image, uint64_t offset,
                                 void *bytes, size_t size, size_t *got,
                                 struct vt_error *err) {
    *got = 0;
    ptrdiff_t n = image.read_at(image.state, offset, bytes, size);
    if (n < 0)
        return vt_error_set_errno(err, errno, "the log cannot be read");
    *got = (size_t)n;
    return VT_OK;
}

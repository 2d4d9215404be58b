/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/fspath.h"

#include "core/base/utf8.h"

#include <string.h>

bool vt_fspath_to_disk(const char *bytes, size_t size, char disk[VT_FSPATH_BYTES]) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size;
    size_t used = 0;
    while (p < end) {
        uint32_t code_point = vt_utf8_next(&p, end);
        if (used > VT_FSPATH_BYTES - 5 || code_point == 0 ||
            code_point == VT_UTF8_INVALID)
            return false;
        if (code_point >= 0xDC80 && code_point <= 0xDCFF) {
            unsigned char byte = (unsigned char)(code_point - 0xDC00);
            memcpy(disk + used++, &byte, 1);
        } else {
            used += vt_utf8_put((unsigned char *)disk + used, code_point);
        }
    }
    disk[used] = '\0';
    return used > 0;
}

void vt_fspath_from_disk(const char *disk, struct vt_buf *out) {
    const unsigned char *p = (const unsigned char *)disk, *end = p + strlen(disk);
    while (p < end) {
        const unsigned char *start = p;
        uint32_t code_point = vt_utf8_next(&p, end);
        if (code_point != VT_UTF8_INVALID && !vt_utf8_is_surrogate(code_point)) {
            vt_buf_append(out, start, (size_t)(p - start));
            continue;
        }
        for (; start < p; start++) {
            unsigned char utf8[4];
            vt_buf_append(out, utf8, vt_utf8_put(utf8, 0xDC00u + *start));
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/utf8.h"

static bool is_continuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

/* How many bytes follow a first byte, and the first byte's own bits; 0 when none can.
 */
static unsigned bytes_after(unsigned char first, uint32_t *bits) {
    if (first >= 0xC2 && first <= 0xDF) {
        *bits = first & 0x1Fu;
        return 1;
    }
    if ((first & 0xF0) == 0xE0) {
        *bits = first & 0x0Fu;
        return 2;
    }
    *bits = first & 0x07u;
    return first >= 0xF0 && first <= 0xF4 ? 3 : 0;
}

uint32_t vt_utf8_next(const unsigned char **p, const unsigned char *end) {
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = *p;
    *p = s + 1;
    if (*s < 0x80)
        return *s;
    uint32_t code_point;
    unsigned more = bytes_after(*s, &code_point);
    if (!more || (size_t)(end - s) <= more)
        return VT_UTF8_INVALID;
    for (unsigned i = 1; i <= more; i++) {
        if (!is_continuation(s[i]))
            return VT_UTF8_INVALID;
        code_point = code_point << 6 | (s[i] & 0x3Fu);
    }
    if (code_point < smallest[more] || code_point > 0x10FFFF)
        return VT_UTF8_INVALID;
    *p = s + 1 + more;
    return code_point;
}

bool vt_utf8_is_strict(const char *bytes, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size;
    while (p < end) {
        if (*p < 0x80) {
            p++;
            continue;
        }
        uint32_t code_point = vt_utf8_next(&p, end);
        if (code_point == VT_UTF8_INVALID || vt_utf8_is_surrogate(code_point))
            return false;
    }
    return true;
}

size_t vt_utf8_put(unsigned char *out, uint32_t code_point) {
    if (code_point < 0x80) {
        out[0] = (unsigned char)code_point;
        return 1;
    }
    size_t more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};
    for (size_t i = more; i > 0; i--) {
        out[i] = (unsigned char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (unsigned char)(first[more] | code_point);
    return more + 1;
}

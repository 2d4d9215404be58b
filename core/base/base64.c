/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64.h"

#include <stdint.h>

static const char digits[64] = {
    'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P',
    'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
    'w', 'x', 'y', 'z', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '+', '/'};

void vt_base64_encode(const void *bytes, size_t size, char *text) {
    const unsigned char *in = bytes;
    for (; size >= 3; size -= 3, in += 3) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *text++ = digits[group >> 18];
        *text++ = digits[group >> 12 & 63];
        *text++ = digits[group >> 6 & 63];
        *text++ = digits[group & 63];
    }
    if (!size)
        return;
    uint32_t group = (uint32_t)in[0] << 16 | (size == 2 ? (uint32_t)in[1] << 8 : 0);
    *text++ = digits[group >> 18];
    *text++ = digits[group >> 12 & 63];
    *text++ = size == 2 ? digits[group >> 6 & 63] : '=';
    *text = '=';
}

/* 64 and above: none. */
static uint32_t value_of(char c) {
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool vt_base64_decode(const char *text, size_t size, void *bytes, size_t *count) {
    unsigned char *out = bytes;
    size_t padding = 0;
    if (size % 4)
        return false;
    while (size && padding < 2 && text[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size; i += 4) {
        size_t kept = i + 4 == size ? 4 - padding : 4;
        uint32_t group = 0, wrong = 0;
        for (size_t j = 0; j < 4; j++) {
            uint32_t value = j < kept ? value_of(text[i + j]) : 0;
            wrong |= value & 64;
            group = group << 6 | (value & 63);
        }
        /* bits behind the last byte must be 0: each text has one form */
        if (wrong || (kept == 3 && group & 0xff) || (kept == 2 && group & 0xffff))
            return false;
        for (size_t j = 0; j + 1 < kept; j++)
            *out++ = (unsigned char)(group >> (16 - 8 * j));
    }
    *count = (size_t)(out - (unsigned char *)bytes);
    return true;
}

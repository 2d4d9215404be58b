/* SPDX-License-Identifier: Apache-2.0
 *
 * Code points out of UTF-8 (RFC 3629), lone surrogates allowed as Python's
 * "surrogatepass" encodes them (ED A0 80 … ED BF BF).
 *
 * Threads: pure functions.
 */
#ifndef VT_BASE_UTF8_H
#define VT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_UTF8_INVALID UINT32_MAX

/* The code point at *p (p < end), and *p behind it. VT_UTF8_INVALID for a byte that
 * starts none (overlong, cut, above U+10FFFF); then *p is one byte further. */
uint32_t vt_utf8_next(const unsigned char **p, const unsigned char *end);

static inline bool vt_utf8_is_surrogate(uint32_t code_point) {
    return code_point >= 0xD800 && code_point <= 0xDFFF;
}

/* Whether all of it is UTF-8 without surrogates, as Python's strict decoder wants. */
bool vt_utf8_is_strict(const char *bytes, size_t size);

/* Appends one code point (at most 4 bytes) to `out`; returns how many bytes. */
size_t vt_utf8_put(unsigned char *out, uint32_t code_point);

#endif

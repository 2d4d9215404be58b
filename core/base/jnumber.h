/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON number (RFC 8259), byte by byte; it may stop and go on anywhere.
 *
 * Threads:   pure functions on the caller's memory.
 * Hot path:  vt_jnumber_common().
 */
#ifndef VT_BASE_JNUMBER_H
#define VT_BASE_JNUMBER_H

#include "core/base/decimal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero in front of its first byte. */
struct vt_jnumber {
    struct vt_decimal_input input;
    int64_t exponent; /* behind the E, as far as it is read */
    bool exponent_negative;
    uint8_t state; /* see jnumber.c */
};

enum vt_jnumber_verdict {
    VT_JNUMBER_GOES_ON,
    VT_JNUMBER_ENDS, /* in front of this byte */
    VT_JNUMBER_WRONG,
};

enum vt_jnumber_verdict vt_jnumber_take(struct vt_jnumber *number, unsigned char byte);

/* Whether what was taken is a number. */
bool vt_jnumber_is_whole(const struct vt_jnumber *number);

/* Its value; false: too large for a double. Once only. */
bool vt_jnumber_finish(struct vt_jnumber *number, struct vt_decimal *value);

/* The number that is all of a text; false: it is none, or too large for a double. */
bool vt_jnumber_read(const char *text, size_t size, struct vt_decimal *value);

static inline bool vt_jnumber_is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

/* The number at p (p < end) if it is one of the many: up to 19 digits, no exponent, and
 * another byte behind it. Returns the place behind it, else NULL: wrong ones, too, must
 * take the long way. */
static inline const unsigned char *vt_jnumber_common(const unsigned char *p,
                                                     const unsigned char *end,
                                                     struct vt_decimal *value) {
    bool negative = *p == '-';
    p += negative;
    const unsigned char *whole = p;
    uint64_t mantissa = 0;
    for (; p < end && vt_jnumber_is_digit(*p); p++)
        mantissa = mantissa * 10 + (unsigned)(*p - '0');
    ptrdiff_t digits = p - whole;
    if (digits == 0 || (digits > 1 && *whole == '0'))
        return NULL;
    ptrdiff_t fraction = 0;
    if (p < end && *p == '.') {
        const unsigned char *point = p++;
        for (; p < end && vt_jnumber_is_digit(*p); p++)
            mantissa = mantissa * 10 + (unsigned)(*p - '0');
        fraction = p - point - 1;
        if (fraction == 0)
            return NULL;
    }
    if (p == end || (*p | 0x20) == 'e' ||
        digits + fraction > (ptrdiff_t)VT_DECIMAL_DIGITS)
        return NULL;
    *value = (struct vt_decimal){mantissa, -fraction, negative, false};
    return p;
}

#endif

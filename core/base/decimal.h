/* SPDX-License-Identifier: Apache-2.0
 *
 * A number as JSON writes it, digit by digit: its first digits and a power of ten.
 *
 *   value = (negative ? -1 : 1) * mantissa * 10^exponent     (cut: a little more)
 *
 * No binary floating point is involved: 986155916.764 us are 986155916764 ns.
 *
 * Threads:   pure functions on the caller's memory.
 * Hot path:  vt_decimal_to_ns() for numbers with up to 3 decimals.
 */
#ifndef VT_BASE_DECIMAL_H
#define VT_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many digits as always fit into the mantissa. */
#define VT_DECIMAL_DIGITS 19u

struct vt_decimal {
    uint64_t mantissa;
    int64_t exponent;
    bool negative;
    bool cut; /* a digit that is not 0 was dropped */
};

/* One that is being read; all zero at the beginning. */
struct vt_decimal_input {
    struct vt_decimal value;
    uint32_t digits; /* since the first that is not 0, the dropped ones too */
    int edge;        /* dropped digits against those of the largest double: -1, 0, 1 */
};

/* Appends a digit in front of, or behind, the decimal point. */
void vt_decimal_add(struct vt_decimal_input *input, unsigned digit, bool is_fraction);

/* Whether a double can hold it, if need be rounded. */
bool vt_decimal_is_finite(const struct vt_decimal_input *input);

/* The number as us, in ns: exact with up to 3 decimals, else the nearest (half away
 * from 0). False beyond int64_t: then *ns is the limit on that side. */
bool vt_decimal_to_ns(const struct vt_decimal *decimal, int64_t *ns);

/* The number if it is a whole one within int64_t. */
bool vt_decimal_to_i64(const struct vt_decimal *decimal, int64_t *value);

#endif

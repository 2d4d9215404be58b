/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/decimal.h"

/* What lies half-way between the largest double and the next power of two, 2^1024 -
 * 2^970, and everything above it rounds to infinity (IEEE 754, ties to even). Its 309
 * digits: the first 19, and the rest. */
#define EDGE_HEAD 1797693134862315807u
static const char edge_tail[] =
    "937289714053034150799341327100378269361737789804449682927647509466490179775872070"
    "963302864166928879109465555478519404026306574886715058206819089020007083836762738"
    "548458177115317644757302700698555713669596228429148198608349364752927190741684443"
    "65510704342711559699508093042880177904174497792";
#define EDGE_EXPONENT 308

static const uint64_t power_of_ten[] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

static void drop(struct vt_decimal_input *input, unsigned digit) {
    uint32_t index = input->digits - VT_DECIMAL_DIGITS;
    unsigned edge = index < sizeof edge_tail - 1 ? (unsigned)edge_tail[index] - '0' : 0;
    if (input->edge == 0 && digit != edge)
        input->edge = digit < edge ? -1 : 1;
    input->value.cut = input->value.cut || digit != 0;
}

void vt_decimal_add(struct vt_decimal_input *input, unsigned digit, bool is_fraction) {
    struct vt_decimal *value = &input->value;
    bool kept = input->digits < VT_DECIMAL_DIGITS;
    if (kept)
        value->mantissa = value->mantissa * 10 + digit;
    else
        drop(input, digit);
    if (value->mantissa && input->digits < UINT32_MAX)
        input->digits++;
    if (kept && is_fraction)
        value->exponent--;
    if (!kept && !is_fraction)
        value->exponent++;
}

bool vt_decimal_is_finite(const struct vt_decimal_input *input) {
    const struct vt_decimal *value = &input->value;
    if (value->mantissa == 0)
        return true;
    uint32_t kept = input->digits;
    if (kept > VT_DECIMAL_DIGITS)
        kept = VT_DECIMAL_DIGITS;
    int64_t scientific = value->exponent + (int64_t)kept - 1;
    if (scientific != EDGE_EXPONENT)
        return scientific < EDGE_EXPONENT;
    uint64_t head = value->mantissa * power_of_ten[VT_DECIMAL_DIGITS - kept];
    if (head != EDGE_HEAD)
        return head < EDGE_HEAD;
    size_t edge_digits = VT_DECIMAL_DIGITS + sizeof edge_tail - 1;
    return input->edge < 0 || (input->edge == 0 && input->digits < edge_digits);
}

static bool saturate(const struct vt_decimal *decimal, int64_t *ns) {
    *ns = decimal->negative ? INT64_MIN : INT64_MAX;
    return false;
}

static bool apply_sign(const struct vt_decimal *decimal, uint64_t magnitude,
                       int64_t *value) {
    if (decimal->negative && magnitude <= (uint64_t)INT64_MAX + 1) {
        *value = (int64_t)(0 - magnitude);
        return true;
    }
    *value = (int64_t)magnitude;
    return magnitude <= INT64_MAX || saturate(decimal, value);
}

bool vt_decimal_to_ns(const struct vt_decimal *decimal, int64_t *ns) {
    int64_t shift = decimal->exponent + 3; /* us to ns */
    uint64_t magnitude = decimal->mantissa;
    if (shift > 0 && magnitude != 0) {
        if (shift > 19 ||
            __builtin_mul_overflow(magnitude, power_of_ten[shift], &magnitude))
            return saturate(decimal, ns);
    } else if (shift < 0) {
        if (shift < -19)
            magnitude = 0;
        else {
            uint64_t unit = power_of_ten[-shift];
            magnitude = magnitude / unit + (magnitude % unit >= unit / 2);
        }
    }
    return apply_sign(decimal, magnitude, ns);
}

bool vt_decimal_to_i64(const struct vt_decimal *decimal, int64_t *value) {
    uint64_t magnitude = decimal->mantissa;
    int64_t exponent = decimal->exponent;
    for (; exponent < 0 && magnitude && magnitude % 10 == 0; exponent++)
        magnitude /= 10;
    if (decimal->cut || (magnitude && (exponent < 0 || exponent > 19)))
        return false;
    if (magnitude && exponent > 0 &&
        __builtin_mul_overflow(magnitude, power_of_ten[exponent], &magnitude))
        return false;
    return apply_sign(decimal, magnitude, value);
}

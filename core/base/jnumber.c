/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jnumber.h"

enum state {
    AT_BEGIN,
    BEHIND_MINUS,
    IN_ZERO,
    IN_WHOLE,
    BEHIND_POINT,
    IN_FRACTION,
    BEHIND_E,
    BEHIND_E_SIGN,
    IN_EXPONENT,
    NOWHERE,
};

static bool is_e(unsigned char c) {
    return c == 'e' || c == 'E';
}

static enum state next_state(enum state state, unsigned char c) {
    bool digit = vt_jnumber_is_digit(c);
    switch (state) {
    case AT_BEGIN:
        if (c == '-')
            return BEHIND_MINUS;
        /* fall through */
    case BEHIND_MINUS:
        return c == '0' ? IN_ZERO : digit ? IN_WHOLE : NOWHERE;
    case IN_WHOLE:
        if (digit)
            return IN_WHOLE;
        /* fall through */
    case IN_ZERO:
        return c == '.' ? BEHIND_POINT : is_e(c) ? BEHIND_E : NOWHERE;
    case BEHIND_POINT:
        return digit ? IN_FRACTION : NOWHERE;
    case IN_FRACTION:
        return digit ? IN_FRACTION : is_e(c) ? BEHIND_E : NOWHERE;
    case BEHIND_E:
        if (c == '+' || c == '-')
            return BEHIND_E_SIGN;
        /* fall through */
    default:
        return digit ? IN_EXPONENT : NOWHERE;
    }
}

static void note(struct vt_jnumber *number, unsigned char c) {
    unsigned digit = (unsigned)c - '0';
    switch (number->state) {
    case BEHIND_MINUS:
        number->input.value.negative = true;
        break;
    case IN_ZERO:
    case IN_WHOLE:
        vt_decimal_add(&number->input, digit, false);
        break;
    case IN_FRACTION:
        vt_decimal_add(&number->input, digit, true);
        break;
    case BEHIND_E_SIGN:
        number->exponent_negative = c == '-';
        break;
    case IN_EXPONENT: /* beyond any text's number of digits all are alike */
        if (number->exponent < INT64_C(1000000000000000))
            number->exponent = number->exponent * 10 + (int64_t)digit;
        break;
    default:
        break;
    }
}

bool vt_jnumber_is_whole(const struct vt_jnumber *number) {
    return number->state == IN_ZERO || number->state == IN_WHOLE ||
           number->state == IN_FRACTION || number->state == IN_EXPONENT;
}

enum vt_jnumber_verdict vt_jnumber_take(struct vt_jnumber *number, unsigned char byte) {
    enum state next = next_state(number->state, byte);
    if (next == NOWHERE)
        return vt_jnumber_is_whole(number) ? VT_JNUMBER_ENDS : VT_JNUMBER_WRONG;
    number->state = (uint8_t)next;
    note(number, byte);
    return VT_JNUMBER_GOES_ON;
}

bool vt_jnumber_finish(struct vt_jnumber *number, struct vt_decimal *value) {
    struct vt_decimal *read = &number->input.value;
    read->exponent += number->exponent_negative ? -number->exponent : number->exponent;
    *value = *read;
    return vt_decimal_is_finite(&number->input);
}

bool vt_jnumber_read(const char *text, size_t size, struct vt_decimal *value) {
    struct vt_jnumber number = {0};
    for (size_t i = 0; i < size; i++) {
        if (vt_jnumber_take(&number, (unsigned char)text[i]) != VT_JNUMBER_GOES_ON)
            return false;
    }
    return vt_jnumber_is_whole(&number) && vt_jnumber_finish(&number, value);
}

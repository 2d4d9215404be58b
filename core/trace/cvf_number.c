/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t vt_cvf_number_print(double real, char text[VT_CVF_NUMBER_TEXT_BYTES]) {
    int digits = 15, size;
    do /* ends: 17 digits are always enough */
        size = snprintf(text, VT_CVF_NUMBER_TEXT_BYTES, "%.*g", digits++, real);
    while (strtod(text, NULL) != real);
    if (!strpbrk(text, ".e")) {
        memcpy(text + size, ".0", 3);
        size += 2;
    }
    return (size_t)size;
}

/* Without zeros at the end of its digits. */
static struct vt_decimal normalize(struct vt_decimal number) {
    if (!number.mantissa)
        number.exponent = 0;
    while (number.mantissa && number.mantissa % 10 == 0) {
        number.mantissa /= 10;
        number.exponent++;
    }
    return number;
}

/* Whether `a` is `b`, which is the double next to it and so has its sign. */
static bool are_equal(struct vt_decimal a, struct vt_decimal b) {
    a = normalize(a);
    b = normalize(b);
    return a.mantissa == b.mantissa && a.exponent == b.exponent && !a.cut;
}

/* With a point or an exponent: a double, if that one is printed the same. */
static bool read_real(const struct vt_jscan_token *token, const char *text, size_t size,
                      double *real) {
    char copy[64], printed[VT_CVF_NUMBER_TEXT_BYTES];
    struct vt_decimal again;
    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    *real = strtod(copy, NULL);
    size_t printed_size = vt_cvf_number_print(*real, printed);
    bool is_number = vt_jnumber_read(printed, printed_size, &again);
    VT_REQUIRE(is_number); /* what JSON has as a number is finite */
    return are_equal(token->number, again);
}

bool vt_cvf_number_read(const struct vt_jscan_token *token, const char *text,
                        size_t size, struct vt_cvf_number *number) {
    bool is_real =
        memchr(text, '.', size) || memchr(text, 'e', size) || memchr(text, 'E', size);
    number->kind = is_real ? VT_CVF_REAL : VT_CVF_INTEGER;
    if (is_real)
        return read_real(token, text, size, &number->value.real);
    if (!token->number.mantissa && token->number.negative) /* -0 */
        return false;
    if (vt_decimal_to_i64(&token->number, &number->value.integer))
        return true;
    number->kind = VT_CVF_DIGITS;
    return size <= VT_CVF_NUMBER_DIGITS;
}

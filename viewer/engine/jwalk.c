/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/jwalk.h"

#include "core/base/jcheck.h"
#include "core/base/jnumber.h"

#include <string.h>

bool vt_jwalk_begin(struct vt_jwalk *walk, const char *json, size_t size) {
    memset(walk, 0, sizeof *walk);
    walk->end = json + size;
    walk->p = vt_jcheck_blanks(json, walk->end);
    if (walk->p == walk->end || *walk->p != '{')
        return false;
    walk->p++;
    return true;
}

bool vt_jwalk_next(struct vt_jwalk *walk) {
    const char *p = vt_jcheck_blanks(walk->p, walk->end);
    if (p < walk->end && *p == ',')
        p = vt_jcheck_blanks(p + 1, walk->end);
    const char *behind =
        p < walk->end && *p == '"' ? vt_jcheck_string(p, walk->end) : NULL;
    if (!behind)
        return false;
    walk->name = p + 1;
    walk->name_size = (size_t)(behind - p) - 2;
    p = vt_jcheck_blanks(behind, walk->end);
    if (p == walk->end || *p != ':')
        return false;
    p = vt_jcheck_blanks(p + 1, walk->end);
    behind = vt_jcheck_value(p, walk->end);
    if (!behind)
        return false;
    walk->value = p;
    walk->value_size = (size_t)(behind - p);
    walk->p = behind;
    return true;
}

bool vt_jwalk_is_named(const struct vt_jwalk *walk, const char *name) {
    return walk->name_size == strlen(name) &&
           !memcmp(walk->name, name, walk->name_size);
}

/* 10^exponent: exact up to 22, then as near as products come. */
static double power_of_ten(int64_t exponent) {
    double result = 1, factor = 10;
    for (int64_t n = exponent < 0 ? -exponent : exponent; n; n /= 2) {
        if (n % 2)
            result *= factor;
        factor *= factor;
    }
    return result;
}

bool vt_jwalk_number(const char *value, size_t size, double *number) {
    struct vt_decimal decimal;
    if (!vt_jnumber_read(value, size, &decimal))
        return false;
    double power = power_of_ten(decimal.exponent);
    double magnitude = (double)decimal.mantissa;
    if (!decimal.mantissa)
        magnitude = 0;
    else if (decimal.exponent < -300) /* the power alone may be infinite */
        magnitude = magnitude / power_of_ten(decimal.exponent + 300) / 1e300;
    else
        magnitude = decimal.exponent < 0 ? magnitude / power : magnitude * power;
    *number = decimal.negative ? -magnitude : magnitude;
    return true;
}

bool vt_jwalk_integer(const char *value, size_t size, int64_t *number) {
    struct vt_decimal decimal;
    return vt_jnumber_read(value, size, &decimal) &&
           vt_decimal_to_i64(&decimal, number);
}

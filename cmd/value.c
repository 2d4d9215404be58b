/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip_blanks(const char *text) {
    while (is_blank(*text))
        text++;
    return text;
}

/* Copies a number without the blanks around it and without the underscores between its
 * digits. False where an underscore stands anywhere else. */
static bool copy_plain(const char *text, struct vt_buf *plain) {
    text = skip_blanks(text);
    size_t size = strlen(text);
    while (size && is_blank(text[size - 1]))
        size--;
    for (size_t i = 0; i < size; i++) {
        if (text[i] != '_')
            vt_buf_append_char(plain, text[i]);
        else if (i == 0 || !is_digit(text[i - 1]) || !is_digit(text[i + 1]))
            return false;
    }
    return plain->size > 0 && !plain->failed;
}

static bool is_int(const char *text) {
    text += *text == '+' || *text == '-';
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0';
}

bool vt_value_read_int(const char *text, int64_t *number) {
    struct vt_buf plain = {0};
    bool valid = copy_plain(text, &plain) && is_int(plain.data);
    if (valid)
        *number = strtoll(plain.data, NULL, 10);
    vt_buf_fini(&plain);
    return valid;
}

/* What strtod() reads and float() does not: hexadecimal numbers and nan(…). */
static bool is_only_c(const char *text) {
    return strpbrk(text, "xX(") != NULL;
}

bool vt_value_read_real(const char *text, double *number) {
    struct vt_buf plain = {0};
    bool valid = copy_plain(text, &plain) && !is_only_c(plain.data);
    if (valid) {
        char *end;
        *number = strtod(plain.data, &end);
        valid = end != plain.data && *end == '\0';
    }
    vt_buf_fini(&plain);
    return valid;
}

/* ---- times ---- */

/* Nanoseconds of a unit; 0 for what is none. */
static int64_t unit_ns(const char *unit) {
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {
        {"", 1000}, {"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

/* number * 10 + digit, times nothing: false when it leaves int64_t. */
static bool push_digit(int64_t *number, char digit) {
    return !__builtin_mul_overflow(*number, 10, number) &&
           !__builtin_add_overflow(*number, digit - '0', number);
}

/* The part behind the point in nanoseconds, rounded up. */
static int64_t fraction_ns(const char *digits, size_t count, int64_t unit) {
    int64_t ns = 0;
    for (size_t i = 0; i < count; i++) {
        if (unit < 10 && digits[i] != '0')
            return ns + 1;
        unit /= 10;
        ns += (digits[i] - '0') * unit;
    }
    return ns;
}

static bool read_duration(const char *text, int64_t *duration_ns) {
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    size_t fraction = 0;
    const char *fraction_digits = rest;
    if (*rest == '.') {
        fraction_digits = rest + 1;
        fraction = strspn(fraction_digits, "0123456789");
        rest = fraction_digits + fraction;
    }
    int64_t unit = unit_ns(rest);
    int64_t number = 0;
    if (whole + fraction == 0 || unit == 0)
        return false;
    for (size_t i = 0; i < whole; i++)
        if (!push_digit(&number, text[i]))
            return false;
    return !__builtin_mul_overflow(number, unit, &number) &&
           !__builtin_add_overflow(number, fraction_ns(fraction_digits, fraction, unit),
                                   duration_ns);
}

enum vt_status vt_value_read_duration(const char *text, int64_t *duration_ns,
                                      struct vt_error *err) {
    if (read_duration(text, duration_ns))
        return VT_OK;
    return vt_error_set(err, VT_ERR_REFUSED,
                        "Can't convert %s to time. Format should be 0.3ms or 13us",
                        text);
}

/* ---- repr ---- */

/* Bytes of the UTF-8 sequence at `text`; 0 if there is none. Surrogates and overlong
 * forms are none. */
static size_t utf8_size(const unsigned char *text) {
    size_t size = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

static void append_ascii(struct vt_buf *out, char c, char quote) {
    if (c == '\\' || c == quote)
        vt_buf_printf(out, "\\%c", c);
    else if (c == '\n')
        vt_buf_append_text(out, "\\n");
    else if (c == '\r')
        vt_buf_append_text(out, "\\r");
    else if (c == '\t')
        vt_buf_append_text(out, "\\t");
    else if (c < 0x20 || c == 0x7f)
        vt_buf_printf(out, "\\x%02x", (unsigned)c);
    else
        vt_buf_append_char(out, c);
}

void vt_value_append_repr(struct vt_buf *out, const char *text) {
    char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';
    vt_buf_append_char(out, quote);
    while (*text) {
        const unsigned char *bytes = (const unsigned char *)text;
        size_t size = bytes[0] < 0x80 ? 1 : utf8_size(bytes);
        if (bytes[0] < 0x80)
            append_ascii(out, *text, quote);
        else if (size > 0)
            vt_buf_append(out, text, size);
        else
            vt_buf_printf(out, "\\udc%02x", bytes[0]);
        text += size ? size : 1;
    }
    vt_buf_append_char(out, quote);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jwrite.h"

#include "core/base/utf8.h"

#include <stdbool.h>
#include <stdlib.h>

enum vt_status vt_jwrite_init(struct vt_jwrite *out, struct vt_sink sink,
                              size_t capacity, struct vt_error *err) {
    VT_REQUIRE(capacity >= VT_JWRITE_LEAST_BYTES);
    *out = (struct vt_jwrite){.sink = sink, .capacity = capacity};
    out->data = malloc(capacity);
    if (!out->data)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return VT_OK;
}

void vt_jwrite_fini(struct vt_jwrite *out) {
    free(out->data);
    out->data = NULL;
}

static void give(struct vt_jwrite *out, const void *bytes, size_t size) {
    if (size && !vt_jwrite_failed(out))
        out->error.status = out->sink.write(out->sink.state, bytes, size, &out->error);
}

void vt_jwrite_flush(struct vt_jwrite *out) {
    give(out, out->data, out->used);
    out->used = 0;
}

enum vt_status vt_jwrite_finish(struct vt_jwrite *out, struct vt_error *err) {
    vt_jwrite_flush(out);
    if (err && vt_jwrite_failed(out))
        *err = out->error;
    return out->error.status;
}

void vt_jwrite_bytes(struct vt_jwrite *out, const void *bytes, size_t size) {
    if (size > out->capacity) {
        vt_jwrite_flush(out);
        give(out, bytes, size);
        return;
    }
    char *p = vt_jwrite_room(out, size);
    if (size)
        memcpy(p, bytes, size);
    out->used += size;
}

void vt_jwrite_text(struct vt_jwrite *out, const char *text) {
    vt_jwrite_bytes(out, text, strlen(text));
}

/* ---- numbers */

static const char two_digits[] = "00010203040506070809"
                                 "10111213141516171819"
                                 "20212223242526272829"
                                 "30313233343536373839"
                                 "40414243444546474849"
                                 "50515253545556575859"
                                 "60616263646566676869"
                                 "70717273747576777879"
                                 "80818283848586878889"
                                 "90919293949596979899";

char *vt_jwrite_put_u64(char *p, uint64_t value) {
    char digits[VT_JWRITE_U64_BYTES];
    char *d = digits + sizeof digits;
    while (value >= 100) {
        d -= 2;
        memcpy(d, two_digits + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        d -= 2;
        memcpy(d, two_digits + 2 * value, 2);
    } else {
        *--d = (char)('0' + value);
    }
    return vt_jwrite_put(p, d, (size_t)(digits + sizeof digits - d));
}

char *vt_jwrite_put_us(char *p, uint64_t ns) {
    size_t rest = ns % 1000;
    p = vt_jwrite_put_u64(p, ns / 1000);
    *p++ = '.';
    *p++ = (char)('0' + rest / 100);
    memcpy(p, two_digits + 2 * (rest % 100), 2);
    return p + 2;
}

void vt_jwrite_u64(struct vt_jwrite *out, uint64_t value) {
    char *p = vt_jwrite_room(out, VT_JWRITE_U64_BYTES);
    out->used += (size_t)(vt_jwrite_put_u64(p, value) - p);
}

void vt_jwrite_i64(struct vt_jwrite *out, int64_t value) {
    if (value < 0)
        vt_jwrite_text(out, "-");
    vt_jwrite_u64(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void vt_jwrite_us(struct vt_jwrite *out, uint64_t ns) {
    char *p = vt_jwrite_room(out, VT_JWRITE_US_BYTES);
    out->used += (size_t)(vt_jwrite_put_us(p, ns) - p);
}

/* ---- texts */

enum { MOST_BYTES_PER_CODE_POINT = 12 }; /* \uD83D\uDE00 */

static char *put_u(char *p, unsigned unit) {
    static const char hex[] = "0123456789abcdef";
    *p++ = '\\';
    *p++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *p++ = hex[unit >> shift & 15];
    return p;
}

static bool is_high(uint32_t code_point) {
    return code_point >= 0xD800 && code_point <= 0xDBFF;
}

static char *put_code_point(char *p, uint32_t code_point) {
    if (code_point == VT_UTF8_INVALID)
        code_point = 0xFFFD;
    if (code_point < 0x10000)
        return put_u(p, code_point);
    code_point -= 0x10000;
    return put_u(put_u(p, 0xD800 + (code_point >> 10)), 0xDC00 + (code_point & 0x3FF));
}

/* The letter of a two-character escape, or 0. */
static char short_escape(unsigned char c) {
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static bool is_plain(unsigned char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* Whether the low half of a pair follows. */
static bool is_low_next(const unsigned char *p, const unsigned char *end) {
    uint32_t next = p < end ? vt_utf8_next(&p, end) : VT_UTF8_INVALID;
    return next >= 0xDC00 && next <= 0xDFFF;
}

static void write_escaped_one(struct vt_jwrite *out, const unsigned char **p,
                              const unsigned char *end) {
    char *start = vt_jwrite_room(out, MOST_BYTES_PER_CODE_POINT), *to = start;
    char letter = short_escape(**p);
    if (letter) {
        (*p)++;
        *to++ = '\\';
        *to++ = letter;
    } else {
        uint32_t code_point = vt_utf8_next(p, end);
        if (is_high(code_point) && !is_low_next(*p, end))
            code_point = VT_UTF8_INVALID;
        to = put_code_point(to, code_point);
    }
    out->used += (size_t)(to - start);
}

void vt_jwrite_string(struct vt_jwrite *out, const char *bytes, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size;
    vt_jwrite_text(out, "\"");
    while (p < end) {
        const unsigned char *run = p;
        while (p < end && is_plain(*p))
            p++;
        vt_jwrite_bytes(out, run, (size_t)(p - run));
        if (p < end)
            write_escaped_one(out, &p, end);
    }
    vt_jwrite_text(out, "\"");
}

/* The unit of \uXXXX at p, or VT_UTF8_INVALID when there is none. */
static uint32_t unit_at(const unsigned char *p, const unsigned char *end) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return VT_UTF8_INVALID;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        unsigned char c = p[i];
        uint32_t digit = c <= '9' ? c - 0x30u : (c | 0x20u) - 0x61u + 10u;
        unit = unit << 4 | (digit & 15);
    }
    return unit;
}

/* An escape of the text, taken over as it is but for a lone high surrogate. */
static void copy_escape(struct vt_jwrite *out, const unsigned char **p,
                        const unsigned char *end) {
    uint32_t unit = unit_at(*p, end);
    size_t size = unit == VT_UTF8_INVALID ? 2 : 6;
    if (is_high(unit)) {
        uint32_t next = unit_at(*p + 6, end);
        if (next < 0xDC00 || next > 0xDFFF) {
            vt_jwrite_text(out, "\\ufffd");
            *p += 6;
            return;
        }
        size = 12;
    }
    if ((size_t)(end - *p) < size)
        size = (size_t)(end - *p);
    vt_jwrite_bytes(out, *p, size);
    *p += size;
}

void vt_jwrite_json(struct vt_jwrite *out, const char *json, size_t size) {
    const unsigned char *p = (const unsigned char *)json, *end = p + size;
    while (p < end) {
        const unsigned char *run = p;
        while (p < end && *p < 0x80 && *p != '\\')
            p++;
        vt_jwrite_bytes(out, run, (size_t)(p - run));
        if (p < end && *p == '\\')
            copy_escape(out, &p, end);
        else if (p < end)
            write_escaped_one(out, &p, end);
    }
}

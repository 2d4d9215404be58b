/* SPDX-License-Identifier: Apache-2.0
 *
 * A value is checked without recursion: one bit per open bracket tells whether it is an
 * object, so hostile nesting costs 128 bytes and ends at the limit.
 */
#include "core/base/jcheck.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct nesting {
    uint8_t is_object[VT_JCHECK_DEPTH / 8];
    unsigned depth;
};

const char *vt_jcheck_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *skip_escape(const char *p, const char *end) {
    if (p == end)
        return NULL;
    if (*p != 'u')
        return *p && strchr("\"\\/bfnrt", *p) ? p + 1 : NULL;
    if (end - p < 5)
        return NULL;
    for (int i = 1; i <= 4; i++) {
        if (!is_hex(p[i]))
            return NULL;
    }
    return p + 5;
}

const char *vt_jcheck_string(const char *p, const char *end) {
    if (p == end || *p++ != '"')
        return NULL;
    while (p && p < end) {
        if (*p == '"')
            return p + 1;
        if ((unsigned char)*p < 0x20)
            return NULL;
        p = *p == '\\' ? skip_escape(p + 1, end) : p + 1;
    }
    return NULL;
}

static const char *skip_digits(const char *p, const char *end) {
    if (p == end || !is_digit(*p))
        return NULL;
    while (p < end && is_digit(*p))
        p++;
    return p;
}

static const char *skip_number(const char *p, const char *end) {
    if (p < end && *p == '-')
        p++;
    p = p < end && *p == '0' ? p + 1 : skip_digits(p, end);
    if (p && p < end && *p == '.')
        p = skip_digits(p + 1, end);
    if (p && p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = skip_digits(p, end);
    }
    return p;
}

static const char *skip_word(const char *p, const char *end, const char *word) {
    size_t size = strlen(word);
    return (size_t)(end - p) >= size && memcmp(p, word, size) == 0 ? p + size : NULL;
}

static const char *skip_scalar(const char *p, const char *end) {
    if (p == end)
        return NULL;
    switch (*p) {
    case '"':
        return vt_jcheck_string(p, end);
    case 't':
        return skip_word(p, end, "true");
    case 'f':
        return skip_word(p, end, "false");
    case 'n':
        return skip_word(p, end, "null");
    default:
        return skip_number(p, end);
    }
}

static bool in_object(const struct nesting *nesting) {
    unsigned i = nesting->depth - 1;
    return nesting->is_object[i / 8] >> (i % 8) & 1;
}

static bool push(struct nesting *nesting, bool is_object) {
    if (nesting->depth == VT_JCHECK_DEPTH)
        return false;
    unsigned i = nesting->depth++;
    uint8_t bit = (uint8_t)(1u << (i % 8));
    if (is_object)
        nesting->is_object[i / 8] |= bit;
    else
        nesting->is_object[i / 8] &= (uint8_t)~bit;
    return true;
}

/* "name" and ":" in front of a member's value. */
static const char *skip_member_name(const char *p, const char *end) {
    p = vt_jcheck_string(p, end);
    if (!p)
        return NULL;
    p = vt_jcheck_blanks(p, end);
    return p < end && *p == ':' ? vt_jcheck_blanks(p + 1, end) : NULL;
}

/* At a value: goes into brackets as far as they open. *done: a whole value was passed.
 */
static const char *enter(const char *p, const char *end, struct nesting *nesting,
                         bool *done) {
    *done = true;
    if (p == end || (*p != '{' && *p != '['))
        return skip_scalar(p, end);
    bool is_object = *p == '{';
    p = vt_jcheck_blanks(p + 1, end);
    if (p < end && *p == (is_object ? '}' : ']'))
        return p + 1;
    if (!push(nesting, is_object))
        return NULL;
    *done = false;
    return is_object ? skip_member_name(p, end) : p;
}

/* Behind a value: goes out of brackets as far as they close, then over one comma. */
static const char *leave(const char *p, const char *end, struct nesting *nesting) {
    while (nesting->depth) {
        p = vt_jcheck_blanks(p, end);
        if (p == end)
            return NULL;
        bool is_object = in_object(nesting);
        if (*p == ',') {
            p = vt_jcheck_blanks(p + 1, end);
            return is_object ? skip_member_name(p, end) : p;
        }
        if (*p != (is_object ? '}' : ']'))
            return NULL;
        p++;
        nesting->depth--;
    }
    return p;
}

const char *vt_jcheck_value(const char *p, const char *end) {
    struct nesting nesting = {.depth = 0};
    do {
        bool done;
        p = enter(p, end, &nesting, &done);
        if (p && done)
            p = leave(p, end, &nesting);
    } while (p && nesting.depth);
    return p;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jtext.h"
#include "core/base/utf8.h"

enum { PLAIN, ESCAPE, HEX_1, HEX_4 = HEX_1 + 3 };

static int hex_value(unsigned char c) {
    unsigned char letter = c | 0x20;
    if (c >= '0' && c <= '9')
        return c - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The byte that a backslash and `c` stand for; 0: `c` is no such letter, or the u. */
static char short_escape(unsigned char c) {
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        if ((unsigned char)letters[i] == c)
            return bytes[i];
    }
    return 0;
}

static enum vt_jtext_verdict continue_escape(struct vt_jtext *text, unsigned char c) {
    bool fine = true;
    if (text->escape == ESCAPE) {
        fine = c == 'u' || short_escape(c);
        text->escape = c == 'u' ? HEX_1 : PLAIN;
    } else {
        fine = hex_value(c) >= 0;
        text->escape = text->escape == HEX_4 ? PLAIN : (uint8_t)(text->escape + 1);
    }
    return fine ? VT_JTEXT_FINE : VT_JTEXT_BAD_ESCAPE;
}

/* How many bytes follow the first one of a character, and what the first of them may
 * be: no overlong forms, no surrogates, up to U+10FFFF. */
static enum vt_jtext_verdict begin_character(struct vt_jtext *text, unsigned char c) {
    if (c < 0xC2 || c > 0xF4)
        return VT_JTEXT_BAD_UTF8;
    text->left = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    text->least = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    text->most = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    return VT_JTEXT_FINE;
}

static enum vt_jtext_verdict continue_character(struct vt_jtext *text,
                                                unsigned char c) {
    if (c < text->least || c > text->most)
        return VT_JTEXT_BAD_UTF8;
    text->left--;
    text->least = 0x80;
    text->most = 0xBF;
    return VT_JTEXT_FINE;
}

enum vt_jtext_verdict vt_jtext_take(struct vt_jtext *text, unsigned char byte) {
    if (text->left)
        return continue_character(text, byte);
    if (text->escape)
        return continue_escape(text, byte);
    if (byte >= 0x80)
        return begin_character(text, byte);
    if (byte < 0x20)
        return VT_JTEXT_CONTROL_BYTE;
    if (byte == '\\') {
        text->escape = ESCAPE;
        text->escaped = true;
    }
    return VT_JTEXT_FINE;
}

/* The code unit of the \uXXXX at p, or 0 when there is none before `end`. */
static uint32_t code_unit(const char *p, const char *end) {
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return 0;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++)
        unit = unit << 4 | (uint32_t)hex_value((unsigned char)p[i]);
    return unit;
}

static const char *unescape_unicode(const char *p, const char *end, char **out) {
    uint32_t unit = code_unit(p, end);
    p += 6;
    if (unit >= 0xD800 && unit < 0xDC00) {
        uint32_t low = code_unit(p, end);
        if (low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
        }
    }
    *out += vt_utf8_put((unsigned char *)*out, unit);
    return p;
}

size_t vt_jtext_unescape(const char *inside, size_t size, char *out) {
    const char *p = inside, *end = inside + size;
    char *to = out;
    while (p < end) {
        if (*p != '\\' || end - p < 2)
            *to++ = *p++;
        else if (p[1] == 'u')
            p = unescape_unicode(p, end, &to);
        else {
            *to++ = short_escape((unsigned char)p[1]);
            p += 2;
        }
    }
    return (size_t)(to - out);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a JSON string: finds its end, checks it (RFC 8259; UTF-8 by RFC 3629),
 * turns it into plain bytes.
 *
 * Most bytes are plain: neither a quote, a backslash, a control byte, nor beyond ASCII.
 * Those are skipped 16 at a time where the machine has SSE2, 8 at a time in a machine
 * word anywhere else (WebAssembly); any other byte goes through a small state machine,
 * which may stop and go on anywhere.
 *
 * Threads:   pure functions on the caller's memory.
 * Hot path:  vt_jtext_skip().
 */
#ifndef VT_BASE_JTEXT_H
#define VT_BASE_JTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Between two bytes of a string; all zero at its beginning. */
struct vt_jtext {
    uint8_t escape;            /* 1: behind a backslash, 2 to 5: a hex digit is due */
    uint8_t left, least, most; /* bytes that a character needs; the next one's bounds */
    bool escaped;              /* there was a backslash */
};

enum vt_jtext_verdict {
    VT_JTEXT_FINE,
    VT_JTEXT_CONTROL_BYTE,
    VT_JTEXT_BAD_ESCAPE,
    VT_JTEXT_BAD_UTF8,
};

/* Whether the next byte begins a character: if it is a quote, the string ends. */
static inline bool vt_jtext_is_between(const struct vt_jtext *text) {
    return !text->escape && !text->left;
}

/* Takes a byte of any kind but the closing quote. */
enum vt_jtext_verdict vt_jtext_take(struct vt_jtext *text, unsigned char byte);

/* Writes what the inside of a checked string stands for; returns how many bytes, at
 * most `size`. Lone surrogates come out as in utf8.h, \u0000 as a byte 0. */
size_t vt_jtext_unescape(const char *inside, size_t size, char *out);

/* ---- the first byte that is not plain, or `end`, in three ways with equal results */

static inline const unsigned char *vt_jtext_skip_bytes(const unsigned char *p,
                                                       const unsigned char *end) {
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
        p++;
    return p;
}

#define VT_JTEXT_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte of `word` that is below `limit`; wrong only above one. */
static inline uint64_t vt_jtext_below(uint64_t word, unsigned limit) {
    return (word - VT_JTEXT_EACH(limit)) & ~word & VT_JTEXT_EACH(0x80);
}

static inline const unsigned char *vt_jtext_skip_words(const unsigned char *p,
                                                       const unsigned char *end) {
    for (uint64_t word; end - p >= 8; p += 8) {
        memcpy(&word, p, sizeof word);
        if ((word & VT_JTEXT_EACH(0x80)) | vt_jtext_below(word, 0x20) |
            vt_jtext_below(word ^ VT_JTEXT_EACH('"'), 1) |
            vt_jtext_below(word ^ VT_JTEXT_EACH('\\'), 1))
            break;
    }
    return vt_jtext_skip_bytes(p, end);
}

#ifdef __SSE2__
static inline const unsigned char *vt_jtext_skip_vectors(const unsigned char *p,
                                                         const unsigned char *end) {
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(0x20);
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* as signed bytes, those from 80 on are below the blank, too */
        __m128i special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
                                                    _mm_cmpeq_epi8(bytes, backslash)),
                                       _mm_cmplt_epi8(bytes, blank));
        unsigned mask = (unsigned)_mm_movemask_epi8(special);
        if (mask)
            return p + __builtin_ctz(mask);
    }
    return vt_jtext_skip_bytes(p, end);
}
#endif

static inline const unsigned char *vt_jtext_skip(const unsigned char *p,
                                                 const unsigned char *end) {
#ifdef __SSE2__
    return vt_jtext_skip_vectors(p, end);
#else
    return vt_jtext_skip_words(p, end);
#endif
}

#endif

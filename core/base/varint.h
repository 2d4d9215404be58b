/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers in as few bytes as they need: 7 bits a byte, the low ones first, the top bit
 * set in all but the last (LEB128). Signed ones as zigzag: 0, -1, 1, -2…
 *
 * Threads:   pure functions on the caller's memory.
 * Hot path:  all of it.
 */
#ifndef VT_BASE_VARINT_H
#define VT_BASE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_VARINT_MOST_BYTES 10u

/* Writes at most VT_VARINT_MOST_BYTES; returns how many. */
static inline size_t vt_varint_put(char *to, uint64_t value) {
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        to[size++] = (char)(value | 0x80);
    to[size++] = (char)value;
    return size;
}

/* Takes one off *p. False: it does not end before `end`, or is too long. */
static inline bool vt_varint_take(const unsigned char **p, const unsigned char *end,
                                  uint64_t *value) {
    uint64_t result = 0;
    for (unsigned shift = 0; *p < end && shift < 64; shift += 7) {
        unsigned char byte = *(*p)++;
        result |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = result;
            return true;
        }
    }
    return false;
}

static inline uint64_t vt_varint_zigzag(int64_t value) {
    return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t vt_varint_unzigzag(uint64_t value) {
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#endif

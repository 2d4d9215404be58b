/* SPDX-License-Identifier: Apache-2.0
 *
 * A place in the bytes of a compressed report: what is read there is bounds-checked,
 * and the place moves on only if it is whole.
 *
 * Threads:   pure functions on the caller's memory.
 * Hot path:  vt_cvf_cursor_varint().
 */
#ifndef VT_TRACE_CVF_CURSOR_H
#define VT_TRACE_CVF_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vt_cvf_cursor {
    const unsigned char *p, *end;
};

static inline size_t vt_cvf_cursor_left(const struct vt_cvf_cursor *cursor) {
    return (size_t)(cursor->end - cursor->p);
}

static inline uint64_t vt_cvf_cursor_little(const unsigned char *p, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)p[i] << 8 * i;
    return value;
}

static inline bool vt_cvf_cursor_byte(struct vt_cvf_cursor *cursor, unsigned *byte) {
    if (cursor->p == cursor->end)
        return false;
    *byte = *cursor->p++;
    return true;
}

static inline bool vt_cvf_cursor_u64(struct vt_cvf_cursor *cursor, uint64_t *value) {
    if (vt_cvf_cursor_left(cursor) < sizeof *value)
        return false;
    *value = vt_cvf_cursor_little(cursor->p, sizeof *value);
    cursor->p += sizeof *value;
    return true;
}

static inline bool vt_cvf_cursor_varint(struct vt_cvf_cursor *cursor, uint64_t *value) {
    size_t left = vt_cvf_cursor_left(cursor);
    if (!left)
        return false;
    size_t size = (size_t)1 << (*cursor->p & 3);
    if (left < size)
        return false;
    *value = vt_cvf_cursor_little(cursor->p, size) >> 2;
    cursor->p += size;
    return true;
}

/* Its bytes without the NUL, in place. */
static inline bool vt_cvf_cursor_cstr(struct vt_cvf_cursor *cursor, const char **text,
                                      size_t *size) {
    const unsigned char *nul = memchr(cursor->p, 0, vt_cvf_cursor_left(cursor));
    if (!nul)
        return false;
    *text = (const char *)cursor->p;
    *size = (size_t)(nul - cursor->p);
    cursor->p = nul + 1;
    return true;
}

#endif

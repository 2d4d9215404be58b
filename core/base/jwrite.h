/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text into a sink, through one buffer.
 *
 * All text is ASCII: what is not becomes \uXXXX as Python's json writes it. A lone low
 * surrogate (a byte of a file name that is not UTF-8, PEP 383) stays alone; a lone high
 * one, which jq refuses, and invalid bytes become \ufffd. The caller writes brackets,
 * commas and colons. The first failure sticks, later writes do nothing, and
 * vt_jwrite_finish tells.
 *
 * Threads:   one at a time.
 * Hot path:  vt_jwrite_room and the vt_jwrite_put_* functions.
 * Ownership: the writer owns its buffer and borrows the sink's state.
 */
#ifndef VT_BASE_JWRITE_H
#define VT_BASE_JWRITE_H

#include "core/base/sink.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vt_jwrite {
    char *data;      /* owned */
    size_t used;     /* bytes in it that the sink does not have yet */
    size_t capacity; /* bytes */
    struct vt_sink sink;
    struct vt_error error; /* status VT_OK until something fails */
};

/* A buffer of `capacity` bytes, at least VT_JWRITE_LEAST_BYTES. */
#define VT_JWRITE_LEAST_BYTES 256u
VT_NODISCARD enum vt_status vt_jwrite_init(struct vt_jwrite *out, struct vt_sink sink,
                                           size_t capacity, struct vt_error *err);
void vt_jwrite_fini(struct vt_jwrite *out);

/* Hands what is buffered to the sink. */
void vt_jwrite_flush(struct vt_jwrite *out);

/* Flushes and returns the first failure of all. */
VT_NODISCARD enum vt_status vt_jwrite_finish(struct vt_jwrite *out,
                                             struct vt_error *err);

static inline bool vt_jwrite_failed(const struct vt_jwrite *out) {
    return out->error.status != VT_OK;
}

/* Place for `size` bytes (<= capacity), to be filled by the caller who then adds to
 * out->used. Valid until the next call. */
static inline char *vt_jwrite_room(struct vt_jwrite *out, size_t size) {
    if (VT_UNLIKELY(out->capacity - out->used < size))
        vt_jwrite_flush(out);
    return out->data + out->used;
}

void vt_jwrite_bytes(struct vt_jwrite *out, const void *bytes, size_t size);
void vt_jwrite_text(struct vt_jwrite *out, const char *text);
void vt_jwrite_u64(struct vt_jwrite *out, uint64_t value);
void vt_jwrite_i64(struct vt_jwrite *out, int64_t value);
/* ns as us with 3 decimals. */
void vt_jwrite_us(struct vt_jwrite *out, uint64_t ns);
/* UTF-8 (utf8.h) as a string with its quotes. */
void vt_jwrite_string(struct vt_jwrite *out, const char *bytes, size_t size);
/* A text that is JSON already (vt_jcheck_value): made ASCII, lone high surrogates in it
 * replaced. */
void vt_jwrite_json(struct vt_jwrite *out, const char *json, size_t size);

/* The digits of `value`, at most VT_JWRITE_U64_BYTES, or of ns as us with 3 decimals,
 * at most VT_JWRITE_US_BYTES; each returns the place behind them. */
#define VT_JWRITE_U64_BYTES 20u
#define VT_JWRITE_US_BYTES  21u
char *vt_jwrite_put_u64(char *p, uint64_t value);
char *vt_jwrite_put_us(char *p, uint64_t ns);

static inline char *vt_jwrite_put(char *p, const char *bytes, size_t size) {
    memcpy(p, bytes, size);
    return p + size;
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers and texts to and from bytes, by the same calls in both directions: what is
 * written by a function is read by it.
 *
 * Threads:   one at a time.
 * Ownership: borrows the buffer or the bytes; texts that are read point into them.
 */
#ifndef VT_VIEWER_ENGINE_CODEC_H
#define VT_VIEWER_ENGINE_CODEC_H

#include "core/base/buf.h"
#include "core/base/varint.h"

#include <string.h>

struct vt_codec {
    struct vt_buf *out; /* NULL: reading */
    const unsigned char *p, *end;
    bool failed; /* reading: the bytes are not what was asked for */
};

/* The page reads an index and never writes one: there, what writes falls away. */
static inline bool vt_codec_is_writing(const struct vt_codec *codec) {
#ifdef VT_CODEC_READS
    (void)codec;
    return false;
#else
    return codec->out != NULL;
#endif
}

static inline void vt_codec_u64(struct vt_codec *codec, uint64_t *value) {
    if (vt_codec_is_writing(codec)) {
        char bytes[VT_VARINT_MOST_BYTES];
        vt_buf_append(codec->out, bytes, vt_varint_put(bytes, *value));
    } else if (!vt_varint_take(&codec->p, codec->end, value)) {
        codec->failed = true;
        *value = 0;
    }
}

static inline void vt_codec_u32(struct vt_codec *codec, uint32_t *value) {
    uint64_t wide = *value;
    vt_codec_u64(codec, &wide);
    if (wide > UINT32_MAX) {
        codec->failed = true;
        wide = 0;
    }
    *value = (uint32_t)wide;
}

static inline void vt_codec_i64(struct vt_codec *codec, int64_t *value) {
    uint64_t zigzag = vt_varint_zigzag(*value);
    vt_codec_u64(codec, &zigzag);
    *value = vt_varint_unzigzag(zigzag);
}

static inline void vt_codec_bool(struct vt_codec *codec, bool *value) {
    uint32_t number = *value;
    vt_codec_u32(codec, &number);
    *value = number != 0;
}

/* A number that is less than `limit`, or NONE. */
static inline void vt_codec_index(struct vt_codec *codec, uint32_t *value,
                                  size_t limit) {
    uint32_t number = *value + 1; /* NONE becomes 0 */
    vt_codec_u32(codec, &number);
    *value = number - 1;
    if (number > limit) {
        codec->failed = true;
        *value = UINT32_MAX;
    }
}

static inline void vt_codec_f64(struct vt_codec *codec, double *value) {
    if (vt_codec_is_writing(codec)) {
        vt_buf_append(codec->out, value, sizeof *value);
    } else if ((size_t)(codec->end - codec->p) >= sizeof *value) {
        memcpy(value, codec->p, sizeof *value);
        codec->p += sizeof *value;
    } else
        codec->failed = true;
}

/* When reading, *text points into the bytes. */
static inline void vt_codec_text(struct vt_codec *codec, const char **text,
                                 size_t *size) {
    uint64_t count = *size;
    vt_codec_u64(codec, &count);
    if (vt_codec_is_writing(codec)) {
        vt_buf_append(codec->out, *text, *size);
        return;
    }
    if (codec->failed || count > (size_t)(codec->end - codec->p)) {
        codec->failed = true;
        count = 0;
    }
    *text = (const char *)codec->p;
    *size = (size_t)count;
    codec->p += count;
}

#endif

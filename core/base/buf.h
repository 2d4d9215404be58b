/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte buffer.
 *
 * Appending never fails half-way: when memory runs out the buffer keeps what it has,
 * `failed` is set, later appends do nothing, and the owner asks once at the end
 * (vt_buf_status).
 *
 * Ownership: the owner calls vt_buf_fini, or takes the bytes with vt_buf_steal.
 */
#ifndef VT_BASE_BUF_H
#define VT_BASE_BUF_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_buf {
    char *data;  /* `size` bytes, then one NUL that is not counted; NULL while empty */
    size_t size; /* bytes */
    size_t capacity; /* bytes */
    bool failed;     /* memory ran out at some append */
};

/* A buffer that is all zero is empty and valid, too. */
void vt_buf_init(struct vt_buf *buf);
void vt_buf_fini(struct vt_buf *buf);

void vt_buf_append(struct vt_buf *buf, const void *bytes, size_t size);
void vt_buf_append_text(struct vt_buf *buf, const char *text);
void vt_buf_append_char(struct vt_buf *buf, char c);
void vt_buf_printf(struct vt_buf *buf, const char *format, ...) VT_PRINTF(2, 3);

/* Room for `size` more bytes, to be filled by the caller who then adds to buf->size.
 * NULL when memory ran out. */
char *vt_buf_reserve(struct vt_buf *buf, size_t size);

/* Forgets the bytes and the failure, keeps the memory. */
void vt_buf_clear(struct vt_buf *buf);

/* Gives the bytes away (owned by the caller: free); the buffer is empty afterwards. An
 * empty buffer gives an allocated empty string. NULL when memory ran out. */
char *vt_buf_steal(struct vt_buf *buf);

/* VT_OK, or VT_ERR_NO_MEMORY when an append failed. */
VT_NODISCARD enum vt_status vt_buf_status(const struct vt_buf *buf,
                                          struct vt_error *err);

#endif

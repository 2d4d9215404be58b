/* SPDX-License-Identifier: Apache-2.0
 *
 * The small parts of a compressed report (core/trace/cvf_layout.h), one by one.
 *
 * The first failure sticks, as in core/base/jwrite.h, whose buffer this uses.
 *
 * Threads:   one at a time.
 * Hot path:  vt_cvf_put_varint().
 */
#ifndef VT_TRACE_CVF_PUT_H
#define VT_TRACE_CVF_PUT_H

#include "core/base/jwrite.h"
#include "core/trace/cvf_layout.h"
#include "core/trace/reader.h"

struct vt_cvf_put {
    struct vt_jwrite out;
    uint64_t at; /* bytes of the file so far */
};

void vt_cvf_put_bytes(struct vt_cvf_put *put, const void *bytes, size_t size);
void vt_cvf_put_byte(struct vt_cvf_put *put, unsigned byte);
void vt_cvf_put_u64(struct vt_cvf_put *put, uint64_t value);
void vt_cvf_put_cstr(struct vt_cvf_put *put, const char *bytes, size_t size);

/* At most VT_CVF_VARINT_MOST. */
void vt_cvf_put_varint(struct vt_cvf_put *put, uint64_t value);
unsigned vt_cvf_put_varint_size(uint64_t value);

/* A block whose zlib data are `data`. */
void vt_cvf_put_block(struct vt_cvf_put *put, uint64_t text_bytes,
                      const struct vt_buf *data);

/* What events must have to be put so; each false if they do not. */

/* A pid or tid: a whole number as it stands. */
bool vt_cvf_put_fits_id(const struct vt_jscan_token *token, uint64_t *id);

/* The inside of a JSON string as the bytes of a cstr: without NUL and lone surrogates.
 * They replace what is in `plain`, whose failure is to be looked at, too. */
bool vt_cvf_put_fits_text(const char *inside, size_t size, struct vt_buf *plain);

#endif

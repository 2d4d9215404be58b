/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_put.h"

#include "core/base/utf8.h"

void vt_cvf_put_bytes(struct vt_cvf_put *put, const void *bytes, size_t size) {
    vt_jwrite_bytes(&put->out, bytes, size);
    put->at += size;
}

static void put_little(struct vt_cvf_put *put, uint64_t value, unsigned size) {
    char *p = vt_jwrite_room(&put->out, size);
    for (unsigned i = 0; i < size; i++)
        p[i] = (char)(value >> 8 * i);
    put->out.used += size;
    put->at += size;
}

void vt_cvf_put_byte(struct vt_cvf_put *put, unsigned byte) {
    put_little(put, byte, 1);
}

void vt_cvf_put_u64(struct vt_cvf_put *put, uint64_t value) {
    put_little(put, value, 8);
}

void vt_cvf_put_cstr(struct vt_cvf_put *put, const char *bytes, size_t size) {
    vt_cvf_put_bytes(put, bytes, size);
    vt_cvf_put_byte(put, 0);
}

static unsigned tag_of(uint64_t value) {
    if (value < UINT64_C(1) << 14)
        return value >= UINT64_C(1) << 6;
    return value < UINT64_C(1) << 30 ? 2 : 3;
}

unsigned vt_cvf_put_varint_size(uint64_t value) {
    return 1u << tag_of(value);
}

void vt_cvf_put_varint(struct vt_cvf_put *put, uint64_t value) {
    unsigned tag = tag_of(value);
    put_little(put, value << 2 | tag, 1u << tag);
}

void vt_cvf_put_block(struct vt_cvf_put *put, uint64_t text_bytes,
                      const struct vt_buf *data) {
    vt_cvf_put_u64(put, text_bytes);
    vt_cvf_put_u64(put, data->size);
    vt_cvf_put_bytes(put, data->data, data->size);
}

bool vt_cvf_put_fits_id(const struct vt_jscan_token *token, uint64_t *id) {
    const struct vt_decimal *number = &token->number;
    if (token->kind != VT_JSCAN_NUMBER || number->negative || number->exponent ||
        number->cut)
        return false;
    *id = number->mantissa;
    return true;
}

bool vt_cvf_put_fits_text(const char *inside, size_t size, struct vt_buf *plain) {
    vt_buf_clear(plain);
    char *room = vt_buf_reserve(plain, size);
    if (!room)
        return false;
    plain->size = vt_jtext_unescape(inside, size, room);
    return !memchr(plain->data, 0, plain->size) &&
           vt_utf8_is_strict(plain->data, plain->size);
}

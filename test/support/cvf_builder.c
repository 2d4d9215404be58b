/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/cvf_builder.h"

#include "core/io/zblock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

void cvf_builder_u64(struct vt_buf *file, uint64_t value) {
    vt_buf_append(file, &value, sizeof value); /* tests run on x86-64 */
}

void cvf_builder_text(struct vt_buf *file, const char *bytes) {
    vt_buf_append(file, bytes, strlen(bytes) + 1);
}

void cvf_builder_byte(struct vt_buf *file, unsigned byte) {
    vt_buf_append_char(file, (char)byte);
}

void cvf_builder_block(struct vt_buf *file, const char *json) {
    struct vt_cvf_packer packer = vt_zblock_packer();
    struct vt_buf data = {0};
    void *state;
    assert_int_equal(packer.open(&data, &state, NULL), VT_OK);
    assert_int_equal(packer.write(state, json, strlen(json), NULL), VT_OK);
    assert_int_equal(packer.finish(state, NULL), VT_OK);
    packer.close(state);
    cvf_builder_u64(file, strlen(json));
    cvf_builder_u64(file, data.size);
    vt_buf_append(file, data.data, data.size);
    vt_buf_fini(&data);
}

void cvf_builder_slices(struct vt_buf *file, uint64_t count) {
    cvf_builder_byte(file, VT_CVF_SLICES);
    cvf_builder_u64(file, 1);
    cvf_builder_u64(file, 2);
    cvf_builder_text(file, "f");
    cvf_builder_u64(file, count);
}

void cvf_builder_two_times(struct vt_buf *file) {
    cvf_builder_u64(file, 5);
    cvf_builder_byte(file, 4);
    cvf_builder_byte(file, 4);
    cvf_builder_byte(file, 4);
}

void cvf_builder_counter(struct vt_buf *file, uint64_t keys) {
    cvf_builder_byte(file, VT_CVF_COUNTER);
    cvf_builder_u64(file, 1);
    cvf_builder_u64(file, 2);
    cvf_builder_text(file, "c");
    cvf_builder_u64(file, keys);
}

void cvf_builder_plain_block(struct vt_buf *file, const char *json) {
    cvf_builder_u64(file, strlen(json));
    cvf_builder_u64(file, strlen(json));
    vt_buf_append(file, json, strlen(json));
}

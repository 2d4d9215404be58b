/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/wasm.h"

#include "viewer/engine/query.h"
#include "viewer/engine/wasm_inside.h"

#include <stdlib.h>

struct vt_engine *vt_wasm_the_engine;
struct vt_buf vt_wasm_the_reply;
struct vt_error vt_wasm_the_error;

void *vt_wasm_alloc(size_t size) {
    return malloc(size ? size : 1);
}

void vt_wasm_free(void *bytes) {
    free(bytes);
}

int vt_wasm_create(void) {
    struct vt_engine_options options = {0};
    vt_engine_destroy(vt_wasm_the_engine);
    vt_wasm_the_engine = NULL;
    return (int)vt_engine_create(&options, &vt_wasm_the_engine, &vt_wasm_the_error);
}

int vt_wasm_feed(const void *bytes, size_t size) {
    return (int)vt_engine_feed(vt_wasm_the_engine, bytes, size, &vt_wasm_the_error);
}

int vt_wasm_finish(void) {
    return (int)vt_engine_finish(vt_wasm_the_engine, &vt_wasm_the_error);
}

int vt_wasm_query(const void *request, size_t size) {
    vt_query_answer(vt_wasm_the_engine, request, size, &vt_wasm_the_reply);
    if (vt_wasm_the_reply.size)
        return 0;
    return (int)vt_error_set(&vt_wasm_the_error, VT_ERR_NO_MEMORY, "out of memory");
}

const void *vt_wasm_reply(void) {
    return vt_wasm_the_reply.data;
}

size_t vt_wasm_reply_size(void) {
    return vt_wasm_the_reply.size;
}

int vt_wasm_provide(uint32_t block, const void *bytes, size_t size) {
    return (int)vt_engine_provide(vt_wasm_the_engine, block, bytes, size,
                                  &vt_wasm_the_error);
}

const char *vt_wasm_error(void) {
    return vt_wasm_the_error.text;
}

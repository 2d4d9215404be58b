/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/wasm.h"

#include "viewer/engine/query.h"

#include <stdlib.h>

static struct vt_engine *the_engine;
static struct vt_buf the_reply;
static struct vt_error the_error;

void *vt_wasm_alloc(size_t size) {
    return malloc(size ? size : 1);
}

void vt_wasm_free(void *bytes) {
    free(bytes);
}

int vt_wasm_create(void) {
    struct vt_engine_options options = {0};
    vt_engine_destroy(the_engine);
    the_engine = NULL;
    return (int)vt_engine_create(&options, &the_engine, &the_error);
}

int vt_wasm_feed(const void *bytes, size_t size) {
    return (int)vt_engine_feed(the_engine, bytes, size, &the_error);
}

int vt_wasm_finish(void) {
    return (int)vt_engine_finish(the_engine, &the_error);
}

double vt_wasm_events(void) {
    return (double)vt_engine_progress(the_engine).events;
}

int vt_wasm_query(const void *request, size_t size) {
    vt_query_answer(the_engine, request, size, &the_reply);
    if (the_reply.size)
        return 0;
    return (int)vt_error_set(&the_error, VT_ERR_NO_MEMORY, "out of memory");
}

const void *vt_wasm_reply(void) {
    return the_reply.data;
}

size_t vt_wasm_reply_size(void) {
    return the_reply.size;
}

int vt_wasm_provide(uint32_t block, const void *bytes, size_t size) {
    return (int)vt_engine_provide(the_engine, block, bytes, size, &the_error);
}

const char *vt_wasm_error(void) {
    return the_error.text;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands at the end are the few functions of the system that wasi-libc would
 * import for its streams, which nothing here uses: with them the module imports
 * nothing.
 */
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

#ifdef __wasm__

enum { NO_SUCH_CALL = 52 }; /* ENOSYS of WASI */

/* preview1's names, as wasi-libc calls them: (fd, iovs, count, result) and so on */
int __imported_wasi_snapshot_preview1_fd_write(int fd, int iovs, int count, int result);
int __imported_wasi_snapshot_preview1_fd_seek(int fd, long long offset, int whence,
                                              int result);
int __imported_wasi_snapshot_preview1_fd_close(int fd);
int __imported_wasi_snapshot_preview1_fd_fdstat_get(int fd, int result);
_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int status);

int __imported_wasi_snapshot_preview1_fd_write(int fd, int iovs, int count,
                                               int result) {
    (void)fd, (void)iovs, (void)count, (void)result;
    return NO_SUCH_CALL;
}

int __imported_wasi_snapshot_preview1_fd_seek(int fd, long long offset, int whence,
                                              int result) {
    (void)fd, (void)offset, (void)whence, (void)result;
    return NO_SUCH_CALL;
}

int __imported_wasi_snapshot_preview1_fd_close(int fd) {
    (void)fd;
    return NO_SUCH_CALL;
}

int __imported_wasi_snapshot_preview1_fd_fdstat_get(int fd, int result) {
    (void)fd, (void)result;
    return NO_SUCH_CALL;
}

_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int status) {
    (void)status;
    __builtin_trap();
}

#endif

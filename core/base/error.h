/* SPDX-License-Identifier: Apache-2.0
 *
 * One error: what kind it is and the sentence that a user reads.
 *
 * Whoever finds the failure writes the sentence (lower case, no full stop, with the
 * place); callers on the way up put the file or the step before it (vt_error_prefix). A
 * broken contract is not an error: VT_REQUIRE aborts with the place in our source.
 *
 * Ownership: struct vt_error is plain data in the caller's memory and owns nothing.
 */
#ifndef VT_BASE_ERROR_H
#define VT_BASE_ERROR_H

#include "core/base/compiler.h"

#include <stddef.h>

enum vt_status {
#define VT_STATUS(id, exit_status, text) id,
#include "core/base/status.def"
#undef VT_STATUS
    VT_STATUS_COUNT
};

#define VT_ERROR_TEXT_BYTES 1024

struct vt_error {
    enum vt_status status;
    char text[VT_ERROR_TEXT_BYTES]; /* NUL-terminated; longer sentences are cut */
};

/* Writes the sentence and returns `status`, so that a finder can `return
 * vt_error_set(…)`. `err` may be NULL. */
enum vt_status vt_error_set(struct vt_error *err, enum vt_status status,
                            const char *format, ...) VT_PRINTF(3, 4);

/* The same with ": <strerror(error_number)>" behind the sentence; status VT_ERR_IO, or
 * VT_ERR_NOT_FOUND for ENOENT, VT_ERR_NO_MEMORY for ENOMEM. */
enum vt_status vt_error_set_errno(struct vt_error *err, int error_number,
                                  const char *format, ...) VT_PRINTF(3, 4);

/* Puts "<format…>: " before the sentence and returns err's status. */
enum vt_status vt_error_prefix(struct vt_error *err, const char *format, ...)
    VT_PRINTF(2, 3);

/* The exit status of a command that fails with `status` (sysexits-free: 1 or 2). */
int vt_status_exit_status(enum vt_status status);

/* Aborts with file, line and the broken condition. */
_Noreturn void vt_contract_broken(const char *file, int line, const char *condition);

#ifdef __wasm__ /* nobody reads its streams; the page shows the trap */
#define VT_REQUIRE(condition) ((condition) ? (void)0 : __builtin_trap())
#else
#define VT_REQUIRE(condition)                                                          \
    ((condition) ? (void)0 : vt_contract_broken(__FILE__, __LINE__, #condition))
#endif

#endif

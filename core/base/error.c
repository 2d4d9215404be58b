/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int exit_statuses[VT_STATUS_COUNT] = {
#define VT_STATUS(id, exit_status, text) [id] = exit_status,
#include "core/base/status.def"
#undef VT_STATUS
};

enum vt_status vt_error_set(struct vt_error *err, enum vt_status status,
                            const char *format, ...) {
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        err->status = status;
    }
    return status;
}

static enum vt_status status_of_errno(int error_number) {
    if (error_number == ENOENT)
        return VT_ERR_NOT_FOUND;
    return error_number == ENOMEM ? VT_ERR_NO_MEMORY : VT_ERR_IO;
}

/* Adds ": <cause>" to the sentence, as far as there is room. */
static void add_cause(struct vt_error *err, const char *cause) {
    const char *parts[] = {": ", cause};
    char *at = err->text + strlen(err->text);
    char *end = err->text + sizeof err->text - 1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t size = strnlen(parts[i], (size_t)(end - at));
        memcpy(at, parts[i], size);
        at += size;
    }
    *at = '\0';
}

enum vt_status vt_error_set_errno(struct vt_error *err, int error_number,
                                  const char *format, ...) {
    enum vt_status status = status_of_errno(error_number);
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        add_cause(err, strerror(error_number));
        err->status = status;
    }
    return status;
}

enum vt_status vt_error_prefix(struct vt_error *err, const char *format, ...) {
    VT_REQUIRE(err != NULL);
    char sentence[VT_ERROR_TEXT_BYTES];
    memcpy(sentence, err->text, sizeof sentence);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    add_cause(err, sentence);
    return err->status;
}

int vt_status_exit_status(enum vt_status status) {
    VT_REQUIRE(status < VT_STATUS_COUNT);
    return exit_statuses[status];
}

_Noreturn void vt_contract_broken(const char *file, int line, const char *condition) {
    fprintf(stderr, "viztracer: broken contract at %s:%d: %s\n", file, line, condition);
    abort();
}

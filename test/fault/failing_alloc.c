/* SPDX-License-Identifier: Apache-2.0 */
#include "test/fault/failing_alloc.h"

#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

static atomic_long calls_until_failure = -1; /* -1: none fails */
static atomic_long blocks;                   /* allocated and not freed */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);
int __wrap_asprintf(char **text, const char *format, ...) VT_PRINTF(2, 3);
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
    VT_PRINTF(3, 4);

static bool must_fail(void) {
    return atomic_load(&calls_until_failure) >= 0 &&
           atomic_fetch_sub(&calls_until_failure, 1) == 0;
}

static void *count(void *block) {
    if (block)
        atomic_fetch_add(&blocks, 1);
    return block;
}

void *__wrap_malloc(size_t size) {
    return must_fail() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size) {
    return must_fail() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *block, size_t size) {
    if (must_fail())
        return NULL;
    void *moved = __real_realloc(block, size);
    return block ? moved : count(moved);
}

void *__wrap_reallocarray(void *block, size_t n, size_t size) {
    return __wrap_realloc(block, n * size);
}

void __wrap_free(void *block) {
    if (block)
        atomic_fetch_sub(&blocks, 1);
    __real_free(block);
}

char *__wrap_strdup(const char *text) {
    return must_fail() ? NULL : count(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t size) {
    return must_fail() ? NULL : count(__real_strndup(text, size));
}

static int print(char **text, const char *format, va_list args) {
    int size = must_fail() ? -1 : vasprintf(text, format, args);
    if (size >= 0)
        count(*text);
    return size;
}

int __wrap_asprintf(char **text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int size = print(text, format, args);
    va_end(args);
    return size;
}

/* What _FORTIFY_SOURCE makes of it. */
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...) {
    (void)flag;
    va_list args;
    va_start(args, format);
    int size = print(text, format, args);
    va_end(args);
    return size;
}

long failing_alloc_each(const struct failing_alloc_work *work) {
    for (long n = 0;; n++) {
        struct vt_error err = {0};
        temp_dir_write(work->output, "earlier", 7);
        long before = atomic_load(&blocks);
        atomic_store(&calls_until_failure, n);
        enum vt_status status = work->run(work->state, &err);
        bool has_failed = atomic_exchange(&calls_until_failure, -1) < 0;
        if (atomic_load(&blocks) != before)
            fail_msg("allocation %ld: %ld blocks leaked", n,
                     atomic_load(&blocks) - before);
        if (!has_failed) {
            assert_int_equal(status, VT_OK);
            return n;
        }
        char *text = temp_dir_read(work->output, NULL);
        if (status != VT_ERR_NO_MEMORY || strcmp(text, "earlier") != 0 || !err.text[0])
            fail_msg("allocation %ld: status %d, '%s'", n, status, err.text);
        free(text);
    }
}

void failing_alloc_use_in_cjson(void) {
    cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};
    cJSON_InitHooks(&hooks);
}

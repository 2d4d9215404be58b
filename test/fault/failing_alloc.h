/* SPDX-License-Identifier: Apache-2.0
 *
 * An allocator in which the n-th call fails, and that counts what is not freed. Tests
 * that use it link with --wrap of malloc, calloc, realloc, reallocarray, free, strdup,
 * strndup and asprintf.
 */
#ifndef VT_TEST_FAULT_FAILING_ALLOC_H
#define VT_TEST_FAULT_FAILING_ALLOC_H

#include "core/base/error.h"

#include <stdbool.h>

/* Work that must give a clear VT_ERR_NO_MEMORY, whatever allocation fails. */
struct failing_alloc_work {
    /* Does it once; frees all that it made. */
    enum vt_status (*run)(void *state, struct vt_error *err);
    const char *output; /* holds "earlier" before; must still after a failure */
    void *state;
};

/* Runs the work with each of its allocations failing in turn; returns how many there
 * are. What is not as it must be ends the test. */
long failing_alloc_each(const struct failing_alloc_work *work);

/* Makes cJSON, which is a shared library, allocate through the wrappers, too. */
void failing_alloc_use_in_cjson(void);

#endif

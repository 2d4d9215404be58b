/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of a small JSON object that was checked before, one by one; and its
 * values as numbers.
 *
 * Threads: pure functions.
 */
#ifndef VT_VIEWER_ENGINE_JWALK_H
#define VT_VIEWER_ENGINE_JWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_jwalk {
    const char *p, *end;
    const char *name; /* as it stands between its quotes */
    size_t name_size;
    const char *value; /* JSON */
    size_t value_size;
};

/* False: it is no object. */
bool vt_jwalk_begin(struct vt_jwalk *walk, const char *json, size_t size);

/* The next member; false: there is no other. */
bool vt_jwalk_next(struct vt_jwalk *walk);

bool vt_jwalk_is_named(const struct vt_jwalk *walk, const char *name);

/* False: the value is no number. */
bool vt_jwalk_number(const char *value, size_t size, double *number);
bool vt_jwalk_integer(const char *value, size_t size, int64_t *number);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths as the log has them and as the kernel has them (PEP 383): the log's are UTF-8
 * in which a byte that is none stands as a lone surrogate DC80 … DCFF; the kernel's are
 * bytes.
 *
 * Threads:   pure functions.
 */
#ifndef VT_BASE_FSPATH_H
#define VT_BASE_FSPATH_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define VT_FSPATH_BYTES 4096 /* PATH_MAX, its NUL included */

/* False: no file can have that path (it is empty or too long, or has a NUL byte). */
bool vt_fspath_to_disk(const char *bytes, size_t size, char disk[VT_FSPATH_BYTES]);

/* Appends the log's form of a path on disk. */
void vt_fspath_from_disk(const char *disk, struct vt_buf *out);

#endif

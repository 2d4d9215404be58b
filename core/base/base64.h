/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as base64 (RFC 4648 4, padded) and back.
 *
 * Threads: pure functions on the caller's memory.
 */
#ifndef VT_BASE_BASE64_H
#define VT_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#define VT_BASE64_CHARS(size) (((size) + 2) / 3 * 4)

/* Writes VT_BASE64_CHARS(size) characters. */
void vt_base64_encode(const void *bytes, size_t size, char *text);

/* Writes the bytes of `size` characters, a multiple of 4: at most size / 4 * 3, *count
 * of them. Padding may only stand at the end. False: it is not base64. `text` and
 * `bytes` may be the same memory. */
bool vt_base64_decode(const char *text, size_t size, void *bytes, size_t *count);

#endif

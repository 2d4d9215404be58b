/* SPDX-License-Identifier: Apache-2.0
 *
 * Remembers the answers of interpreters (ask_python.h) between runs.
 *
 * A file is `<key>\n<answer>`, in one of a fixed number of slots chosen by the key's
 * hash, so the folder never grows. The key is compared whole.
 */
#ifndef VT_EMBED_ASK_CACHE_H
#define VT_EMBED_ASK_CACHE_H

#include "core/base/buf.h"

#include <stdbool.h>

/* Appends all that decides what the interpreter or shim at `path` is. */
void vt_ask_cache_key(struct vt_buf *key, const char *path);

/* Appends the answer kept for `key`. False: none that can be trusted. */
bool vt_ask_cache_load(const struct vt_buf *key, struct vt_buf *answer);

/* Keeps `answer`; does nothing where no private folder can be had. */
void vt_ask_cache_store(const struct vt_buf *key, const struct vt_buf *answer);

#endif

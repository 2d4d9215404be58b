/* SPDX-License-Identifier: Apache-2.0
 *
 * A list of texts, such as the values of one option.
 *
 * `given` tells an empty list that somebody asked for from one that nobody mentioned.
 *
 * Ownership: the list owns its items; a list that is all zero is empty, not given, and
 * valid.
 */
#ifndef VT_BASE_STRLIST_H
#define VT_BASE_STRLIST_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct vt_strlist {
    char **items; /* `count` texts; NULL while there never was one */
    size_t count;
    bool given;
};

/* Frees the items; the list is empty and not given afterwards. */
void vt_strlist_fini(struct vt_strlist *list);

/* Copies `text` to the end and sets `given`. */
VT_NODISCARD enum vt_status vt_strlist_append(struct vt_strlist *list, const char *text,
                                              struct vt_error *err);

/* The same with `size` bytes that need no NUL behind them and contain none. */
VT_NODISCARD enum vt_status vt_strlist_append_bytes(struct vt_strlist *list,
                                                    const char *bytes, size_t size,
                                                    struct vt_error *err);

/* Copies `from` into `to`, which is overwritten and must own nothing. On failure `to`
 * is empty. */
VT_NODISCARD enum vt_status vt_strlist_copy(struct vt_strlist *to,
                                            const struct vt_strlist *from,
                                            struct vt_error *err);

#endif

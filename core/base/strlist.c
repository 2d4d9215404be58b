/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/strlist.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void vt_strlist_fini(struct vt_strlist *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct vt_strlist){0};
}

/* Room for one more item; the array doubles whenever its size is a power of two. */
static bool grow(struct vt_strlist *list) {
    if ((list->count & (list->count - 1)) != 0)
        return true;
    size_t capacity = list->count ? list->count * 2 : 1;
    char **items = reallocarray(list->items, capacity, sizeof *items);
    if (!items)
        return false;
    list->items = items;
    return true;
}

enum vt_status vt_strlist_append_bytes(struct vt_strlist *list, const char *bytes,
                                       size_t size, struct vt_error *err) {
    char *item = strndup(bytes, size);
    if (!item || !grow(list)) {
        free(item);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    list->items[list->count++] = item;
    list->given = true;
    return VT_OK;
}

enum vt_status vt_strlist_append(struct vt_strlist *list, const char *text,
                                 struct vt_error *err) {
    return vt_strlist_append_bytes(list, text, strlen(text), err);
}

enum vt_status vt_strlist_copy(struct vt_strlist *to, const struct vt_strlist *from,
                               struct vt_error *err) {
    *to = (struct vt_strlist){0};
    for (size_t i = 0; i < from->count; i++) {
        enum vt_status status = vt_strlist_append(to, from->items[i], err);
        if (status != VT_OK) {
            vt_strlist_fini(to);
            return status;
        }
    }
    to->given = from->given;
    return VT_OK;
}

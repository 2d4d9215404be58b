/* SPDX-License-Identifier: Apache-2.0
 *
 * Each different byte string once, numbered from 0 in the order in which it came.
 *
 * Names may come from anybody: the hash is keyed, so that none are slow on purpose.
 *
 * Ownership: the table copies the strings; what vt_strtab_get returns is borrowed:
 * valid until the next vt_strtab_add.
 */
#ifndef VT_BASE_STRTAB_H
#define VT_BASE_STRTAB_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_strtab_entry {
    size_t offset; /* in bytes.data */
    size_t size;   /* bytes */
    uint64_t hash;
};

/* All zero is empty and valid. */
struct vt_strtab {
    struct vt_buf bytes;
    struct vt_strtab_entry *entries;
    uint32_t count, capacity;
    uint32_t *slots;     /* open addressing: 1 + index of an entry, 0 = free */
    uint32_t slot_count; /* a power of two, or 0 */
    uint64_t key[2];     /* of the hash; drawn with the first slots */
};

#define VT_STRTAB_NO_MEMORY UINT32_MAX

void vt_strtab_fini(struct vt_strtab *tab);

/* The number of the string, new or not (*is_new, may be NULL); VT_STRTAB_NO_MEMORY. */
uint32_t vt_strtab_add(struct vt_strtab *tab, const void *bytes, size_t size,
                       bool *is_new);

/* The number of the string; VT_STRTAB_NONE when it is not there. */
#define VT_STRTAB_NONE UINT32_MAX
uint32_t vt_strtab_find(const struct vt_strtab *tab, const void *bytes, size_t size);

const char *vt_strtab_get(const struct vt_strtab *tab, uint32_t index, size_t *size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/strtab.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
static uint64_t hash_of(const unsigned char *bytes, size_t size) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    return hash;
}

void vt_strtab_fini(struct vt_strtab *tab) {
    vt_buf_fini(&tab->bytes);
    free(tab->entries);
    free(tab->slots);
    *tab = (struct vt_strtab){0};
}

static uint32_t *slot_of(const struct vt_strtab *tab, const void *bytes, size_t size,
                         uint64_t hash) {
    uint32_t mask = tab->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &tab->slots[i];
        if (!*slot)
            return slot;
        const struct vt_strtab_entry *entry = &tab->entries[*slot - 1];
        if (entry->hash == hash && entry->size == size &&
            (!size || memcmp(tab->bytes.data + entry->offset, bytes, size) == 0))
            return slot;
    }
}

/* Keeps at least half of the slots free. */
static bool make_slots(struct vt_strtab *tab) {
    if (tab->count < tab->slot_count / 2)
        return true;
    uint32_t slot_count = tab->slot_count ? tab->slot_count * 2 : 64;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    free(tab->slots);
    tab->slots = slots;
    tab->slot_count = slot_count;
    for (uint32_t i = 0; i < tab->count; i++) {
        const struct vt_strtab_entry *entry = &tab->entries[i];
        const char *bytes = entry->size ? tab->bytes.data + entry->offset : NULL;
        *slot_of(tab, bytes, entry->size, entry->hash) = i + 1;
    }
    return true;
}

static bool make_entry(struct vt_strtab *tab) {
    if (tab->count < tab->capacity)
        return true;
    uint32_t capacity = tab->capacity ? tab->capacity * 2 : 32;
    struct vt_strtab_entry *entries = realloc(tab->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    tab->entries = entries;
    tab->capacity = capacity;
    return true;
}

uint32_t vt_strtab_add(struct vt_strtab *tab, const void *bytes, size_t size,
                       bool *is_new) {
    uint64_t hash = hash_of(bytes, size);
    if (!make_slots(tab) || !make_entry(tab))
        return VT_STRTAB_NO_MEMORY;
    uint32_t *slot = slot_of(tab, bytes, size, hash);
    if (is_new)
        *is_new = !*slot;
    if (*slot)
        return *slot - 1;
    struct vt_strtab_entry entry = {tab->bytes.size, size, hash};
    vt_buf_append(&tab->bytes, bytes, size);
    if (tab->bytes.failed) {
        tab->bytes.failed = false;
        return VT_STRTAB_NO_MEMORY;
    }
    tab->entries[tab->count] = entry;
    *slot = ++tab->count;
    return tab->count - 1;
}

uint32_t vt_strtab_find(const struct vt_strtab *tab, const void *bytes, size_t size) {
    if (!tab->slot_count)
        return VT_STRTAB_NONE;
    uint32_t slot = *slot_of(tab, bytes, size, hash_of(bytes, size));
    return slot ? slot - 1 : VT_STRTAB_NONE;
}

const char *vt_strtab_get(const struct vt_strtab *tab, uint32_t index, size_t *size) {
    VT_REQUIRE(index < tab->count);
    *size = tab->entries[index].size;
    return *size ? tab->bytes.data + tab->entries[index].offset : "";
}

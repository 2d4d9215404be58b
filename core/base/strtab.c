/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/strtab.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROTATED(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

/* SipHash-1-3 (https://www.aumasson.jp/siphash/siphash.pdf) with a key of the table's
 * own: whoever writes a report cannot choose names that fall into one slot. */
static void mix(uint64_t v[4]) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = ROTATED(v[1], 13) ^ v[0];
    v[3] = ROTATED(v[3], 16) ^ v[2];
    v[0] = ROTATED(v[0], 32) + v[3];
    v[2] += v[1];
    v[1] = ROTATED(v[1], 17) ^ v[2];
    v[3] = ROTATED(v[3], 21) ^ v[0];
    v[2] = ROTATED(v[2], 32);
}

static void take(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
}

static uint64_t hash_of(const struct vt_strtab *tab, const void *bytes, size_t size) {
    uint64_t v[4] = {
        tab->key[0] ^ UINT64_C(0x736F6D6570736575),
        tab->key[1] ^ UINT64_C(0x646F72616E646F6D),
        tab->key[0] ^ UINT64_C(0x6C7967656E657261),
        tab->key[1] ^ UINT64_C(0x7465646279746573),
    };
    const unsigned char *p = bytes;
    size_t left = size;
    for (uint64_t word; left >= sizeof word; p += sizeof word, left -= sizeof word) {
        memcpy(&word, p, sizeof word);
        take(v, word);
    }
    uint64_t last = 0;
    if (left)
        memcpy(&last, p, left);
    take(v, last | (uint64_t)size << 56);
    v[2] ^= 0xFF;
    for (int i = 0; i < 3; i++)
        mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* In a page the module has nobody to ask; there a report harms its own page only. */
static void make_key(struct vt_strtab *tab) {
#ifndef __wasm__
    if (getentropy(tab->key, sizeof tab->key) == 0)
        return;
#endif
    tab->key[0] = (uint64_t)(uintptr_t)tab;
    tab->key[1] = (uint64_t)(uintptr_t)tab->slots;
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
    bool is_first = !tab->slots;
    free(tab->slots);
    tab->slots = slots;
    tab->slot_count = slot_count;
    if (is_first)
        make_key(tab);
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
    if (!make_slots(tab) || !make_entry(tab))
        return VT_STRTAB_NO_MEMORY;
    uint64_t hash = hash_of(tab, bytes, size);
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
    uint32_t slot = *slot_of(tab, bytes, size, hash_of(tab, bytes, size));
    return slot ? slot - 1 : VT_STRTAB_NONE;
}

const char *vt_strtab_get(const struct vt_strtab *tab, uint32_t index, size_t *size) {
    VT_REQUIRE(index < tab->count);
    *size = tab->entries[index].size;
    return *size ? tab->bytes.data + tab->entries[index].offset : "";
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/store.h"

#include <stdlib.h>
#include <string.h>

void vt_store_fini(struct vt_store *store) {
    vt_strtab_fini(&store->name_texts);
    vt_strtab_fini(&store->words);
    vt_columns_fini(&store->columns);
    vt_blocks_fini(&store->blocks);
    vt_buf_fini(&store->metadata);
    for (size_t i = 0; i < store->counters.count; i++) {
        free(store->counters.items[i].samples.items);
        free(store->counters.items[i].low);
        free(store->counters.items[i].high);
    }
    for (size_t i = 0; store->buckets && i < store->rows.count; i++)
        vt_buckets_fini(&store->buckets[i]);
    free(store->buckets);
    free(store->names.items);
    free(store->processes.items);
    free(store->tracks.items);
    free(store->rows.items);
    free(store->instants.items);
    free(store->counters.items);
    free(store->flows.items);
    free(store->objects.items);
    free(store->snapshots.items);
    free(store->payloads.items);
    free(store->sources.items);
    free(store->functions.items);
}

enum vt_status vt_store_grow(void **items, size_t count, size_t *capacity, size_t size,
                             struct vt_error *err) {
    if (count < *capacity)
        return VT_OK;
    size_t wanted = *capacity ? *capacity + *capacity / 2 + 1 : 16;
    void *grown = wanted <= SIZE_MAX / size ? realloc(*items, wanted * size) : NULL;
    if (!grown)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    *items = grown;
    *capacity = wanted;
    return VT_OK;
}

static bool is_sorted(const char *items, size_t count, size_t size,
                      int (*compare)(const void *, const void *)) {
    for (size_t i = 1; i < count; i++)
        if (compare(items + (i - 1) * size, items + i * size) > 0)
            return false;
    return true;
}

/* Merges the sorted items [a, middle) and [middle, end). */
static void merge(const char *from, size_t a, size_t middle, size_t end, size_t size,
                  int (*compare)(const void *, const void *), char *to) {
    size_t b = middle;
    for (size_t at = a; at < end; at++) {
        bool left =
            a < middle && (b == end || compare(from + a * size, from + b * size) <= 0);
        memcpy(to + at * size, from + (left ? a++ : b++) * size, size);
    }
}

enum vt_status vt_store_sort(void *items, size_t count, size_t size,
                             int (*compare)(const void *, const void *),
                             struct vt_error *err) {
    if (is_sorted(items, count, size, compare))
        return VT_OK;
    char *spare = malloc(count * size), *from = items, *to = spare;
    if (!spare)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            size_t middle = i + width < count ? i + width : count;
            size_t end = i + 2 * width < count ? i + 2 * width : count;
            merge(from, i, middle, end, size, compare, to);
        }
        char *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, count * size);
    free(spare);
    return VT_OK;
}

uint32_t vt_store_name(struct vt_store *store, const char *text, size_t size,
                       uint32_t category, struct vt_error *err) {
    char small[512];
    char *key = size + 4 <= sizeof small ? small : malloc(size + 4);
    uint32_t number = VT_STORE_NONE;
    bool is_new = false;
    if (key) {
        memcpy(key, text, size);
        memcpy(key + size, &category, 4);
        number = vt_strtab_add(&store->name_texts, key, size + 4, &is_new);
    }
    if (key != small)
        free(key);
    struct vt_store_name name = {.category = category, .function = VT_STORE_NONE};
    if (number == VT_STORE_NONE) {
        vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        return VT_STORE_NONE;
    }
    if (is_new && vt_store_push(&store->names, name, err) != VT_OK)
        return VT_STORE_NONE;
    return number;
}

const char *vt_store_name_text(const struct vt_store *store, uint32_t name,
                               size_t *size) {
    const char *text = vt_strtab_get(&store->name_texts, name, size);
    *size -= 4;
    return text;
}

uint32_t vt_store_word(struct vt_store *store, const char *text, size_t size,
                       struct vt_error *err) {
    uint32_t number = vt_strtab_add(&store->words, text, size, NULL);
    if (number == VT_STRTAB_NO_MEMORY)
        vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return number;
}

enum vt_status vt_store_add_payload(struct vt_store *store, const char *text,
                                    size_t size, bool is_event, uint32_t *number,
                                    struct vt_error *err) {
    struct vt_store_payload payload = {.is_event = is_event};
    enum vt_status status =
        vt_blocks_add(&store->blocks, text, size, &payload.place, err);
    if (status == VT_OK)
        status = vt_store_push(&store->payloads, payload, err);
    *number = (uint32_t)store->payloads.count;
    return status;
}

uint32_t vt_store_row_of(const struct vt_store *store, uint32_t slice) {
    size_t low = 0, high = store->rows.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (store->rows.items[middle].first <= slice)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

uint32_t vt_store_enclosing(const struct vt_store *store, uint32_t row, int64_t start,
                            int64_t end) {
    const struct vt_store_row *r = &store->rows.items[row];
    const struct vt_columns *columns = &store->columns;
    uint32_t i = vt_columns_at(columns, r->first, r->first + r->count, start + 1);
    /* those that begin at the same time stand behind one another: the last that
     * reaches far enough */
    while (i > r->first) {
        i--;
        if (vt_columns_end(columns, i) >= end)
            return i;
        if (columns->start[i] < start)
            break;
    }
    return VT_STORE_NONE;
}

uint32_t vt_store_parent(const struct vt_store *store, uint32_t slice) {
    uint32_t row = vt_store_row_of(store, slice);
    if (!store->rows.items[row].depth)
        return VT_STORE_NONE;
    return vt_store_enclosing(store, row - 1, store->columns.start[slice],
                              vt_columns_end(&store->columns, slice));
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Symbols: names are copied into the log once, ever. An entry is written whole before
 * the block's `committed` covers it, so that a dead program leaves whole entries only.
 */
#include "core/record/log_internal.h"

#include <string.h>

/* The longest text kept; the rest of a longer one is cut. */
#define TEXT_MAX_BYTES (UINT32_C(16) << 20)

static uint32_t round_up_8(size_t size) {
    return (uint32_t)((size + 7) & ~(size_t)7);
}

static bool has_room(struct vt_log *log, const struct vt_block_header *block,
                     uint32_t size) {
    uint32_t end = VT_LOG_HEADER_BYTES + size +
                   atomic_load_explicit(&block->committed, memory_order_relaxed);
    return end <= vt_log_store_backed(&log->store, block) ||
           (end <= VT_LOG_BLOCK_BYTES && vt_log_store_back(&log->store, block));
}

/* A block with room for an entry of `size` bytes: the current one, a new one, or a long
 * one of its own. */
static struct vt_block_header *block_for(struct vt_log *log, uint32_t size) {
    struct vt_block_header *block = log->symbols;
    if (block && has_room(log, block, size))
        return block;
    uint32_t span =
        (size + VT_LOG_HEADER_BYTES + VT_LOG_BLOCK_BYTES - 1) / VT_LOG_BLOCK_BYTES;
    block = span == 1 ? vt_log_take_part(log) : vt_log_store_take(&log->store, span);
    if (block && span == 1 && !has_room(log, block, size)) {
        vt_log_store_give(&log->store, block);
        return NULL;
    }
    if (!block)
        return NULL;
    vt_log_store_publish(block, VT_BLOCK_SYMBOLS);
    if (span == 1)
        log->symbols = block;
    return block;
}

bool vt_log_append_symbol(struct vt_log *log, const struct vt_symbol *symbol,
                          const struct vt_log_text *parts, size_t part_count) {
    struct vt_block_header *block = block_for(log, symbol->size_bytes);
    if (!block)
        return false;
    uint32_t used = atomic_load_explicit(&block->committed, memory_order_relaxed);
    char *at = (char *)(block + 1) + used;
    char *end = at + symbol->size_bytes;
    memcpy(at, symbol, sizeof *symbol);
    at += sizeof *symbol;
    for (size_t i = 0; i < part_count; i++) {
        if (parts[i].size)
            memcpy(at, parts[i].bytes, parts[i].size);
        at += parts[i].size;
    }
    memset(at, 0, (size_t)(end - at));
    atomic_store_explicit(&block->committed, used + symbol->size_bytes,
                          memory_order_release);
    return true;
}

/* Cuts in front of a UTF-8 sequence, never inside one. */
static struct vt_log_text cut(struct vt_log_text text) {
    if (text.size <= TEXT_MAX_BYTES)
        return text;
    text.size = TEXT_MAX_BYTES;
    while (text.size && ((unsigned char)text.bytes[text.size] & 0xC0) == 0x80)
        text.size--;
    return text;
}

static struct vt_symbol symbol_head(enum vt_symbol_kind kind, uint32_t id,
                                    size_t body_bytes, size_t text_bytes) {
    return (struct vt_symbol){
        .size_bytes = round_up_8(sizeof(struct vt_symbol) + body_bytes),
        .kind = (uint16_t)kind,
        .id = id,
        .text_bytes = (uint32_t)text_bytes,
    };
}

/* Appends an entry with the next free id; wants the mutex. */
static uint32_t add_with_id(struct vt_log *log, enum vt_symbol_kind kind,
                            const struct vt_log_text *parts, size_t part_count,
                            size_t text_bytes) {
    size_t body = 0;
    for (size_t i = 0; i < part_count; i++)
        body += parts[i].size;
    if (log->next_id >= VT_LOG_NO_ID)
        return VT_LOG_NO_ID;
    struct vt_symbol symbol = symbol_head(kind, log->next_id, body, text_bytes);
    if (!vt_log_append_symbol(log, &symbol, parts, part_count))
        return VT_LOG_NO_ID;
    return log->next_id++;
}

uint32_t vt_log_add_python(struct vt_log *log, struct vt_log_text name,
                           struct vt_log_text file,
                           const struct vt_symbol_python *where) {
    name = cut(name);
    file = cut(file);
    struct vt_symbol_python body = *where;
    body.name_bytes = (uint32_t)name.size;
    const struct vt_log_text parts[] = {{(const char *)&body, sizeof body}, name, file};
    pthread_mutex_lock(&log->mutex);
    uint32_t id = add_with_id(log, VT_SYMBOL_PYTHON, parts, 3, name.size + file.size);
    pthread_mutex_unlock(&log->mutex);
    return id;
}

uint32_t vt_log_add_name(struct vt_log *log, enum vt_symbol_kind kind,
                         struct vt_log_text text) {
    text = cut(text);
    pthread_mutex_lock(&log->mutex);
    uint32_t id = add_with_id(log, kind, &text, 1, text.size);
    pthread_mutex_unlock(&log->mutex);
    return id;
}

void vt_log_add_process(struct vt_log *log, enum vt_symbol_kind kind,
                        struct vt_log_text text) {
    text = cut(text);
    (void)vt_log_add_symbol(log, kind, 0, text, text.size);
}

bool vt_log_add_symbol(struct vt_log *log, enum vt_symbol_kind kind, uint32_t id,
                       struct vt_log_text body, size_t text_bytes) {
    struct vt_symbol symbol = symbol_head(kind, id, body.size, text_bytes);
    pthread_mutex_lock(&log->mutex);
    bool added = vt_log_append_symbol(log, &symbol, &body, 1);
    pthread_mutex_unlock(&log->mutex);
    return added;
}

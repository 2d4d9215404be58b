/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/symbol_table.h"

#include <stdlib.h>
#include <string.h>

/* Ids and thread indexes are given out in order, but their entries may arrive a little
 * out of order when threads race. */
enum { MOST_IDS_AHEAD = 65536 };

void vt_symbol_table_fini(struct vt_symbol_table *table) {
    for (size_t i = 0; i < table->block_count; i++)
        free(table->blocks[i]);
    free(table->blocks);
    free(table->functions);
    free(table->threads);
    free(table->sources);
    *table = (struct vt_symbol_table){0};
}

/* The array with room for `wanted` items of `item_size` bytes, new ones zero; NULL when
 * memory ran out (the old array stays). */
static void *grow(void *items, size_t *capacity, size_t wanted, size_t item_size) {
    if (wanted <= *capacity)
        return items;
    size_t larger = *capacity ? *capacity * 2 : 64;
    if (larger < wanted)
        larger = wanted;
    char *grown = realloc(items, larger * item_size);
    if (!grown)
        return NULL;
    memset(grown + *capacity * item_size, 0, (larger - *capacity) * item_size);
    *capacity = larger;
    return grown;
}

/* One entry with its bytes, known to lie within the block. */
struct entry {
    struct vt_symbol head;
    const char *body; /* what follows the head */
    size_t body_size; /* bytes, the text and padding included */
};

/* The text behind a struct of `struct_size` bytes; false when it does not fit. */
static bool text_of(const struct entry *entry, size_t struct_size,
                    struct vt_text *text) {
    if (entry->body_size < struct_size ||
        entry->body_size - struct_size < entry->head.text_bytes)
        return false;
    *text = (struct vt_text){entry->body + struct_size, entry->head.text_bytes};
    return true;
}

static bool split(struct vt_text whole, uint32_t first_bytes, struct vt_text *first,
                  struct vt_text *rest) {
    if (first_bytes > whole.size)
        return false;
    *first = (struct vt_text){whole.bytes, first_bytes};
    *rest = (struct vt_text){whole.bytes + first_bytes, whole.size - first_bytes};
    return true;
}

static bool is_plausible(const struct vt_symbol_table *table, uint32_t id) {
    return id <= VT_EVENT_ID_MASK && id < table->entries + MOST_IDS_AHEAD;
}

static bool read_python(const struct entry *entry, struct vt_function *function) {
    struct vt_symbol_python where;
    struct vt_text text;
    if (!text_of(entry, sizeof where, &text))
        return false;
    memcpy(&where, entry->body, sizeof where);
    function->line = where.line;
    function->identity = (struct vt_file_identity){where.device, where.inode,
                                                   where.size_bytes, where.mtime_ns};
    return split(text, where.name_bytes, &function->name, &function->file);
}

/* false: memory ran out. Entries that do not hold together are left out. */
static bool add_function(struct vt_symbol_table *table, const struct entry *entry) {
    uint32_t id = entry->head.id;
    struct vt_function function = {.kind = (enum vt_symbol_kind)entry->head.kind};
    bool is_whole = function.kind == VT_SYMBOL_PYTHON
                        ? read_python(entry, &function)
                        : text_of(entry, 0, &function.name);
    if (!is_whole || !is_plausible(table, id))
        return true;
    struct vt_function *functions =
        grow(table->functions, &table->function_capacity, id + 1, sizeof *functions);
    if (!functions)
        return false;
    table->functions = functions;
    if (id >= table->function_count)
        table->function_count = id + 1;
    table->functions[id] = function;
    return true;
}

static bool add_thread(struct vt_symbol_table *table, const struct entry *entry) {
    uint32_t index = entry->head.id;
    struct vt_symbol_thread where;
    struct vt_trace_thread thread = {.known = true};
    if (!text_of(entry, sizeof where, &thread.name) || !is_plausible(table, index))
        return true;
    memcpy(&where, entry->body, sizeof where);
    thread.tid = where.tid;
    thread.is_task = where.flags & VT_THREAD_IS_TASK;
    struct vt_trace_thread *threads =
        grow(table->threads, &table->thread_capacity, index + 1, sizeof *threads);
    if (!threads)
        return false;
    table->threads = threads;
    if (index >= table->thread_count)
        table->thread_count = index + 1;
    table->threads[index] = thread;
    return true;
}

static bool add_source(struct vt_symbol_table *table, const struct entry *entry) {
    struct vt_symbol_source where;
    struct vt_function_source source;
    struct vt_text text;
    if (!text_of(entry, sizeof where, &text))
        return true;
    memcpy(&where, entry->body, sizeof where);
    if (!split(text, where.name_bytes, &source.file, &source.path))
        return true;
    source.identity = (struct vt_file_identity){where.device, where.inode,
                                                where.size_bytes, where.mtime_ns};
    struct vt_function_source *sources = grow(table->sources, &table->source_capacity,
                                              table->source_count + 1, sizeof *sources);
    if (!sources)
        return false;
    table->sources = sources;
    table->sources[table->source_count++] = source;
    return true;
}

static bool add_text(struct vt_text *place, const struct entry *entry) {
    struct vt_text text;
    if (text_of(entry, 0, &text))
        *place = text;
    return true;
}

static bool add_entry(struct vt_symbol_table *table, const struct entry *entry) {
    table->entries++;
    switch (entry->head.kind) {
    case VT_SYMBOL_PYTHON:
    case VT_SYMBOL_C:
    case VT_SYMBOL_NAME:
        return add_function(table, entry);
    case VT_SYMBOL_THREAD:
        return add_thread(table, entry);
    case VT_SYMBOL_PROCESS:
        return add_text(&table->process_name, entry);
    case VT_SYMBOL_COMMAND:
        return add_text(&table->command, entry);
    case VT_SYMBOL_CONFIG:
        return add_text(&table->config, entry);
    case VT_SYMBOL_SOURCE:
        return add_source(table, entry);
    default:
        return true;
    }
}

/* The entry at `at`; false when there is no whole one. */
static bool read_entry(const char *body, size_t size, size_t at, struct entry *entry) {
    if (size - at < sizeof entry->head)
        return false;
    memcpy(&entry->head, body + at, sizeof entry->head);
    size_t entry_size = entry->head.size_bytes;
    if (entry_size < sizeof entry->head || entry_size % 8 || entry_size > size - at)
        return false;
    entry->body = body + at + sizeof entry->head;
    entry->body_size = entry_size - sizeof entry->head;
    return true;
}

enum vt_status vt_symbol_table_add_block(struct vt_symbol_table *table, char *body,
                                         size_t size, struct vt_error *err) {
    char **blocks = grow(table->blocks, &table->block_capacity, table->block_count + 1,
                         sizeof *blocks);
    if (!blocks) {
        free(body);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    table->blocks = blocks;
    table->blocks[table->block_count++] = body;
    struct entry entry;
    for (size_t at = 0; read_entry(body, size, at, &entry);
         at += entry.head.size_bytes) {
        if (!add_entry(table, &entry))
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    return VT_OK;
}

const struct vt_function *vt_symbol_table_function(const struct vt_symbol_table *table,
                                                   uint32_t id) {
    if (id >= table->function_count || !table->functions[id].kind)
        return NULL;
    return &table->functions[id];
}

const struct vt_trace_thread *
vt_symbol_table_thread(const struct vt_symbol_table *table, uint32_t index) {
    if (index >= table->thread_count || !table->threads[index].known)
        return NULL;
    return &table->threads[index];
}

void vt_function_append_name(const struct vt_function *function, struct vt_buf *out) {
    vt_buf_append(out, function->name.bytes, function->name.size);
    if (function->kind != VT_SYMBOL_PYTHON)
        return;
    vt_buf_append_text(out, " (");
    vt_buf_append(out, function->file.bytes, function->file.size);
    vt_buf_printf(out, ":%d)", (int)function->line);
}

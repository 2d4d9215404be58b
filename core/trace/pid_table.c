/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/pid_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Above the largest pid of Linux, 2^22 (proc(5), pid_max). */
#define STEP INT64_C(10000000)

/* ---- the pids of one trace */

void vt_pid_table_fini(struct vt_pid_table *table) {
    for (size_t i = 0; table->pids && i < table->texts.count; i++)
        free(table->pids[i].number);
    free(table->pids);
    vt_strtab_fini(&table->texts);
    *table = (struct vt_pid_table){0};
}

static bool make_pid(struct vt_pid_table *table) {
    if (table->texts.count < table->capacity)
        return true;
    size_t capacity = table->capacity ? 2 * table->capacity : 16;
    struct vt_pid *pids = realloc(table->pids, capacity * sizeof *pids);
    if (!pids)
        return false;
    table->pids = pids;
    table->capacity = capacity;
    return true;
}

static uint32_t add_text(struct vt_pid_table *table, const char *text, size_t size) {
    bool is_new;
    if (!make_pid(table))
        return VT_STRTAB_NO_MEMORY;
    uint32_t index = vt_strtab_add(&table->texts, text, size, &is_new);
    if (index != VT_STRTAB_NO_MEMORY && is_new)
        table->pids[index] = (struct vt_pid){0};
    return index;
}

static uint32_t add_string(struct vt_pid_table *table, const char *inside,
                           size_t size) {
    char small[256];
    char *plain = size <= sizeof small ? small : malloc(size);
    if (!plain)
        return VT_STRTAB_NO_MEMORY;
    uint32_t index = add_text(table, plain, vt_jtext_unescape(inside, size, plain));
    if (plain != small)
        free(plain);
    return index;
}

static uint32_t add_value(struct vt_pid_table *table,
                          const struct vt_jscan_token *token, const char *value,
                          size_t size) {
    if (token->kind == VT_JSCAN_STRING)
        return add_string(table, value + 1, size - 2);
    int64_t number;
    if (!vt_decimal_to_i64(&token->number, &number))
        return add_text(table, value, size);
    char text[24];
    return add_text(table, text,
                    (size_t)snprintf(text, sizeof text, "%" PRId64, number));
}

uint32_t vt_pid_table_add(struct vt_pid_table *table,
                          const struct vt_jscan_token *token, const char *value,
                          size_t size) {
    if (size == table->last_size && !memcmp(value, table->last, size))
        return table->last_index;
    uint32_t index = add_value(table, token, value, size);
    if (index != VT_STRTAB_NO_MEMORY && size <= sizeof table->last) {
        memcpy(table->last, value, size);
        table->last_size = size;
        table->last_index = index;
    }
    return index;
}

/* ---- those of all */

void vt_pid_owners_fini(struct vt_pid_owners *owners) {
    free(owners->owners);
    vt_strtab_fini(&owners->texts);
    *owners = (struct vt_pid_owners){0};
}

/* Enters a text for `trace` if nobody has it; *is_new tells. */
static bool enter(struct vt_pid_owners *owners, const char *text, size_t size,
                  uint32_t trace, bool *is_new) {
    if (owners->texts.count == owners->capacity) {
        size_t capacity = owners->capacity ? 2 * owners->capacity : 16;
        uint32_t *more = realloc(owners->owners, capacity * sizeof *more);
        if (!more)
            return false;
        owners->owners = more;
        owners->capacity = capacity;
    }
    uint32_t index = vt_strtab_add(&owners->texts, text, size, is_new);
    if (index == VT_STRTAB_NO_MEMORY)
        return false;
    if (*is_new)
        owners->owners[index] = trace;
    return true;
}

enum vt_status vt_pid_owners_add(struct vt_pid_owners *owners,
                                 const struct vt_pid_table *table, uint32_t trace,
                                 struct vt_error *err) {
    for (uint32_t i = 0; i < table->texts.count; i++) {
        size_t size;
        bool is_new;
        const char *text = vt_strtab_get(&table->texts, i, &size);
        if (!enter(owners, text, size, trace, &is_new))
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    return VT_OK;
}

uint32_t vt_pid_owners_find(const struct vt_pid_owners *owners, const char *text,
                            size_t size) {
    uint32_t index = vt_strtab_find(&owners->texts, text, size);
    VT_REQUIRE(index != VT_STRTAB_NONE);
    return owners->owners[index];
}

/* The whole number that a text is, if it is one that has room for many steps. */
static bool is_small_number(const char *text, size_t size, int64_t *number) {
    struct vt_decimal value;
    return size < 17 && vt_jnumber_read(text, size, &value) &&
           vt_decimal_to_i64(&value, number);
}

/* The n-th other name of a pid; owned by the caller, NULL: memory ran out. */
static char *other_name(const char *text, size_t size, uint32_t n) {
    int64_t number;
    char *name = malloc(size + 40);
    if (name && is_small_number(text, size, &number))
        snprintf(name, size + 40, "%" PRId64, number + n * STEP);
    else if (name)
        snprintf(name, size + 40, "%.*s (%" PRIu32 ")", (int)size, text, n + 1);
    return name;
}

/* Tries one other name after another until it finds one that nobody has. */
static char *find_free_name(struct vt_pid_owners *owners, const char *text, size_t size,
                            uint32_t trace) {
    for (uint32_t n = 1;; n++) {
        bool is_new;
        char *name = other_name(text, size, n);
        if (!name || !enter(owners, name, strlen(name), trace, &is_new)) {
            free(name);
            return NULL;
        }
        if (is_new)
            return name;
        free(name);
    }
}

enum vt_status vt_pid_owners_renumber(struct vt_pid_owners *owners,
                                      struct vt_pid_table *table, uint32_t trace,
                                      struct vt_error *err) {
    for (uint32_t i = 0; i < table->texts.count; i++) {
        size_t size;
        const char *text = vt_strtab_get(&table->texts, i, &size);
        if (vt_pid_owners_find(owners, text, size) == trace)
            continue;
        table->pids[i].number = find_free_name(owners, text, size, trace);
        if (!table->pids[i].number)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    return VT_OK;
}

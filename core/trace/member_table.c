/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/member_table.h"
#include "core/base/jtext.h"

#include <stdlib.h>
#include <string.h>

void vt_member_table_fini(struct vt_member_table *table) {
    vt_strtab_fini(&table->names);
    vt_buf_fini(&table->bytes);
    free(table->entries);
    *table = (struct vt_member_table){0};
}

/* The number of the name, unescaped in the free space of the table's bytes. */
static uint32_t add_name(struct vt_member_table *table,
                         const struct vt_member_text *member, bool *is_new) {
    char *plain = vt_buf_reserve(&table->bytes, member->name_size + 1);
    if (!plain) {
        table->bytes.failed = false;
        return VT_STRTAB_NO_MEMORY;
    }
    size_t size = vt_jtext_unescape(member->name, member->name_size, plain);
    return vt_strtab_add(&table->names, plain, size, is_new);
}

static bool make_entry(struct vt_member_table *table) {
    if (table->names.count < table->capacity)
        return true;
    size_t capacity = table->capacity ? 2 * table->capacity : 32;
    struct vt_member_table_entry *entries =
        realloc(table->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

static bool is_same(const struct vt_member_table *table, uint32_t index,
                    const struct vt_member_text *member) {
    struct vt_member_text old = vt_member_table_get(table, index);
    return old.value_size == member->value_size &&
           memcmp(old.value, member->value, member->value_size) == 0;
}

enum vt_member_table_result vt_member_table_add(struct vt_member_table *table,
                                                const struct vt_member_text *member) {
    bool is_new;
    size_t size = member->name_size + member->value_size;
    /* All that may fail comes before the name is there. */
    if (!make_entry(table) || !vt_buf_reserve(&table->bytes, size)) {
        table->bytes.failed = false;
        return VT_MEMBER_TABLE_NO_MEMORY;
    }
    uint32_t index = add_name(table, member, &is_new);
    if (index == VT_STRTAB_NO_MEMORY)
        return VT_MEMBER_TABLE_NO_MEMORY;
    if (!is_new)
        return is_same(table, index, member) ? VT_MEMBER_TABLE_SAME
                                             : VT_MEMBER_TABLE_OTHER;
    table->entries[index] = (struct vt_member_table_entry){
        .name_at = table->bytes.size,
        .name_size = member->name_size,
        .value_at = table->bytes.size + member->name_size,
        .value_size = member->value_size,
    };
    vt_buf_append(&table->bytes, member->name, member->name_size);
    vt_buf_append(&table->bytes, member->value, member->value_size);
    return VT_MEMBER_TABLE_NEW;
}

struct vt_member_text vt_member_table_get(const struct vt_member_table *table,
                                          size_t index) {
    VT_REQUIRE(index < table->names.count);
    const struct vt_member_table_entry *entry = &table->entries[index];
    return (struct vt_member_text){
        .name = table->bytes.data + entry->name_at,
        .name_size = entry->name_size,
        .value = table->bytes.data + entry->value_at,
        .value_size = entry->value_size,
    };
}

void vt_member_table_write(const struct vt_member_table *table, bool is_first,
                           struct vt_jwrite *out) {
    for (size_t i = 0; i < vt_member_table_count(table); i++) {
        struct vt_member_text member = vt_member_table_get(table, i);
        vt_jwrite_text(out, is_first ? "\"" : ", \"");
        vt_jwrite_bytes(out, member.name, member.name_size);
        vt_jwrite_text(out, "\": ");
        vt_jwrite_bytes(out, member.value, member.value_size);
        is_first = false;
    }
}

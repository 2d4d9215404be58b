/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/label_table.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_BUFFER_BYTES = 1024 };

enum vt_status vt_label_table_init(struct vt_label_table *table,
                                   const struct vt_label_form *form,
                                   const struct vt_symbol_table *symbols, int32_t pid,
                                   struct vt_error *err) {
    *table = (struct vt_label_table){.form = *form, .pid = pid, .symbols = symbols};
    table->tail_count = symbols->function_count;
    table->head_count = symbols->thread_count;
    table->tails = calloc(table->tail_count + 1, sizeof *table->tails);
    table->heads = calloc(table->head_count + 1, sizeof *table->heads);
    enum vt_status status = vt_jwrite_init(&table->out, vt_sink_to_buf(&table->text),
                                           TEXT_BUFFER_BYTES, err);
    if (status == VT_OK && (!table->tails || !table->heads))
        status = vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    if (status != VT_OK)
        vt_label_table_fini(table);
    return status;
}

void vt_label_table_fini(struct vt_label_table *table) {
    for (size_t i = 0; table->tails && i <= table->tail_count; i++)
        free(table->tails[i].text);
    free(table->tails);
    free(table->heads);
    vt_jwrite_fini(&table->out);
    vt_buf_fini(&table->text);
    *table = (struct vt_label_table){0};
}

static bool is_printable(struct vt_text text) {
    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] < 0x20 || text.bytes[i] > 0x7E)
            return false;
    }
    return true;
}

/* "module.name" becomes "module" when it has unprintable bytes. */
static struct vt_text sanitized(struct vt_text name) {
    if (is_printable(name))
        return name;
    const char *dot = memrchr(name.bytes, '.', name.size);
    struct vt_text module = {name.bytes, dot ? (size_t)(dot - name.bytes) : 0};
    return is_printable(module) ? module : (struct vt_text){0};
}

/* Appends the function's name to table->text as UTF-8. */
static void append_name(struct vt_label_table *table,
                        const struct vt_function *function, struct vt_buf *out) {
    static const struct vt_function unknown = {
        .kind = VT_SYMBOL_NAME, .name = {"<unknown>", sizeof "<unknown>" - 1}};
    struct vt_function named = function ? *function : unknown;
    if (table->form.sanitize && named.kind == VT_SYMBOL_C)
        named.name = sanitized(named.name);
    vt_function_append_name(&named, out);
}

static bool take_tail(struct vt_label_table *table, struct vt_tail *tail) {
    size_t size = table->text.size;
    tail->quoted_at = (uint32_t)strlen(table->form.name);
    tail->quoted_size = (uint32_t)(size - tail->quoted_at - strlen(table->form.end));
    tail->size = (uint32_t)size;
    tail->text = vt_buf_steal(&table->text);
    return tail->text;
}

struct vt_tail *vt_label_table_render_tail(struct vt_label_table *table, uint32_t id) {
    size_t count = table->tail_count;
    struct vt_tail *tail = &table->tails[id < count ? id : count];
    if (tail->text)
        return tail;
    struct vt_buf name = {0};
    append_name(table, vt_symbol_table_function(table->symbols, id), &name);
    vt_buf_clear(&table->text);
    vt_jwrite_text(&table->out, table->form.name);
    vt_jwrite_string(&table->out, name.data, name.size);
    vt_jwrite_text(&table->out, table->form.end);
    bool is_whole = !name.failed && vt_jwrite_finish(&table->out, NULL) == VT_OK &&
                    take_tail(table, tail);
    vt_buf_fini(&name);
    return is_whole ? tail : NULL;
}

const struct vt_head *vt_label_table_render_head(struct vt_label_table *table,
                                                 uint32_t index) {
    size_t count = table->head_count;
    struct vt_head *head = &table->heads[index < count ? index : count];
    if (head->size)
        return head;
    const struct vt_trace_thread *thread =
        vt_symbol_table_thread(table->symbols, index);
    vt_buf_clear(&table->text);
    vt_jwrite_text(&table->out, table->form.event);
    vt_jwrite_i64(&table->out, table->pid);
    vt_jwrite_text(&table->out, table->form.tid);
    vt_jwrite_u64(&table->out, thread ? thread->tid : 0);
    vt_jwrite_text(&table->out, table->form.ts);
    if (vt_jwrite_finish(&table->out, NULL) != VT_OK)
        return NULL;
    VT_REQUIRE(table->text.size <= sizeof head->text);
    memcpy(head->text, table->text.data, table->text.size);
    head->size = (uint32_t)table->text.size;
    return head;
}

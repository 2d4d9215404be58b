/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/late.h"

#include "embed/pyjson.h"

#include <stdlib.h>
#include <string.h>

struct vt_late_item {
    uint64_t start; /* ticks */
    uint32_t thread;
    PyObject *prefix; /* bytes */
    PyObject *args;
};

static struct vt_late_item *item_at(const struct vt_late *late, size_t index) {
    return &late->items[(late->head + index) % VT_LATE_MAX];
}

static void drop(struct vt_late_item item) {
    Py_XDECREF(item.prefix);
    Py_XDECREF(item.args);
}

bool vt_late_remember(struct vt_late *late, uint64_t start, uint32_t thread,
                      PyObject *prefix, PyObject *args) {
    if (!late->items)
        late->items = calloc(VT_LATE_MAX, sizeof *late->items);
    if (!late->items)
        return false;
    struct vt_late_item oldest = {0};
    if (late->count == VT_LATE_MAX) {
        oldest = *item_at(late, 0);
        late->head = (late->head + 1) % VT_LATE_MAX;
        late->count--;
    }
    Py_INCREF(prefix);
    Py_INCREF(args);
    *item_at(late, late->count++) = (struct vt_late_item){start, thread, prefix, args};
    drop(oldest); /* last: it may run code of the program */
    return true;
}

void vt_late_clear(struct vt_late *late) {
    struct vt_late old = *late;
    *late = (struct vt_late){0};
    for (size_t i = 0; i < old.count; i++)
        drop(*item_at(&old, i));
    free(old.items);
}

int vt_late_traverse(struct vt_late *late, visitproc visit, void *arg) {
    for (size_t i = 0; i < late->count; i++)
        Py_VISIT(item_at(late, i)->args);
    return 0;
}

void vt_late_free(struct vt_late_overrides *overrides) {
    free(overrides->items);
    free(overrides->text);
    *overrides = (struct vt_late_overrides){0};
}

/* ---- settling ---- */

/* The payload of one item; *size: where it ends in `text`. */
static bool append_payload(struct vt_buf *text, const struct vt_late_item *item) {
    struct vt_pyjson json = {.out = text};
    vt_buf_append(text, PyBytes_AS_STRING(item->prefix),
                  (size_t)PyBytes_GET_SIZE(item->prefix));
    vt_pyjson_append(&json, item->args);
    vt_buf_append_char(text, '}');
    Py_XDECREF(json.complaint); /* it was made when the event was logged */
    return !json.raised;
}

static int by_start_and_thread(const void *left, const void *right) {
    const struct vt_log_override *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->thread > b->thread) - (a->thread < b->thread);
}

/* The payloads lie one behind the other; where the text is, is known at the end. */
static void point_into(struct vt_late_overrides *made) {
    const char *at = made->text;
    for (size_t i = 0; i < made->count; i++) {
        made->items[i].payload = at;
        at += made->items[i].payload_bytes;
    }
    if (made->count)
        qsort(made->items, made->count, sizeof *made->items, by_start_and_thread);
}

bool vt_late_settle(const struct vt_late *late, struct vt_late_overrides *overrides) {
    struct vt_late_overrides made = {0};
    struct vt_buf text = {0};
    bool written = true;
    size_t most = late->count; /* the program's code may log more meanwhile */
    made.items = calloc(most + 1, sizeof *made.items);
    for (size_t i = 0; made.items && written && i < most && i < late->count; i++) {
        struct vt_late_item item = *item_at(late, i);
        size_t before = text.size;
        Py_INCREF(item.prefix);
        Py_INCREF(item.args);
        written = append_payload(&text, &item);
        drop(item);
        made.items[made.count++] = (struct vt_log_override){
            item.start, item.thread, (uint32_t)(text.size - before), NULL};
    }
    if (!written) {
        vt_buf_fini(&text);
        vt_late_free(&made);
        return false;
    }
    bool no_memory = !made.items || text.failed;
    made.text = vt_buf_steal(&text);
    if (no_memory || !made.text) {
        vt_late_free(&made);
        PyErr_NoMemory();
        return false;
    }
    point_into(&made);
    vt_late_free(overrides);
    *overrides = made;
    return true;
}

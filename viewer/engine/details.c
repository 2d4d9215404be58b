/* SPDX-License-Identifier: Apache-2.0
 *
 * All about one thing, as JSON: SLICE, INSTANT, OBJECTS, OBJECT, SOURCE.
 */
#include "viewer/engine/answer.h"

#include <stdlib.h>

static void put_number(struct vt_jwrite *out, const char *name, int64_t value) {
    vt_jwrite_text(out, ", \"");
    vt_jwrite_text(out, name);
    vt_jwrite_text(out, "\": ");
    vt_jwrite_i64(out, value);
}

/* ", \"name\": 3, \"text\": \"f\", \"category\": \"FEE\"" */
static void put_name(struct vt_answer *answer, struct vt_jwrite *out, uint32_t name) {
    uint32_t category = answer->store->names.items[name].category;
    put_number(out, "name", name);
    vt_jwrite_text(out, ", \"text\": ");
    vt_answer_json_name(answer, out, name);
    vt_jwrite_text(out, ", \"category\": ");
    if (category == VT_STORE_NONE)
        vt_jwrite_text(out, "null");
    else
        vt_answer_json_name(answer, out, category);
}

static const struct vt_store_function *function_of(const struct vt_store *store,
                                                   uint32_t name) {
    uint32_t function = store->names.items[name].function;
    return function == VT_STORE_NONE ? NULL : &store->functions.items[function];
}

/* ---- a slice */

enum { STACK = 1000 };

static void put_stack(struct vt_answer *answer, struct vt_jwrite *out, uint32_t slice) {
    const struct vt_store *store = answer->store;
    uint32_t stack[STACK], count = 0;
    uint32_t depth = store->rows.items[vt_store_row_of(store, slice)].depth;
    for (uint32_t i = vt_store_parent(store, slice);
         i != VT_STORE_NONE && count < STACK; i = vt_store_parent(store, i))
        stack[count++] = i;
    vt_jwrite_text(out, ", \"stack\": [");
    for (uint32_t i = count; i--;) {
        vt_jwrite_text(out, i + 1 < count ? ", {\"slice\": " : "{\"slice\": ");
        vt_jwrite_u64(out, stack[i]);
        put_number(out, "name", store->columns.name[stack[i]]);
        vt_jwrite_text(out, "}");
    }
    vt_jwrite_text(out, "]");
    put_number(out, "stack_depth", depth);
}

static void put_children(struct vt_answer *answer, struct vt_jwrite *out,
                         uint32_t slice) {
    const struct vt_columns *columns = &answer->store->columns;
    uint32_t first = 0, end = 0;
    int64_t self = vt_columns_dur(columns, slice);
    if (vt_select_children(answer->store, slice, &first, &end))
        self -= (int64_t)vt_columns_sum(columns, first, end);
    else
        first = end = 0;
    put_number(out, "self", self);
    put_number(out, "children", end - first);
}

static void put_flows(struct vt_answer *answer, struct vt_jwrite *out, uint32_t slice) {
    bool is_first = true;
    vt_jwrite_text(out, ", \"flows\": [");
    for (size_t i = 0; i < answer->store->flows.count; i++) {
        const struct vt_store_flow *flow = &answer->store->flows.items[i];
        if (flow->from != slice && flow->to != slice)
            continue;
        vt_jwrite_text(out, is_first ? "{\"dir\": " : ", {\"dir\": ");
        vt_jwrite_text(out, flow->from == slice ? "\"out\"" : "\"in\"");
        put_number(out, "slice", flow->from == slice ? flow->to : flow->from);
        put_number(out, "name", flow->name);
        vt_jwrite_text(out, ", \"id\": ");
        vt_answer_json_word(answer, out, flow->id);
        vt_jwrite_text(out, "}");
        is_first = false;
    }
    vt_jwrite_text(out, "]");
}

static void put_place(struct vt_answer *answer, struct vt_jwrite *out, uint32_t name) {
    const struct vt_store_function *function = function_of(answer->store, name);
    vt_jwrite_text(out, ", \"path\": ");
    vt_answer_json_word(answer, out, function ? function->path : VT_STORE_NONE);
    if (function)
        put_number(out, "line", function->line);
    else
        vt_jwrite_text(out, ", \"line\": null");
}

static void put_end_args(struct vt_answer *answer, struct vt_jwrite *out,
                         uint32_t number) {
    const struct vt_store *store = answer->store;
    if (!number || number > store->payloads.count)
        return;
    struct vt_text_place place = store->payloads.items[number - 1].place;
    const char *text = vt_blocks_text(&store->blocks, &answer->view, place);
    vt_jwrite_text(out, ", \"end_args\": ");
    vt_jwrite_json(out, text ? text : "null", text ? place.size : 4);
}

void vt_answer_slice(struct vt_answer *answer) {
    const struct vt_columns *columns = &answer->store->columns;
    struct vt_jwrite out;
    uint32_t slice = answer->a;
    if (!vt_answer_has_slice(answer, slice) || !vt_answer_json_begin(answer, &out))
        return;
    uint32_t row = vt_store_row_of(answer->store, slice);
    const struct vt_columns_odd *odd = vt_columns_odd(columns, slice);
    vt_jwrite_text(&out, "{\"slice\": ");
    vt_jwrite_u64(&out, slice);
    put_number(&out, "row", row);
    put_number(&out, "track", answer->store->rows.items[row].track);
    put_number(&out, "depth", answer->store->rows.items[row].depth);
    put_name(answer, &out, columns->name[slice]);
    put_number(&out, "start", columns->start[slice]);
    put_number(&out, "duration", vt_columns_dur(columns, slice));
    vt_answer_json_times(answer, &out, columns->start[slice]);
    vt_jwrite_text(&out, odd && odd->unfinished ? ", \"unfinished\": true"
                                                : ", \"unfinished\": false");
    vt_answer_json_payload(answer, &out,
                           columns->payload ? columns->payload[slice] : 0);
    put_end_args(answer, &out, odd ? odd->end_payload : 0);
    put_stack(answer, &out, slice);
    put_children(answer, &out, slice);
    put_flows(answer, &out, slice);
    put_place(answer, &out, columns->name[slice]);
    vt_jwrite_text(&out, "}");
    vt_answer_json_end(answer, &out);
    answer->count = 1;
}

void vt_answer_instant(struct vt_answer *answer) {
    struct vt_jwrite out;
    if (answer->a >= answer->store->instants.count) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such instant");
        return;
    }
    const struct vt_store_instant *instant = &answer->store->instants.items[answer->a];
    const char scope[] = {'"', instant->scope, '"', '\0'};
    if (!vt_answer_json_begin(answer, &out))
        return;
    vt_jwrite_text(&out, "{\"instant\": ");
    vt_jwrite_u64(&out, answer->a);
    put_number(&out, "track", instant->track);
    put_name(answer, &out, instant->name);
    put_number(&out, "start", instant->time);
    vt_answer_json_times(answer, &out, instant->time);
    vt_jwrite_text(&out, ", \"scope\": ");
    vt_jwrite_text(&out, scope);
    vt_answer_json_payload(answer, &out, instant->payload);
    vt_jwrite_text(&out, "}");
    vt_answer_json_end(answer, &out);
    answer->count = 1;
}

/* ---- objects */

static void put_time(struct vt_jwrite *out, const char *name, int64_t time) {
    if (time != INT64_MIN) {
        put_number(out, name, time);
        return;
    }
    vt_jwrite_text(out, ", \"");
    vt_jwrite_text(out, name);
    vt_jwrite_text(out, "\": null");
}

/* Without the bracket that ends it. */
static void put_object(struct vt_answer *answer, struct vt_jwrite *out, uint32_t i) {
    const struct vt_store_object *object = &answer->store->objects.items[i];
    vt_jwrite_text(out, "{\"object\": ");
    vt_jwrite_u64(out, i);
    put_number(out, "process", object->process);
    vt_jwrite_text(out, ", \"id\": ");
    vt_answer_json_word(answer, out, object->id);
    put_name(answer, out, object->name);
    put_time(out, "created", object->created);
    put_time(out, "deleted", object->deleted);
    put_number(out, "snapshots", object->snapshots);
}

void vt_answer_objects(struct vt_answer *answer) {
    struct vt_jwrite out;
    uint32_t all = (uint32_t)answer->store->objects.count;
    uint32_t limit = answer->limit ? answer->limit : 1000;
    if (!vt_answer_json_begin(answer, &out))
        return;
    vt_jwrite_text(&out, "{\"objects\": [");
    for (uint32_t i = answer->a; i < all && answer->count < limit; i++) {
        if (answer->count++)
            vt_jwrite_text(&out, ", ");
        put_object(answer, &out, i);
        vt_jwrite_text(&out, "}");
    }
    vt_jwrite_text(&out, "]}");
    vt_answer_json_end(answer, &out);
    answer->total = all;
}

void vt_answer_object(struct vt_answer *answer) {
    struct vt_jwrite out;
    uint32_t limit = answer->limit ? answer->limit : 100;
    if (answer->a >= answer->store->objects.count) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such object");
        return;
    }
    const struct vt_store_object *object = &answer->store->objects.items[answer->a];
    if (!vt_answer_json_begin(answer, &out))
        return;
    put_object(answer, &out, answer->a);
    vt_jwrite_text(&out, ", \"list\": [");
    for (uint32_t i = answer->b; i < object->snapshots && answer->count < limit; i++) {
        const struct vt_store_snapshot *snapshot =
            &answer->store->snapshots.items[object->first_snapshot + i];
        vt_jwrite_text(&out, answer->count++ ? ", {\"start\": " : "{\"start\": ");
        vt_jwrite_i64(&out, snapshot->time);
        vt_answer_json_payload(answer, &out, snapshot->payload);
        vt_jwrite_text(&out, "}");
    }
    vt_jwrite_text(&out, "]}");
    vt_answer_json_end(answer, &out);
    answer->total = object->snapshots;
}

/* ---- source */

void vt_answer_source(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    struct vt_jwrite out;
    if (!vt_answer_has_name(answer, answer->a) || !vt_answer_json_begin(answer, &out))
        return;
    const struct vt_store_function *function = function_of(store, answer->a);
    const char *text = NULL;
    size_t size = 0;
    for (size_t i = 0; function && i < store->sources.count && !text; i++) {
        const struct vt_store_source *source = &store->sources.items[i];
        if (source->path != function->path)
            continue;
        text = vt_blocks_text(&store->blocks, &answer->view, source->text);
        size = source->text.size;
    }
    vt_jwrite_text(&out, "{");
    if (function) {
        vt_jwrite_text(&out, "\"path\": ");
        vt_answer_json_word(answer, &out, function->path);
        put_number(&out, "line", function->line);
        vt_jwrite_text(&out, ", \"text\": ");
        vt_jwrite_json(&out, text ? text : "null", text ? size : 4);
    }
    vt_jwrite_text(&out, "}");
    vt_answer_json_end(answer, &out);
    answer->count = 1;
}

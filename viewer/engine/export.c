/* SPDX-License-Identifier: Apache-2.0
 *
 * EXPORT: what is in a range, as the text of a trace file again, piece by piece. The
 * place in the trace is a number: slices, then instants, then counters, then flows,
 * then objects; a piece ends when it is large enough.
 *
 * An event that was kept as a whole goes out as it stood.
 */
#include "viewer/engine/answer.h"
#include "viewer/engine/jwalk.h"

#include <string.h>

#define PIECE_BYTES ((size_t)1 << 20)

struct exporting {
    struct vt_answer *answer;
    struct vt_jwrite out;
    bool has_event; /* in the file: a comma is due */
};

static void begin_event(struct exporting *e) {
    vt_jwrite_text(&e->out, e->has_event ? ",\n" : "\n");
    e->has_event = true;
}

/* A pid or tid: a number if it is one. */
static void put_id(struct exporting *e, uint32_t word) {
    size_t size;
    int64_t number;
    const char *text = vt_strtab_get(&e->answer->store->words, word, &size);
    if (vt_jwalk_integer(text, size, &number) && (size == 1 || *text != '0'))
        vt_jwrite_bytes(&e->out, text, size);
    else
        vt_jwrite_string(&e->out, text, size);
}

static void put_us(struct exporting *e, int64_t ns) {
    if (ns < 0)
        vt_jwrite_text(&e->out, "-");
    vt_jwrite_us(&e->out, (uint64_t)(ns < 0 ? -ns : ns));
}

/* {"ph": "X", "pid": 1, "tid": 2, "name": …, "cat": …, "ts": … */
static void put_head(struct exporting *e, const char *phase, uint32_t process,
                     const uint32_t *tid, uint32_t name, int64_t time) {
    const struct vt_store *store = e->answer->store;
    uint32_t category = store->names.items[name].category;
    begin_event(e);
    vt_jwrite_text(&e->out, "{\"ph\": \"");
    vt_jwrite_text(&e->out, phase);
    vt_jwrite_text(&e->out, "\", \"pid\": ");
    put_id(e, store->processes.items[process].pid);
    if (tid) {
        vt_jwrite_text(&e->out, ", \"tid\": ");
        put_id(e, *tid);
    }
    vt_jwrite_text(&e->out, ", \"name\": ");
    vt_answer_json_name(e->answer, &e->out, name);
    if (category != VT_STORE_NONE) {
        vt_jwrite_text(&e->out, ", \"cat\": ");
        vt_answer_json_name(e->answer, &e->out, category);
    }
    vt_jwrite_text(&e->out, ", \"ts\": ");
    put_us(e, store->origin_ns + time);
}

/* The payload's text; NULL: none. *whole: it is an event whose phase is in `phases`,
 * else only its arguments are given. */
static const char *payload_text(struct exporting *e, uint32_t number,
                                const char *phases, size_t *size, bool *whole) {
    const struct vt_store *store = e->answer->store;
    *whole = false;
    if (!number || number > store->payloads.count)
        return NULL;
    const struct vt_store_payload *payload = &store->payloads.items[number - 1];
    const char *text = vt_blocks_text(&store->blocks, &e->answer->view, payload->place);
    *size = payload->place.size;
    if (!text || !payload->is_event)
        return text;
    struct vt_jwalk walk;
    const char *args = NULL;
    size_t args_size = 0;
    if (!vt_jwalk_begin(&walk, text, *size))
        return NULL;
    while (vt_jwalk_next(&walk)) {
        if (vt_jwalk_is_named(&walk, "ph") && walk.value_size == 3)
            *whole = strchr(phases, walk.value[1]);
        if (vt_jwalk_is_named(&walk, "args")) {
            args = walk.value;
            args_size = walk.value_size;
        }
    }
    if (*whole)
        return text;
    *size = args_size;
    return args;
}

static void end_event(struct exporting *e, const char *args, size_t size) {
    if (args) {
        vt_jwrite_text(&e->out, ", \"args\": ");
        vt_jwrite_json(&e->out, args, size);
    }
    vt_jwrite_text(&e->out, "}");
}

static void put_async(struct exporting *e, const struct vt_store_track *track,
                      uint32_t slice, const char *args, size_t size) {
    const struct vt_columns *columns = &e->answer->store->columns;
    for (int i = 0; i < 2; i++) {
        int64_t time = i ? vt_columns_end(columns, slice) : columns->start[slice];
        put_head(e, i ? "e" : "b", track->process, NULL, columns->name[slice], time);
        vt_jwrite_text(&e->out, ", \"id\": ");
        vt_jwrite_u64(&e->out, slice);
        end_event(e, i ? NULL : args, size);
    }
}

static void put_slice(struct exporting *e, const struct vt_store_track *track,
                      uint32_t slice) {
    const struct vt_columns *columns = &e->answer->store->columns;
    const struct vt_columns_odd *odd = vt_columns_odd(columns, slice);
    uint32_t payload = columns->payload ? columns->payload[slice] : 0;
    bool whole, unfinished = odd && odd->unfinished;
    size_t size = 0;
    const char *text = payload_text(e, payload, unfinished ? "BX" : "X", &size, &whole);
    if (whole) {
        begin_event(e);
        vt_jwrite_json(&e->out, text, size);
        return;
    }
    if (track->kind == VT_STORE_ASYNC) {
        put_async(e, track, slice, text, size);
        return;
    }
    put_head(e, unfinished ? "B" : "X", track->process, &track->tid,
             columns->name[slice], columns->start[slice]);
    if (!unfinished) {
        vt_jwrite_text(&e->out, ", \"dur\": ");
        put_us(e, vt_columns_dur(columns, slice));
    }
    end_event(e, text, size);
}

static void put_instant(struct exporting *e, const struct vt_store_instant *instant) {
    const struct vt_store_track *track =
        &e->answer->store->tracks.items[instant->track];
    const char scope[] = {'"', instant->scope, '"', '\0'};
    bool whole;
    size_t size = 0;
    const char *text = payload_text(e, instant->payload, "iIRPnTp", &size, &whole);
    if (whole) {
        begin_event(e);
        vt_jwrite_json(&e->out, text, size);
        return;
    }
    put_head(e, "i", track->process, &track->tid, instant->name, instant->time);
    vt_jwrite_text(&e->out, ", \"s\": ");
    vt_jwrite_text(&e->out, scope);
    end_event(e, text, size);
}

static void put_counter(struct exporting *e, const struct vt_store_counter *counter) {
    for (size_t i = 0; i < counter->samples.count; i++) {
        const struct vt_store_sample *sample = &counter->samples.items[i];
        if (sample->time < e->answer->t0 || sample->time >= e->answer->t1)
            continue;
        put_head(e, "C", counter->process, NULL, counter->name, sample->time);
        vt_jwrite_text(&e->out, ", \"args\": {");
        vt_answer_json_word(e->answer, &e->out, counter->series);
        vt_jwrite_text(&e->out, ": ");
        vt_answer_json_double(&e->out, sample->value);
        vt_jwrite_text(&e->out, "}}");
    }
}

static void put_flow(struct exporting *e, const struct vt_store_flow *flow,
                     uint32_t number) {
    const struct vt_store *store = e->answer->store;
    for (int i = 0; i < 2; i++) {
        uint32_t row = vt_store_row_of(store, i ? flow->to : flow->from);
        const struct vt_store_track *track =
            &store->tracks.items[store->rows.items[row].track];
        put_head(e, i ? "f" : "s", track->process, &track->tid, flow->name,
                 i ? flow->end : flow->start);
        vt_jwrite_text(&e->out, ", \"id\": ");
        vt_jwrite_u64(&e->out, number);
        vt_jwrite_text(&e->out, i ? ", \"bp\": \"e\"}" : "}");
    }
}

static void put_object_event(struct exporting *e, const struct vt_store_object *object,
                             const char *phase, int64_t time, uint32_t payload) {
    bool whole;
    size_t size = 0;
    if (time == INT64_MIN)
        return;
    put_head(e, phase, object->process, NULL, object->name, time);
    vt_jwrite_text(&e->out, ", \"id\": ");
    vt_answer_json_word(e->answer, &e->out, object->id);
    const char *args = payload_text(e, payload, "", &size, &whole);
    end_event(e, args, size);
}

static void put_object(struct exporting *e, const struct vt_store_object *object) {
    const struct vt_store *store = e->answer->store;
    put_object_event(e, object, "N", object->created, 0);
    for (uint32_t i = 0; i < object->snapshots; i++) {
        const struct vt_store_snapshot *snapshot =
            &store->snapshots.items[object->first_snapshot + i];
        if (snapshot->time >= e->answer->t0 && snapshot->time < e->answer->t1)
            put_object_event(e, object, "O", snapshot->time, snapshot->payload);
    }
    put_object_event(e, object, "D", object->deleted, 0);
}

/* Names of processes and threads. */
static void put_names(struct exporting *e) {
    const struct vt_store *store = e->answer->store;
    for (size_t i = 0; i < store->processes.count; i++) {
        const struct vt_store_process *process = &store->processes.items[i];
        if (process->name == VT_STORE_NONE)
            continue;
        begin_event(e);
        vt_jwrite_text(&e->out, "{\"ph\": \"M\", \"pid\": ");
        put_id(e, process->pid);
        vt_jwrite_text(&e->out, ", \"name\": \"process_name\", \"args\": {\"name\": ");
        vt_answer_json_word(e->answer, &e->out, process->name);
        vt_jwrite_text(&e->out, "}}");
    }
    for (uint32_t i = 0; i < store->tracks.count; i++) {
        const struct vt_store_track *track = &store->tracks.items[i];
        if (track->name == VT_STORE_NONE || track->kind == VT_STORE_ASYNC ||
            track->lane || !vt_answer_wants(e->answer, i))
            continue;
        begin_event(e);
        vt_jwrite_text(&e->out, "{\"ph\": \"M\", \"pid\": ");
        put_id(e, store->processes.items[track->process].pid);
        vt_jwrite_text(&e->out, ", \"tid\": ");
        put_id(e, track->tid);
        vt_jwrite_text(&e->out, ", \"name\": \"thread_name\", \"args\": {\"name\": ");
        vt_answer_json_word(e->answer, &e->out, track->name);
        vt_jwrite_text(&e->out, "}}");
    }
}

static bool is_full(const struct exporting *e) {
    return e->answer->reply->size + e->out.used > PIECE_BYTES ||
           e->answer->view.needs || vt_jwrite_failed(&e->out);
}

/* Slices from number `at` on; returns where to go on. */
static uint64_t put_slices(struct exporting *e, uint64_t at) {
    const struct vt_store *store = e->answer->store;
    uint32_t row = at < store->columns.count ? vt_store_row_of(store, (uint32_t)at)
                                             : (uint32_t)store->rows.count;
    for (; row < store->rows.count; row++) {
        const struct vt_store_row *r = &store->rows.items[row];
        uint32_t from = r->first, to = r->first + r->count;
        vt_columns_clip(&store->columns, e->answer->t0, e->answer->t1, &from, &to);
        if (!vt_answer_wants(e->answer, r->track))
            continue;
        for (uint32_t i = at > from ? (uint32_t)at : from; i < to; i++) {
            if (is_full(e))
                return i;
            put_slice(e, &store->tracks.items[r->track], i);
        }
    }
    return store->columns.count;
}

/* What number `at` behind the slices stands for; false: there is no more. */
static bool put_other(struct exporting *e, uint64_t at) {
    const struct vt_store *store = e->answer->store;
    const struct vt_answer *answer = e->answer;
    if (at < store->instants.count) {
        const struct vt_store_instant *instant = &store->instants.items[at];
        if (instant->time >= answer->t0 && instant->time < answer->t1 &&
            vt_answer_wants(answer, instant->track))
            put_instant(e, instant);
        return true;
    }
    at -= store->instants.count;
    if (at < store->counters.count) {
        put_counter(e, &store->counters.items[at]);
        return true;
    }
    at -= store->counters.count;
    if (at < store->flows.count) {
        const struct vt_store_flow *flow = &store->flows.items[at];
        if (flow->start < answer->t1 && flow->end >= answer->t0)
            put_flow(e, flow, (uint32_t)at);
        return true;
    }
    at -= store->flows.count;
    if (at < store->objects.count)
        put_object(e, &store->objects.items[at]);
    return at < store->objects.count;
}

void vt_answer_export(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    struct exporting e = {.answer = answer, .has_event = answer->a > 1};
    uint64_t at = answer->a ? answer->a - 1 : 0;
    if (!vt_answer_json_begin(answer, &e.out))
        return;
    if (!answer->a) {
        vt_jwrite_text(&e.out, "{\"traceEvents\": [");
        put_names(&e);
    }
    if (at < store->columns.count)
        at = put_slices(&e, at);
    bool more = at < store->columns.count;
    if (!more) {
        while (!is_full(&e) && (more = put_other(&e, at - store->columns.count)))
            at++;
    }
    if (!more) {
        vt_jwrite_text(&e.out, "\n], \"viztracer_metadata\": {");
        vt_jwrite_json(&e.out, store->metadata.size ? store->metadata.data : "",
                       store->metadata.size);
        vt_jwrite_text(&e.out, "}}\n");
    }
    vt_answer_json_end(answer, &e.out);
    if (more && at + 1 > UINT32_MAX)
        vt_answer_fail(answer, VT_ERR_LIMIT, "too much to export");
    answer->count = more ? (uint32_t)at + 1 : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/ingest.h"

#include "core/base/pages.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 64, CHUNK_MOST = 16384 };

/* ---- slices as they come */

static enum vt_status add_chunk(struct vt_ingest_slices *slices, struct vt_error *err) {
    size_t have = slices->chunks.count;
    uint32_t capacity = CHUNK_FIRST;
    if (have)
        capacity = slices->chunks.items[have - 1].capacity * 2;
    if (capacity > CHUNK_MOST)
        capacity = CHUNK_MOST;
    struct vt_ingest_chunk chunk = {
        .capacity = capacity,
        .start = vt_pages_malloc(capacity * sizeof(int64_t)),
        .dur = vt_pages_malloc(capacity * sizeof(uint32_t)),
        .name = vt_pages_malloc(capacity * sizeof(uint32_t)),
    };
    if (chunk.start && chunk.dur && chunk.name &&
        vt_store_push(&slices->chunks, chunk, err) == VT_OK)
        return VT_OK;
    free(chunk.start);
    free(chunk.dur);
    free(chunk.name);
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

static enum vt_status set_payload(struct vt_ingest_chunk *chunk, uint32_t payload,
                                  struct vt_error *err) {
    if (!chunk->payload && payload) {
        chunk->payload = calloc(chunk->capacity, sizeof *chunk->payload);
        if (!chunk->payload)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    if (chunk->payload)
        chunk->payload[chunk->count] = payload;
    return VT_OK;
}

static enum vt_status append_slice(struct vt_ingest_slices *slices,
                                   const struct vt_ingest_slice *slice, uint32_t dur,
                                   struct vt_error *err) {
    size_t have = slices->chunks.count;
    struct vt_ingest_chunk *chunk = have ? &slices->chunks.items[have - 1] : NULL;
    if (!chunk || chunk->count == chunk->capacity) {
        if (add_chunk(slices, err) != VT_OK)
            return VT_ERR_NO_MEMORY;
        chunk = &slices->chunks.items[slices->chunks.count - 1];
    }
    chunk->start[chunk->count] = slice->start;
    chunk->dur[chunk->count] = dur;
    chunk->name[chunk->count] = slice->name;
    enum vt_status status = set_payload(chunk, slice->payload, err);
    if (status != VT_OK)
        return status;
    chunk->count++;
    slices->count++;
    int64_t end = slice->start + slice->dur;
    slices->is_unordered |= end < slices->previous_end;
    slices->previous_end = end;
    if (end > slices->last_end)
        slices->last_end = end;
    return VT_OK;
}

enum vt_status vt_ingest_add_odd(struct vt_ingest_slices *slices,
                                 const struct vt_ingest_slice *slice,
                                 uint32_t end_payload, bool unfinished,
                                 struct vt_error *err) {
    struct vt_columns_odd odd = {slice->dur, (uint32_t)slices->count, end_payload,
                                 unfinished};
    enum vt_status status = vt_store_push(&slices->odd, odd, err);
    return status == VT_OK ? append_slice(slices, slice, VT_COLUMNS_ODD, err) : status;
}

enum vt_status vt_ingest_add_slice(struct vt_ingest_slices *slices,
                                   const struct vt_ingest_slice *slice,
                                   struct vt_error *err) {
    if (VT_UNLIKELY(slice->dur >= (int64_t)VT_COLUMNS_ODD))
        return vt_ingest_add_odd(slices, slice, 0, false, err);
    return append_slice(slices, slice, (uint32_t)slice->dur, err);
}

void vt_ingest_drop_slices(struct vt_ingest_slices *slices) {
    for (size_t i = 0; i < slices->chunks.count; i++) {
        free(slices->chunks.items[i].start);
        free(slices->chunks.items[i].dur);
        free(slices->chunks.items[i].name);
        free(slices->chunks.items[i].payload);
    }
    free(slices->chunks.items);
    free(slices->odd.items);
    memset(slices, 0, sizeof *slices);
}

/* ---- life */

void vt_ingest_init(struct vt_ingest *ingest, struct vt_store *store) {
    memset(ingest, 0, sizeof *ingest);
    ingest->store = store;
    ingest->last_category_name = VT_STORE_NONE;
}

void vt_ingest_fini(struct vt_ingest *ingest) {
    for (size_t i = 0; i < ingest->tracks.count; i++) {
        vt_ingest_drop_slices(&ingest->tracks.items[i].slices);
        free(ingest->tracks.items[i].marks.items);
    }
    free(ingest->tracks.items);
    free(ingest->flows.items);
    free(ingest->objects.items);
    vt_strtab_fini(&ingest->track_keys);
    vt_strtab_fini(&ingest->process_keys);
    vt_strtab_fini(&ingest->counter_keys);
    vt_buf_fini(&ingest->scratch);
    vt_buf_fini(&ingest->key);
    vt_buf_fini(&ingest->last_ids);
    vt_buf_fini(&ingest->last_category);
    memset(ingest, 0, sizeof *ingest);
}

/* ---- events */

/* Whether the event has members that no column has: then it is kept as a whole. */
static bool is_special(const struct vt_reader_event *event) {
    size_t known = 0;
    for (size_t i = 0; i < VT_READER_FIELD_COUNT; i++) {
        bool is_kept =
            i != VT_READER_ID &&
            (i != VT_READER_SCOPE || event->phase == 'i' || event->phase == 'I');
        known += is_kept && event->fields[i];
    }
    return known < event->member_count && event->phase != 'C';
}

/* Keeps what the columns have no place for: the arguments, or all of it. */
static enum vt_status keep_payload(struct vt_ingest *ingest,
                                   const struct vt_reader_event *event,
                                   uint32_t *payload, struct vt_error *err) {
    const struct vt_jscan_token *args = event->fields[VT_READER_ARGS];
    *payload = 0;
    if (is_special(event))
        return vt_store_add_payload(ingest->store, event->text, event->size, true,
                                    payload, err);
    if (!args)
        return VT_OK;
    size_t size;
    const char *text = vt_reader_value(event, args, &size);
    if (size == 2 && text[0] == '{')
        return VT_OK;
    return vt_store_add_payload(ingest->store, text, size, false, payload, err);
}

static enum vt_status place_slice(struct vt_ingest *ingest, uint32_t track,
                                  const struct vt_ingest_slice *slice,
                                  struct vt_error *err) {
    if (slice->start + slice->dur > ingest->last_time)
        ingest->last_time = slice->start + slice->dur;
    return vt_ingest_add_slice(&ingest->tracks.items[track].slices, slice, err);
}

static enum vt_status add_complete(struct vt_ingest *ingest,
                                   const struct vt_reader_event *event, uint32_t track,
                                   struct vt_error *err) {
    struct vt_ingest_slice slice = {.start = event->ts_ns, .dur = event->dur_ns};
    struct vt_store_problems *problems = &ingest->store->problems;
    problems->without_dur += !event->fields[VT_READER_DUR];
    if (slice.dur < 0) {
        problems->minus_dur++;
        slice.dur = 0;
    }
    if (slice.dur > VT_STORE_MOST_NS) {
        problems->bad_ts++;
        return VT_OK;
    }
    slice.name = vt_ingest_name(ingest, event, err);
    if (slice.name == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    enum vt_status status = keep_payload(ingest, event, &slice.payload, err);
    ingest->was_plain_slice = !slice.payload;
    ingest->slice_track = track;
    ingest->slice_name = slice.name;
    return status == VT_OK ? place_slice(ingest, track, &slice, err) : status;
}

static enum vt_status add_mark(struct vt_ingest *ingest,
                               const struct vt_reader_event *event, uint32_t track,
                               bool is_end, struct vt_error *err) {
    struct vt_ingest_mark mark = {.time = event->ts_ns, .is_end = is_end};
    bool is_async = ingest->store->tracks.items[track].kind == VT_STORE_ASYNC;
    mark.name = VT_STORE_NONE;
    if (!is_end || event->fields[VT_READER_NAME]) {
        mark.name = vt_ingest_name(ingest, event, err);
        if (mark.name == VT_STORE_NONE)
            return VT_ERR_NO_MEMORY;
    }
    mark.id = is_async ? vt_ingest_id(ingest, event, "id", err) : 0;
    enum vt_status status = keep_payload(ingest, event, &mark.payload, err);
    return status == VT_OK
               ? vt_store_push(&ingest->tracks.items[track].marks, mark, err)
               : status;
}

static enum vt_status add_instant(struct vt_ingest *ingest,
                                  const struct vt_reader_event *event, uint32_t track,
                                  struct vt_error *err) {
    struct vt_store_instant instant = {
        .time = event->ts_ns, .track = track, .scope = 't'};
    const struct vt_jscan_token *scope = event->fields[VT_READER_SCOPE];
    size_t size = 0;
    const char *text = scope ? vt_reader_value(event, scope, &size) : NULL;
    if (size == 3 && (text[1] == 'g' || text[1] == 'p'))
        instant.scope = text[1];
    instant.name = vt_ingest_name(ingest, event, err);
    if (instant.name == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    enum vt_status status = keep_payload(ingest, event, &instant.payload, err);
    ingest->store->tracks.items[track].instants++;
    return status == VT_OK ? vt_store_push(&ingest->store->instants, instant, err)
                           : status;
}

/* `phase`: of an arrow that a slice begins or ends, s or f; else the event's. */
static enum vt_status add_flow(struct vt_ingest *ingest,
                               const struct vt_reader_event *event, uint32_t track,
                               char phase, const char *id_member,
                               struct vt_error *err) {
    const struct vt_jscan_token *bind = vt_ingest_member(event, "bp");
    struct vt_ingest_flow flow = {.time = event->ts_ns,
                                  .track = track,
                                  .phase = phase,
                                  .seq = (uint32_t)ingest->flows.count};
    flow.is_enclosed = phase != 'f' || bind || event->phase == 'X';
    flow.key = vt_ingest_id(ingest, event, id_member, err);
    flow.name = vt_ingest_name(ingest, event, err);
    if (flow.name == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    if (flow.key == VT_STORE_NONE) {
        ingest->store->problems.unbound_flow++;
        return VT_OK;
    }
    return vt_store_push(&ingest->flows, flow, err);
}

static bool is_true(const struct vt_reader_event *event, const char *name) {
    const struct vt_jscan_token *member = vt_ingest_member(event, name);
    return member && member->kind == VT_JSCAN_TRUE;
}

/* flow_in and flow_out of a slice. */
static enum vt_status add_bound_flows(struct vt_ingest *ingest,
                                      const struct vt_reader_event *event,
                                      uint32_t track, struct vt_error *err) {
    bool in = is_true(event, "flow_in"), out = is_true(event, "flow_out");
    if (!in && !out)
        return VT_OK;
    ingest->was_plain_slice = false;
    char phase = in && out ? 't' : in ? 'f' : 's';
    return add_flow(ingest, event, track, phase, "bind_id", err);
}

static enum vt_status add_object(struct vt_ingest *ingest,
                                 const struct vt_reader_event *event,
                                 struct vt_error *err) {
    struct vt_ingest_object object = {.time = event->ts_ns,
                                      .phase = event->phase,
                                      .seq = (uint32_t)ingest->objects.count};
    object.process = vt_ingest_process(ingest, event, err);
    object.id = vt_ingest_id(ingest, event, "id", err);
    object.name = vt_ingest_name(ingest, event, err);
    if (object.process == VT_STORE_NONE || object.name == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    if (object.id == VT_STORE_NONE)
        object.id = vt_store_word(ingest->store, "", 0, err);
    const struct vt_jscan_token *args = event->fields[VT_READER_ARGS];
    enum vt_status status = VT_OK;
    if (args) {
        size_t size;
        const char *text = vt_reader_value(event, args, &size);
        status = vt_store_add_payload(ingest->store, text, size, false, &object.payload,
                                      err);
    }
    return status == VT_OK ? vt_store_push(&ingest->objects, object, err) : status;
}

static enum vt_status add_timed(struct vt_ingest *ingest,
                                const struct vt_reader_event *event,
                                struct vt_error *err) {
    if (event->phase == 'C')
        return vt_ingest_counter(ingest, event, err);
    if (event->phase && strchr("NOD", event->phase))
        return add_object(ingest, event, err);
    uint32_t track = vt_ingest_track(ingest, event, err);
    if (track == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    enum vt_status status;
    switch (event->phase) {
    case 'X':
        status = add_complete(ingest, event, track, err);
        if (status == VT_OK && event->member_count > 7)
            status = add_bound_flows(ingest, event, track, err);
        return status;
    case 'B':
    case 'b':
    case 'S':
        return add_mark(ingest, event, track, false, err);
    case 'E':
    case 'e':
    case 'F':
        return add_mark(ingest, event, track, true, err);
    case 's':
    case 't':
    case 'f':
        return add_flow(ingest, event, track, event->phase, "id", err);
    default:
        return add_instant(ingest, event, track, err);
    }
}

static void see_time(struct vt_ingest *ingest, int64_t time) {
    if (!ingest->has_time || time < ingest->first_time)
        ingest->first_time = time;
    if (!ingest->has_time || time > ingest->last_time)
        ingest->last_time = time;
    ingest->has_time = true;
}

static enum vt_status take_event(void *state, const struct vt_reader_event *event,
                                 struct vt_error *err) {
    struct vt_ingest *ingest = state;
    struct vt_store_problems *problems = &ingest->store->problems;
    ingest->store->counts.events++;
    ingest->was_plain_slice = false;
    if (event->phase == 'M')
        return vt_ingest_metadata(ingest, event, err);
    if (!event->phase || !strchr("XBEbeSFnTpiIRPCstfNOD", event->phase)) {
        problems->unknown_phase++;
        return VT_OK;
    }
    bool has_ts = event->fields[VT_READER_TS];
    problems->without_ts += !has_ts;
    if (!has_ts)
        return VT_OK;
    if (!event->ts_fits || event->ts_ns > VT_STORE_MOST_NS ||
        event->ts_ns < -VT_STORE_MOST_NS) {
        problems->bad_ts++;
        return VT_OK;
    }
    see_time(ingest, event->ts_ns);
    return add_timed(ingest, event, err);
}

enum vt_status vt_ingest_slice_of(struct vt_ingest *ingest, uint32_t track,
                                  uint32_t name, int64_t start, int64_t dur,
                                  struct vt_error *err) {
    struct vt_ingest_slice slice = {start, dur, name, 0};
    ingest->store->counts.events++;
    see_time(ingest, start);
    return place_slice(ingest, track, &slice, err);
}

struct vt_reader_handler vt_ingest_handler(struct vt_ingest *ingest) {
    return (struct vt_reader_handler){
        .event = take_event, .member = vt_ingest_report_member, .state = ingest};
}

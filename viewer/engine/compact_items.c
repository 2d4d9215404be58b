/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/compact_items.h"

#include <stdlib.h>

/* ---- texts */

static enum vt_status word_item(struct vt_store *store, struct vt_codec *codec,
                                size_t i, struct vt_error *err) {
    const char *text = NULL;
    size_t size = 0;
    if (vt_codec_is_writing(codec))
        text = vt_strtab_get(&store->words, (uint32_t)i, &size);
    vt_codec_text(codec, &text, &size);
    if (vt_codec_is_writing(codec) || codec->failed)
        return VT_OK;
    uint32_t number = vt_store_word(store, text, size, err);
    codec->failed = number != i;
    return number == VT_STORE_NONE ? VT_ERR_NO_MEMORY : VT_OK;
}

static enum vt_status name_item(struct vt_store *store, struct vt_codec *codec,
                                size_t i, struct vt_error *err) {
    const char *text = NULL;
    size_t size = 0;
    struct vt_store_name name = {0};
    if (vt_codec_is_writing(codec)) {
        text = vt_store_name_text(store, (uint32_t)i, &size);
        name = store->names.items[i];
    }
    vt_codec_text(codec, &text, &size);
    vt_codec_index(codec, &name.category, i);
    vt_codec_u64(codec, &name.calls);
    if (vt_codec_is_writing(codec) || codec->failed)
        return VT_OK;
    uint32_t number = vt_store_name(store, text, size, name.category, err);
    if (number == VT_STORE_NONE)
        return VT_ERR_NO_MEMORY;
    codec->failed = number != i;
    store->names.items[number].calls = name.calls;
    return VT_OK;
}

/* ---- plain items: the fields of a struct, one after another */

#define PLAIN_ITEM(name, list, type, ...)                                              \
    static enum vt_status name(struct vt_store *store, struct vt_codec *codec,         \
                               size_t i, struct vt_error *err) {                       \
        type item = {0};                                                               \
        if (vt_codec_is_writing(codec))                                                \
            item = store->list.items[i];                                               \
        __VA_ARGS__                                                                    \
        if (vt_codec_is_writing(codec) || codec->failed)                               \
            return VT_OK;                                                              \
        return vt_store_push(&store->list, item, err);                                 \
    }

/* A number that must be there: not NONE. */
static void needed(struct vt_codec *codec, uint32_t *value, size_t limit) {
    vt_codec_index(codec, value, limit);
    codec->failed |= *value == VT_STORE_NONE;
}

/* A time since the origin. */
static void time_ns(struct vt_codec *codec, int64_t *time) {
    vt_codec_i64(codec, time);
    codec->failed |= *time != INT64_MIN &&
                     (*time < -4 * VT_STORE_MOST_NS || *time > 4 * VT_STORE_MOST_NS);
}

/* A payload's number, or 0. */
static void payload_number(struct vt_codec *codec, const struct vt_store *store,
                           uint32_t *number) {
    vt_codec_u32(codec, number);
    codec->failed |= *number > store->payloads.count;
}

static void text_place(struct vt_codec *codec, const struct vt_store *store,
                       struct vt_text_place *place) {
    needed(codec, &place->block, store->blocks.count);
    vt_codec_u32(codec, &place->offset);
    vt_codec_u32(codec, &place->size);
}

PLAIN_ITEM(process_item, processes, struct vt_store_process, {
    needed(codec, &item.pid, store->words.count);
    vt_codec_index(codec, &item.name, store->words.count);
    vt_codec_i64(codec, &item.sort);
})

static enum vt_status track_item(struct vt_store *store, struct vt_codec *codec,
                                 size_t i, struct vt_error *err) {
    struct vt_store_track item = {0};
    if (vt_codec_is_writing(codec))
        item = store->tracks.items[i];
    bool is_async = item.kind == VT_STORE_ASYNC;
    vt_codec_bool(codec, &is_async);
    item.kind = is_async ? VT_STORE_ASYNC : VT_STORE_THREAD;
    needed(codec, &item.process, store->processes.count);
    needed(codec, &item.tid, store->words.count);
    vt_codec_index(codec, &item.name, store->words.count);
    vt_codec_u32(codec, &item.lane);
    vt_codec_u32(codec, &item.first_row);
    vt_codec_u32(codec, &item.depth);
    vt_codec_u64(codec, &item.slices);
    vt_codec_u64(codec, &item.instants);
    vt_codec_i64(codec, &item.sort);
    return vt_codec_is_writing(codec) || codec->failed
               ? VT_OK
               : vt_store_push(&store->tracks, item, err);
}

PLAIN_ITEM(row_item, rows, struct vt_store_row, {
    vt_codec_u32(codec, &item.first);
    vt_codec_u32(codec, &item.count);
    needed(codec, &item.track, store->tracks.count);
    vt_codec_u32(codec, &item.depth);
})

static enum vt_status block_item(struct vt_store *store, struct vt_codec *codec,
                                 size_t i, struct vt_error *err) {
    const char *bytes = NULL;
    size_t size = 0;
    uint32_t raw_size = 0;
    bool is_packed = false;
    if (vt_codec_is_writing(codec)) {
        const struct vt_block *block = &store->blocks.items[i];
        is_packed = block->packed;
        bytes = is_packed ? block->packed : block->bytes;
        size = is_packed ? block->size : block->raw_size;
        raw_size = block->raw_size;
    }
    vt_codec_bool(codec, &is_packed);
    vt_codec_u32(codec, &raw_size);
    vt_codec_text(codec, &bytes, &size);
    codec->failed |= !is_packed && raw_size != size;
    if (vt_codec_is_writing(codec) || codec->failed)
        return VT_OK;
    return vt_blocks_put(&store->blocks, bytes, (uint32_t)size, raw_size, is_packed,
                         err);
}

PLAIN_ITEM(payload_item, payloads, struct vt_store_payload, {
    text_place(codec, store, &item.place);
    vt_codec_bool(codec, &item.is_event);
})

static enum vt_status odd_item(struct vt_store *store, struct vt_codec *codec, size_t i,
                               struct vt_error *err) {
    struct vt_columns_odd item = {0};
    if (vt_codec_is_writing(codec))
        item = store->columns.odd[i];
    needed(codec, &item.slice, store->columns.count);
    time_ns(codec, &item.dur);
    payload_number(codec, store, &item.end_payload);
    vt_codec_bool(codec, &item.unfinished);
    if (!vt_codec_is_writing(codec) && store->columns.odd_count)
        codec->failed |=
            item.slice <= store->columns.odd[store->columns.odd_count - 1].slice;
    codec->failed |= item.dur < 0 || item.dur > VT_STORE_MOST_NS;
    if (vt_codec_is_writing(codec) || codec->failed)
        return VT_OK;
    return vt_columns_add_odd(&store->columns, item, err);
}

PLAIN_ITEM(instant_item, instants, struct vt_store_instant, {
    uint32_t scope = (uint32_t)(unsigned char)item.scope;
    time_ns(codec, &item.time);
    needed(codec, &item.track, store->tracks.count);
    needed(codec, &item.name, store->names.count);
    payload_number(codec, store, &item.payload);
    vt_codec_u32(codec, &scope);
    item.scope = scope == 'g' || scope == 'p' ? (char)scope : 't';
})

static enum vt_status counter_item(struct vt_store *store, struct vt_codec *codec,
                                   size_t i, struct vt_error *err) {
    struct vt_store_counter made = {0};
    struct vt_store_counter *item = &made;
    if (vt_codec_is_writing(codec))
        made = store->counters.items[i];
    uint64_t count = item->samples.count;
    needed(codec, &item->process, store->processes.count);
    needed(codec, &item->name, store->names.count);
    needed(codec, &item->series, store->words.count);
    vt_codec_u64(codec, &count);
    enum vt_status status = VT_OK;
    int64_t before = 0;
    for (uint64_t k = 0; k < count && status == VT_OK && !codec->failed; k++) {
        struct vt_store_sample sample = {0};
        if (vt_codec_is_writing(codec))
            sample = item->samples.items[k];
        int64_t gap = sample.time - before;
        vt_codec_i64(codec, &gap);
        codec->failed |= gap < 0 || gap > 4 * VT_STORE_MOST_NS;
        sample.time = codec->failed ? 0 : before + gap;
        codec->failed |= sample.time > 4 * VT_STORE_MOST_NS;
        before = sample.time;
        vt_codec_f64(codec, &sample.value);
        if (!vt_codec_is_writing(codec) && !codec->failed)
            status = vt_store_push(&made.samples, sample, err);
    }
    if (vt_codec_is_writing(codec))
        return VT_OK;
    if (status == VT_OK && !codec->failed)
        status = vt_store_push(&store->counters, made, err);
    if (status != VT_OK || codec->failed)
        free(made.samples.items);
    return status;
}

PLAIN_ITEM(flow_item, flows, struct vt_store_flow, {
    time_ns(codec, &item.start);
    time_ns(codec, &item.end);
    needed(codec, &item.from, store->columns.count);
    needed(codec, &item.to, store->columns.count);
    needed(codec, &item.name, store->names.count);
    needed(codec, &item.id, store->words.count);
})

PLAIN_ITEM(object_item, objects, struct vt_store_object, {
    needed(codec, &item.process, store->processes.count);
    needed(codec, &item.id, store->words.count);
    needed(codec, &item.name, store->names.count);
    time_ns(codec, &item.created);
    time_ns(codec, &item.deleted);
    vt_codec_u32(codec, &item.first_snapshot);
    vt_codec_u32(codec, &item.snapshots);
})

PLAIN_ITEM(snapshot_item, snapshots, struct vt_store_snapshot, {
    time_ns(codec, &item.time);
    needed(codec, &item.object, store->objects.count);
    payload_number(codec, store, &item.payload);
})

PLAIN_ITEM(source_item, sources, struct vt_store_source, {
    needed(codec, &item.path, store->words.count);
    text_place(codec, store, &item.text);
    vt_codec_i64(codec, &item.lines);
})

PLAIN_ITEM(function_item, functions, struct vt_store_function, {
    needed(codec, &item.name, store->words.count);
    needed(codec, &item.path, store->words.count);
    vt_codec_i64(codec, &item.line);
})

/* ---- what there is once */

static void problems_and_counts(struct vt_store *store, struct vt_codec *codec) {
    struct vt_store_counts *c = &store->counts;
    struct vt_store_problems *p = &store->problems;
    uint64_t *numbers[] = {
        &c->events,        &c->instants,        &c->samples,      &c->flows,
        &c->objects,       &c->metadata,        &p->unfinished,   &p->end_without_begin,
        &p->without_ts,    &p->without_dur,     &p->minus_dur,    &p->bad_ts,
        &p->unknown_phase, &p->bad_counter,     &p->unbound_flow, &p->unplaced,
        &store->bytes,     &store->lost_events,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        vt_codec_u64(codec, numbers[i]);
}

/* An index is made for a page, which takes fewer (VT_SHELF_MOST_EVENTS): a file that
 * claims more is broken, and would cost memory before that is seen. */
#define MOST_SLICES ((uint32_t)1 << 26)

static enum vt_status head_item(struct vt_store *store, struct vt_codec *codec,
                                size_t i, struct vt_error *err) {
    struct vt_store copy = *store; /* nothing is written to a store that is written */
    struct vt_store *head = vt_codec_is_writing(codec) ? &copy : store;
    uint32_t slices = head->columns.count;
    bool has_payload = head->columns.payload;
    const char *text = head->metadata.size ? head->metadata.data : "";
    size_t size = head->metadata.size;
    codec->failed |= i != 0;
    vt_codec_u32(codec, &slices);
    vt_codec_bool(codec, &has_payload);
    vt_codec_i64(codec, &head->origin_ns);
    vt_codec_i64(codec, &head->span_ns);
    vt_codec_bool(codec, &head->overflow);
    vt_codec_bool(codec, &head->has_base_time);
    vt_codec_i64(codec, &head->base_time_ns);
    vt_codec_text(codec, &text, &size);
    problems_and_counts(head, codec);
    codec->failed |= head->origin_ns > VT_STORE_MOST_NS ||
                     head->origin_ns < -VT_STORE_MOST_NS || head->span_ns < 0 ||
                     head->span_ns > 4 * VT_STORE_MOST_NS ||
                     (slices > MOST_SLICES && !vt_codec_is_writing(codec));
    if (vt_codec_is_writing(codec) || codec->failed)
        return VT_OK;
    vt_buf_append(&store->metadata, text, size);
    return vt_columns_init(&store->columns, slices, has_payload, err);
}

/* ---- the table */

#define COUNT(name, what)                                                              \
    static size_t name(const struct vt_store *store) {                                 \
        return what;                                                                   \
    }

COUNT(one, store ? 1 : 0)
COUNT(words, store->words.count)
COUNT(names, store->names.count)
COUNT(processes, store->processes.count)
COUNT(tracks, store->tracks.count)
COUNT(rows, store->rows.count)
COUNT(blocks, store->blocks.count)
COUNT(payloads, store->payloads.count)
COUNT(odd, store->columns.odd_count)
COUNT(instants, store->instants.count)
COUNT(counters, store->counters.count)
COUNT(flows, store->flows.count)
COUNT(objects, store->objects.count)
COUNT(snapshots, store->snapshots.count)
COUNT(sources, store->sources.count)
COUNT(functions, store->functions.count)

const struct vt_compact_items vt_compact_items[VT_COMPACT_END] = {
    [VT_COMPACT_HEAD] = {one, head_item, 1},
    [VT_COMPACT_WORDS] = {words, word_item, 4096},
    [VT_COMPACT_NAMES] = {names, name_item, 4096},
    [VT_COMPACT_PROCESSES] = {processes, process_item, 4096},
    [VT_COMPACT_TRACKS] = {tracks, track_item, 4096},
    [VT_COMPACT_ROWS] = {rows, row_item, 4096},
    [VT_COMPACT_BLOCKS] = {blocks, block_item, 1},
    [VT_COMPACT_PAYLOADS] = {payloads, payload_item, 65536},
    [VT_COMPACT_ODD] = {odd, odd_item, 65536},
    [VT_COMPACT_INSTANTS] = {instants, instant_item, 65536},
    [VT_COMPACT_COUNTERS] = {counters, counter_item, 1},
    [VT_COMPACT_FLOWS] = {flows, flow_item, 65536},
    [VT_COMPACT_OBJECTS] = {objects, object_item, 65536},
    [VT_COMPACT_SNAPSHOTS] = {snapshots, snapshot_item, 65536},
    [VT_COMPACT_SOURCES] = {sources, source_item, 4096},
    [VT_COMPACT_FUNCTIONS] = {functions, function_item, 4096},
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/engine.h"

#include "core/trace/pack_layout.h"
#include "viewer/engine/compact.h"
#include "viewer/engine/engine_inside.h"
#include "viewer/engine/settle.h"

#include <stdlib.h>
#include <string.h>

enum vt_status vt_engine_create(const struct vt_engine_options *options,
                                struct vt_engine **engine, struct vt_error *err) {
    struct vt_engine *made = calloc(1, sizeof *made);
    struct vt_ingest *ingest = malloc(sizeof *ingest);
    if (!made || !ingest) {
        free(made);
        free(ingest);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    made->options = *options;
    made->store.blocks.options = &made->options;
    made->ingest = ingest;
    vt_ingest_init(ingest, &made->store);
    *engine = made;
    return VT_OK;
}

static void drop_input(struct vt_engine *engine) {
    vt_reader_destroy(engine->reader);
    engine->reader = NULL;
    vt_pack_read_destroy(engine->pack);
    engine->pack = NULL;
    vt_shortcut_destroy(engine->shortcut);
    engine->shortcut = NULL;
    vt_compact_reader_destroy(engine->compact);
    engine->compact = NULL;
    if (engine->ingest)
        vt_ingest_fini(engine->ingest);
    free(engine->ingest);
    engine->ingest = NULL;
    vt_buf_fini(&engine->head);
}

void vt_engine_destroy(struct vt_engine *engine) {
    if (!engine)
        return;
    drop_input(engine);
    vt_store_fini(&engine->store);
    free(engine);
}

/* ---- input */

static bool begins_with(const struct vt_engine *engine, const char *magic,
                        size_t size) {
    return engine->head.size >= size && !memcmp(engine->head.data, magic, size);
}

/* Decides by the first bytes what the input is. */
static enum vt_status open_input(struct vt_engine *engine, struct vt_error *err) {
    struct vt_reader_limits limits = {engine->options.depth,
                                      engine->options.string_bytes};
    if (begins_with(engine, VT_COMPACT_MAGIC, VT_COMPACT_MAGIC_BYTES))
        return vt_compact_reader_create(&engine->store, &engine->compact, err);
    struct vt_reader_handler handler = vt_ingest_handler(engine->ingest);
    enum vt_status status = vt_reader_create(&limits, &handler, &engine->reader, err);
    if (status != VT_OK || !begins_with(engine, VT_PACK_MAGIC, VT_PACK_MAGIC_BYTES))
        return status;
    status = vt_pack_read_create(vt_reader_sink(engine->reader), &engine->pack, err);
    if (status != VT_OK)
        return status;
    return vt_shortcut_create(engine->ingest, engine->reader, engine->pack,
                              &engine->shortcut, err);
}

static enum vt_status pass_on(struct vt_engine *engine, const void *bytes, size_t size,
                              struct vt_error *err) {
    if (engine->compact)
        return vt_compact_reader_feed(engine->compact, bytes, size, err);
    if (engine->pack)
        return vt_pack_read_feed(engine->pack, bytes, size, err);
    return vt_reader_feed(engine->reader, bytes, size, err);
}

enum vt_status vt_engine_feed(struct vt_engine *engine, const void *bytes, size_t size,
                              struct vt_error *err) {
    VT_REQUIRE(engine->ingest != NULL);
    engine->fed += size;
    if (engine->reader || engine->compact)
        return pass_on(engine, bytes, size, err);
    vt_buf_append(&engine->head, bytes, size);
    enum vt_status status = vt_buf_status(&engine->head, err);
    if (status != VT_OK || engine->head.size < VT_COMPACT_MAGIC_BYTES)
        return status;
    status = open_input(engine, err);
    return status == VT_OK ? pass_on(engine, engine->head.data, engine->head.size, err)
                           : status;
}

static enum vt_status write_feed(void *state, const void *bytes, size_t size,
                                 struct vt_error *err) {
    return vt_engine_feed(state, bytes, size, err);
}

struct vt_sink vt_engine_sink(struct vt_engine *engine) {
    return (struct vt_sink){write_feed, engine};
}

static enum vt_status finish_text(struct vt_engine *engine, struct vt_error *err) {
    enum vt_status status =
        engine->pack ? vt_pack_read_finish(engine->pack, err) : VT_OK;
    if (status == VT_OK)
        status = vt_reader_finish(engine->reader, err);
    if (status == VT_OK && !vt_reader_stats(engine->reader)->has_events)
        status = vt_error_set(err, VT_ERR_FORMAT, "not a trace: it has no traceEvents");
    engine->store.bytes =
        engine->pack ? engine->fed : vt_reader_stats(engine->reader)->bytes;
    vt_reader_destroy(engine->reader);
    engine->reader = NULL;
    return status == VT_OK ? vt_settle(engine->ingest, err) : status;
}

enum vt_status vt_engine_finish(struct vt_engine *engine, struct vt_error *err) {
    VT_REQUIRE(engine->ingest != NULL);
    enum vt_status status = VT_OK;
    if (!engine->reader && !engine->compact) { /* a few bytes only */
        status = open_input(engine, err);
        if (status == VT_OK && engine->head.size)
            status = pass_on(engine, engine->head.data, engine->head.size, err);
    }
    if (status == VT_OK && engine->reader)
        status = finish_text(engine, err);
    else if (status == VT_OK) {
        status = vt_compact_reader_finish(engine->compact, err);
        if (status == VT_OK)
            status = vt_settle_derive(&engine->store, err);
    }
    if (status == VT_OK) {
        drop_input(engine);
        engine->is_finished = true;
    }
    return status;
}

/* ---- what is there */

struct vt_engine_progress vt_engine_progress(const struct vt_engine *engine) {
    return (struct vt_engine_progress){engine->fed, engine->store.counts.events,
                                       engine->is_finished};
}

uint64_t vt_engine_memory(const struct vt_engine *engine) {
    const struct vt_store *store = &engine->store;
    uint64_t bytes =
        (uint64_t)store->columns.count * (store->columns.payload ? 24 : 20);
    bytes += (uint64_t)store->columns.count * 5 / 4;
    bytes += store->columns.odd_capacity * sizeof *store->columns.odd;
    bytes += store->payloads.capacity * sizeof *store->payloads.items;
    bytes += store->instants.capacity * sizeof *store->instants.items;
    bytes += store->rows.capacity * sizeof *store->rows.items;
    for (size_t i = 0; store->buckets && i < store->rows.count; i++)
        bytes += sizeof *store->buckets + vt_buckets_memory(&store->buckets[i]);
    for (uint32_t i = 0; i < store->blocks.count; i++)
        bytes += store->blocks.items[i].size;
    for (size_t i = 0; i < store->counters.count; i++)
        bytes += store->counters.items[i].samples.capacity *
                 sizeof *store->counters.items[i].samples.items;
    return bytes + store->name_texts.bytes.capacity + store->words.bytes.capacity;
}

enum vt_status vt_engine_save(const struct vt_engine *engine, struct vt_sink sink,
                              struct vt_error *err) {
    VT_REQUIRE(engine->is_finished);
    return vt_compact_write(&engine->store, sink, err);
}

enum vt_status vt_engine_provide(struct vt_engine *engine, uint32_t block,
                                 const void *bytes, size_t size, struct vt_error *err) {
    return vt_blocks_provide(&engine->store.blocks, block, bytes, size, err);
}

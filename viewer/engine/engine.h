/* SPDX-License-Identifier: Apache-2.0
 *
 * A trace that can be asked: a report, or the compact index of one, in;
 * answers (viewer/engine/query.h) out.
 *
 *   vt_engine_create
 *   vt_engine_feed      pieces of any size; what it is, the first bytes say: the JSON
 *                       of a report, a packed report (core/trace/pack_layout.h) or a
 *                       compact index
 *   vt_engine_finish    builds the rows; from now on nothing changes
 *   vt_query_answer     as often as wanted
 *   vt_engine_save      the compact index, for another engine to be fed with
 *
 * There is no file, compressor or clock in here: whoever has them passes functions. The
 * compact index compresses well (gzip it as a whole); arguments and source texts stand
 * in it in blocks of their own, packed by `pack`, so that they cost nothing until they
 * are looked at.
 *
 * Threads:   one at a time until vt_engine_finish; then const and free of locks. But
 *            vt_engine_provide (the page's, which has one thread) changes it.
 * Hot path:  vt_engine_feed: an event costs its bytes once, and 16 bytes of memory;
 *            finished, about 22.
 * Ownership: the engine copies what it is fed.
 */
#ifndef VT_VIEWER_ENGINE_ENGINE_H
#define VT_VIEWER_ENGINE_ENGINE_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/base/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_engine;

struct vt_engine_options {
    /* Raw deflate (RFC 1951) of one block, appended to `packed`; NULL: blocks are kept
     * as they are. */
    enum vt_status (*pack)(void *state, const void *bytes, size_t size,
                           struct vt_buf *packed, struct vt_error *err);
    /* The opposite, `raw_size` bytes; called by queries, by several threads at a time.
     * NULL: a query answers VT_REPLY_NEEDS_BLOCK. */
    enum vt_status (*unpack)(void *state, const void *packed, size_t size,
                             size_t raw_size, struct vt_buf *bytes,
                             struct vt_error *err);
    void *state;                  /* of both */
    uint32_t depth, string_bytes; /* of the JSON; 0: the reader's defaults */
};

VT_NODISCARD enum vt_status vt_engine_create(const struct vt_engine_options *options,
                                             struct vt_engine **engine,
                                             struct vt_error *err);
void vt_engine_destroy(struct vt_engine *engine); /* NULL is allowed */

/* VT_ERR_FORMAT, VT_ERR_LIMIT: the text or index is wrong; the sentence has the place.
 * VT_ERR_LIMIT, also: more than 2^32 - 2 slices. After a failure, destroy it. */
VT_NODISCARD enum vt_status vt_engine_feed(struct vt_engine *engine, const void *bytes,
                                           size_t size, struct vt_error *err);
struct vt_sink vt_engine_sink(struct vt_engine *engine);
VT_NODISCARD enum vt_status vt_engine_finish(struct vt_engine *engine,
                                             struct vt_error *err);

struct vt_engine_progress {
    uint64_t bytes;  /* fed */
    uint64_t events; /* seen */
    bool is_finished;
};

struct vt_engine_progress vt_engine_progress(const struct vt_engine *engine);

/* How many bytes of memory the columns take. */
uint64_t vt_engine_memory(const struct vt_engine *engine);

/* The compact index of a finished engine. A status of the sink is passed on. */
VT_NODISCARD enum vt_status vt_engine_save(const struct vt_engine *engine,
                                           struct vt_sink sink, struct vt_error *err);

/* The file_info of the report as its JSON object, {} if there was none (the URL
 * /file_info). VT_ERR_UNSUPPORTED: its blocks are packed and there is no `unpack`. */
VT_NODISCARD enum vt_status vt_engine_file_info(const struct vt_engine *engine,
                                                struct vt_sink sink,
                                                struct vt_error *err);

/* The bytes of the packed block that a reply asked for; kept from now on.
 * VT_ERR_FORMAT: there is no such block, or it has another size. */
VT_NODISCARD enum vt_status vt_engine_provide(struct vt_engine *engine, uint32_t block,
                                              const void *bytes, size_t size,
                                              struct vt_error *err);

#endif

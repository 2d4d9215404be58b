/* SPDX-License-Identifier: Apache-2.0
 *
 * A file as an engine: whatever core/io/source.h reads (json, gz, a log, a run
 * directory), and html and cvf.
 *
 * Threads:   one at a time per call; `progress` runs inside.
 * Ownership: the caller destroys the engine.
 */
#ifndef VT_VIEWER_SERVER_TRACE_OPEN_H
#define VT_VIEWER_SERVER_TRACE_OPEN_H

#include "core/base/error.h"
#include "core/base/sink.h"
#include "viewer/engine/engine.h"
#include "viewer/engine/query.h"

struct vt_trace_open_options {
    /* Called every few MB of text; false: stop, VT_ERR_REFUSED. May be NULL. */
    bool (*progress)(void *state, struct vt_engine_progress progress);
    void *state;
};

/* Errors name the path. */
VT_NODISCARD enum vt_status vt_trace_open(const char *path,
                                          const struct vt_trace_open_options *options,
                                          struct vt_engine **engine,
                                          struct vt_error *err);

/* The compact index, gzip'ed as a whole: what a page feeds its engine with, through
 * DecompressionStream("gzip"). */
VT_NODISCARD enum vt_status vt_trace_open_index(const struct vt_engine *engine,
                                                struct vt_sink sink,
                                                struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine itself, for the parts of viewer/engine that stand around it.
 *
 * Threads: see engine.h.
 */
#ifndef VT_VIEWER_ENGINE_ENGINE_INSIDE_H
#define VT_VIEWER_ENGINE_ENGINE_INSIDE_H

#include "core/trace/pack_read.h"
#include "viewer/engine/compact.h"
#include "viewer/engine/shortcut.h"

struct vt_engine {
    struct vt_engine_options options;
    struct vt_store store;
    /* while it is fed: */
    struct vt_ingest *ingest;
    struct vt_reader *reader;  /* of the text, or */
    struct vt_pack_read *pack; /* of a packed report, which gives `reader` its text */
    struct vt_shortcut *shortcut;      /* of that, past `reader` */
    struct vt_compact_reader *compact; /* of the index */
    struct vt_buf head;                /* until it is known which */
    uint64_t fed;
    bool is_finished;
};

#endif

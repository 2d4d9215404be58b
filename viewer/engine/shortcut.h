/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices of a packed report, without their text: when an event of some words was read
 * as text and became a slice and nothing else, those of the same words differ from it
 * by their times only, and go to their track at once.
 *
 * Threads:   one at a time.
 * Hot path:  an event costs a look into a cache.
 * Ownership: borrows the ingest and the reader.
 */
#ifndef VT_VIEWER_ENGINE_SHORTCUT_H
#define VT_VIEWER_ENGINE_SHORTCUT_H

#include "core/trace/pack_read.h"
#include "viewer/engine/ingest.h"

struct vt_shortcut;

/* `reader` feeds `ingest`, with what `pack` writes. */
VT_NODISCARD enum vt_status vt_shortcut_create(struct vt_ingest *ingest,
                                               const struct vt_reader *reader,
                                               struct vt_pack_read *pack,
                                               struct vt_shortcut **shortcut,
                                               struct vt_error *err);
void vt_shortcut_destroy(struct vt_shortcut *shortcut); /* NULL is allowed */

#endif

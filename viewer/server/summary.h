/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in a report, in a few lines for people: of the answer to META
 * (viewer/engine/query.h).
 *
 * Threads: no global state.
 */
#ifndef VT_VIEWER_SERVER_SUMMARY_H
#define VT_VIEWER_SERVER_SUMMARY_H

#include "core/base/jwrite.h"

/* `name`: the report's. VT_ERR_FORMAT: `meta` is no such answer. */
VT_NODISCARD enum vt_status vt_summary_write(const char *name, const char *meta,
                                             size_t size, struct vt_jwrite *out,
                                             struct vt_error *err);

/* A text in which no byte steers a terminal. */
void vt_summary_text(struct vt_jwrite *out, const char *text, size_t size);

#endif

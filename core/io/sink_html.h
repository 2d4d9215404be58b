/* SPDX-License-Identifier: Apache-2.0
 *
 * A sink that makes the JSON of a report into an html file (core/io/html_layout.h), in
 * another sink.
 *
 * Streams: memory does not grow with the number of events.
 *
 * Threads:   one at a time; compresses on a helper thread (core/io/sink_gzip.h).
 * Ownership: owns its buffers, borrows the inner sink's state.
 */
#ifndef VT_IO_SINK_HTML_H
#define VT_IO_SINK_HTML_H

#include "core/base/error.h"
#include "core/base/sink.h"

#include <stdint.h>

struct vt_sink_html;

/* `most_events`: one more is VT_ERR_LIMIT, and the sentence says what to do instead. */
VT_NODISCARD enum vt_status vt_sink_html_open(struct vt_sink inner,
                                              uint64_t most_events,
                                              struct vt_sink_html **html,
                                              struct vt_error *err);

struct vt_sink vt_sink_html_sink(struct vt_sink_html *html);

/* Writes what is left and the end of the page. */
VT_NODISCARD enum vt_status vt_sink_html_finish(struct vt_sink_html *html,
                                                struct vt_error *err);

void vt_sink_html_close(struct vt_sink_html *html); /* NULL is allowed */

#endif

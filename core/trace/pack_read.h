/* SPDX-License-Identifier: Apache-2.0
 *
 * A packed report (core/trace/pack_layout.h), written to it in pieces, as the JSON of
 * the report.
 *
 * Nothing is believed: numbers that point nowhere, columns that end too early or late
 * and sections that nobody knows are refused. Texts are passed on as they are: whoever
 * reads the JSON checks it.
 *
 * Threads:   one at a time.
 * Hot path:  an event costs its text, unless a shortcut takes it.
 * Ownership: borrows the state of the sink that it writes to.
 */
#ifndef VT_TRACE_PACK_READ_H
#define VT_TRACE_PACK_READ_H

#include "core/base/sink.h"

#include <stdbool.h>

struct vt_pack_read;

#define VT_PACK_PLAIN_WORDS 8u

/* An event that has a ts and a dur that are times, and for the rest words. Those of the
 * same shape and words have the same text but for the times. */
struct vt_pack_plain {
    uint32_t shape, forgotten;           /* words were numbered anew so often */
    uint32_t words[VT_PACK_PLAIN_WORDS]; /* in the order of the members; 0: no more */
    int64_t ts_ns, dur_ns;               /* as the text has them */
};

/* Whoever knows such events by their words need not have their text. */
struct vt_pack_shortcut {
    /* *taken: the event is not written. The text of all before it has been. */
    enum vt_status (*take)(void *state, const struct vt_pack_plain *event, bool *taken,
                           struct vt_error *err);
    /* It was not taken; its text has been written. */
    void (*written)(void *state, const struct vt_pack_plain *event);
    void *state;
};

VT_NODISCARD enum vt_status vt_pack_read_create(struct vt_sink inner,
                                                struct vt_pack_read **pack,
                                                struct vt_error *err);
/* Before the first byte; `shortcut` is copied. */
void vt_pack_read_shorten(struct vt_pack_read *pack,
                          const struct vt_pack_shortcut *shortcut);
void vt_pack_read_destroy(struct vt_pack_read *pack); /* NULL is allowed */

/* VT_ERR_FORMAT, VT_ERR_LIMIT: it is damaged. A status of the sink is passed on. After
 * a failure nothing more is read. */
VT_NODISCARD enum vt_status vt_pack_read_feed(struct vt_pack_read *pack,
                                              const void *bytes, size_t size,
                                              struct vt_error *err);
struct vt_sink vt_pack_read_sink(struct vt_pack_read *pack);

/* VT_ERR_FORMAT: it ends too early. */
VT_NODISCARD enum vt_status vt_pack_read_finish(struct vt_pack_read *pack,
                                                struct vt_error *err);

#endif

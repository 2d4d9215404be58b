/* SPDX-License-Identifier: Apache-2.0
 *
 * A trace as a compressed report (core/trace/cvf_layout.h).
 *
 *   vt_cvf_write_handler    of a vt_reader, which reads the trace once
 *   vt_cvf_write_finish     the file
 *
 * Events that the layout has a place for go there: names of processes and threads,
 * slices (cut to 10 ns), counters (to ns). All others go among the other events as they
 * stand in the text, and so does an event with anything that its place would lose: a
 * category, a pid that is a text, a name that is no UTF-8. The order of events is not
 * kept.
 *
 * Of members with the same name beside the events the first stays.
 *
 * Threads:   one at a time.
 * Hot path:  the handler: 16 bytes for a slice.
 * Ownership: borrows the sink's state. Slices and args are kept until the end.
 */
#ifndef VT_TRACE_CVF_WRITE_H
#define VT_TRACE_CVF_WRITE_H

#include "core/base/sink.h"
#include "core/trace/cvf_layout.h"
#include "core/trace/reader.h"

struct vt_cvf_write;

VT_NODISCARD enum vt_status vt_cvf_write_create(const struct vt_cvf_packer *packer,
                                                struct vt_sink sink,
                                                struct vt_cvf_write **write,
                                                struct vt_error *err);
void vt_cvf_write_destroy(struct vt_cvf_write *write); /* NULL is allowed */

/* Borrowed: valid as long as the writer. */
struct vt_reader_handler vt_cvf_write_handler(struct vt_cvf_write *write);

/* After the reader has finished well; `stats` are the reader's. Once. */
VT_NODISCARD enum vt_status vt_cvf_write_finish(struct vt_cvf_write *write,
                                                const struct vt_reader_stats *stats,
                                                struct vt_error *err);

#endif

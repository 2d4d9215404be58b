/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as the text of a report (behaviour.md 7): the normal form, or the raw form
 * without blanks.
 *
 *   vt_writer_begin        {"traceEvents": [
 *   vt_writer_log          the block of one process; again for the next process
 *   vt_writer_end_events   ]
 *   (the caller writes further members through vt_writer_text)
 *   vt_writer_finish       }
 *
 * Whatever a log says, the text is JSON: a payload that is not becomes
 * {"unreadable": true}, a raw event that is not an object is left out and counted.
 *
 * Threads:   one at a time.
 * Hot path:  vt_writer_log(): a call is three copies and two numbers into a buffer; its
 *            name is rendered once.
 * Ownership: the writer owns its buffers and borrows the sink's state.
 */
#ifndef VT_TRACE_WRITER_H
#define VT_TRACE_WRITER_H

#include "core/base/error.h"
#include "core/base/jwrite.h"
#include "core/base/sink.h"
#include "core/trace/log_reader.h"

#include <stdbool.h>
#include <stdint.h>

struct vt_writer_options {
    bool raw;                    /* behaviour.md 7.5 */
    bool sanitize_function_name; /* raw: see --sanitize_function_name */
    /* Called now and then with how many events of how many were written; may be NULL.
     */
    void (*progress)(void *state, uint64_t done, uint64_t total);
    void *progress_state;
    uint64_t total;
};

struct vt_writer_counts {
    uint64_t entries;    /* items of traceEvents */
    uint64_t events;     /* the same without metadata */
    uint64_t open_calls; /* of these, written as unfinished */
    uint64_t unreadable; /* raw events that were left out */
};

struct vt_writer;

VT_NODISCARD enum vt_status vt_writer_create(struct vt_sink sink,
                                             const struct vt_writer_options *options,
                                             struct vt_writer **writer,
                                             struct vt_error *err);
void vt_writer_destroy(struct vt_writer *writer); /* NULL is allowed */

void vt_writer_begin(struct vt_writer *writer);

/* All events of the reader, with the metadata of their process and threads. */
VT_NODISCARD enum vt_status vt_writer_log(struct vt_writer *writer,
                                          struct vt_log_reader *reader,
                                          struct vt_error *err);

/* Whether the last vt_writer_log wrote an X event of the function with this id. */
bool vt_writer_has_call_of(const struct vt_writer *writer, uint32_t id);

void vt_writer_end_events(struct vt_writer *writer);
struct vt_jwrite *vt_writer_text(struct vt_writer *writer); /* borrowed */

/* Ends the text and hands the rest to the sink. */
VT_NODISCARD enum vt_status vt_writer_finish(struct vt_writer *writer,
                                             struct vt_error *err);

const struct vt_writer_counts *vt_writer_counts(const struct vt_writer *writer);

#endif

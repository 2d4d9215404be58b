/* SPDX-License-Identifier: Apache-2.0
 *
 * Several traces as one report (behaviour.md 19).
 *
 *   vt_combine_add      each trace; one that is wrong is left out
 *   vt_combine_write    the report
 *
 * Each trace is read twice. The first time it is checked to its last byte and what
 * stands beside its events is kept; the second time its events go out with the bytes
 * that they have. Only pids that an earlier trace has already (core/trace/pid_table.h)
 * and, if the traces are to be aligned, ts are rewritten. Memory does not grow with the
 * number of events, but with what stands beside them.
 *
 *   traceEvents          those of each trace, in the order of the traces
 *   viztracer_metadata   version: ours; overflow: of any; baseTimeNanoseconds: of the
 *                        last that has it; lostEvents: their sum; else the first's
 *       combined         what was done to each trace, if anything was: file, shift (us
 *                        that were added to its ts), uncertainty (us by which that may
 *                        be wrong), pids (old: new), members (that an earlier trace has
 *                        with other values)
 *   file_info            of all; the first source of a path stays
 *   other members        of all; the first of a name stays
 *
 * Aligned: the sync marker of each trace, or its smallest ts if it has none, becomes 0.
 * Metadata events (ph M) keep theirs.
 *
 * Threads:   one at a time.
 * Ownership: the combination copies names; inputs' states are borrowed until
 *            vt_combine_destroy.
 */
#ifndef VT_TRACE_COMBINE_H
#define VT_TRACE_COMBINE_H

#include "core/base/error.h"
#include "core/base/sink.h"
#include "core/trace/reader.h"

#include <stdbool.h>
#include <stdint.h>

struct vt_combine_input {
    const char *name; /* that lines for the user and labels in the report bear */
    /* Writes the text of the trace to the sink. Called twice. */
    enum vt_status (*pump)(void *state, struct vt_sink sink, struct vt_error *err);
    void *state;
    int64_t shift_ns;       /* added to its ts: its clock was another one; not if the
                               traces are aligned */
    int64_t uncertainty_ns; /* of the shift */
};

struct vt_combine_options {
    bool align;
    struct vt_reader_limits limits;
    /* Takes one line about something odd, without line feed; may be NULL. */
    void (*say)(void *state, const char *line);
    /* Called at the beginning of vt_combine_write and now and then with the entries
     * written and their total; may be NULL. */
    void (*progress)(void *state, uint64_t done, uint64_t total);
    void *state; /* of both */
};

struct vt_combine;

VT_NODISCARD enum vt_status vt_combine_create(const struct vt_combine_options *options,
                                              struct vt_combine **combine,
                                              struct vt_error *err);
void vt_combine_destroy(struct vt_combine *combine); /* NULL is allowed */

/* Reads the trace for the first time. On failure it is no part of the combination,
 * which goes on; but VT_ERR_NO_MEMORY is the combination's, too. */
VT_NODISCARD enum vt_status vt_combine_add(struct vt_combine *combine,
                                           const struct vt_combine_input *input,
                                           struct vt_error *err);

struct vt_combine_counts {
    uint64_t entries; /* items of traceEvents */
    uint64_t labels;  /* of these, names that we gave to processes */
    bool overflow;
};

/* Reads the traces for the second time, once. `counts` may be NULL. */
VT_NODISCARD enum vt_status vt_combine_write(struct vt_combine *combine,
                                             struct vt_sink sink,
                                             struct vt_combine_counts *counts,
                                             struct vt_error *err);

#endif

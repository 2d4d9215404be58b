/* SPDX-License-Identifier: Apache-2.0
 *
 * The counter events of a trace that a compressed report can hold as such: those whose
 * args are numbers, by process, thread and name.
 *
 * Threads:   one at a time.
 * Ownership: copies what it needs of an event. All zero is empty and valid.
 */
#ifndef VT_TRACE_CVF_COUNTERS_H
#define VT_TRACE_CVF_COUNTERS_H

#include "core/base/strtab.h"
#include "core/trace/cvf_slices.h"

struct vt_cvf_counter_group;

struct vt_cvf_counters {
    struct vt_strtab names;
    struct vt_cvf_counter_group *groups; /* by number of the name */
    size_t capacity;
    struct vt_buf values;              /* of all groups: struct value */
    struct vt_buf digits;              /* numbers that are texts */
    struct vt_buf name, plain, fields; /* for one event */
};

void vt_cvf_counters_fini(struct vt_cvf_counters *counters);

enum vt_cvf_verdict vt_cvf_counters_add(struct vt_cvf_counters *counters,
                                        const struct vt_reader_event *event);

/* Writes the records; once. */
VT_NODISCARD enum vt_status vt_cvf_counters_write(struct vt_cvf_counters *counters,
                                                  struct vt_cvf_put *put,
                                                  struct vt_error *err);

#endif

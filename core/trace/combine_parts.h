/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of core/trace/combine.h share: combine.c reads the traces for the
 * first time, combine_write.c for the second.
 */
#ifndef VT_TRACE_COMBINE_PARTS_H
#define VT_TRACE_COMBINE_PARTS_H

#include "core/trace/combine.h"
#include "core/trace/member_table.h"
#include "core/trace/pid_table.h"

#define VT_COMBINE_PLACES (VT_READER_FILE_INFO + 1)

struct vt_combine_trace {
    struct vt_combine_input input; /* its name is owned */
    struct vt_reader_stats stats;
    struct vt_pid_table pids;
    bool has_samples;        /* a member of events that are not traceEvents */
    bool has_other_pids;     /* some get another number */
    bool has_ts, has_marker; /* those below hold */
    int64_t least_ns;        /* the smallest ts */
    int64_t marker_ns;       /* sync_marker */
    struct vt_member_table
        kept;      /* members that an earlier trace has with other values */
    char *earlier; /* JSON of metadata.combined of its own; NULL: none */
};

struct vt_combine {
    struct vt_combine_options options;
    struct vt_combine_trace *traces;
    size_t trace_count, trace_capacity;
    struct vt_pid_owners owners;
    struct vt_member_table members[VT_COMBINE_PLACES]; /* by enum vt_reader_place */
    bool has_file_info;
    bool overflow;
    int64_t lost;
    char *base_time; /* JSON of the last baseTimeNanoseconds; NULL: none */
};

/* Says a line that begins with the trace's name. */
void vt_combine_say(const struct vt_combine *combine,
                    const struct vt_combine_trace *trace, const char *format, ...)
    VT_PRINTF(3, 4);

/* What is subtracted from every ts of the trace; 0 if nothing is to be aligned. */
int64_t vt_combine_origin(const struct vt_combine *combine,
                          const struct vt_combine_trace *trace);

#endif

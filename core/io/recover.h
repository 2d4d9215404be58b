/* SPDX-License-Identifier: Apache-2.0
 *
 * `viztracer --recover [RUN]`: the report of a program that died before it could save.
 *
 * RUN is a run directory or one log file. Without it the newest run of a dead program
 * of this user is taken; the others are named. A run whose program still lives is
 * refused unless it is named: then the report is a snapshot and the run stays as it is.
 *
 * A run directory is removed once its report is there; a log that was named as a file
 * stays.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_RECOVER_H
#define VT_IO_RECOVER_H

#include "core/io/report.h"

struct vt_recover_options {
    const char *run;         /* NULL: find it */
    const char *output_path; /* absolute; NULL: as the program was asked to */
    bool skip_saved; /* no report of a run of which all is in one: it is removed */
    struct vt_clock_pair now; /* vt_clock_pair(200) of the caller, or (0, 0) */

    /* Turns the configuration text that the log holds (core/record/config.h) into what
     * the report should be: output_path (absolute; used when the option above is NULL),
     * dump_raw, sanitize_function_name, file_info. Strings put there must stay valid
     * until vt_recover returns. May be NULL: then only output_path above counts. */
    enum vt_status (*configure)(void *state, const char *text,
                                struct vt_report_options *report, struct vt_error *err);

    /* Takes one line for the user, without line feed, terminal-safe. May be NULL. */
    void (*say)(void *state, const char *line);
    void (*progress)(void *state, uint64_t done, uint64_t total); /* may be NULL */
    void *state;                                                  /* of all three */
};

struct vt_recover_result {
    char *output_path; /* or the server that got it; owned by the caller: free; NULL:
                          skipped */
    struct vt_report_stats stats;
    bool was_live;
    bool was_saved; /* the process that made the run saved; others came after that */
};

/* VT_ERR_NOT_FOUND: no such run. VT_ERR_REFUSED: it lives, or is not this user's. On
 * failure the run is as it was. `result` is set on success only. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_recover(const struct vt_recover_options *options, struct vt_recover_result *result,
           struct vt_error *err);

#endif

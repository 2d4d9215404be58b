/* SPDX-License-Identifier: Apache-2.0
 *
 * The report of a whole run: the logs of all processes that left one in the run
 * directory, and last that of the process that saves.
 *
 * Waits for processes that still write their logs, but not for daemons: those that
 * have a session of their own and descend from others by now. They are in the report
 * as far as they are.
 *
 * Threads: no global state; called without the GIL.
 */
#ifndef VT_IO_COLLECT_H
#define VT_IO_COLLECT_H

#include "core/io/report.h"

struct vt_collect_options {
    const char *run_dir;     /* NULL: the calling process is the only one */
    struct vt_log_image own; /* the log of the calling process */
    const struct vt_report_options *report;
    /* Called when there is something to wait for, and before each further look. False:
     * wait no longer. */
    bool (*wait)(void *state, size_t count);
    void *state;
};

VT_EXPORT VT_NODISCARD enum vt_status
vt_report_collect(const struct vt_collect_options *options,
                  struct vt_report_stats *stats, struct vt_error *err);

#endif

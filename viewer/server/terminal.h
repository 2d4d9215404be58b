/* SPDX-License-Identifier: Apache-2.0
 *
 * What a terminal shows of a report: its functions, or what is in it.
 *
 * Threads: no global state.
 */
#ifndef VT_VIEWER_SERVER_TERMINAL_H
#define VT_VIEWER_SERVER_TERMINAL_H

#include "core/base/error.h"
#include "core/base/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct vt_terminal_options {
    const char
        *sort;    /* calls, total, self, min, mean, p50, p95, p99, max; NULL: self */
    uint32_t top; /* so many functions; 0: all */
    bool json;
};

/* The functions of the report, those with the most first. VT_ERR_USAGE: it cannot be
 * sorted so. Errors of the file name the path. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_terminal_report(const char *path, const struct vt_terminal_options *options,
                   struct vt_sink sink, struct vt_error *err);

/* What is in it, in a few lines, or as the JSON of the query META. */
VT_EXPORT VT_NODISCARD enum vt_status vt_terminal_info(const char *path, bool is_json,
                                                       struct vt_sink sink,
                                                       struct vt_error *err);

#endif

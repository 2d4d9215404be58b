/* SPDX-License-Identifier: Apache-2.0
 *
 * The limits within which input files are read, and the environment variables that set
 * others (README.md, "Limits"):
 *
 *   VIZTRACER_MAX_DEPTH          how deep JSON may nest (1,024)
 *   VIZTRACER_MAX_STRING_BYTES   the longest JSON string (64 MiB)
 *   VIZTRACER_MAX_EXPANSION      how many times gzip data may expand (256)
 *   VIZTRACER_MAX_HTML_EVENTS    what a page is given to show (20,000,000)
 *   VIZTRACER_MAX_REPORT_BYTES   what a report server takes from one client (16 GiB)
 *
 * There is none on the size of a file.
 */
#ifndef VT_IO_LIMITS_H
#define VT_IO_LIMITS_H

#include "core/base/error.h"
#include "core/trace/reader.h"

#include <stdint.h>

struct vt_limits {
    struct vt_reader_limits reader;
    uint32_t expansion; /* of gzip data */
    uint64_t report_bytes;
};

/* VT_ERR_LIMIT: a variable holds no number, or one out of its range. */
VT_NODISCARD enum vt_status vt_limits_read(struct vt_limits *limits,
                                           struct vt_error *err);

/* How many events an html report may have; VT_ERR_LIMIT likewise. */
VT_NODISCARD enum vt_status vt_limits_html_events(uint64_t *most_events,
                                                  struct vt_error *err);

/* When `err` is VT_ERR_LIMIT: adds which variables raise limits. */
void vt_limits_explain(struct vt_error *err);

#endif

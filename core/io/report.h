/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes one report file from the logs of a run: json, gzip or html, told by the file's
 * name.
 *
 * Streams: memory does not grow with the number of events. The file appears under its
 * name whole or not at all (temporary file beside it, fsync, rename), with mode 0600
 * less the umask.
 *
 * Calls that a log shows as open although tracing was not stopped (the program died, or
 * still runs) become X events with args.unfinished that last up to the last recorded
 * time. They come on top of the events that the ring keeps.
 *
 * Threads: no global state; called without the GIL.
 */
#ifndef VT_IO_REPORT_H
#define VT_IO_REPORT_H

#include "core/base/error.h"
#include "core/base/log_layout.h"
#include "core/base/sink.h"
#include "core/trace/log_image.h"
#include "core/trace/log_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_report_options {
    const char *output_path; /* absolute; see vt_report_check_name */
    const char *endpoint; /* not NULL: the report goes to this server, no file is made
                             (core/io/deliver.h) */
    bool dump_raw;        /* the raw form of behaviour.md 7.5 */
    bool sanitize_function_name;
    bool file_info; /* embed the sources of the functions */
    /* Both clocks read just now, on the machine and in the boot that wrote the logs, or
     * (0, 0): makes the times of a log whose program died before its stop precise. */
    struct vt_clock_pair now;
    /* For the last log; see vt_log_reader_override. */
    const struct vt_log_override *overrides;
    size_t override_count;
    /* Called now and then with the number of events written and their total; may be
     * NULL. */
    void (*progress)(void *state, uint64_t done, uint64_t total);
    void *progress_state;
};

struct vt_report_stats {
    uint64_t entries;    /* items of traceEvents, metadata included */
    uint64_t events;     /* the same without metadata */
    uint64_t lost;       /* events that the ring forgot or that had no room */
    uint64_t open_calls; /* written as unfinished */
    bool overflow;       /* lost > 0 or the ring is exactly full (behaviour.md 7.1) */
    uint64_t fsync_ns;
    uint64_t file_bytes;
};

/* Refuses names that end in neither .json, .html nor .gz: VT_ERR_REFUSED with the text
 * of behaviour.md 3 ("Only html, json and gz are supported"). */
VT_NODISCARD enum vt_status vt_report_check_name(const char *path,
                                                 struct vt_error *err);

/* Writes the report of `count` logs (>= 1; blocks in that order, the main process
 * last). On failure the file that had the name before is untouched and no temporary
 * file is left. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_report_save(const struct vt_log_image *logs, size_t count,
               const struct vt_report_options *options, struct vt_report_stats *stats,
               struct vt_error *err);

/* The same text into a sink; options->output_path is not looked at. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_report_write(const struct vt_log_image *logs, size_t count,
                const struct vt_report_options *options, struct vt_sink sink,
                struct vt_report_stats *stats, struct vt_error *err);

/* A report whose text the caller made: the file as vt_report_save writes it. */
VT_EXPORT VT_NODISCARD enum vt_status vt_report_save_text(const char *path,
                                                          const char *text, size_t size,
                                                          struct vt_error *err);

#endif

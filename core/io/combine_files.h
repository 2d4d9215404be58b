/* SPDX-License-Identifier: Apache-2.0
 *
 * `viztracer --combine` and `--align_combine`: reports, gzipped or not, and recorded
 * logs become one report (core/trace/combine.h).
 *
 * A file that cannot be read is told and left out; when none can be read nothing is
 * written. The report appears whole or not at all, as vt_report_save's does, so that
 * it may bear the name of one of the files. No other file is ever opened.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_COMBINE_FILES_H
#define VT_IO_COMBINE_FILES_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_combine_files_options {
    char *const *paths;
    size_t count;            /* >= 1 */
    const char *output_path; /* absolute; as in struct vt_report_options */
    bool align;
    /* The file with this index is read now; may be NULL. */
    void (*reading)(void *state, size_t index);
    /* A file that is left out, and why; not called when it is the only one. */
    void (*left_out)(void *state, const char *path, const struct vt_error *why);
    /* One line about something odd, without line feed. */
    void (*say)(void *state, const char *line);
    /* As struct vt_combine_options has it. */
    void (*progress)(void *state, uint64_t done, uint64_t total);
    void *state; /* of all four */
};

struct vt_combine_files_result {
    uint64_t entries; /* items of traceEvents */
    size_t combined, left_out;
    uint64_t fsync_ns;
    uint64_t file_bytes;
};

/* VT_ERR_NOT_FOUND: one of the files is not there; nothing was read. VT_ERR_FORMAT:
 * none of them can be read. VT_ERR_LIMIT: a limit in the environment is no number. On
 * failure what bore the output's name is untouched. `result` is set on success only. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_combine_files(const struct vt_combine_files_options *options,
                 struct vt_combine_files_result *result, struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the report of a run goes: -o, -u, --output_dir and --pid_suffix (behaviour.md
 * 3).
 */
#ifndef VT_CMD_OUTPUT_H
#define VT_CMD_OUTPUT_H

#include "core/record/config.h"

#include <sys/types.h>
#include <time.h>

/* What names are made of. */
struct vt_output_source {
    const char *program; /* script or module; NULL for -c */
    time_t now;
    pid_t pid;
    const char *default_name; /* without -o; NULL: result.json */
    bool any_name;            /* the extension is not looked at */
};

/* Sets config->output_path from the options and config->launch_cwd. VT_ERR_REFUSED for
 * an extension that is none of a report's. */
VT_NODISCARD enum vt_status vt_output_resolve(struct vt_config *config,
                                              const struct vt_output_source *source,
                                              struct vt_error *err);

/* Makes the folder of --output_dir with those above it. */
VT_NODISCARD enum vt_status vt_output_make_dir(const struct vt_config *config,
                                               struct vt_error *err);

/* Both, from the current folder: what every command does that writes a report. */
VT_NODISCARD enum vt_status vt_output_prepare(struct vt_config *config,
                                              const struct vt_output_source *source,
                                              struct vt_error *err);

#endif

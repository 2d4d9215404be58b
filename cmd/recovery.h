/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the report of a run that died, through the private report library: for
 * `viztracer --recover` and for the watcher of a running program.
 */
#ifndef VT_CMD_RECOVERY_H
#define VT_CMD_RECOVERY_H

#include "core/base/error.h"
#include "core/io/recover.h"

#include <stdbool.h>

struct vt_recovery {
    const char *lib_dir;
    const char *run;         /* NULL: the newest run of a dead program */
    const char *output_path; /* absolute; NULL: as the program was asked to */
    bool skip_saved;         /* see core/io/recover.h */
    bool quiet;              /* neither progress nor other runs that were found */
};

/* `result->output_path` is owned by the caller (free). */
VT_NODISCARD enum vt_status vt_recovery_make(const struct vt_recovery *recovery,
                                             struct vt_recover_result *result,
                                             struct vt_error *err);

#endif

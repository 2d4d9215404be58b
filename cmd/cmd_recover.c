/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/recovery.h"
#include "cmd/say.h"

#include <stdlib.h>
#include <unistd.h>

/* Where the report goes if the command line says so; else output_path stays NULL. */
static enum vt_status resolve_output(struct vt_config *config, struct vt_error *err) {
    if (!config->output_file && !config->unique_output_file && !config->output_dir &&
        !config->pid_suffix)
        return VT_OK;
    struct vt_output_source source = {.now = time(NULL), .pid = getpid()};
    return vt_output_prepare(config, &source, err);
}

static enum vt_status prepare(struct vt_config *config, struct vt_error *err) {
    enum vt_status status = resolve_output(config, err);
    return status == VT_OK ? vt_home_find(config, err) : status;
}

int vt_cmd_recover(struct vt_command *command) {
    struct vt_config *config = &command->config;
    struct vt_error err = {0};
    if (prepare(config, &err) != VT_OK)
        return vt_say_error("viztracer", &err);
    struct vt_recovery recovery = {
        .lib_dir = config->lib_dir,
        .run = *config->recover ? config->recover : NULL,
        .output_path = config->output_path,
        .quiet = config->quiet,
    };
    struct vt_recover_result result = {0};
    if (vt_recovery_make(&recovery, &result, &err) != VT_OK)
        return vt_say_failure("viztracer", &err);
    if (!config->quiet)
        vt_say_report(result.output_path, result.stats.entries);
    free(result.output_path);
    return 0;
}

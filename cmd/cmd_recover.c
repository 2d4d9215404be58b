/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "core/io/recover.h"
#include "core/record/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct recovery {
    bool quiet;
    bool has_status;      /* a status text stands on the terminal */
    struct vt_config run; /* the settings of the run, from its log */
};

static enum vt_status find_recover(const char *lib_dir,
                                   __typeof__(&vt_recover) *recover,
                                   struct vt_error *err) {
    void *library;
    void *symbol;
    enum vt_status status =
        vt_private_lib_open(lib_dir, "libviztracer_report.so", &library, err);
    if (status == VT_OK)
        status = vt_private_lib_symbol(library, "vt_recover", &symbol, err);
    if (status == VT_OK)
        memcpy(recover, &symbol, sizeof *recover); /* ISO C cannot cast it */
    return status;
}

/* The report is made as the run that died was asked to make it. */
static enum vt_status configure(void *state, const char *text,
                                struct vt_report_options *report,
                                struct vt_error *err) {
    struct recovery *recovery = state;
    vt_config_fini(&recovery->run);
    enum vt_status status = vt_config_from_text(&recovery->run, text, err);
    if (status != VT_OK)
        return status;
    report->output_path = recovery->run.output_path;
    report->dump_raw = recovery->run.dump_raw;
    report->sanitize_function_name = recovery->run.sanitize_function_name;
    report->file_info = true;
    return VT_OK;
}

static void clear_status(struct recovery *recovery) {
    if (recovery->has_status)
        vt_say_status("");
    recovery->has_status = false;
}

static void say(void *state, const char *line) {
    struct recovery *recovery = state;
    if (recovery->quiet)
        return;
    clear_status(recovery);
    vt_say_line(line);
}

static void show_progress(void *state, uint64_t done, uint64_t total) {
    struct recovery *recovery = state;
    if (recovery->quiet)
        return;
    char text[96];
    snprintf(text, sizeof text, "Saving trace data, %" PRIu64 " / %" PRIu64 " events",
             done, total);
    vt_say_status(text);
    recovery->has_status = true;
}

/* Where the report goes if the command line says so; else output_path stays NULL. */
static enum vt_status resolve_output(struct vt_config *config, struct vt_error *err) {
    if (!config->output_file && !config->unique_output_file && !config->output_dir &&
        !config->pid_suffix)
        return VT_OK;
    struct vt_output_source source = {.now = time(NULL), .pid = getpid()};
    config->launch_cwd = getcwd(NULL, 0);
    if (!config->launch_cwd)
        return vt_error_set_errno(err, errno, "the current folder");
    enum vt_status status = vt_output_resolve(config, &source, err);
    return status == VT_OK ? vt_output_make_dir(config, err) : status;
}

static enum vt_status prepare(struct vt_config *config,
                              __typeof__(&vt_recover) *recover, struct vt_error *err) {
    enum vt_status status = resolve_output(config, err);
    if (status == VT_OK)
        status = vt_home_find(config, err);
    if (status == VT_OK)
        status = find_recover(config->lib_dir, recover, err);
    return status;
}

static enum vt_status recover_run(const struct vt_config *config,
                                  __typeof__(&vt_recover) recover,
                                  struct vt_error *err) {
    struct recovery recovery = {.quiet = config->quiet};
    struct vt_recover_result result = {0};
    vt_config_init(&recovery.run);
    vt_clock_init();
    struct vt_recover_options options = {
        .run = *config->recover ? config->recover : NULL,
        .output_path = config->output_path,
        .now = vt_clock_pair(200),
        .configure = configure,
        .say = say,
        .progress = isatty(STDOUT_FILENO) ? show_progress : NULL,
        .state = &recovery,
    };
    enum vt_status status = recover(&options, &result, err);
    clear_status(&recovery);
    if (status == VT_OK && !config->quiet)
        vt_say_report(result.output_path, result.stats.entries);
    free(result.output_path);
    vt_config_fini(&recovery.run);
    return status;
}

int vt_cmd_recover(struct vt_command *command) {
    struct vt_error err = {0};
    __typeof__(&vt_recover) recover = NULL;
    if (prepare(&command->config, &recover, &err) != VT_OK)
        return vt_say_error("viztracer", &err);
    if (recover_run(&command->config, recover, &err) != VT_OK)
        return vt_say_failure("viztracer", &err);
    return 0;
}

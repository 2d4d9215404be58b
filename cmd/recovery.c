/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/recovery.h"

#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "core/record/clock.h"
#include "core/record/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct run {
    bool quiet;
    bool has_status;         /* a status text stands on the terminal */
    struct vt_config config; /* the settings of the run, from its log */
};

/* The report is made as the run that died was asked to make it. */
static enum vt_status configure(void *state, const char *text,
                                struct vt_report_options *report,
                                struct vt_error *err) {
    struct run *run = state;
    vt_config_fini(&run->config);
    enum vt_status status = vt_config_from_text(&run->config, text, err);
    if (status != VT_OK)
        return status;
    report->output_path = run->config.output_path;
    report->endpoint = run->config.report_endpoint;
    report->dump_raw = run->config.dump_raw;
    report->sanitize_function_name = run->config.sanitize_function_name;
    report->file_info = true;
    return VT_OK;
}

static void clear_status(struct run *run) {
    if (run->has_status)
        vt_say_status("");
    run->has_status = false;
}

static void say(void *state, const char *line) {
    struct run *run = state;
    if (run->quiet)
        return;
    clear_status(run);
    vt_say_line(line);
}

static void show_progress(void *state, uint64_t done, uint64_t total) {
    struct run *run = state;
    if (run->quiet)
        return;
    char text[96];
    snprintf(text, sizeof text, "Saving trace data, %" PRIu64 " / %" PRIu64 " events",
             done, total);
    vt_say_status(text);
    run->has_status = true;
}

enum vt_status vt_recovery_make(const struct vt_recovery *recovery,
                                struct vt_recover_result *result,
                                struct vt_error *err) {
    __typeof__(&vt_recover) recover = NULL;
    enum vt_status status = vt_private_lib_find(
        recovery->lib_dir, VT_PRIVATE_LIB_REPORT, "vt_recover", &recover, err);
    if (status != VT_OK)
        return status;
    struct run run = {.quiet = recovery->quiet};
    vt_config_init(&run.config);
    vt_clock_init();
    struct vt_recover_options options = {
        .run = recovery->run,
        .output_path = recovery->output_path,
        .skip_saved = recovery->skip_saved,
        .now = vt_clock_pair(200),
        .configure = configure,
        .say = say,
        .progress = isatty(STDOUT_FILENO) ? show_progress : NULL,
        .state = &run,
    };
    status = recover(&options, result, err);
    clear_status(&run);
    vt_config_fini(&run.config);
    return status;
}

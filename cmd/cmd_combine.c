/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "core/io/combine_files.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Some files could not be read; the report is made of the others. */
enum { EXIT_INCOMPLETE = 3 };

struct session {
    bool quiet;
    bool is_terminal; /* stdout */
    const struct vt_strlist *files;
    struct vt_strlist left_out;
};

static enum vt_status resolve_output(struct vt_config *config, struct vt_error *err) {
    struct vt_output_source source = {.now = time(NULL), .pid = getpid()};
    enum vt_status status = vt_output_prepare(config, &source, err);
    return status == VT_OK ? vt_home_find(config, err) : status;
}

/* ---- what is told meanwhile */

static void show_reading(void *state, size_t index) {
    const struct session *session = state;
    char text[96];
    if (session->quiet)
        return;
    snprintf(text, sizeof text, "Loading trace data from processes %zu/%zu", index,
             session->files->count);
    vt_say_status(text);
}

/* The manual's words once, then, on a terminal, how far it is. */
static void show_writing(void *state, uint64_t done, uint64_t total) {
    const struct session *session = state;
    char text[96];
    if (session->quiet || (done && !session->is_terminal))
        return;
    if (!done) {
        vt_say_status("Combining trace data");
        snprintf(text, sizeof text, "Dumping trace data, total entries: %" PRIu64,
                 total);
    } else
        snprintf(text, sizeof text, "Dumping trace data, %" PRIu64 " / %" PRIu64, done,
                 total);
    vt_say_status(text);
}

static void say_line(void *state, const char *line) {
    const struct session *session = state;
    if (session->quiet)
        return;
    vt_say_status("");
    vt_say_note("viztracer", line);
}

static void say_left_out(void *state, const char *path, const struct vt_error *why) {
    struct session *session = state;
    if (!session->quiet)
        vt_say_status("");
    vt_say_failure("viztracer", why);
    if (vt_strlist_append(&session->left_out, path, NULL) != VT_OK)
        vt_say_note("viztracer", "out of memory");
}

static void say_result(const struct session *session, const char *path,
                       uint64_t entries) {
    if (session->quiet)
        return;
    vt_say_status("");
    if (session->left_out.count) {
        vt_say_warning("Found and ignored invalid json file, you may lost some process "
                       "data.");
        vt_say_warning("Invalid json file:");
    }
    for (size_t i = 0; i < session->left_out.count; i++) {
        struct vt_buf line = {0};
        vt_buf_printf(&line, "    %s", session->left_out.items[i]);
        if (!line.failed)
            vt_say_warning(line.data);
        vt_buf_fini(&line);
    }
    vt_say_report(path, entries);
}

/* ---- the command */

static int combine_files(struct vt_config *config,
                         __typeof__(&vt_combine_files) combine) {
    struct session session = {
        .quiet = config->quiet,
        .is_terminal = isatty(STDOUT_FILENO),
        .files = config->combine.count ? &config->combine : &config->align_combine,
    };
    struct vt_combine_files_options options = {
        .paths = session.files->items,
        .count = session.files->count,
        .output_path = config->output_path,
        .align = session.files == &config->align_combine,
        .reading = show_reading,
        .left_out = say_left_out,
        .say = say_line,
        .progress = show_writing,
        .state = &session,
    };
    struct vt_combine_files_result result = {0};
    struct vt_error err = {0};
    int exit_status = 0;
    if (combine(&options, &result, &err) == VT_OK) {
        say_result(&session, config->output_path, result.entries);
        exit_status = result.left_out ? EXIT_INCOMPLETE : 0;
    } else {
        if (!config->quiet)
            vt_say_status("");
        exit_status = vt_say_failure("viztracer", &err);
    }
    vt_strlist_fini(&session.left_out);
    return exit_status;
}

int vt_cmd_combine(struct vt_command *command) {
    struct vt_config *config = &command->config;
    struct vt_error err = {0};
    __typeof__(&vt_combine_files) combine = NULL;
    signal(SIGXFSZ, SIG_IGN); /* a limit of the file size is an error like others */
    enum vt_status status = resolve_output(config, &err);
    if (status == VT_OK)
        status = vt_private_lib_find(config->lib_dir, VT_PRIVATE_LIB_REPORT,
                                     "vt_combine_files", &combine, &err);
    if (status != VT_OK)
        return vt_say_error("viztracer", &err);
    return combine_files(config, combine);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/private_lib.h"
#include "cmd/program.h"
#include "cmd/recovery.h"
#include "cmd/say.h"
#include "core/io/deliver.h"
#include "core/record/log_dir.h"
#include "core/record/log_sweep.h"
#include "embed/ladder.h"
#include "embed/watcher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum vt_status remember_cwd(struct vt_config *config, struct vt_error *err) {
    char *cwd = getcwd(NULL, 0);
    if (!cwd)
        return vt_error_set_errno(err, errno, "the current folder");
    free(config->launch_cwd);
    config->launch_cwd = cwd;
    return VT_OK;
}

static enum vt_status append_both(struct vt_strlist *words, const char *first,
                                  const char *second, struct vt_error *err) {
    enum vt_status status = vt_strlist_append(words, first, err);
    return status == VT_OK ? vt_strlist_append(words, second, err) : status;
}

/* Appends -c CODE or -m MODULE in the words in which it was typed, for sys.orig_argv:
 * -Im MODULE, -mMODULE. */
static enum vt_status append_code(const struct vt_command *command, char letter,
                                  const char *code, struct vt_strlist *words,
                                  struct vt_error *err) {
    size_t shared = command->code_flags;
    const char *flags = shared < command->python_options.count
                            ? command->python_options.items[shared]
                            : "-";
    struct vt_buf word = {0};
    vt_buf_printf(&word, "%s%c%s", flags, letter,
                  command->code_is_attached ? code : "");
    enum vt_status status = vt_buf_status(&word, err);
    if (status == VT_OK && command->code_is_attached)
        status = vt_strlist_append(words, word.data, err);
    else if (status == VT_OK)
        status = append_both(words, word.data, code, err);
    vt_buf_fini(&word);
    return status;
}

/* Appends the words by which python3 knows the program. A script whose name looks like
 * an option of python3 comes behind its own separator. */
static enum vt_status append_program(const struct vt_command *command,
                                     const char *script, struct vt_strlist *words,
                                     struct vt_error *err) {
    const struct vt_config *config = &command->config;
    if (config->cmd_string)
        return append_code(command, 'c', config->cmd_string, words, err);
    if (config->module)
        return append_code(command, 'm', config->module, words, err);
    VT_REQUIRE(script != NULL);
    if (script[0] == '-' && script[1] != '\0')
        return append_both(words, "--", script, err);
    return vt_strlist_append(words, script, err);
}

/* The words that python3 would get for `command`, without its own name. */
static enum vt_status build_words(const struct vt_command *command, const char *script,
                                  struct vt_strlist *words, struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (size_t i = 0; status == VT_OK && i < command->python_options.count; i++)
        if (i != command->code_flags)
            status = vt_strlist_append(words, command->python_options.items[i], err);
    if (status == VT_OK)
        status = append_program(command, script, words, err);
    for (size_t i = script ? 1 : 0; status == VT_OK && i < command->words.count; i++)
        status = vt_strlist_append(words, command->words.items[i], err);
    return status;
}

/* Everything up to the start of the program: settings, script, words. */
static enum vt_status prepare(struct vt_command *command, char **script,
                              struct vt_strlist *words, struct vt_error *err) {
    struct vt_config *config = &command->config;
    bool has_script = !config->cmd_string && !config->module;
    const char *program = has_script ? command->words.items[0] : config->module;
    struct vt_output_source source = {.program = config->cmd_string ? NULL : program,
                                      .now = time(NULL),
                                      .pid = getpid()};
    enum vt_status status = remember_cwd(config, err);
    if (status == VT_OK)
        status = vt_output_resolve(config, &source, err);
    if (status == VT_OK && has_script)
        status = vt_program_find(program, script, err);
    if (status == VT_OK)
        status = vt_home_find(config, err);
    if (status == VT_OK)
        status = vt_output_make_dir(config, err);
    if (status == VT_OK)
        status = build_words(command, *script, words, err);
    return status;
}

/* The directory in which the report will be; NULL: no memory. Owned by the caller. */
static char *report_folder(const struct vt_config *config) {
    const char *slash = strrchr(config->output_path, '/');
    size_t size = slash ? (size_t)(slash - config->output_path) : 0;
    return strndup(config->output_path, size ? size : 1);
}

static void say_dead_run(void *state, const char *run_dir) {
    (void)state;
    char line[4200];
    snprintf(line, sizeof line,
             "an earlier run died without saving; get it with: viztracer --recover %s",
             run_dir);
    vt_say_note("viztracer", line);
}

/* Dead runs are told to people only: a program that reads stderr expects the traced
 * program's. */
static bool is_seen(const struct vt_config *config) {
    return !config->quiet && isatty(STDERR_FILENO);
}

/* In the watching process. */
static void sweep_runs(void *state) {
    const struct vt_config *config = state;
    char *folder = report_folder(config);
    vt_log_sweep(folder, is_seen(config) ? say_dead_run : NULL, NULL);
    free(folder);
}

/* In the watching process: the program left a log behind. */
static void recover_dead_run(void *state, const char *run_dir,
                             const struct vt_watcher_end *end) {
    const struct vt_config *config = state;
    struct vt_recovery recovery = {
        .lib_dir = config->lib_dir, .run = run_dir, .skip_saved = true, .quiet = true};
    struct vt_recover_result result = {0};
    struct vt_error err = {0};
    char how[96];
    if (vt_log_dir_is_told(run_dir))
        return;
    vt_watcher_describe_end(end, how, sizeof how);
    if (vt_recovery_make(&recovery, &result, &err) != VT_OK)
        vt_say_run_lost(how, run_dir, &err);
    else if (!config->quiet && result.output_path && !result.was_saved)
        vt_say_run_recovered(how, &result);
    free(result.output_path);
}

/* A server that is not there is told before the program begins. Without a watcher that
 * holds it, the place at the server is given up again. */
static enum vt_status hold_place(struct vt_config *config, int *place_fd,
                                 struct vt_error *err) {
    const char *endpoint = getenv("VIZTRACER_REPORT_SERVER_ENDPOINT");
    enum vt_status status = VT_OK;
    if (!config->report_endpoint && endpoint && *endpoint)
        status = vt_config_set_text(&config->report_endpoint, endpoint, err);
    if (status != VT_OK || !config->report_endpoint)
        return status;
    __typeof__(&vt_report_hold_place) hold = NULL;
    status = vt_private_lib_find(config->lib_dir, VT_PRIVATE_LIB_REPORT,
                                 "vt_report_hold_place", &hold, err);
    return status == VT_OK ? hold(config->report_endpoint, place_fd, err) : status;
}

/* Python has started by then, and most of a program's modules are loaded. */
enum { LEISURE_AFTER_MS = 250 };

/* VIZTRACER_WATCHER=off in the environment: for places that count processes. */
static void start_watcher(struct vt_config *config, int place_fd) {
    const char *wish = getenv("VIZTRACER_WATCHER");
    if (wish && strcmp(wish, "off") == 0)
        return;
    char *folder = report_folder(config);
    struct vt_watcher watcher = {.beside = folder,
                                 .place_fd = place_fd,
                                 .at_leisure = sweep_runs,
                                 .leisure_after_ms =
                                     is_seen(config) ? 0 : LEISURE_AFTER_MS,
                                 .on_dead_run = recover_dead_run,
                                 .state = config};
    (void)vt_watcher_start(&watcher); /* without it, --recover does its work */
    free(folder);
}

int vt_cmd_run(struct vt_command *command) {
    struct vt_config *config = &command->config;
    if ((config->log_multiprocess || config->log_subprocess) && !config->quiet)
        vt_say_warning(
            "--log_multiprocess and --log_subprocess are no longer needed to "
            "trace multi-process program");
    struct vt_error err = {0};
    struct vt_strlist words = {0};
    char *script = NULL;
    int result = -1;
    int place_fd = -1;
    bool prepared = prepare(command, &script, &words, &err) == VT_OK &&
                    hold_place(config, &place_fd, &err) == VT_OK;
    if (prepared) {
        start_watcher(config, place_fd);
        if (place_fd >= 0)
            close(place_fd);
        result = vt_ladder_run(config, (int)words.count, words.items, &err);
    }
    free(script);
    vt_strlist_fini(&words);
    return result >= 0 ? result : vt_say_error("viztracer", &err);
}

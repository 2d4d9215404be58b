/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/program.h"
#include "cmd/say.h"
#include "embed/ladder.h"

#include <errno.h>
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

/* Appends the words by which python3 knows the program. A script whose name looks like
 * an option of python3 comes behind its own separator. */
static enum vt_status append_program(const struct vt_command *command,
                                     const char *script, struct vt_strlist *words,
                                     struct vt_error *err) {
    const struct vt_config *config = &command->config;
    if (config->cmd_string)
        return append_both(words, "-c", config->cmd_string, err);
    if (config->module)
        return append_both(words, "-m", config->module, err);
    VT_REQUIRE(script != NULL);
    if (script[0] == '-' && script[1] != '\0')
        return append_both(words, "--", script, err);
    return vt_strlist_append(words, script, err);
}

/* The words that python3 would get for `command`, without its own name. */
static enum vt_status build_words(const struct vt_command *command, const char *script,
                                  struct vt_strlist *words, struct vt_error *err) {
    enum vt_status status = vt_strlist_copy(words, &command->python_options, err);
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
    if (prepare(command, &script, &words, &err) == VT_OK)
        result = vt_ladder_run(config, (int)words.count, words.items, &err);
    free(script);
    vt_strlist_fini(&words);
    return result >= 0 ? result : vt_say_error("viztracer", &err);
}

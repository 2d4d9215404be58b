/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/optparse.h"
#include "cmd/pyopts.h"
#include "cmd/rcfile.h"
#include "cmd/setting.h"
#include "cmd/value.h"

#include <string.h>

static enum vt_status check_child_hook(const char *hook, struct vt_error *err) {
    if (!hook || strcmp(hook, "preload") == 0 || strcmp(hook, "sitecustomize") == 0 ||
        strcmp(hook, "none") == 0)
        return VT_OK;
    struct vt_buf repr = {0};
    vt_value_append_repr(&repr, hook);
    enum vt_status status = vt_buf_status(&repr, err);
    if (status == VT_OK)
        status = vt_error_set(err, VT_ERR_USAGE,
                              "argument --child_hook: invalid choice: %s (choose from "
                              "'preload', 'sitecustomize', 'none')",
                              repr.data);
    vt_buf_fini(&repr);
    return status;
}

static enum vt_status check_settings(const struct vt_config *config,
                                     struct vt_error *err) {
    if (config->tracer_entries < 1 ||
        config->tracer_entries > VT_CONFIG_MAX_TRACER_ENTRIES)
        return vt_error_set(
            err, VT_ERR_LIMIT, "--tracer_entries: must be from 1 to %lld, not %lld",
            (long long)VT_CONFIG_MAX_TRACER_ENTRIES, (long long)config->tracer_entries);
    if (config->include_files.count && config->exclude_files.count)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "include_files and exclude_files can't be both specified!");
    return check_child_hook(config->child_hook, err);
}

/* argparse's answer to words before the separator that are no options. */
static enum vt_status refuse_extras(const struct vt_strlist *extras, size_t first,
                                    struct vt_error *err) {
    struct vt_buf words = {0};
    for (size_t i = first; i < extras->count; i++)
        vt_buf_printf(&words, "%s%s", words.size ? " " : "", extras->items[i]);
    enum vt_status status = vt_buf_status(&words, err);
    if (status == VT_OK)
        status =
            vt_error_set(err, VT_ERR_USAGE, "unrecognized arguments: %s", words.data);
    vt_buf_fini(&words);
    return status;
}

static enum vt_status append_range(struct vt_strlist *to, const struct vt_strlist *from,
                                   size_t first, size_t end, struct vt_error *err) {
    for (size_t i = first; i < end; i++) {
        enum vt_status status = vt_strlist_append(to, from->items[i], err);
        if (status != VT_OK)
            return status;
    }
    return VT_OK;
}

/* Moves what the interpreter understands, among the first `limit` words of `from`, to
 * the interpreter's options and the rest to the program. */
static enum vt_status split(struct vt_command *command, const struct vt_strlist *from,
                            size_t limit, struct vt_error *err) {
    size_t options;
    enum vt_status status = vt_pyopts_count(from->items, limit, &options, err);
    if (status == VT_OK)
        status = append_range(&command->python_options, from, 0, options, err);
    if (status == VT_OK)
        status = append_range(&command->words, from, options, from->count, err);
    return status;
}

/* The first letter of "-c…", "-m…" or of what stands behind other options in one word,
 * -Im; NULL: `word` is none of these. */
static const char *find_code(const char *word) {
    const char *end = vt_pyopts_cluster_end(word);
    if (!end && word[0] == '-')
        end = word + 1;
    bool is_code = end && (*end == 'c' || *end == 'm');
    return is_code && !memchr(word, 'u', (size_t)(end - word)) ? end : NULL;
}

/* Behind our separator, python3's own words name the code: takes those at `*next` that
 * are -m MODULE or -c CODE, maybe together with other options. */
static enum vt_status take_code(struct vt_command *command, struct vt_optparse *parse,
                                size_t *next, struct vt_error *err) {
    const struct vt_strlist *words = &parse->program;
    const char *code = *next < words->count ? find_code(words->items[*next]) : NULL;
    if (!code)
        return VT_OK;
    const char *word = words->items[(*next)++];
    const char *value = code[1] ? code + 1 : NULL;
    if (!value && *next == words->count)
        return vt_error_set(err, VT_ERR_USAGE, "argument expected for the -%c option",
                            *code);
    if (!value)
        value = words->items[(*next)++];
    const struct vt_option *option =
        vt_option_find(*code == 'c' ? "cmd_string" : "module");
    parse->seen[option - vt_option_table] = true;
    enum vt_status status =
        vt_setting_store(option, &command->config, (char *[]){(char *)value}, 1, err);
    command->code_is_attached = code[1] != '\0';
    if (status != VT_OK || code == word + 1)
        return status;
    command->code_flags = command->python_options.count;
    return vt_strlist_append_bytes(&command->python_options, word,
                                   (size_t)(code - word), err);
}

/* The words behind the separator, of which none was looked at so far. */
static enum vt_status split_program(struct vt_command *command,
                                    struct vt_optparse *parse, struct vt_error *err) {
    const struct vt_strlist *words = &parse->program;
    size_t next;
    enum vt_status status = vt_pyopts_count(words->items, words->count, &next, err);
    if (status == VT_OK)
        status = append_range(&command->python_options, words, 0, next, err);
    if (status == VT_OK)
        status = take_code(command, parse, &next, err);
    if (status == VT_OK)
        status = append_range(&command->words, words, next, words->count, err);
    return status;
}

static enum vt_status split_words(struct vt_command *command, struct vt_optparse *parse,
                                  struct vt_error *err) {
    const struct vt_strlist *extras = &parse->extras;
    bool has_code = command->config.cmd_string || command->config.module;
    command->code_flags = parse->code_flags;
    command->code_is_attached = parse->code_is_attached;
    if (!parse->has_separator)
        return split(command, extras, parse->extras_before_code, err);
    size_t options;
    enum vt_status status =
        vt_pyopts_count(extras->items, extras->count, &options, err);
    if (status == VT_OK && options < extras->count)
        status = refuse_extras(extras, options, err);
    if (status == VT_OK)
        status = append_range(&command->python_options, extras, 0, options, err);
    if (status != VT_OK)
        return status;
    if (has_code)
        return append_range(&command->words, &parse->program, 0, parse->program.count,
                            err);
    return split_program(command, parse, err);
}

/* The first that applies (behaviour.md 2). */
static enum vt_command_kind choose_kind(const struct vt_command *command) {
    const struct vt_config *config = &command->config;
    if (config->report_server)
        return VT_COMMAND_COLLECT;
    if (config->cmd_string || config->module || command->words.count)
        return VT_COMMAND_RUN;
    if (config->compress || config->decompress)
        return VT_COMMAND_COMPRESS;
    if (config->combine.count || config->align_combine.count)
        return VT_COMMAND_COMBINE;
    if (config->attach != -1)
        return VT_COMMAND_ATTACH;
    if (config->attach_installed != -1)
        return VT_COMMAND_ATTACH_INSTALLED;
    if (config->uninstall != -1)
        return VT_COMMAND_UNINSTALL;
    return config->recover ? VT_COMMAND_RECOVER : VT_COMMAND_HELP;
}

static enum vt_status read_settings(struct vt_command *command,
                                    struct vt_optparse *parse, struct vt_error *err) {
    if (parse->action != VT_OPTPARSE_GO_ON) {
        bool help = parse->action == VT_OPTPARSE_HELP;
        command->kind = help ? VT_COMMAND_HELP : VT_COMMAND_VERSION;
        return VT_OK;
    }
    enum vt_status status = split_words(command, parse, err);
    if (status == VT_OK)
        status = vt_rcfile_apply(parse, err);
    if (status == VT_OK)
        status = check_settings(&command->config, err);
    if (status == VT_OK)
        command->kind = choose_kind(command);
    return status;
}

enum vt_status vt_command_read(struct vt_command *command, int count,
                               char *const *words, struct vt_error *err) {
    *command = (struct vt_command){0};
    struct vt_optparse parse;
    enum vt_status status =
        vt_optparse_read(&parse, &command->config, count, words, err);
    if (status == VT_OK)
        status = read_settings(command, &parse, err);
    vt_optparse_fini(&parse);
    return status;
}

void vt_command_fini(struct vt_command *command) {
    vt_config_fini(&command->config);
    vt_strlist_fini(&command->python_options);
    vt_strlist_fini(&command->words);
}

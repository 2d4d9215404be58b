/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/view_args.h"
#include "cmd/help.h"
#include "core/record/option.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_PORT = 9001, LAST_PORT = 65535, USUAL_TIMEOUT_S = 10 };

static const char usage[] =
    "usage: vizviewer [-h] [-s] [-p PORT] [--host HOST] [--once] [--timeout SECONDS]\n"
    "                 [--use_external_processor] [--flamegraph] [--perfetto]\n"
    "                 file\n"
    "       vizviewer --info file [--json]\n";

static const char preface[] =
    "\n"
    "Shows a report in the web browser: .json, .json.gz, .cvf or .html, the logs of a\n"
    "program that still runs or died, or a directory with such files.\n"
    "\n"
    "options:\n";

#define VT_VIEW_OPTION(kind_, field_, long_, short_, count_, metavar_, help_)          \
    {.key = #field_,                                                                   \
     .long_name = (long_),                                                             \
     .short_name = (short_),                                                           \
     .metavar = (metavar_),                                                            \
     .help = (help_),                                                                  \
     .kind = VT_OPTION_##kind_,                                                        \
     .count = VT_COUNT_##count_,                                                       \
     .offset = offsetof(struct vt_view_args, field_)},
static const struct vt_option options[] = {
#include "cmd/view_options.def"
};

enum { OPTIONS = sizeof options / sizeof *options };

struct words {
    char *const *items;
    int count, next;
    struct vt_view_args *args;
};

const char *vt_view_args_usage(void) {
    return usage;
}

void vt_view_args_append_help(struct vt_buf *text) {
    vt_buf_append_text(text, usage);
    vt_buf_append_text(text, preface);
    for (size_t i = 0; i < OPTIONS; i++)
        vt_help_append_option(&options[i], text);
}

/* ---- which option a word is ------------------------------------------------------ */

static enum vt_status refuse_ambiguous(const char *word, size_t size,
                                       struct vt_error *err) {
    struct vt_buf names = {0};
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].kind != VT_OPTION_ACTION &&
            strncmp(options[i].long_name, word, size) == 0)
            vt_buf_printf(&names, "%s%s", names.size ? ", " : "", options[i].long_name);
    enum vt_status status = vt_buf_status(&names, err);
    if (status == VT_OK)
        status = vt_error_set(err, VT_ERR_USAGE, "ambiguous option: %s could match %s",
                              word, names.data);
    vt_buf_fini(&names);
    return status;
}

/* `*found` is NULL when no option is called so. */
static enum vt_status find_long(const char *word, size_t size,
                                const struct vt_option **found, struct vt_error *err) {
    size_t matches = 0;
    *found = NULL;
    for (size_t i = 0; i < OPTIONS; i++) {
        if (options[i].kind == VT_OPTION_ACTION ||
            strncmp(options[i].long_name, word, size) != 0)
            continue;
        *found = &options[i];
        if (options[i].long_name[size] == '\0')
            return VT_OK;
        matches++;
    }
    return matches > 1 ? refuse_ambiguous(word, size, err) : VT_OK;
}

static const struct vt_option *find_short(char letter) {
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].short_name && options[i].short_name[1] == letter)
            return &options[i];
    return NULL;
}

static enum vt_status refuse_unknown(const char *word, struct vt_error *err) {
    return vt_error_set(err, VT_ERR_USAGE, "unrecognized arguments: %s", word);
}

/* ---- values ---------------------------------------------------------------------- */

static bool is_number(const char *word) {
    return word[0] == '-' && word[1] && !word[1 + strspn(word + 1, "0123456789.")];
}

static bool looks_like_option(const char *word) {
    return word[0] == '-' && word[1] && !is_number(word) && !strchr(word, ' ');
}

/* `attached`: the value that came with the option, or NULL. */
static enum vt_status take_value(struct words *words, const struct vt_option *option,
                                 const char *attached, struct vt_error *err) {
    const char **field = (void *)((char *)words->args + option->offset);
    if (!attached && words->next < words->count &&
        !looks_like_option(words->items[words->next]))
        attached = words->items[words->next++];
    if (!attached)
        return vt_error_set(err, VT_ERR_USAGE, "argument %s%s%s: expected one argument",
                            option->short_name ? option->short_name : "",
                            option->short_name ? "/" : "", option->long_name);
    *field = attached;
    return VT_OK;
}

static void set_flag(struct words *words, const struct vt_option *option) {
    *(bool *)((char *)words->args + option->offset) = true;
}

static enum vt_status read_long(struct words *words, const char *word,
                                struct vt_error *err) {
    const struct vt_option *option;
    size_t size = strcspn(word, "=");
    const char *attached = word[size] ? word + size + 1 : NULL;
    if (find_long(word, size, &option, err) != VT_OK)
        return err->status;
    if (!option)
        return refuse_unknown(word, err);
    if (option->kind == VT_OPTION_TEXT)
        return take_value(words, option, attached, err);
    if (attached)
        return vt_error_set(err, VT_ERR_USAGE,
                            "argument %s: ignored explicit argument '%s'",
                            option->long_name, attached);
    set_flag(words, option);
    return VT_OK;
}

/* "-s", "-p9002", "-sp 9002". */
static enum vt_status read_short(struct words *words, const char *word,
                                 struct vt_error *err) {
    for (const char *letter = word + 1; *letter; letter++) {
        const struct vt_option *option = find_short(*letter);
        if (!option)
            return refuse_unknown(word, err);
        if (option->kind == VT_OPTION_TEXT) {
            const char *rest = letter + 1 + (letter[1] == '=');
            return take_value(words, option, *rest ? rest : NULL, err);
        }
        set_flag(words, option);
    }
    return VT_OK;
}

static enum vt_status read_file(struct words *words, const char *word,
                                struct vt_error *err) {
    if (words->args->path)
        return refuse_unknown(word, err);
    words->args->path = word;
    return VT_OK;
}

/* ---- numbers --------------------------------------------------------------------- */

/* argparse refuses what is no number; what is one and cannot be meant is our error. */
static enum vt_status read_number(const char *names, const char *text, int usual,
                                  long most, int *number, struct vt_error *err) {
    *number = usual;
    if (!text)
        return VT_OK;
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (!*text || *end)
        return vt_error_set(err, VT_ERR_USAGE, "argument %s: invalid int value: '%s'",
                            names, text);
    if (errno || value < 0 || value > most)
        return vt_error_set(err, VT_ERR_LIMIT, "%s %s: it must be 0 to %ld",
                            strrchr(names, '-') - 1, text, most);
    *number = (int)value;
    return VT_OK;
}

static enum vt_status read_numbers(struct vt_view_args *args, struct vt_error *err) {
    enum { DAY_S = 86400 };
    if (read_number("--timeout", args->timeout, USUAL_TIMEOUT_S, DAY_S,
                    &args->timeout_s, err) != VT_OK)
        return err->status;
    return read_number("-p/--port", args->port, USUAL_PORT, LAST_PORT,
                       &args->port_number, err);
}

enum vt_status vt_view_args_read(struct vt_view_args *args, int count,
                                 char *const *words_in, struct vt_error *err) {
    struct words words = {words_in, count, 0, args};
    bool only_files = false;
    *args = (struct vt_view_args){0};
    while (words.next < words.count && !args->help) {
        const char *word = words.items[words.next++];
        enum vt_status status = VT_OK;
        if (!only_files && strcmp(word, "--") == 0)
            only_files = true;
        else if (only_files || !looks_like_option(word))
            status = read_file(&words, word, err);
        else if (word[1] == '-')
            status = read_long(&words, word, err);
        else
            status = read_short(&words, word, err);
        if (status != VT_OK)
            return status;
    }
    if (args->help)
        return VT_OK;
    if (!args->path)
        return vt_error_set(err, VT_ERR_USAGE,
                            "the following arguments are required: file");
    return read_numbers(args, err);
}

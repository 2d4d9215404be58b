/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/view_args.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_PORT = 9001, LAST_PORT = 65535, USUAL_TIMEOUT_S = 10 };

static const char usage[] =
    "usage: vizviewer [-h] [-s] [-p PORT] [--host HOST] [--once] [--timeout SECONDS]\n"
    "                 [--use_external_processor] [--flamegraph] [--perfetto]\n"
    "                 file\n"
    "       vizviewer --info file\n";

static const char help[] =
    "\n"
    "Shows a report in the web browser: .json, .json.gz, .cvf or .html, the logs of a\n"
    "program that still runs or died, or a directory with such files.\n"
    "\n"
    "positional arguments:\n"
    "  file                      the report, or the directory\n"
    "\n"
    "options:\n"
    "  --info              print what is in the report, as JSON; the first word\n"
    "  -h, --help          show this help and exit\n"
    "  -s, --server_only   serve it, and open no browser\n"
    "  -p, --port PORT     the port to listen on (9001); 0: any that is free\n"
    "  --host HOST         listen on this address, and not on this machine's own "
    "alone;\n"
    "                      others need the token in the address that is printed\n"
    "  --once              end when the page has everything that it needs\n"
    "  --timeout SECONDS   with --once: end when nobody asked for so long (10)\n"
    "  --use_external_processor\n"
    "                      keep the engine in the server: for traces that are too "
    "large\n"
    "                      for a page\n"
    "  --flamegraph        open with the flame graph\n"
    "  --perfetto          open https://ui.perfetto.dev with the report; it asks for\n"
    "                      port 9001\n";

enum kind { FLAG, TEXT };

struct option {
    const char *name;
    char letter;
    enum kind kind;
    size_t offset;
};

#define FIELD(field) offsetof(struct vt_view_args, field)

static const struct option options[] = {
    {"--help", 'h', FLAG, FIELD(help)},
    {"--server_only", 's', FLAG, FIELD(server_only)},
    {"--port", 'p', TEXT, FIELD(port)},
    {"--host", 0, TEXT, FIELD(host)},
    {"--once", 0, FLAG, FIELD(once)},
    {"--timeout", 0, TEXT, FIELD(timeout)},
    {"--use_external_processor", 0, FLAG, FIELD(external)},
    {"--flamegraph", 0, FLAG, FIELD(flamegraph)},
    {"--perfetto", 0, FLAG, FIELD(perfetto)},
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

const char *vt_view_args_help(void) {
    return help;
}

/* ---- which option a word is ------------------------------------------------------ */

static enum vt_status refuse_ambiguous(const char *word, size_t size,
                                       struct vt_error *err) {
    struct vt_buf names = {0};
    for (size_t i = 0; i < OPTIONS; i++)
        if (strncmp(options[i].name, word, size) == 0)
            vt_buf_printf(&names, "%s%s", names.size ? ", " : "", options[i].name);
    enum vt_status status = vt_buf_status(&names, err);
    if (status == VT_OK)
        status = vt_error_set(err, VT_ERR_USAGE, "ambiguous option: %s could match %s",
                              word, names.data);
    vt_buf_fini(&names);
    return status;
}

/* `*found` is NULL when no option is called so. */
static enum vt_status find_long(const char *word, size_t size,
                                const struct option **found, struct vt_error *err) {
    size_t matches = 0;
    *found = NULL;
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strncmp(options[i].name, word, size) != 0)
            continue;
        *found = &options[i];
        if (options[i].name[size] == '\0')
            return VT_OK;
        matches++;
    }
    return matches > 1 ? refuse_ambiguous(word, size, err) : VT_OK;
}

static const struct option *find_short(char letter) {
    for (size_t i = 0; i < OPTIONS; i++)
        if (options[i].letter && options[i].letter == letter)
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
static enum vt_status take_value(struct words *words, const struct option *option,
                                 const char *attached, struct vt_error *err) {
    const char **field = (void *)((char *)words->args + option->offset);
    if (!attached && words->next < words->count &&
        !looks_like_option(words->items[words->next]))
        attached = words->items[words->next++];
    if (!attached)
        return vt_error_set(err, VT_ERR_USAGE, "argument %s%s: expected one argument",
                            option->letter ? "-p/" : "", option->name);
    *field = attached;
    return VT_OK;
}

static void set_flag(struct words *words, const struct option *option) {
    *(bool *)((char *)words->args + option->offset) = true;
}

static enum vt_status read_long(struct words *words, const char *word,
                                struct vt_error *err) {
    const struct option *option;
    size_t size = strcspn(word, "=");
    const char *attached = word[size] ? word + size + 1 : NULL;
    if (find_long(word, size, &option, err) != VT_OK)
        return err->status;
    if (!option)
        return refuse_unknown(word, err);
    if (option->kind == TEXT)
        return take_value(words, option, attached, err);
    if (attached)
        return vt_error_set(err, VT_ERR_USAGE,
                            "argument %s: ignored explicit argument '%s'", option->name,
                            attached);
    set_flag(words, option);
    return VT_OK;
}

/* "-s", "-p9002", "-sp 9002". */
static enum vt_status read_short(struct words *words, const char *word,
                                 struct vt_error *err) {
    for (const char *letter = word + 1; *letter; letter++) {
        const struct option *option = find_short(*letter);
        if (!option)
            return refuse_unknown(word, err);
        if (option->kind == TEXT) {
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

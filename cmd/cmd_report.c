/* SPDX-License-Identifier: Apache-2.0
 *
 *   viztracer --report FILE [--sort COLUMN] [--top N] [--json]
 *   vizviewer --info FILE [--json]
 *
 * Both must be the first word: behind a program's name such words are the program's.
 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "viewer/server/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USUAL_TOP = 30 };

static enum vt_status write_out(void *state, const void *bytes, size_t size,
                                struct vt_error *err) {
    (void)state;
    if (fwrite(bytes, 1, size, stdout) == size)
        return VT_OK;
    return vt_error_set_errno(err, errno, "standard output");
}

/* 0, or the exit status of what went wrong. */
static int finish(const char *program, enum vt_status status, struct vt_error *err) {
    if (status == VT_OK && fflush(stdout) != 0)
        status = vt_error_set_errno(err, errno, "standard output");
    return status == VT_OK ? 0 : vt_say_failure(program, err);
}

static enum vt_status read_top(const char *text, uint32_t *top, struct vt_error *err) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || number > UINT32_MAX)
        return vt_error_set(err, VT_ERR_USAGE, "--top: a number from 0 on, not '%s'",
                            text);
    *top = (uint32_t)number;
    return VT_OK;
}

/* Takes word i if it is the option `name` with a value, "--name=value" or two words. */
static bool take_value(int count, char *const *words, int *i, const char *name,
                       const char **value) {
    size_t size = strlen(name);
    if (strncmp(words[*i], name, size) != 0)
        return false;
    bool is_attached = words[*i][size] == '=';
    if (!is_attached && (words[*i][size] != '\0' || *i + 1 >= count))
        return false;
    *value = is_attached ? words[*i] + size + 1 : words[++*i];
    return true;
}

static enum vt_status read_words(int count, char *const *words,
                                 struct vt_terminal_options *options, const char **path,
                                 struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (int i = 0; i < count && status == VT_OK; i++) {
        const char *value;
        if (take_value(count, words, &i, "--sort", &options->sort))
            continue;
        if (take_value(count, words, &i, "--top", &value))
            status = read_top(value, &options->top, err);
        else if (!strcmp(words[i], "--json"))
            options->json = true;
        else if (words[i][0] == '-' && words[i][1])
            status = vt_error_set(err, VT_ERR_USAGE,
                                  "--report: %s is unknown, or lacks "
                                  "its value",
                                  words[i]);
        else if (*path)
            status = vt_error_set(err, VT_ERR_USAGE, "--report: one file at a time");
        else
            *path = words[i];
    }
    if (status == VT_OK && !*path)
        status = vt_error_set(err, VT_ERR_USAGE,
                              "--report FILE [--sort COLUMN] [--top N] [--json]");
    return status;
}

int vt_cmd_report(int count, char *const *words) {
    struct vt_terminal_options options = {.top = USUAL_TOP};
    const char *path = NULL;
    struct vt_error err = {0};
    __typeof__(&vt_terminal_report) report = NULL;
    enum vt_status status = read_words(count, words, &options, &path, &err);
    if (status == VT_OK)
        status = vt_home_find_function(VT_PRIVATE_LIB_VIEWER, "vt_terminal_report",
                                       &report, &err);
    if (status == VT_OK)
        status = report(path, &options, (struct vt_sink){write_out, NULL}, &err);
    return finish("viztracer", status, &err);
}

int vt_cmd_info(int count, char *const *words) {
    struct vt_error err = {0};
    const char *path = NULL;
    bool is_json = false;
    __typeof__(&vt_terminal_info) info = NULL;
    enum vt_status status = VT_OK;
    for (int i = 0; i < count && status == VT_OK; i++) {
        if (!strcmp(words[i], "--json"))
            is_json = true;
        else if (path || (words[i][0] == '-' && words[i][1]))
            status = vt_error_set(&err, VT_ERR_USAGE, "--info FILE [--json]");
        else
            path = words[i];
    }
    if (status == VT_OK && !path)
        status = vt_error_set(&err, VT_ERR_USAGE, "--info FILE [--json]");
    if (status == VT_OK)
        status = vt_home_find_function(VT_PRIVATE_LIB_VIEWER, "vt_terminal_info", &info,
                                       &err);
    if (status == VT_OK)
        status = info(path, is_json, (struct vt_sink){write_out, NULL}, &err);
    return finish("vizviewer", status, &err);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * viztracer, and vizviewer: one file, told apart by the name it is called by.
 */
#include "cmd/command.h"
#include "cmd/help.h"
#include "cmd/say.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *base_name(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

/* Prints `text`; the exit status tells a full disk. */
static int print(const char *text) {
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return 0;
    struct vt_error err;
    vt_error_set_errno(&err, errno, "standard output");
    return vt_say_error("viztracer", &err);
}

static int print_help(void) {
    struct vt_buf text = {0};
    struct vt_error err = {0};
    vt_help_append(&text);
    if (vt_buf_status(&text, &err) != VT_OK)
        return vt_say_error("viztracer", &err);
    int result = print(text.data);
    vt_buf_fini(&text);
    return result;
}

static int run_command(struct vt_command *command) {
    switch (command->kind) {
    case VT_COMMAND_HELP:
        return print_help();
    case VT_COMMAND_VERSION:
        return print(VIZTRACER_VERSION "\n");
    case VT_COMMAND_RUN:
        return vt_cmd_run(command);
    case VT_COMMAND_RECOVER:
        return vt_cmd_recover(command);
    case VT_COMMAND_COLLECT:
        return vt_cmd_collect(command);
    case VT_COMMAND_COMBINE:
        return vt_cmd_combine(command);
    case VT_COMMAND_COMPRESS:
        return vt_cmd_compress(command);
    case VT_COMMAND_ATTACH:
        return vt_cmd_attach(command);
    case VT_COMMAND_ATTACH_INSTALLED:
        return vt_cmd_attach_installed(command);
    case VT_COMMAND_UNINSTALL:
        return vt_cmd_uninstall(command);
    }
    return 1;
}

int main(int argc, char **argv) {
    int count = argc > 0 ? argc - 1 : 0;
    char *const *words = argv + (argc > 0);
    if (strcmp(base_name(argv[0]), "vizviewer") == 0)
        return count && !strcmp(words[0], "--info") ? vt_cmd_info(count - 1, words + 1)
                                                    : vt_cmd_view(count, words);
    if (count && !strcmp(words[0], "--report"))
        return vt_cmd_report(count - 1, words + 1);
    struct vt_command command;
    struct vt_error err = {0};
    int result;
    if (vt_command_read(&command, count, words, &err) == VT_OK)
        result = run_command(&command);
    else
        result = vt_say_command_error(&err);
    vt_command_fini(&command);
    return result;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command line asks for, after the options, the rc file and the refusals; and
 * the commands themselves.
 *
 * A command returns the exit status. What it has to say it says through cmd/say.h; an
 * error of the parts below is told with vt_say_error, whose result is the exit status.
 *
 * Ownership: the command owns its settings and words; vt_command_fini frees them.
 */
#ifndef VT_CMD_COMMAND_H
#define VT_CMD_COMMAND_H

#include "core/base/strlist.h"
#include "core/record/config.h"

enum vt_command_kind {
    VT_COMMAND_HELP, /* also: nothing to do */
    VT_COMMAND_VERSION,
    VT_COMMAND_RUN,
    VT_COMMAND_RECOVER,
    VT_COMMAND_COLLECT,  /* report_server */
    VT_COMMAND_COMBINE,  /* also: align_combine */
    VT_COMMAND_COMPRESS, /* also: decompress */
    VT_COMMAND_ATTACH,   /* also: list what could be attached to */
    VT_COMMAND_ATTACH_INSTALLED,
    VT_COMMAND_UNINSTALL,
};

struct vt_command {
    enum vt_command_kind kind;
    struct vt_config config;
    struct vt_strlist python_options; /* of the interpreter, before the program */
    size_t code_flags;     /* which of them shares a word with -c or -m; or SIZE_MAX */
    bool code_is_attached; /* -mMODULE */
    struct vt_strlist words; /* RUN: the program and its arguments; with -c or -m its
                                arguments only */
};

/* Reads the words behind argv[0]. `command` is overwritten; vt_command_fini afterwards
 * in any case. VT_ERR_USAGE: the sentence goes behind the usage line. */
VT_NODISCARD enum vt_status vt_command_read(struct vt_command *command, int count,
                                            char *const *words, struct vt_error *err);
void vt_command_fini(struct vt_command *command);

/* Runs a program under the recorder. Returns its exit status. */
int vt_cmd_run(struct vt_command *command);

/* Makes the report of a program that died. */
int vt_cmd_recover(struct vt_command *command);

/* Collects the reports of other runs and makes one of them. */
int vt_cmd_collect(struct vt_command *command);

/* Makes one report of several. */
int vt_cmd_combine(struct vt_command *command);

/* Turns a report into a compressed one, or back. */
int vt_cmd_compress(struct vt_command *command);

/* Records a program that runs; lists those that could be recorded. */
int vt_cmd_attach(struct vt_command *command);

/* Starts and stops the tracer of a program that called tracer.install(). */
int vt_cmd_attach_installed(struct vt_command *command);

/* Has a running program forget its tracer. */
int vt_cmd_uninstall(struct vt_command *command);

/* viztracer --report: `count` words behind that. */
int vt_cmd_report(int count, char *const *words);

/* vizviewer --info: `count` words behind that. */
int vt_cmd_info(int count, char *const *words);

/* vizviewer: `count` words behind argv[0]. */
int vt_cmd_view(int count, char *const *words);

#endif

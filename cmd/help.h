/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of --help, made from the rows of config.def: groups, 80 columns, the same
 * bytes on every terminal.
 */
#ifndef VT_CMD_HELP_H
#define VT_CMD_HELP_H

#include "core/base/buf.h"
#include "core/record/option.h"

/* What the texts call the program, however it was started (behaviour.md 1). */
#define VT_HELP_PROGRAM "python -m viztracer"

/* The lines that say how to call the program, each with its newline; static text. */
const char *vt_help_usage(void);

/* Appends the lines of one option: names, value, what it does. */
void vt_help_append_option(const struct vt_option *option, struct vt_buf *text);

/* Appends the whole help. */
void vt_help_append(struct vt_buf *text);

#endif

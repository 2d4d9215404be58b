/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line of vizviewer, read as Python's argparse reads one: long options may
 * be shortened as long as they stay unambiguous, values follow "=" or stand in the next
 * word, and options and the file come in any order.
 *
 * Ownership: texts are borrowed from the words.
 */
#ifndef VT_CMD_VIEW_ARGS_H
#define VT_CMD_VIEW_ARGS_H

#include "core/base/buf.h"
#include "core/base/error.h"

#include <stdbool.h>

struct vt_view_args {
    const char *path; /* the report or directory */
    const char *host;
    const char *port, *timeout; /* as they were given; NULL: not */
    bool help, server_only, once, external, flamegraph, perfetto;
    int port_number, timeout_s; /* set by vt_view_args_read */
};

/* VT_ERR_USAGE with argparse's sentence; VT_ERR_LIMIT: a number is out of its range. */
VT_NODISCARD enum vt_status vt_view_args_read(struct vt_view_args *args, int count,
                                              char *const *words, struct vt_error *err);

/* The lines that say how to call it, each with its newline; static text. */
const char *vt_view_args_usage(void);

/* Appends the whole help, made from the rows of view_options.def. */
void vt_view_args_append_help(struct vt_buf *text);

#endif

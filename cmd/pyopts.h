/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of the interpreter that we pass on: -X -W -O -B -E -I -s -S -i -q -b,
 * written as python3 takes them: together (-IB), doubled (-OO), with the value of -X
 * and -W attached or as the next word, and in one word with -c or -m (-Im MODULE).
 *
 * -u is not among them: it is --unique_output_file here.
 */
#ifndef VT_CMD_PYOPTS_H
#define VT_CMD_PYOPTS_H

#include "core/base/error.h"

#include <stddef.h>

/* Counts how many of the `count` words, from the first on, are options of the
 * interpreter with their values. VT_ERR_USAGE when the last one lacks its value. */
VT_NODISCARD enum vt_status vt_pyopts_count(char *const *words, size_t count,
                                            size_t *options, struct vt_error *err);

/* `word` is options of the interpreter without value, maybe -u among them, and others
 * that may have one behind them, all in one: -Im, -Buc, -uB. Returns where those
 * others begin: at "c…", "m…", "X…", "W…" or the end; NULL if it is no such word. */
const char *vt_pyopts_cluster_end(const char *word);

#endif

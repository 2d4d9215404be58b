/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the program that the command line names (behaviour.md 4).
 */
#ifndef VT_CMD_PROGRAM_H
#define VT_CMD_PROGRAM_H

#include "core/base/error.h"

/* `*path` (owned by the caller: free) is what python3 gets as its script: `name` itself
 * if it is "-", a file, or a folder with a __main__; else the file of that name in a
 * folder of $PATH. VT_ERR_REFUSED with behaviour.md's sentence if there is none, or if
 * it is a json file. */
VT_NODISCARD enum vt_status vt_program_find(const char *name, char **path,
                                            struct vt_error *err);

#endif

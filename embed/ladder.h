/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a Python program under the tracer, on the highest rung that carries:
 *
 *   embed    the interpreter's own libpython, of its own patch level, is loaded into
 *            this process, then the core for its version
 *   exec     this process becomes the real python3, with the preload library, which
 *            loads the same core there (static builds; libpython missing or of another
 *            patch level)
 *   neither  no core for this version, or a version that is not supported: an error
 *
 * VIZTRACER_LAUNCH=embed|exec in the environment allows one rung only.
 */
#ifndef VT_EMBED_LADDER_H
#define VT_EMBED_LADDER_H

#include "core/record/config.h"

/* `argv`: `argc` words, interpreter options and program, without argv[0]. `config`
 * has lib_dir and python_dir; its contents are taken when the program runs. Returns
 * the program's exit status, or does not return (exec, the ends of vt_core_main); -1
 * with `err` set when it could not be started. */
int vt_ladder_run(struct vt_config *config, int argc, char **argv,
                  struct vt_error *err);

#endif

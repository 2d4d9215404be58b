/* SPDX-License-Identifier: Apache-2.0
 *
 * The package viztracer as compiled code inside the core: `import viztracer` works in
 * every program that we run, whatever its sys.path.
 *
 * The code is compiled when the core is built, with a mark for the folder where the
 * package will be; installing puts the folder's name there, so tracebacks show the
 * source lines.
 *
 * Ownership: the tables live as long as the process.
 */
#ifndef VT_EMBED_FROZEN_H
#define VT_EMBED_FROZEN_H

#include <stdbool.h>

/* Adds the package to the frozen modules. `python_dir` is the folder that holds it.
 * Needs no interpreter. False: out of memory. Call once. */
bool vt_frozen_install(const char *python_dir);

#endif

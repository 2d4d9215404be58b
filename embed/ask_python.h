/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks an interpreter about itself by running it, and remembers the answer.
 *
 * Needed for shims (pyenv, asdf: a script that decides at each call, up to half a
 * second) and for anything whose files do not tell (python_facts.h). The answer is
 * kept in $XDG_CACHE_HOME/viztracer or ~/.cache/viztracer, mode 0700, under all that
 * a shim decides by: its path and time, the environment's choice of version, the
 * version files from the current folder upwards. Files there that others could have
 * written, or that do not read as an answer, are passed over; without a cache every
 * start asks.
 *
 * Threads: starts a process and waits for it.
 */
#ifndef VT_EMBED_ASK_PYTHON_H
#define VT_EMBED_ASK_PYTHON_H

#include "embed/python_facts.h"

/* In the environment of an interpreter that is asked: who finds it set has been
 * started by the question, and asking on would never end. */
#define VT_ASK_PYTHON_GUARD "VIZTRACER_ASKING"

/* Fills `facts` from the interpreter at the absolute `path`; what it writes to stderr
 * is shown. VT_ERR_UNSUPPORTED when it does not answer. */
VT_NODISCARD enum vt_status vt_ask_python(struct vt_python_facts *facts,
                                          const char *path, struct vt_error *err);

#endif

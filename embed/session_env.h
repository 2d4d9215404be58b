/* SPDX-License-Identifier: Apache-2.0
 *
 * The variables by which a real python3 that this process becomes or starts loads our
 * core: see embed/core_api.h.
 *
 *   VIZTRACER_SESSION   the whole value is ours
 *   LD_PRELOAD          our library is the last of the list
 *   ASAN_OPTIONS        where it is set: verify_asan_link_order=0 is the last of the
 *                       list, so that a program built with AddressSanitizer runs
 *   PYTHONPATH          with --child_hook=sitecustomize, and then instead of the two
 *                       above it: the folder of our sitecustomize.py comes first
 *
 * They stand in the environment of the process (`environ`) alone: what Python copied
 * into os.environ when it started has none of them. An environment that the program
 * makes for a child gets them by vt_session_env_value (embed/spawn_env.h).
 *
 * Threads: the process has one, or the interpreter's lock is held.
 */
#ifndef VT_EMBED_SESSION_ENV_H
#define VT_EMBED_SESSION_ENV_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/record/config.h"

#include <stdbool.h>

enum { VT_SESSION_ENV_VARIABLES = 4 };

/* config: lib_dir and python_dir are absolute. Its child_hook decides which variables
 * there are; what is not "sitecustomize" is "preload". Errors as of
 * embed/preload_place.h; VT_ERR_UNSUPPORTED: a folder that cannot be on PYTHONPATH. */
VT_NODISCARD enum vt_status vt_session_env_set(const struct vt_config *config,
                                               struct vt_error *err);

/* Puts back what the program took out of the environment since. Nothing happens when
 * nothing was set. */
void vt_session_env_keep(void);

/* Makes the environment what it was without us. */
void vt_session_env_clear(void);

/* The name of variable `i`. */
const char *vt_session_env_name(int i);

/* Appends the value that variable `i` gets in an environment where it has the value
 * `old` (NULL: none). False: it stays as it is there, or nothing was set. */
bool vt_session_env_value(int i, const char *old, struct vt_buf *value);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The two variables by which a real python3 that this process becomes or starts loads
 * our core: see embed/core_api.h.
 *
 * They stand in the environment of the process (`environ`) alone: what Python copied
 * into os.environ when it started has neither.
 *
 * Threads: the process has one, or the interpreter's lock is held.
 */
#ifndef VT_EMBED_SESSION_ENV_H
#define VT_EMBED_SESSION_ENV_H

#include "core/base/error.h"
#include "core/record/config.h"

/* config: lib_dir and python_dir are absolute. VT_ERR_UNSUPPORTED: the preload library
 * lies where it cannot be preloaded from. */
VT_NODISCARD enum vt_status vt_session_env_set(const struct vt_config *config,
                                               struct vt_error *err);

/* Makes the environment what it was without us. */
void vt_session_env_clear(void);

#endif

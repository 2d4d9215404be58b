/* SPDX-License-Identifier: Apache-2.0
 *
 * The path by which our library is preloaded. The loader splits LD_PRELOAD at blanks
 * and colons and replaces $ORIGIN and its like; where the library lies in a folder with
 * such a name, a link stands for it:
 *
 *   $XDG_RUNTIME_DIR, $TMPDIR, /tmp or /var/tmp
 *     viztracer-<uid>-preload-<hash of the folder>/      ours; others may only enter it
 *       libviztracer_preload.so -> the library
 *
 * The link stays: processes that outlive a run start others by it.
 *
 * Threads: no global state.
 */
#ifndef VT_EMBED_PRELOAD_PLACE_H
#define VT_EMBED_PRELOAD_PLACE_H

#include "core/base/buf.h"
#include "core/base/error.h"

/* Appends the path of the library of `lib_dir` (absolute). VT_ERR_UNSUPPORTED: it
 * cannot be preloaded from there, and no link can be made. */
VT_NODISCARD enum vt_status vt_preload_place(struct vt_buf *path, const char *lib_dir,
                                             struct vt_error *err);

#endif

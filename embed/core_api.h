/* SPDX-License-Identifier: Apache-2.0
 *
 * What a core (`_viztracer.<tag>.so`, one per Python version) exports, beside
 * PyInit__viztracer, to those who load it: the ladder in our own process, the preload
 * library in a real python3.
 *
 * The preload library gets what it needs through variables of the environment, which
 * it removes before Python reads them:
 *
 *   VIZTRACER_SESSION  the folder of the cores, a newline, the configuration as text
 *   LD_PRELOAD         our entry is the last one
 *   ASAN_OPTIONS       if it was set: VT_ASAN_OPTION is the last one of its list
 *
 * With --child_hook=sitecustomize there is no preload library: the folder of
 * viztracer/child_hook/sitecustomize.py is the first on PYTHONPATH, and that calls
 * vt_core_attach_session through the module `_viztracer`.
 */
#ifndef VT_EMBED_CORE_API_H
#define VT_EMBED_CORE_API_H

#include "core/base/compiler.h"

#define VT_CORE_FILE_PREFIX  "_viztracer.cpython-"
#define VT_CORE_FILE_SUFFIX  "-" VT_MULTIARCH ".so"
#define VT_PRELOAD_FILE_NAME "libviztracer_preload.so"
#define VT_SESSION_VARIABLE  "VIZTRACER_SESSION"
/* Below the folder of the cores: its sitecustomize.py is the other hook. */
#define VT_CHILD_HOOK_FOLDER "/viztracer/child_hook"
/* gcc's AddressSanitizer refuses to run behind another preloaded library without it. */
#define VT_ASAN_OPTION "verify_asan_link_order=0"

struct vt_config;
struct _object;

/* Runs Python with this argv (argv[0]: the path of the real python3) as python3 would
 * and returns its exit status; some ends do not return (SIGINT, python3's own exit).
 * Takes the contents of `config`. */
VT_EXPORT int vt_core_main(struct vt_config *config, int argc, char **argv);

/* In a real python3: prepares the recording that VIZTRACER_SESSION describes. False:
 * the line that says why is on stderr, and the program runs untraced. */
VT_EXPORT int vt_core_attach_session(const char *session);

/* A Py_AuditHookFunction for the events after that. */
VT_EXPORT int vt_core_audit_hook(const char *event, struct _object *args, void *data);

#endif

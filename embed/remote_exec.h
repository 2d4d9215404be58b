/* SPDX-License-Identifier: Apache-2.0
 *
 * Has a Python 3.14 or newer run a text by the door that it has for that,
 * PySys_RemoteExec (https://peps.python.org/pep-0768): no thread of it is stopped.
 *
 * The function works only from a Python of the same version, so the program's own
 * executable is started to call it. The program looks at the request at its next safe
 * point; one that waits in the kernel does not come to one. So the text is taken by
 * whoever makes its claim, a file: the program before it runs the text, or we when it
 * has waited long enough, to have it run in another way (embed/inject.h).
 *
 * Not tested against such an interpreter: no core can be built for one yet.
 *
 * Threads:   one caller.
 * Ownership: borrows all that it is given. Leaves files NAME.* in the folder.
 */
#ifndef VT_EMBED_REMOTE_EXEC_H
#define VT_EMBED_REMOTE_EXEC_H

#include "core/base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct vt_remote_exec {
    pid_t pid;
    const char *interpreter; /* the executable that it runs */
    const char *folder;      /* that both see, and that it may write to */
    const char *name;        /* of the request, unused so far in the folder */
};

/* Runs `source` in a dictionary of its own, within about `limit_ms`; returns when it
 * has run. *ran false: it will not, since the interpreter refuses or the program did
 * not come to it. VT_ERR_NOT_FOUND: the process ended. VT_ERR_IO: the folder. */
VT_NODISCARD enum vt_status vt_remote_exec_run(const struct vt_remote_exec *request,
                                               const char *source, int limit_ms,
                                               bool *ran, struct vt_error *err);

#endif

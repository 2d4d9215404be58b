/* SPDX-License-Identifier: Apache-2.0
 *
 * What a log says of its process: name and command.
 *
 * Threads:   the interpreter's lock is held.
 */
#ifndef VT_EMBED_DESCRIBE_H
#define VT_EMBED_DESCRIBE_H

#include "core/record/log.h"
#include "embed/pycompat.h"

/* `name`: a str, or NULL for multiprocessing's name of the process, which is looked up
 * only if the program imported it ("MainProcess" otherwise). Raises nothing. */
void vt_describe_process(struct vt_log *log, PyObject *name);

/* The words of the process's command, as the kernel keeps them. */
void vt_describe_command(struct vt_log *log);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a thread is called in a report: threading's name of it, as far as threading
 * knows it.
 */
#ifndef VT_EMBED_THREAD_NAME_H
#define VT_EMBED_THREAD_NAME_H

#include "core/base/buf.h"
#include "embed/pycompat.h"

/* Appends the calling thread's name. `frame_self` is the first argument of the frame
 * that the thread enters first (threading.Thread._bootstrap's: the thread object), or
 * NULL. Neither imports threading nor calls Python code; raises nothing. */
void vt_thread_name_append(struct vt_buf *name, PyObject *frame_self);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a forked child keeps of its parent's recording: the open calls of the thread
 * that forked. The parent's log is not in the child's memory.
 *
 * Threads: the copy is made and freed by pthread_atfork's handlers, in the forking
 *          thread; in the child it belongs to the one thread that there is.
 */
#ifndef VT_EMBED_FORK_H
#define VT_EMBED_FORK_H

#include "core/record/thread.h"

#include <stddef.h>
#include <stdint.h>

struct vt_fork_stack {
    struct vt_frame *frames; /* outermost first; ids of the parent's log */
    uint32_t count;
    uint32_t hidden;
    uint32_t watched_depth, watched_hidden, watched_id;
};

/* From now on forks are noticed. */
void vt_fork_watch(void);

/* In a child: its parent's stack, the caller's from now on (free the frames). All 0:
 * the fork took place behind pthread_atfork's back, or the thread was not recorded. */
struct vt_fork_stack vt_fork_take(void);

#endif

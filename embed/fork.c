/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/fork.h"

#include "embed/recorder.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define NOTHING                                                                        \
    { .watched_depth = UINT32_MAX, .watched_id = UINT32_MAX }

static const struct vt_fork_stack nothing = NOTHING;
static struct vt_fork_stack stack = NOTHING;

static void before_fork(void) {
    const struct vt_thread *lane = vt_recorder_lane();
    stack = nothing;
    if (!lane)
        return;
    uint32_t depth = vt_thread_depth(lane);
    stack.frames = calloc(depth ? depth : 1, sizeof *stack.frames);
    if (!stack.frames)
        return;
    stack.count = depth;
    vt_thread_copy_frames(lane, stack.frames);
    stack.hidden = lane->hidden;
    stack.watched_depth = lane->watched_depth;
    stack.watched_hidden = lane->watched_hidden;
    stack.watched_id = lane->watched_id;
}

static void after_fork_in_parent(void) {
    free(stack.frames);
    stack = nothing;
}

void vt_fork_watch(void) {
    static bool watched;
    if (!watched)
        pthread_atfork(before_fork, after_fork_in_parent, NULL);
    watched = true;
}

struct vt_fork_stack vt_fork_take(void) {
    struct vt_fork_stack taken = stack;
    stack = nothing;
    return taken;
}

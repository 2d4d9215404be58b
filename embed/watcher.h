/* SPDX-License-Identifier: Apache-2.0
 *
 * A process that outlives the program, to make its report when it dies without
 * saving.
 *
 * It is made by clone(2) with exit signal 0, before Python starts: no wait() of the
 * program sees it, and as the program's own child it needs no reaping by others. It
 * holds stderr (for its one line) and a pidfd of the program, nothing else: no other
 * descriptor, no working directory, no session. When the program saved, it leaves as
 * soon as what is done at leisure is done.
 *
 * Threads: the calling process has one thread.
 */
#ifndef VT_EMBED_WATCHER_H
#define VT_EMBED_WATCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the program ended, as far as the kernel tells. */
struct vt_watcher_end {
    bool known;
    int wait_status; /* as of waitpid(2) */
};

struct vt_watcher {
    const char
        *beside; /* directory of the report, or NULL: see core/record/log_dir.h */

    int place_fd; /* stays open as long as the watching process; -1: none */

    /* Called once in the watching process, when the program has run for
     * `leisure_after_ms` or is over: work that is nobody's hurry. At a program's
     * beginning it would be felt: two processes that change their memory at once slow
     * each other down (loading libpython took 1.5 to 2 times as long). */
    void (*at_leisure)(void *state);
    int leisure_after_ms;

    /* Called in the watching process for each run directory of the program that still
     * has a log; removes it when it has made a report. */
    void (*on_dead_run)(void *state, const char *run_dir,
                        const struct vt_watcher_end *end);
    void *state;
};

/* Watches the calling process. False: there is no watcher (the system refused the
 * process); `viztracer --recover` does by hand what it would do. */
bool vt_watcher_start(const struct vt_watcher *watcher);

/* "killed by SIGKILL", "gone with exit status 3 without saving", "gone without
 * saving": at most `size` bytes with the NUL. */
void vt_watcher_describe_end(const struct vt_watcher_end *end, char *text, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The requests of a site, through libmicrohttpd: a few threads with epoll(7), so that
 * slow clients cost a descriptor each and nobody waits for them.
 *
 * Ownership: borrows the site and the guard until vt_daemon_stop.
 */
#ifndef VT_VIEWER_SERVER_DAEMON_H
#define VT_VIEWER_SERVER_DAEMON_H

#include "viewer/server/guard.h"
#include "viewer/server/site.h"

struct vt_daemon;

struct vt_daemon_options {
    const struct vt_site *site;
    const struct vt_guard *guard;
    unsigned
        stall_s; /* a client that takes nothing of its answer for so long is left */
    int wake_fd; /* an eventfd, written to when something ended */
};

/* What has happened so far. */
struct vt_daemon_facts {
    bool is_served;       /* an answer that --once waits for was given whole */
    bool is_failure_told; /* a client knows that the trace is none */
    unsigned answering;   /* requests that have no whole answer yet */
    int64_t asked_ms; /* when a request came last, or an answer was whole; 0: never */
};

/* Takes the listening socket `fd`, also on failure. */
VT_NODISCARD enum vt_status vt_daemon_start(const struct vt_daemon_options *options,
                                            int fd, struct vt_daemon **daemon,
                                            struct vt_error *err);

struct vt_daemon_facts vt_daemon_look(const struct vt_daemon *daemon);

/* To be called about twice a second. */
void vt_daemon_sweep(struct vt_daemon *daemon);

/* Nobody may be waiting for the shelf or the tally any more. */
void vt_daemon_stop(struct vt_daemon *daemon);

#endif

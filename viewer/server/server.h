/* SPDX-License-Identifier: Apache-2.0
 *
 * vizviewer's server: shows one report, or those of a directory, to a browser.
 *
 * It listens on the loopback address only unless it is told otherwise; then whoever
 * asks needs a token, which is in the address that is printed. The page is up at once;
 * the trace loads meanwhile. It ends by SIGINT or SIGTERM, and with `once` when the
 * page has everything, or nobody asked for anything for `timeout_s` seconds.
 *
 * Threads:   blocks the caller; signals are blocked while it runs. One at a time per
 *            process.
 */
#ifndef VT_VIEWER_SERVER_SERVER_H
#define VT_VIEWER_SERVER_SERVER_H

#include "core/base/error.h"

#include <stdbool.h>

struct vt_server_place {
    const char *address; /* http://127.0.0.1:9001, to be opened; with the token */
    const char *shown;   /* the same as people write it: http://localhost:9001 */
    int port;
    bool is_loopback;
};

struct vt_server_options {
    const char *path; /* a report, a run directory, or a directory with reports */
    const char *host; /* NULL: loopback */
    int port;         /* 0: any that is free */
    unsigned timeout_s;
    bool once, is_remote_engine, flamegraph, perfetto;
    /* Called once, when requests are taken. */
    void (*ready)(void *state, const struct vt_server_place *place);
    void *state;
    int free_port; /* set when `port` is busy: another that is not; 0: none is near */
};

/* VT_ERR_REFUSED with the words of behaviour.md 21: there is no such file, or none that
 * is a report's, or the port is busy. VT_ERR_FORMAT and others: the one report cannot
 * be shown. */
VT_EXPORT VT_NODISCARD enum vt_status vt_server_run(struct vt_server_options *options,
                                                    struct vt_error *err);

#endif

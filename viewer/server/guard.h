/* SPDX-License-Identifier: Apache-2.0
 *
 * Which requests are answered at all. A web page that a user visits can make the
 * browser send requests to us: under a name of its own (DNS rebinding), from its own
 * origin, or as a picture or script; and whoever reaches the port can ask for any path.
 *
 *   Host     localhost, 127.0.0.1 or [::1] with any port (tunnels change it); with
 *            --host also that name, or any literal address when it is all of them: a
 *            name cannot be rebound to us when it is none
 *   Origin   none, or http:// and the very Host of the request
 *   Sec-Fetch-Site   none, same-origin; others only when a link to us is followed
 *   method   GET, HEAD; POST where there is something to post to
 *   token    with --host: in the cookie, or in ?token= of the address that is printed
 *   path     whole names between slashes: no "..", no NUL, no slash in disguise
 *
 * Pure: the texts come in, a verdict goes out.
 *
 * Threads:   no global state.
 */
#ifndef VT_VIEWER_SERVER_GUARD_H
#define VT_VIEWER_SERVER_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* The one foreign origin that may be let in (--perfetto). */
#define VT_GUARD_PERFETTO "https://ui.perfetto.dev"

enum { VT_GUARD_PATH_BYTES = 4096 };

struct vt_guard {
    const char *host;        /* as given to --host; NULL: loopback only */
    bool is_any;             /* --host is all addresses of this machine */
    const char *token;       /* NULL: none is needed */
    const char *cookie_name; /* of the token */
    bool allow_perfetto;
};

/* The parts of a request that count; NULL: it has no such header. */
struct vt_guard_request {
    const char *method, *version;
    const char *target; /* as it came, without "?…" */
    const char *host, *origin, *fetch_site, *fetch_mode, *fetch_dest, *cookie;
    const char *token;                 /* of "?token=…" */
    unsigned host_count, origin_count; /* how many such headers it has */
};

struct vt_guard_verdict {
    unsigned status; /* HTTP: 0 = answer it, else refuse it so */
    const char *why;
    bool is_perfetto; /* comes from that page: it may read the trace, nothing else */
    bool has_token;   /* in the address, rightly: give it a cookie */
};

/* `path` (VT_GUARD_PATH_BYTES) becomes the decoded path without its first slash. */
struct vt_guard_verdict vt_guard_check(const struct vt_guard *guard,
                                       const struct vt_guard_request *request,
                                       char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is served, and one request for something of it.
 *
 * Threads:   a site is constant; a request has one thread at a time.
 * Ownership: a request owns its body and its reference to a trace.
 */
#ifndef VT_VIEWER_SERVER_SITE_H
#define VT_VIEWER_SERVER_SITE_H

#include "viewer/server/guard.h"
#include "viewer/server/shelf.h"
#include "viewer/server/tally.h"

#include <stdbool.h>

enum vt_site_kind {
    VT_SITE_TRACE, /* one file, or one run directory */
    VT_SITE_HTML,  /* one file */
    VT_SITE_FOLDER,
};

struct vt_site {
    enum vt_site_kind kind;
    const char *path; /* as it was given */
    const char *name; /* its last name */
    int fd;           /* the directory's, or the file's as it was at first */
    bool is_once, is_flamegraph;
    struct vt_shelf *shelf;
    struct vt_tally *tally;
};

struct vt_request {
    const struct vt_site *site;
    char path[VT_GUARD_PATH_BYTES]; /* decoded, without its first slash */
    bool is_post, is_perfetto, wants_download;
    const char *known_etag; /* If-None-Match, or NULL */
    struct vt_buf body;     /* of a POST */
    /* Set while it is answered: */
    const char *subject;      /* the path of the report beneath the directory */
    const char *leaf;         /* what is asked of it */
    struct vt_shelved *trace; /* NULL: none is needed */
    bool ends_once;           /* with --once the server may end behind this one */
};

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer to one request, and the headers that every answer has: nothing of ours may
 * be framed, sniffed, sent elsewhere, or load anything from a network.
 *
 * An answer is filled by a handler (viewer/server/api.h) and sent once; it starts as
 * VT_REPLY_INIT.
 *
 * Ownership: vt_reply_send takes body, fd and `held`, and disposes of them when they
 *            are sent.
 */
#ifndef VT_VIEWER_SERVER_REPLY_H
#define VT_VIEWER_SERVER_REPLY_H

#include "core/base/buf.h"

#include <stdint.h>

struct MHD_Connection;

struct vt_reply {
    unsigned status;  /* of HTTP */
    const char *type; /* Content-Type; NULL: text/plain */
    /* The bytes: one of these. */
    struct vt_buf body;
    const void *bytes; /* constant, or kept by `held` */
    size_t size;       /* of bytes, or of the file */
    int fd;            /* a file from its beginning; -1: none */
    /* Called when `bytes` are no longer needed; may be NULL. */
    void (*release)(void *held);
    void *held;

    const char *etag;     /* may be cached, to be asked for anew with If-None-Match */
    const char *policy;   /* Content-Security-Policy; NULL: the page's */
    struct vt_buf target; /* Location; empty: none */
    struct vt_buf cookie; /* Set-Cookie; empty: none */
    bool to_perfetto;     /* its page may read it */
    bool is_download;     /* to be saved, not shown */
    bool is_last;         /* the connection ends with it */
};

#define VT_REPLY_INIT                                                                  \
    { .status = 200, .fd = -1 }

/* A sentence as plain text. */
void vt_reply_say(struct vt_reply *reply, unsigned status, const char *format, ...)
    VT_PRINTF(3, 4);

/* An answer that sends the client to `path`, which is encoded for that. */
void vt_reply_redirect(struct vt_reply *reply, unsigned status, const char *prefix,
                       const char *path, const char *suffix);

/* Appends a path with everything encoded that has a meaning in an URL or in HTML. */
void vt_reply_append_path(struct vt_buf *out, const char *path);

/* Queues it. False: memory ran out; the connection is to be closed. */
bool vt_reply_send(struct MHD_Connection *connection, struct vt_reply *reply);

/* Disposes of a reply that is not sent. */
void vt_reply_fini(struct vt_reply *reply);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/reply.h"
#include "viewer/server/guard.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The page asks nobody but us; its engine is WebAssembly, in a Worker. */
static const char page_policy[] =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; worker-src 'self' blob:; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const struct {
    const char *name, *value;
} security_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

void vt_reply_say(struct vt_reply *reply, unsigned status, const char *format, ...) {
    char text[VT_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reply->status = status;
    reply->type = NULL;
    vt_buf_clear(&reply->body);
    vt_buf_printf(&reply->body, "%s\n", text);
}

void vt_reply_append_path(struct vt_buf *out, const char *path) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/";
    for (; *path; path++) {
        if (strchr(plain, *path))
            vt_buf_append_char(out, *path);
        else
            vt_buf_printf(out, "%%%02x", (unsigned char)*path);
    }
}

void vt_reply_redirect(struct vt_reply *reply, unsigned status, const char *prefix,
                       const char *path, const char *suffix) {
    vt_reply_say(reply, status, "it is elsewhere");
    vt_buf_clear(&reply->target);
    vt_buf_append_text(&reply->target, prefix);
    vt_reply_append_path(&reply->target, path);
    vt_buf_append_text(&reply->target, suffix);
}

static void free_buffer(void *held) {
    free(held);
}

/* Moves what the reply has to a response. */
static struct MHD_Response *make_response(struct vt_reply *reply) {
    struct MHD_Response *response;
    if (reply->fd >= 0) {
        response = MHD_create_response_from_fd64(reply->size, reply->fd);
        if (response)
            reply->fd = -1;
    } else if (reply->bytes && reply->release) {
        response = MHD_create_response_from_buffer_with_free_callback_cls(
            reply->size, (void *)(uintptr_t)reply->bytes, reply->release, reply->held);
        if (response)
            reply->release = NULL;
    } else if (reply->bytes) {
        response = MHD_create_response_from_buffer(
            reply->size, (void *)(uintptr_t)reply->bytes, MHD_RESPMEM_PERSISTENT);
    } else {
        size_t size = reply->body.size;
        char *text = vt_buf_steal(&reply->body);
        response = text ? MHD_create_response_from_buffer_with_free_callback_cls(
                              size, text, free_buffer, text)
                        : NULL;
        if (text && !response)
            free(text);
    }
    return response;
}

static bool add(struct MHD_Response *response, const char *name, const char *value) {
    return MHD_add_response_header(response, name, value) == MHD_YES;
}

static bool add_text(struct MHD_Response *response, const char *name,
                     const struct vt_buf *value) {
    return !value->failed && (!value->size || add(response, name, value->data));
}

static bool add_headers(struct MHD_Response *response, const struct vt_reply *reply) {
    bool ok = add(response, "Content-Type",
                  reply->type ? reply->type : "text/plain; charset=utf-8");
    ok = ok && add(response, "Content-Security-Policy",
                   reply->policy ? reply->policy : page_policy);
    for (size_t i = 0; i < sizeof security_headers / sizeof *security_headers; i++)
        ok = ok && add(response, security_headers[i].name, security_headers[i].value);
    ok = ok && add(response, "Cache-Control", reply->etag ? "no-cache" : "no-store");
    if (reply->etag)
        ok = ok && add(response, "ETag", reply->etag);
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        ok = ok && add(response, "Allow", "GET, HEAD");
    if (reply->to_perfetto)
        ok = ok && add(response, "Access-Control-Allow-Origin", VT_GUARD_PERFETTO) &&
             add(response, "Access-Control-Allow-Private-Network", "true") &&
             add(response, "Vary", "Origin");
    if (reply->is_download)
        ok = ok && add(response, "Content-Disposition", "attachment");
    if (reply->is_last)
        ok = ok && add(response, "Connection", "close");
    return ok && add_text(response, "Location", &reply->target) &&
           add_text(response, "Set-Cookie", &reply->cookie);
}

bool vt_reply_send(struct MHD_Connection *connection, struct vt_reply *reply) {
    unsigned status = reply->status;
    struct MHD_Response *response = reply->body.failed ? NULL : make_response(reply);
    bool ok = response && add_headers(response, reply) &&
              MHD_queue_response(connection, status, response) == MHD_YES;
    if (response)
        MHD_destroy_response(response);
    vt_reply_fini(reply);
    return ok;
}

void vt_reply_fini(struct vt_reply *reply) {
    if (reply->fd >= 0)
        close(reply->fd);
    if (reply->release)
        reply->release(reply->held);
    vt_buf_fini(&reply->body);
    vt_buf_fini(&reply->target);
    vt_buf_fini(&reply->cookie);
    *reply = (struct vt_reply)VT_REPLY_INIT;
}

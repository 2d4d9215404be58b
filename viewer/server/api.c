/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/api.h"
#include "core/base/jwrite.h"
#include "viewer/engine/query.h"
#include "viewer/server/assets.h"
#include "viewer/server/dirlist.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char json[] = "application/json";
static const char octets[] = "application/octet-stream";

/* A report that somebody else's program wrote may run its scripts, but it belongs to no
 * site (so it can read nothing of ours) and has no network. */
static const char html_policy[] =
    "sandbox allow-scripts allow-downloads allow-modals; default-src 'none'; "
    "script-src 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob:; "
    "style-src 'unsafe-inline' data: blob:; img-src data: blob:; font-src data:; "
    "connect-src data: blob:; worker-src data: blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

/* ---- files ----------------------------------------------------------------------- */

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *subject_name(const struct vt_request *request) {
    return *request->subject ? last_name(request->subject) : request->site->name;
}

/* Whether it is one: a directory has other files, too. */
static bool is_report(const struct vt_request *request, const struct stat *status) {
    if (request->site->kind != VT_SITE_FOLDER)
        return true;
    enum vt_dirlist_kind kind = vt_dirlist_kind(request->subject, status);
    return kind != VT_DIRLIST_FOLDER && kind != VT_DIRLIST_OTHER;
}

/* The report that the request is about. One file is opened anew, because it may have
 * been saved anew; if it is gone, it is what it was. -1: an answer was given. */
static int open_subject(const struct vt_request *request, struct stat *status,
                        struct vt_reply *reply) {
    const struct vt_site *site = request->site;
    int fd = -1;
    if (site->kind == VT_SITE_FOLDER)
        fd = vt_dirlist_open(site->fd, request->subject, status);
    else {
        fd = open(site->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
            fd = fcntl(site->fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0 && fstat(fd, status) != 0) {
            close(fd);
            fd = -1;
        }
    }
    if (fd >= 0 && is_report(request, status))
        return fd;
    if (fd >= 0)
        close(fd);
    vt_reply_say(reply, 404, "there is no such report here");
    return -1;
}

/* False: an answer was given. */
static bool has_subject(const struct vt_request *request, struct vt_reply *reply) {
    struct stat status;
    int fd = open_subject(request, &status, reply);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool vt_api_asset(struct vt_request *request, struct vt_shelved_waiter *waiter,
                  struct vt_reply *reply) {
    (void)waiter;
    if (!*request->leaf && *request->subject && !has_subject(request, reply))
        return true;
    const char *name = *request->leaf ? request->leaf : "index.html";
    const struct vt_asset *asset = vt_asset_find(name);
    if (!asset) {
        vt_reply_say(reply, 404, "there is nothing here");
        return true;
    }
    reply->type = asset->type;
    reply->etag = asset->etag;
    if (request->known_etag && strcmp(request->known_etag, asset->etag) == 0)
        reply->status = 304;
    else {
        reply->bytes = asset->bytes;
        reply->size = asset->size;
    }
    return true;
}

static void send_file(int fd, const struct stat *status, const char *type,
                      struct vt_reply *reply) {
    reply->fd = fd;
    reply->size = (uint64_t)status->st_size;
    reply->type = type;
}

/* ---- one trace ------------------------------------------------------------------- */

/* Takes the trace from the shelf. False: an answer was given. */
static bool take_trace(struct vt_request *request, uint64_t *size,
                       struct vt_reply *reply) {
    struct stat status;
    struct vt_error err;
    int fd = open_subject(request, &status, reply);
    if (fd < 0)
        return false;
    *size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    bool ok = request->trace != NULL;
    if (!ok) {
        ok = vt_shelf_take(request->site->shelf, fd, subject_name(request),
                           &request->trace, &err) == VT_OK;
        if (!ok)
            vt_reply_say(reply, 503, "%s", err.text);
    }
    close(fd);
    return ok;
}

enum readiness { READY, MUST_WAIT, ANSWERED };

/* The trace, open or ready. */
static enum readiness await_trace(struct vt_request *request,
                                  enum vt_shelved_state until,
                                  struct vt_shelved_waiter *waiter,
                                  struct vt_reply *reply) {
    struct vt_shelved_facts facts;
    uint64_t size;
    if (!request->trace && !take_trace(request, &size, reply))
        return ANSWERED;
    if (vt_shelved_wait(request->trace, until, waiter))
        return MUST_WAIT;
    vt_shelved_look(request->trace, &facts);
    if (facts.state != VT_SHELVED_FAILED)
        return READY;
    vt_reply_say(reply, 422, "%s", facts.error.text);
    return ANSWERED;
}

static void release_trace(void *trace) {
    vt_shelved_release(trace);
}

/* An answer of bytes that the trace has. */
static void send_of_trace(struct vt_request *request, const struct vt_buf *bytes,
                          struct vt_reply *reply) {
    vt_shelved_retain(request->trace);
    reply->bytes = bytes->data ? bytes->data : "";
    reply->size = bytes->size;
    reply->held = request->trace;
    reply->release = release_trace;
}

static void write_bool(struct vt_jwrite *out, const char *name, bool value) {
    vt_jwrite_text(out, name);
    vt_jwrite_text(out, value ? "true" : "false");
}

static void write_number(struct vt_jwrite *out, const char *name, uint64_t value) {
    vt_jwrite_text(out, name);
    vt_jwrite_u64(out, value);
}

static void write_trace_info(const struct vt_request *request,
                             const struct vt_shelved_facts *facts, uint64_t size,
                             struct vt_jwrite *out) {
    static const char *const states[] = {
        [VT_SHELVED_LOADING] = "\"loading\"",
        [VT_SHELVED_OPEN] = "\"open\"",
        [VT_SHELVED_READY] = "\"ready\"",
        [VT_SHELVED_FAILED] = "\"failed\"",
    };
    const char *name = subject_name(request);
    bool is_ready = facts->state == VT_SHELVED_READY;
    vt_jwrite_text(out, "{\"name\": ");
    vt_jwrite_string(out, name, strlen(name));
    vt_jwrite_text(out, ", \"state\": ");
    vt_jwrite_text(out, states[facts->state]);
    write_number(out, ", \"bytes\": ", facts->bytes);
    write_number(out, ", \"size\": ", size);
    write_number(out, ", \"events\": ", facts->events);
    vt_jwrite_text(out, ", \"engine\": ");
    vt_jwrite_text(out, !is_ready          ? "null"
                        : facts->is_remote ? "\"server\""
                                           : "\"page\"");
    write_number(out, ", \"index_bytes\": ",
                 is_ready ? vt_shelved_index(request->trace)->size : 0);
    vt_jwrite_text(out, ", \"error\": ");
    if (facts->state == VT_SHELVED_FAILED)
        vt_jwrite_string(out, facts->error.text, strlen(facts->error.text));
    else
        vt_jwrite_text(out, "null");
    write_bool(out, ", \"once\": ", request->site->is_once);
    write_bool(out, ", \"flamegraph\": ", request->site->is_flamegraph);
    vt_jwrite_text(out, "}");
}

bool vt_api_trace_info(struct vt_request *request, struct vt_shelved_waiter *waiter,
                       struct vt_reply *reply) {
    (void)waiter;
    uint64_t size = 0;
    struct vt_error err;
    struct vt_jwrite out;
    struct vt_shelved_facts facts;
    if (!take_trace(request, &size, reply))
        return true;
    vt_shelved_look(request->trace, &facts);
    reply->type = json;
    if (vt_jwrite_init(&out, vt_sink_to_buf(&reply->body), 4096, &err) != VT_OK) {
        vt_reply_say(reply, 503, "%s", err.text);
        return true;
    }
    write_trace_info(request, &facts, size, &out);
    if (vt_jwrite_finish(&out, &err) != VT_OK)
        vt_reply_say(reply, 503, "%s", err.text);
    vt_jwrite_fini(&out);
    return true;
}

bool vt_api_index(struct vt_request *request, struct vt_shelved_waiter *waiter,
                  struct vt_reply *reply) {
    struct vt_shelved_facts facts;
    enum readiness readiness = await_trace(request, VT_SHELVED_READY, waiter, reply);
    if (readiness != READY)
        return readiness == ANSWERED;
    vt_shelved_look(request->trace, &facts);
    reply->type = octets;
    if (facts.is_remote)
        reply->status = 204;
    else
        send_of_trace(request, vt_shelved_index(request->trace), reply);
    return true;
}

bool vt_api_query(struct vt_request *request, struct vt_shelved_waiter *waiter,
                  struct vt_reply *reply) {
    enum readiness readiness = await_trace(request, VT_SHELVED_OPEN, waiter, reply);
    if (readiness != READY)
        return readiness == ANSWERED;
    reply->type = octets;
    vt_query_answer(vt_shelved_engine(request->trace), request->body.data,
                    request->body.size, &reply->body);
    if (!reply->body.size)
        vt_reply_say(reply, 503, "out of memory");
    return true;
}

bool vt_api_file_info(struct vt_request *request, struct vt_shelved_waiter *waiter,
                      struct vt_reply *reply) {
    enum readiness readiness = await_trace(request, VT_SHELVED_READY, waiter, reply);
    if (readiness != READY)
        return readiness == ANSWERED;
    reply->type = json;
    send_of_trace(request, vt_shelved_file_info(request->trace), reply);
    request->ends_once = true;
    return true;
}

bool vt_api_localtrace(struct vt_request *request, struct vt_shelved_waiter *waiter,
                       struct vt_reply *reply) {
    (void)waiter;
    struct stat status;
    int fd = open_subject(request, &status, reply);
    if (fd >= 0 && !S_ISREG(status.st_mode)) {
        close(fd);
        vt_reply_say(reply, 404, "the logs of a program are no file");
    } else if (fd >= 0)
        send_file(fd, &status, octets, reply);
    reply->to_perfetto = request->is_perfetto;
    return true;
}

bool vt_api_vizviewer_info(struct vt_request *request, struct vt_shelved_waiter *waiter,
                           struct vt_reply *reply) {
    (void)request;
    (void)waiter;
    reply->type = json;
    vt_buf_append_text(&reply->body, "{}");
    return true;
}

/* ---- html and directories -------------------------------------------------------- */

bool vt_api_html(struct vt_request *request, struct vt_shelved_waiter *waiter,
                 struct vt_reply *reply) {
    (void)waiter;
    struct stat status;
    int fd = open_subject(request, &status, reply);
    if (fd < 0)
        return true;
    send_file(fd, &status, "text/html; charset=utf-8", reply);
    reply->policy = html_policy;
    request->ends_once = true;
    return true;
}

static void list_folder(struct vt_request *request, int fd, struct vt_reply *reply) {
    struct vt_error err;
    size_t size = strlen(request->path);
    if (size && request->path[size - 1] != '/') {
        vt_reply_redirect(reply, 301, "/", request->path, "/");
        return;
    }
    if (size)
        request->path[size - 1] = '\0';
    reply->type = "text/html; charset=utf-8";
    if (vt_dirlist_write(fd, request->path, &reply->body, &err) != VT_OK)
        vt_reply_say(reply, 503, "%s", err.text);
}

static void send_other(struct vt_request *request, int fd, const struct stat *status,
                       enum vt_dirlist_kind kind, struct vt_reply *reply) {
    bool is_html = kind == VT_DIRLIST_HTML;
    send_file(fd, status, is_html ? "text/html; charset=utf-8" : octets, reply);
    reply->policy = html_policy;
    reply->is_download = request->wants_download || !is_html;
    request->ends_once = is_html;
}

bool vt_api_directory(struct vt_request *request, struct vt_shelved_waiter *waiter,
                      struct vt_reply *reply) {
    (void)waiter;
    struct stat status;
    int fd = vt_dirlist_open(request->site->fd, request->path, &status);
    if (fd < 0) {
        vt_reply_say(reply, 404, "there is nothing here");
        return true;
    }
    enum vt_dirlist_kind kind = vt_dirlist_kind(request->path, &status);
    bool is_report = kind == VT_DIRLIST_TRACE || kind == VT_DIRLIST_RUN;
    if (kind == VT_DIRLIST_FOLDER)
        list_folder(request, fd, reply);
    else if (is_report && !request->wants_download)
        vt_reply_redirect(reply, 302, "/~view/", request->path, "/");
    else if (kind != VT_DIRLIST_RUN) {
        send_other(request, fd, &status, kind, reply);
        return true;
    } else
        vt_reply_say(reply, 404, "the logs of a program are no file");
    close(fd);
    return true;
}

bool vt_api_count(struct vt_request *request, struct vt_shelved_waiter *waiter,
                  struct vt_reply *reply) {
    struct stat status;
    int64_t events;
    int fd = vt_dirlist_open(request->site->fd, request->leaf, &status);
    if (fd < 0 || vt_dirlist_kind(request->leaf, &status) != VT_DIRLIST_TRACE) {
        if (fd >= 0)
            close(fd);
        vt_reply_say(reply, 404, "there is no such report here");
        return true;
    }
    bool is_known = vt_tally_ask(request->site->tally, fd, waiter, &events);
    close(fd);
    if (!is_known)
        return false;
    reply->type = json;
    if (events >= 0)
        vt_buf_printf(&reply->body, "{\"events\": %" PRId64 "}", events);
    else
        vt_buf_append_text(&reply->body, "{\"events\": null}");
    return true;
}

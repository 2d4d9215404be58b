/* SPDX-License-Identifier: Apache-2.0
 *
 * libmicrohttpd calls `handle_request` when the header is there, for each piece of the
 * body, and when the request is whole. Refusals are given at the first call, so that no
 * body of theirs is read. A request that must wait is suspended; who has what it waits
 * for wakes it, and `handle_request` is called again.
 */
#include "viewer/server/daemon.h"
#include "viewer/server/peers.h"
#include "viewer/server/reply.h"
#include "viewer/server/routes.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    THREADS = 4,
    MOST_PEERS = 4096,
    DESCRIPTORS = 8192,
    HEADER_BYTES = 32 << 10,
    MOST_BODY_BYTES = 4 << 20,
};

struct vt_daemon {
    struct MHD_Daemon *daemon;
    struct vt_daemon_options options;
    struct vt_peers peers;
    atomic_bool is_served, is_failure_told;
    atomic_uint answering;
    _Atomic int64_t asked_ms;
};

/* One request, from its header to its answer. */
struct exchange {
    struct vt_shelved_waiter waiter; /* first: its functions get it */
    struct MHD_Connection *connection;
    struct vt_request request;
    struct vt_guard_verdict verdict;
    bool was_refused;
    bool tells_failure; /* the answer says that the trace is none */
};

/* ---- the parts of a request ------------------------------------------------------ */

struct header_counts {
    unsigned host, origin;
};

static enum MHD_Result count_header(void *state, enum MHD_ValueKind kind,
                                    const char *name, const char *value) {
    struct header_counts *counts = state;
    (void)kind;
    (void)value;
    counts->host += strcasecmp(name, "Host") == 0;
    counts->origin += strcasecmp(name, "Origin") == 0;
    return MHD_YES;
}

static const char *header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static const char *argument(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
}

static struct vt_guard_verdict check(const struct vt_daemon *daemon,
                                     struct MHD_Connection *connection,
                                     const char *target, const char *method,
                                     const char *version, char *path) {
    struct header_counts counts = {0, 0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &counts);
    struct vt_guard_request request = {
        .method = method,
        .version = version,
        .target = target,
        .host = header(connection, "Host"),
        .origin = header(connection, "Origin"),
        .fetch_site = header(connection, "Sec-Fetch-Site"),
        .fetch_mode = header(connection, "Sec-Fetch-Mode"),
        .fetch_dest = header(connection, "Sec-Fetch-Dest"),
        .cookie = header(connection, "Cookie"),
        .token = argument(connection, "token"),
        .host_count = counts.host,
        .origin_count = counts.origin,
    };
    return vt_guard_check(daemon->options.guard, &request, path);
}

/* ---- answers --------------------------------------------------------------------- */

static struct vt_peer *peer_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static enum MHD_Result send_reply(struct exchange *exchange, struct vt_reply *reply) {
    struct vt_peer *peer = peer_of(exchange->connection);
    exchange->tells_failure = reply->status == 422;
    if (peer)
        vt_peer_begin(peer);
    return vt_reply_send(exchange->connection, reply) ? MHD_YES : MHD_NO;
}

static enum MHD_Result refuse(struct exchange *exchange, unsigned status,
                              const char *why) {
    struct vt_reply reply = VT_REPLY_INIT;
    vt_reply_say(&reply, status, "%s", why);
    reply.is_last = true;
    exchange->was_refused = true;
    return send_reply(exchange, &reply);
}

/* The token goes from the address into a cookie, out of sight. */
static enum MHD_Result give_cookie(const struct vt_daemon *daemon,
                                   struct exchange *exchange) {
    const struct vt_guard *guard = daemon->options.guard;
    struct vt_reply reply = VT_REPLY_INIT;
    vt_reply_redirect(&reply, 302, "/", exchange->request.path, "");
    vt_buf_printf(&reply.cookie, "%s=%s; HttpOnly; SameSite=Strict; Path=/",
                  guard->cookie_name, guard->token);
    return send_reply(exchange, &reply);
}

/* A page of perfetto's asks whether it may ask. */
static enum MHD_Result answer_preflight(struct exchange *exchange) {
    struct vt_reply reply = VT_REPLY_INIT;
    reply.status = 204;
    reply.to_perfetto = true;
    return send_reply(exchange, &reply);
}

static void suspend(struct vt_shelved_waiter *waiter) {
    MHD_suspend_connection(((struct exchange *)(void *)waiter)->connection);
}

static void wake(struct vt_shelved_waiter *waiter) {
    MHD_resume_connection(((struct exchange *)(void *)waiter)->connection);
}

static enum MHD_Result answer(struct exchange *exchange) {
    struct vt_reply reply = VT_REPLY_INIT;
    struct vt_peer *peer = peer_of(exchange->connection);
    if (peer)
        vt_peer_begin(peer);
    if (vt_routes_answer(&exchange->request, &exchange->waiter, &reply))
        return send_reply(exchange, &reply);
    vt_reply_fini(&reply);
    return MHD_YES;
}

/* ---- calls of libmicrohttpd ------------------------------------------------------ */

static struct exchange *begin_exchange(struct vt_daemon *daemon,
                                       struct MHD_Connection *connection) {
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->waiter.suspend = suspend;
    exchange->waiter.wake = wake;
    exchange->connection = connection;
    exchange->request.site = daemon->options.site;
    atomic_fetch_add(&daemon->answering, 1);
    atomic_store(&daemon->asked_ms, vt_peers_now_ms());
    return exchange;
}

static enum MHD_Result look_at_header(struct vt_daemon *daemon,
                                      struct exchange *exchange, const char *target,
                                      const char *method, const char *version) {
    struct vt_request *request = &exchange->request;
    struct MHD_Connection *connection = exchange->connection;
    exchange->verdict =
        check(daemon, connection, target, method, version, request->path);
    struct vt_guard_verdict *verdict = &exchange->verdict;
    if (verdict->status)
        return refuse(exchange, verdict->status, verdict->why);
    request->is_post = strcmp(method, "POST") == 0;
    request->is_perfetto = verdict->is_perfetto;
    request->known_etag = header(connection, "If-None-Match");
    request->wants_download =
        MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "download", 8,
                                      NULL, NULL) == MHD_YES;
    if (request->is_post && !vt_routes_take_post(request))
        return refuse(exchange, 405, "nothing here takes a POST");
    if (strcmp(method, "OPTIONS") == 0) {
        exchange->was_refused = true;
        return answer_preflight(exchange);
    }
    return MHD_YES;
}

/* Only the trace itself is for the eyes of others. */
static bool is_for_perfetto(const struct vt_request *request) {
    const char *path = request->path;
    static const char name[] = "localtrace";
    size_t size = strlen(path);
    return size >= sizeof name - 1 &&
           strcmp(path + size - (sizeof name - 1), name) == 0;
}

static enum MHD_Result handle_request(void *state, struct MHD_Connection *connection,
                                      const char *target, const char *method,
                                      const char *version, const char *body,
                                      size_t *body_size, void **context) {
    struct vt_daemon *daemon = state;
    struct exchange *exchange = *context;
    if (!exchange) {
        *context = exchange = begin_exchange(daemon, connection);
        if (!exchange)
            return MHD_NO;
        return look_at_header(daemon, exchange, target, method, version);
    }
    if (*body_size) {
        struct vt_buf *kept = &exchange->request.body;
        bool fits = kept->size + *body_size <= MOST_BODY_BYTES;
        if (exchange->request.is_post && fits)
            vt_buf_append(kept, body, *body_size);
        *body_size = 0;
        return fits && !kept->failed ? MHD_YES : MHD_NO;
    }
    if (exchange->was_refused)
        return MHD_YES;
    if (exchange->verdict.has_token)
        return give_cookie(daemon, exchange);
    if (exchange->verdict.is_perfetto && !is_for_perfetto(&exchange->request))
        return refuse(exchange, 403, "the request comes from another site");
    return answer(exchange);
}

static void end_exchange(void *state, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
    struct vt_daemon *daemon = state;
    struct exchange *exchange = *context;
    if (!exchange)
        return;
    struct vt_peer *peer = peer_of(connection);
    if (peer)
        vt_peer_end(peer);
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        atomic_store(&daemon->asked_ms, vt_peers_now_ms());
        if (exchange->request.ends_once)
            atomic_store(&daemon->is_served, true);
        if (exchange->tells_failure)
            atomic_store(&daemon->is_failure_told, true);
    }
    vt_request_fini(&exchange->request);
    free(exchange);
    *context = NULL;
    atomic_fetch_sub(&daemon->answering, 1);
    uint64_t one = 1;
    if (atomic_load(&daemon->is_served) || atomic_load(&daemon->is_failure_told))
        if (write(daemon->options.wake_fd, &one, sizeof one) < 0)
            return; /* it is awake */
}

static void note_connection(void *state, struct MHD_Connection *connection,
                            void **context, enum MHD_ConnectionNotificationCode code) {
    struct vt_daemon *daemon = state;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = info ? vt_peers_add(&daemon->peers, info->connect_fd) : NULL;
    } else if (*context) {
        vt_peers_remove(&daemon->peers, *context);
        *context = NULL;
    }
}

/* Paths are decoded by the guard, arguments not at all. */
static size_t keep_encoded(void *state, struct MHD_Connection *connection, char *text) {
    (void)state;
    (void)connection;
    return strlen(text);
}

static void be_silent(void *state, const char *format, va_list args) {
    (void)state;
    (void)format;
    (void)args;
}

/* ---- start and end --------------------------------------------------------------- */

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    setrlimit(RLIMIT_NOFILE, &limit);
}

enum vt_status vt_daemon_start(const struct vt_daemon_options *options, int fd,
                               struct vt_daemon **made, struct vt_error *err) {
    struct vt_daemon *daemon = calloc(1, sizeof *daemon);
    if (!daemon) {
        close(fd);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    daemon->options = *options;
    vt_peers_init(&daemon->peers);
    raise_descriptor_limit();
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)be_silent, NULL},
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, THREADS, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, MOST_PEERS, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_BYTES, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)options->stall_s, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_encoded, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)end_exchange, daemon},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)note_connection, daemon},
        {MHD_OPTION_END, 0, NULL},
    };
    daemon->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
        NULL, NULL, handle_request, daemon, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (!daemon->daemon) {
        close(fd);
        vt_peers_fini(&daemon->peers);
        free(daemon);
        return vt_error_set(err, VT_ERR_IO, "the server cannot be started");
    }
    *made = daemon;
    return VT_OK;
}

struct vt_daemon_facts vt_daemon_look(const struct vt_daemon *daemon) {
    return (struct vt_daemon_facts){
        .is_served = atomic_load(&daemon->is_served),
        .is_failure_told = atomic_load(&daemon->is_failure_told),
        .answering = atomic_load(&daemon->answering),
        .asked_ms = atomic_load(&daemon->asked_ms),
    };
}

void vt_daemon_sweep(struct vt_daemon *daemon) {
    vt_peers_sweep(&daemon->peers, vt_peers_now_ms());
}

void vt_daemon_stop(struct vt_daemon *daemon) {
    if (!daemon)
        return;
    MHD_stop_daemon(daemon->daemon);
    vt_peers_fini(&daemon->peers);
    free(daemon);
}

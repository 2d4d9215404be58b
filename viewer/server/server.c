/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/server.h"
#include "core/io/token.h"
#include "viewer/server/assets.h"
#include "viewer/server/daemon.h"
#include "viewer/server/dirlist.h"
#include "viewer/server/listener.h"
#include "viewer/server/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_TRACES = 10,  /* of a directory: behaviour.md 21 */
    STALL_S = 30,      /* a client that takes nothing for so long is left */
    SWEEP_MS = 500,    /* how often is looked for what takes too long */
    FAILURE_MS = 1000, /* the page gets so long to hear that the trace is none */
};

struct session {
    struct vt_server_options *options;
    struct vt_site site;
    struct vt_guard guard;
    struct vt_listener listener;
    char token[VT_TOKEN_BYTES];
    char cookie_name[32];
    int wake_fd, signal_fd;
    sigset_t old_signals;
    struct vt_shelved *only; /* the one trace */
    struct vt_daemon *daemon;
    int64_t began_ms, failed_ms;
};

/* ---- what is served -------------------------------------------------------------- */

static enum vt_status find_kind(const char *path, const struct stat *status,
                                enum vt_site_kind *kind, struct vt_error *err) {
    switch (vt_dirlist_kind(path, status)) {
    case VT_DIRLIST_TRACE:
    case VT_DIRLIST_RUN:
        *kind = VT_SITE_TRACE;
        return VT_OK;
    case VT_DIRLIST_HTML:
        *kind = VT_SITE_HTML;
        return VT_OK;
    case VT_DIRLIST_FOLDER:
        *kind = VT_SITE_FOLDER;
        return VT_OK;
    case VT_DIRLIST_OTHER:
        break;
    }
    return vt_error_set(err, VT_ERR_REFUSED, "Do not support file type %s", path);
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static enum vt_status open_site(struct session *session, struct vt_error *err) {
    const struct vt_server_options *options = session->options;
    struct vt_site *site = &session->site;
    struct stat status;
    site->path = options->path;
    site->name = last_name(options->path);
    site->is_once = options->once;
    site->is_flamegraph = options->flamegraph;
    if (stat(options->path, &status) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? vt_error_set(err, VT_ERR_REFUSED, "File %s does not exist!",
                                  options->path)
                   : vt_error_set_errno(err, errno, "%s", options->path);
    if (find_kind(options->path, &status, &site->kind, err) != VT_OK)
        return err->status;
    /* the report in it, not the page around it, which could not know */
    if (site->kind == VT_SITE_HTML &&
        (options->is_remote_engine || options->flamegraph))
        site->kind = VT_SITE_TRACE;
    if (site->kind == VT_SITE_FOLDER && options->is_remote_engine)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "You can't use --use_external_processor on a directory");
    site->fd = open(options->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    return site->fd >= 0 ? VT_OK : vt_error_set_errno(err, errno, "%s", options->path);
}

static enum vt_status open_shelf(struct session *session, struct vt_error *err) {
    struct vt_shelf_options options = {
        .is_remote = session->options->is_remote_engine,
        .most_events = VT_SHELF_MOST_EVENTS,
        .most_index_bytes = VT_SHELF_MOST_INDEX_BYTES,
        .most_traces = MOST_TRACES,
        .idle_s = session->options->timeout_s,
    };
    struct vt_site *site = &session->site;
    site->tally = vt_tally_create();
    if (!site->tally)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return vt_shelf_create(&options, &site->shelf, err);
}

/* ---- who may ask ----------------------------------------------------------------- */

static enum vt_status open_listener(struct session *session, struct vt_error *err) {
    struct vt_server_options *options = session->options;
    if (vt_listener_open(&session->listener, options->host, options->port,
                         &options->free_port, err) != VT_OK)
        return err->status;
    snprintf(session->cookie_name, sizeof session->cookie_name, "viztracer_%d",
             session->listener.port);
    session->guard = (struct vt_guard){
        .host = options->host,
        .is_any = session->listener.is_any,
        .cookie_name = session->cookie_name,
        .allow_perfetto = options->perfetto,
    };
    if (session->listener.is_loopback)
        return VT_OK;
    session->guard.token = session->token;
    return vt_token_make(session->token, err);
}

static void tell_ready(const struct session *session) {
    const struct vt_server_options *options = session->options;
    char address[512], shown[512], token[64] = "";
    bool is_usual = !options->host || session->listener.is_any;
    const char *host = is_usual ? "127.0.0.1" : options->host;
    const char *format = strchr(host, ':') ? "http://[%s]:%d%s" : "http://%s:%d%s";
    if (session->guard.token)
        snprintf(token, sizeof token, "/?token=%s", session->token);
    snprintf(address, sizeof address, format, host, session->listener.port, token);
    snprintf(shown, sizeof shown, format, is_usual ? "localhost" : host,
             session->listener.port, token);
    struct vt_server_place place = {address, shown, session->listener.port,
                                    session->listener.is_loopback};
    if (options->ready)
        options->ready(options->state, &place);
}

/* ---- running --------------------------------------------------------------------- */

/* A program in the background of a shell does not hear SIGINT; so it stays. */
static enum vt_status catch_signals(struct session *session, struct vt_error *err) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, &session->old_signals);
    signal(SIGPIPE, SIG_IGN);
    session->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    session->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (session->signal_fd < 0 || session->wake_fd < 0)
        return vt_error_set_errno(err, errno, "the signals");
    return VT_OK;
}

static void release_signals(struct session *session) {
    struct signalfd_siginfo info;
    while (session->signal_fd >= 0 &&
           read(session->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        continue; /* those that ended us */
    close(session->signal_fd);
    close(session->wake_fd);
    pthread_sigmask(SIG_SETMASK, &session->old_signals, NULL);
}

/* Whether the one trace is none, and the page has had its time to hear it. */
static bool has_failed(struct session *session, const struct vt_daemon_facts *facts,
                       struct vt_error *err) {
    struct vt_shelved_facts trace;
    if (!session->only)
        return false;
    vt_shelved_look(session->only, &trace);
    if (trace.state == VT_SHELVED_READY) {
        vt_shelved_release(session->only);
        session->only = NULL;
    }
    if (trace.state != VT_SHELVED_FAILED)
        return false;
    *err = trace.error;
    int64_t now = vt_peers_now_ms();
    session->failed_ms = session->failed_ms ? session->failed_ms : now;
    return facts->is_failure_told || now - session->failed_ms >= FAILURE_MS;
}

/* Whether --once has done its work, or nobody comes for it any more. */
static bool is_once_over(const struct session *session,
                         const struct vt_daemon_facts *facts) {
    if (!session->options->once)
        return false;
    int64_t since = facts->asked_ms ? facts->asked_ms : session->began_ms;
    int64_t patience = (int64_t)session->options->timeout_s * 1000;
    return facts->answering == 0 &&
           (facts->is_served || vt_peers_now_ms() - since >= patience);
}

static enum vt_status run(struct session *session, struct vt_error *err) {
    struct pollfd events[] = {{session->signal_fd, POLLIN, 0},
                              {session->wake_fd, POLLIN, 0}};
    uint64_t ignored;
    session->began_ms = vt_peers_now_ms();
    for (;;) {
        struct vt_daemon_facts facts = vt_daemon_look(session->daemon);
        if (has_failed(session, &facts, err))
            return err->status;
        if (is_once_over(session, &facts))
            return VT_OK;
        poll(events, 2, session->failed_ms ? SWEEP_MS / 10 : SWEEP_MS);
        if (events[0].revents)
            return VT_OK;
        if (read(session->wake_fd, &ignored, sizeof ignored) < 0 && errno != EAGAIN)
            return vt_error_set_errno(err, errno, "eventfd");
        vt_daemon_sweep(session->daemon);
    }
}

static enum vt_status start(struct session *session, struct vt_error *err) {
    struct vt_daemon_options options = {
        .site = &session->site,
        .guard = &session->guard,
        .stall_s = STALL_S,
        .wake_fd = session->wake_fd,
    };
    unsigned timeout_s = session->options->timeout_s;
    if (session->options->once && timeout_s < STALL_S)
        options.stall_s = timeout_s ? timeout_s : 1;
    enum vt_status status = VT_OK;
    if (session->site.kind == VT_SITE_TRACE)
        status = vt_shelf_take(session->site.shelf, session->site.fd,
                               session->site.name, &session->only, err);
    int fd = session->listener.fd;
    session->listener.fd = -1;
    if (status == VT_OK)
        return vt_daemon_start(&options, fd, &session->daemon, err);
    close(fd);
    return status;
}

static void close_session(struct session *session) {
    struct vt_site *site = &session->site;
    if (session->only)
        vt_shelved_release(session->only);
    if (site->shelf)
        vt_shelf_stop(site->shelf);
    if (site->tally)
        vt_tally_stop(site->tally);
    vt_daemon_stop(session->daemon);
    vt_shelf_destroy(site->shelf);
    vt_tally_destroy(site->tally);
    if (session->listener.fd >= 0)
        close(session->listener.fd);
    if (site->fd >= 0)
        close(site->fd);
    release_signals(session);
}

enum vt_status vt_server_run(struct vt_server_options *options, struct vt_error *err) {
    struct session session = {
        .options = options,
        .site = {.fd = -1},
        .listener = {.fd = -1},
        .wake_fd = -1,
        .signal_fd = -1,
    };
    enum vt_status status = open_site(&session, err);
    if (status == VT_OK)
        status = open_listener(&session, err);
    vt_assets_init();
    if (catch_signals(&session, err) != VT_OK && status == VT_OK)
        status = err->status;
    if (status == VT_OK)
        status = open_shelf(&session, err);
    if (status == VT_OK)
        status = start(&session, err);
    if (status == VT_OK) {
        tell_ready(&session);
        status = run(&session, err);
    }
    close_session(&session);
    return status;
}

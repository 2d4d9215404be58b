/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread and poll(2): clients send into files, nothing of them is looked at before
 * all are there.
 */
#include "core/io/depot.h"

#include "core/io/depot_client.h"
#include "core/io/endpoint.h"
#include "core/io/limits.h"
#include "core/io/report.h"
#include "core/io/sink_named.h"
#include "core/io/token.h"
#include "core/trace/combine.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CLIENTS = 1024, LOOK_MS = 1000 };
#define HELLO_NS INT64_C(10000000000)

struct depot {
    const struct vt_depot_options *options;
    struct vt_limits limits;
    struct vt_depot_rules rules;
    char token[VT_TOKEN_BYTES];
    char *folder; /* of the output; owned */
    int listener;
    bool someone_came;
    struct vt_depot_client *clients; /* MOST_CLIENTS */
    size_t client_count;
    struct vt_depot_report *reports; /* in the order in which they came */
    size_t report_count, report_capacity;
};

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- opening --------------------------------------------------------------------- */

static enum vt_status check_token(const char *token, struct vt_error *err) {
    if (!*token || strlen(token) >= VT_WIRE_TOKEN_BYTES || strpbrk(token, " \n"))
        return vt_error_set(err, VT_ERR_USAGE, "a token has 1 to %u bytes and no blank",
                            VT_WIRE_TOKEN_BYTES - 1);
    return VT_OK;
}

static enum vt_status open_listener(struct depot *depot, struct vt_error *err) {
    struct vt_endpoint endpoint;
    bool is_loopback = false;
    char address[VT_ENDPOINT_HOST_BYTES + VT_ENDPOINT_PORT_BYTES + 4];
    const char *token = depot->options->token;
    enum vt_status status = vt_endpoint_parse(&endpoint, depot->options->endpoint, err);
    if (status == VT_OK && token)
        status = check_token(token, err);
    if (status == VT_OK)
        status = vt_endpoint_listen(&endpoint, &depot->listener, &is_loopback, err);
    depot->rules.token = token;
    if (status == VT_OK && !token && !is_loopback) {
        status = vt_token_make(depot->token, err);
        depot->rules.token = depot->token;
    }
    if (status != VT_OK)
        return status;
    bool is_v6 = strchr(endpoint.host, ':');
    snprintf(address, sizeof address, is_v6 ? "[%s]:%s" : "%s:%s", endpoint.host,
             endpoint.port);
    depot->options->started(depot->options->state, address, depot->rules.token);
    return VT_OK;
}

static enum vt_status open_depot(struct depot *depot, struct vt_error *err) {
    const char *path = depot->options->output_path;
    const char *slash = strrchr(path, '/');
    enum vt_status status = vt_report_check_name(path, err);
    if (status == VT_OK)
        status = vt_limits_read(&depot->limits, err);
    if (status != VT_OK)
        return status;
    depot->folder = strndup(path, slash && slash > path ? (size_t)(slash - path) : 1);
    depot->clients = calloc(MOST_CLIENTS, sizeof *depot->clients);
    if (!depot->folder || !depot->clients)
        return no_memory(err);
    vt_wire_boot_id(depot->rules.boot_id);
    depot->rules.spool_dir = depot->folder;
    depot->rules.max_bytes = depot->limits.report_bytes;
    return open_listener(depot, err);
}

static void close_depot(struct depot *depot) {
    for (size_t i = 0; i < depot->client_count; i++)
        vt_depot_client_close(&depot->clients[i]);
    for (size_t i = 0; i < depot->report_count; i++)
        vt_spool_close(&depot->reports[i].spool);
    free(depot->clients);
    free(depot->reports);
    free(depot->folder);
    if (depot->listener >= 0)
        close(depot->listener);
}

/* ---- clients --------------------------------------------------------------------- */

static void accept_client(struct depot *depot) {
    int fd = accept4(depot->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (depot->client_count == MOST_CLIENTS) {
        close(fd);
        depot->options->say(depot->options->state, "too many clients; one was refused");
        return;
    }
    vt_depot_client_open(&depot->clients[depot->client_count++], fd);
}

static void remove_client(struct depot *depot, size_t index) {
    vt_depot_client_close(&depot->clients[index]);
    depot->clients[index] = depot->clients[--depot->client_count];
}

static void keep_report(struct depot *depot, struct vt_depot_client *client) {
    if (depot->report_count == depot->report_capacity) {
        size_t capacity = depot->report_capacity ? 2 * depot->report_capacity : 16;
        struct vt_depot_report *reports =
            realloc(depot->reports, capacity * sizeof *reports);
        if (!reports) {
            depot->options->say(depot->options->state, "no memory for a report");
            return;
        }
        depot->reports = reports;
        depot->report_capacity = capacity;
    }
    depot->reports[depot->report_count++] = client->report;
    client->report.spool.fd = -1;
}

static void tell_trouble(const struct depot *depot, const struct vt_error *err) {
    char line[VT_ERROR_TEXT_BYTES + 32];
    snprintf(line, sizeof line, "a client was left out: %s", err->text);
    depot->options->say(depot->options->state, line);
}

static void serve_client(struct depot *depot, size_t index) {
    struct vt_depot_client *client = &depot->clients[index];
    struct vt_error err;
    if (vt_depot_client_read(client, &depot->rules, &err) != VT_OK)
        tell_trouble(depot, &err);
    depot->someone_came |=
        client->stage != VT_DEPOT_STRANGER && client->stage != VT_DEPOT_GONE;
    if (client->stage == VT_DEPOT_DONE)
        keep_report(depot, client);
    if (client->stage == VT_DEPOT_DONE || client->stage == VT_DEPOT_GONE)
        remove_client(depot, index);
}

static void drop_silent_strangers(struct depot *depot) {
    int64_t now = vt_wire_clock_ns();
    for (size_t i = depot->client_count; i-- > 0;) {
        if (depot->clients[i].stage == VT_DEPOT_STRANGER &&
            now - depot->clients[i].since_ns > HELLO_NS)
            remove_client(depot, i);
    }
}

static size_t count_known(const struct depot *depot) {
    size_t known = 0;
    for (size_t i = 0; i < depot->client_count; i++)
        known += depot->clients[i].stage != VT_DEPOT_STRANGER;
    return known;
}

/* The clients from the last to the first: who is removed gives its place to one that
 * was served already. */
static void look(struct depot *depot, struct pollfd *fds) {
    size_t count = depot->client_count;
    fds[0] = (struct pollfd){.fd = depot->listener, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = *depot->options->wake_fd, .events = POLLIN};
    for (size_t i = 0; i < count; i++)
        fds[i + 2] = (struct pollfd){.fd = depot->clients[i].fd, .events = POLLIN};
    if (poll(fds, count + 2, LOOK_MS) <= 0)
        return;
    for (size_t i = count; i-- > 0;) {
        if (fds[i + 2].revents)
            serve_client(depot, i);
    }
    if (fds[0].revents)
        accept_client(depot);
}

static enum vt_status wait_for_reports(struct depot *depot, struct vt_error *err) {
    struct pollfd *fds = calloc(MOST_CLIENTS + 2, sizeof *fds);
    if (!fds)
        return no_memory(err);
    do {
        look(depot, fds);
        drop_silent_strangers(depot);
    } while ((!depot->someone_came || count_known(depot)) &&
             depot->options->go_on(depot->options->state, count_known(depot),
                                   depot->report_count));
    free(fds);
    return VT_OK;
}

/* ---- the report ------------------------------------------------------------------ */

static enum vt_status pump_report(void *state, struct vt_sink sink,
                                  struct vt_error *err) {
    struct vt_depot_report *report = state;
    enum { STEP = 256 * 1024 };
    char *bytes = malloc(STEP);
    enum vt_status status = bytes ? VT_OK : no_memory(err);
    uint64_t at = 0;
    while (status == VT_OK) {
        ssize_t n = pread(report->spool.fd, bytes, STEP, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = vt_error_set_errno(err, errno, "reading a report again");
        if (n <= 0)
            break;
        status = sink.write(sink.state, bytes, (size_t)n, err);
        at += (uint64_t)n;
    }
    free(bytes);
    return status;
}

static enum vt_status add_reports(struct depot *depot, struct vt_combine *combine,
                                  struct vt_depot_result *result,
                                  struct vt_error *err) {
    for (size_t i = 0; i < depot->report_count; i++) {
        struct vt_depot_report *report = &depot->reports[i];
        struct vt_combine_input input = {
            .name = report->name,
            .pump = pump_report,
            .state = report,
            .shift_ns = report->shift_ns,
            .uncertainty_ns = report->uncertainty_ns,
        };
        enum vt_status status = vt_combine_add(combine, &input, err);
        if (status == VT_ERR_NO_MEMORY)
            return status;
        if (status != VT_OK)
            tell_trouble(depot, err);
        result->combined += status == VT_OK;
        result->left_out += status != VT_OK;
    }
    return result->combined ? VT_OK
                            : vt_error_set(err, VT_ERR_FORMAT,
                                           "none of the reports that came can be read");
}

static enum vt_status save(struct depot *depot, struct vt_depot_result *result,
                           struct vt_error *err) {
    struct vt_combine_options options = {
        .limits = depot->limits.reader,
        .say = depot->options->say,
        .progress = depot->options->progress,
        .state = depot->options->state,
    };
    struct vt_combine *combine = NULL;
    struct vt_combine_counts counts = {0};
    struct vt_sink_file_stats stats = {0};
    struct vt_sink_named file = {0};
    struct vt_sink sink;
    enum vt_status status = vt_combine_create(&options, &combine, err);
    if (status == VT_OK)
        status = add_reports(depot, combine, result, err);
    if (status == VT_OK)
        status = vt_sink_named_open(&file, depot->options->output_path, &sink, err);
    if (status == VT_OK)
        status = vt_combine_write(combine, sink, &counts, err);
    if (status == VT_OK)
        status = vt_sink_named_commit(&file, &stats, err);
    vt_sink_named_discard(&file);
    vt_combine_destroy(combine);
    result->entries = counts.entries;
    return status;
}

enum vt_status vt_depot_collect(const struct vt_depot_options *options,
                                struct vt_depot_result *result, struct vt_error *err) {
    struct depot depot = {.options = options, .listener = -1};
    struct vt_depot_result made = {0};
    enum vt_status status = open_depot(&depot, err);
    if (status == VT_OK)
        status = wait_for_reports(&depot, err);
    made.reports = depot.report_count;
    if (status == VT_OK && made.reports)
        status = save(&depot, &made, err);
    close_depot(&depot);
    if (status == VT_OK)
        *result = made;
    return status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client sends to a report server: any bytes, in any pieces. It reaches nothing
 * without the token, chooses no name, exceeds no limit, and what it calls a report is
 * whole or left out.
 *
 * The input: a byte that says whether a token is needed (1) and how large the pieces
 * are in which the rest arrives (its other bits; 0: all at once).
 */
#include "core/io/depot_client.h"
#include "core/trace/combine.h"
#include "test/fuzz/fuzz_target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 4096 };

static void demand(int truth) {
    if (!truth)
        abort();
}

static void drain(int fd) {
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
}

static void demand_name(const char *name) {
    size_t size = strlen(name);
    demand(size > 2 && size < 96);
    demand(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-:") == size);
}

static enum vt_status pump(void *state, struct vt_sink sink, struct vt_error *err) {
    const struct vt_depot_report *report = state;
    char bytes[MOST_BYTES];
    ssize_t n = pread(report->spool.fd, bytes, sizeof bytes, 0);
    demand(n >= 0 && (uint64_t)n == report->size_bytes);
    return sink.write(sink.state, bytes, (size_t)n, err);
}

static enum vt_status take_nothing(void *state, const void *bytes, size_t size,
                                   struct vt_error *err) {
    (void)state, (void)bytes, (void)size, (void)err;
    return VT_OK;
}

static void say_nothing(void *state, const char *line) {
    (void)state, (void)line;
}

static void put_together(struct vt_depot_report *report) {
    struct vt_combine_options options = {.say = say_nothing};
    struct vt_combine_input input = {.name = report->name,
                                     .pump = pump,
                                     .state = report,
                                     .shift_ns = report->shift_ns,
                                     .uncertainty_ns = report->uncertainty_ns};
    struct vt_combine *combine;
    struct vt_combine_counts counts;
    struct vt_error err;
    if (vt_combine_create(&options, &combine, &err) != VT_OK)
        return;
    struct vt_sink sink = {take_nothing, NULL};
    if (vt_combine_add(combine, &input, &err) == VT_OK)
        (void)!vt_combine_write(combine, sink, &counts, &err);
    vt_combine_destroy(combine);
}

static void check(struct vt_depot_client *client, const struct vt_depot_rules *rules) {
    demand(client->report.size_bytes <= rules->max_bytes ||
           client->stage == VT_DEPOT_GONE);
    if (client->stage != VT_DEPOT_DONE)
        return;
    demand_name(client->report.name);
    put_together(&client->report);
}

static void talk(struct vt_depot_client *client, const struct vt_depot_rules *rules,
                 int theirs, const uint8_t *data, size_t size, size_t step) {
    struct vt_error err;
    for (size_t at = 0; at < size; at += step) {
        size_t n = step < size - at ? step : size - at;
        if (send(theirs, data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)n)
            break;
        enum vt_status status = vt_depot_client_read(client, rules, &err);
        drain(theirs);
        if (status != VT_OK || client->stage >= VT_DEPOT_DONE)
            break;
    }
    if (client->stage < VT_DEPOT_DONE) {
        shutdown(theirs, SHUT_WR);
        (void)!vt_depot_client_read(client, rules, &err);
    }
}

static int starts_with_token(const uint8_t *data, size_t size) {
    static const char hello[] = "HELLO 5ec2e7\n";
    return size >= sizeof hello - 1 && memcmp(data, hello, sizeof hello - 1) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int pair[2];
    if (size < 1 || size > MOST_BYTES || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return 0;
    struct vt_depot_rules rules = {.token = data[0] & 1 ? "5ec2e7" : NULL,
                                   .boot_id = "this-boot",
                                   .spool_dir = "/tmp",
                                   .max_bytes = 2048};
    struct vt_depot_client client;
    vt_depot_client_open(&client, pair[0]);
    drain(pair[1]);
    size_t step = data[0] >> 1 ? data[0] >> 1 : size;
    talk(&client, &rules, pair[1], data + 1, size - 1, step);
    if (rules.token && !starts_with_token(data + 1, size - 1))
        demand(client.stage == VT_DEPOT_STRANGER || client.stage == VT_DEPOT_GONE);
    check(&client, &rules);
    vt_depot_client_close(&client);
    close(pair[1]);
    return 0;
}

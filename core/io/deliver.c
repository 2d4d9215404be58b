/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/deliver.h"

#include "core/io/endpoint.h"
#include "core/io/wire.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CLOCK_EXCHANGES = 8 };

static enum vt_status expect_line(int fd, const char *expected, struct vt_error *err) {
    char line[VT_WIRE_LINE_BYTES];
    enum vt_status status = vt_wire_receive_line(fd, line, err);
    if (status == VT_OK && strcmp(line, expected) != 0)
        status = vt_error_set(err, VT_ERR_FORMAT, "not a report server");
    return status;
}

static enum vt_status say_hello(int fd, struct vt_error *err) {
    const char *token = getenv(VT_DELIVER_TOKEN_VARIABLE);
    char line[VT_WIRE_LINE_BYTES];
    if (token && (strlen(token) >= VT_WIRE_TOKEN_BYTES || strpbrk(token, " \n")))
        return vt_error_set(err, VT_ERR_USAGE,
                            VT_DELIVER_TOKEN_VARIABLE
                            ": not a token of a report server");
    snprintf(line, sizeof line, "HELLO %s\n", token && *token ? token : "-");
    enum vt_status status = expect_line(fd, "VIZTRACER 1", err);
    if (status == VT_OK)
        status = vt_wire_send(fd, line, strlen(line), err);
    if (status != VT_OK)
        return status;
    status = expect_line(fd, "WELCOME", err);
    if (status == VT_ERR_IO)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "the report server refuses us; " VT_DELIVER_TOKEN_VARIABLE
                            " must be the token that it printed");
    return status;
}

enum vt_status vt_deliver_open(struct vt_deliver *deliver, const char *endpoint,
                               struct vt_error *err) {
    deliver->fd = -1;
    enum vt_status status = vt_endpoint_connect(endpoint, &deliver->fd, err);
    if (status != VT_OK)
        return vt_error_prefix(err, "report server");
    status = say_hello(deliver->fd, err);
    if (status == VT_OK)
        return VT_OK;
    vt_deliver_close(deliver);
    return vt_error_prefix(err, "report server %s", endpoint);
}

/* ---- clocks ---------------------------------------------------------------------- */

struct offset {
    int64_t shift_ns;
    int64_t uncertainty_ns; /* INT64_MAX: not known yet */
};

/* The server read its clock between our two readings. */
static enum vt_status exchange_clocks(int fd, struct offset *best,
                                      struct vt_error *err) {
    char line[VT_WIRE_LINE_BYTES];
    int64_t before = vt_wire_clock_ns();
    enum vt_status status = vt_wire_send(fd, "CLOCK\n", 6, err);
    if (status == VT_OK)
        status = vt_wire_receive_line(fd, line, err);
    if (status != VT_OK)
        return status;
    int64_t half = (vt_wire_clock_ns() - before) / 2;
    int64_t theirs = strtoll(line, NULL, 10);
    if (half < best->uncertainty_ns)
        *best = (struct offset){theirs - (before + half), half};
    return VT_OK;
}

enum vt_status vt_deliver_begin(struct vt_deliver *deliver, int32_t pid,
                                struct vt_error *err) {
    struct offset offset = {0, INT64_MAX};
    enum vt_status status = VT_OK;
    for (int i = 0; status == VT_OK && i < CLOCK_EXCHANGES; i++)
        status = exchange_clocks(deliver->fd, &offset, err);
    if (status != VT_OK)
        return status;
    char boot_id[VT_WIRE_BOOT_ID_BYTES], host[65] = "", line[VT_WIRE_LINE_BYTES];
    vt_wire_boot_id(boot_id);
    gethostname(host, sizeof host - 1);
    snprintf(line, sizeof line, "REPORT %s %" PRId64 " %" PRId64 " %" PRId32 " %s\n",
             boot_id, offset.shift_ns, offset.uncertainty_ns, pid, *host ? host : "-");
    return vt_wire_send(deliver->fd, line, strlen(line), err);
}

/* ---- the text -------------------------------------------------------------------- */

static enum vt_status send_piece(int fd, const char *bytes, uint32_t size,
                                 struct vt_error *err) {
    uint32_t head = htonl(size);
    enum vt_status status = vt_wire_send(fd, &head, sizeof head, err);
    return status == VT_OK ? vt_wire_send(fd, bytes, size, err) : status;
}

static enum vt_status write_pieces(void *state, const void *bytes, size_t size,
                                   struct vt_error *err) {
    const struct vt_deliver *deliver = state;
    const char *at = bytes;
    enum vt_status status = VT_OK;
    while (status == VT_OK && size) {
        size_t n = size < VT_WIRE_PIECE_BYTES ? size : VT_WIRE_PIECE_BYTES;
        status = send_piece(deliver->fd, at, (uint32_t)n, err);
        at += n;
        size -= n;
    }
    return status;
}

struct vt_sink vt_deliver_sink(struct vt_deliver *deliver) {
    return (struct vt_sink){write_pieces, deliver};
}

enum vt_status vt_deliver_end(struct vt_deliver *deliver, struct vt_error *err) {
    uint32_t end = 0;
    enum vt_status status = vt_wire_send(deliver->fd, &end, sizeof end, err);
    return status == VT_OK ? expect_line(deliver->fd, "OK", err) : status;
}

void vt_deliver_close(struct vt_deliver *deliver) {
    if (deliver->fd >= 0)
        close(deliver->fd);
    deliver->fd = -1;
}

enum vt_status vt_report_send_text(const char *endpoint, const char *text, size_t size,
                                   struct vt_error *err) {
    struct vt_deliver deliver;
    enum vt_status status = vt_deliver_open(&deliver, endpoint, err);
    if (status != VT_OK)
        return status;
    status = vt_deliver_begin(&deliver, getpid(), err);
    if (status == VT_OK)
        status = write_pieces(&deliver, text, size, err);
    if (status == VT_OK)
        status = vt_deliver_end(&deliver, err);
    vt_deliver_close(&deliver);
    return status;
}

enum vt_status vt_report_hold_place(const char *endpoint, int *fd,
                                    struct vt_error *err) {
    struct vt_deliver deliver;
    enum vt_status status = vt_deliver_open(&deliver, endpoint, err);
    *fd = deliver.fd;
    return status;
}

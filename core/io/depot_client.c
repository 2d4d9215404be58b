/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/depot_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024 };

/* 73 years: no clock of a running machine is further from another. */
#define MOST_SHIFT_NS (INT64_MAX / 4)

/* Short lines; one that cannot be sent at once is for somebody who does not read. */
static enum vt_status answer(const struct vt_depot_client *client, const char *text,
                             struct vt_error *err) {
    size_t size = strlen(text);
    if (send(client->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
        return vt_error_set(err, VT_ERR_IO, "it does not take our answers");
    return VT_OK;
}

void vt_depot_client_open(struct vt_depot_client *client, int fd) {
    struct vt_error ignored;
    *client = (struct vt_depot_client){
        .fd = fd, .since_ns = vt_wire_clock_ns(), .report.spool = {-1}};
    (void)!answer(client, VT_WIRE_GREETING, &ignored);
}

void vt_depot_client_close(struct vt_depot_client *client) {
    if (client->fd >= 0)
        close(client->fd);
    vt_spool_close(&client->report.spool);
    client->fd = -1;
    client->stage = VT_DEPOT_GONE;
}

/* ---- lines ----------------------------------------------------------------------- */

/* Takes as long for a wrong token as for the right one. */
static bool is_token(const char *given, const char *token) {
    unsigned char difference = strlen(given) != strlen(token);
    size_t size = strlen(given);
    for (size_t i = 0; i < strlen(token); i++)
        difference |= (unsigned char)((i < size ? given[i] : 0) ^ token[i]);
    return !difference;
}

static enum vt_status take_hello(struct vt_depot_client *client,
                                 const struct vt_depot_rules *rules,
                                 struct vt_error *err) {
    if (strncmp(client->line, "HELLO ", 6) != 0)
        return vt_error_set(err, VT_ERR_FORMAT, "it does not speak our protocol");
    if (rules->token && !is_token(client->line + 6, rules->token))
        return vt_error_set(err, VT_ERR_REFUSED, "its token is wrong");
    client->stage = VT_DEPOT_KNOWN;
    return answer(client, "WELCOME\n", err);
}

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("._-", c));
}

/* REPORT <boot id> <shift> <uncertainty> <pid> <host> */
static enum vt_status take_report(struct vt_depot_client *client,
                                  const struct vt_depot_rules *rules,
                                  struct vt_error *err) {
    char boot_id[VT_WIRE_BOOT_ID_BYTES], host[65];
    int32_t pid;
    struct vt_depot_report *report = &client->report;
    if (sscanf(client->line, "REPORT %39s %" SCNd64 " %" SCNd64 " %" SCNd32 " %64s",
               boot_id, &report->shift_ns, &report->uncertainty_ns, &pid, host) != 5 ||
        report->shift_ns < -MOST_SHIFT_NS || report->shift_ns > MOST_SHIFT_NS ||
        report->uncertainty_ns < 0 || report->uncertainty_ns > MOST_SHIFT_NS)
        return vt_error_set(err, VT_ERR_FORMAT, "its report has no description");
    if (strcmp(boot_id, "-") != 0 && strcmp(boot_id, rules->boot_id) == 0)
        report->shift_ns = report->uncertainty_ns = 0;
    for (char *c = host; *c; c++)
        if (!is_name_byte(*c))
            *c = '_';
    snprintf(report->name, sizeof report->name, "%s:%" PRId32, host, pid);
    client->stage = VT_DEPOT_SENDING;
    return vt_spool_open(&report->spool, rules->spool_dir, err);
}

static enum vt_status take_line(struct vt_depot_client *client,
                                const struct vt_depot_rules *rules,
                                struct vt_error *err) {
    char text[32];
    if (client->stage == VT_DEPOT_STRANGER)
        return take_hello(client, rules, err);
    if (strcmp(client->line, "CLOCK") != 0)
        return take_report(client, rules, err);
    snprintf(text, sizeof text, "%" PRId64 "\n", vt_wire_clock_ns());
    return answer(client, text, err);
}

/* Returns how many of the bytes belong to the line. */
static size_t gather_line(struct vt_depot_client *client, const char *bytes,
                          size_t size) {
    size_t room = sizeof client->line - 1 - client->line_bytes;
    const char *end = memchr(bytes, '\n', size);
    size_t n = end ? (size_t)(end - bytes) + 1 : size;
    n = n < room ? n : room;
    memcpy(client->line + client->line_bytes, bytes, n);
    client->line_bytes += n;
    client->line[client->line_bytes] = '\0';
    return n;
}

static enum vt_status add_to_line(struct vt_depot_client *client,
                                  const struct vt_depot_rules *rules, const char *bytes,
                                  size_t size, size_t *used, struct vt_error *err) {
    *used = gather_line(client, bytes, size);
    char *end = memchr(client->line, '\n', client->line_bytes);
    if (!end)
        return client->line_bytes < sizeof client->line - 1
                   ? VT_OK
                   : vt_error_set(err, VT_ERR_LIMIT, "it sends too long a line");
    *end = '\0';
    client->line_bytes = 0;
    if (strlen(client->line) != (size_t)(end - client->line))
        return vt_error_set(err, VT_ERR_FORMAT, "it sends a line with a NUL in it");
    return take_line(client, rules, err);
}

/* ---- pieces ---------------------------------------------------------------------- */

static enum vt_status begin_piece(struct vt_depot_client *client,
                                  const struct vt_depot_rules *rules,
                                  struct vt_error *err) {
    uint32_t size;
    memcpy(&size, client->head, sizeof size);
    client->head_bytes = 0;
    client->piece_left = ntohl(size);
    if (client->piece_left > VT_WIRE_PIECE_BYTES)
        return vt_error_set(err, VT_ERR_LIMIT, "it sends too long a piece");
    client->report.size_bytes += client->piece_left;
    if (client->report.size_bytes > rules->max_bytes)
        return vt_error_set(err, VT_ERR_LIMIT,
                            "its report is larger than VIZTRACER_MAX_REPORT_BYTES");
    if (client->piece_left)
        return VT_OK;
    client->stage = VT_DEPOT_DONE;
    return answer(client, "OK\n", err);
}

static enum vt_status add_to_report(struct vt_depot_client *client,
                                    const struct vt_depot_rules *rules,
                                    const char *bytes, size_t size, size_t *used,
                                    struct vt_error *err) {
    if (!client->piece_left) {
        client->head[client->head_bytes++] = (unsigned char)bytes[0];
        *used = 1;
        return client->head_bytes < sizeof client->head
                   ? VT_OK
                   : begin_piece(client, rules, err);
    }
    *used = size < client->piece_left ? size : client->piece_left;
    client->piece_left -= (uint32_t)*used;
    return vt_spool_write(&client->report.spool, bytes, *used, err);
}

/* ---- the connection -------------------------------------------------------------- */

static enum vt_status take_bytes(struct vt_depot_client *client,
                                 const struct vt_depot_rules *rules, const char *bytes,
                                 size_t size, struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (size_t at = 0, used; status == VT_OK && at < size; at += used) {
        if (client->stage == VT_DEPOT_DONE)
            return vt_error_set(err, VT_ERR_FORMAT, "it sends more than its report");
        status = client->stage == VT_DEPOT_SENDING
                     ? add_to_report(client, rules, bytes + at, size - at, &used, err)
                     : add_to_line(client, rules, bytes + at, size - at, &used, err);
    }
    return status;
}

static enum vt_status end_of(const struct vt_depot_client *client,
                             struct vt_error *err) {
    if (client->stage != VT_DEPOT_SENDING)
        return VT_OK;
    return vt_error_set(err, VT_ERR_IO, "its report is not whole");
}

enum vt_status vt_depot_client_read(struct vt_depot_client *client,
                                    const struct vt_depot_rules *rules,
                                    struct vt_error *err) {
    char bytes[READ_BYTES];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return VT_OK;
    enum vt_status status =
        n > 0 ? take_bytes(client, rules, bytes, (size_t)n, err) : end_of(client, err);
    if (status != VT_OK && client->report.name[0])
        status = vt_error_prefix(err, "%s", client->report.name);
    if ((status != VT_OK || n <= 0) && client->stage != VT_DEPOT_DONE)
        client->stage = VT_DEPOT_GONE;
    return status;
}

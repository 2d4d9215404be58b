/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { SILENCE_S = 30, BACKLOG = 128 };

static bool is_port(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits && digits <= 5 && !text[digits] && strtol(text, NULL, 10) <= 65535;
}

enum vt_status vt_endpoint_parse(struct vt_endpoint *endpoint, const char *text,
                                 struct vt_error *err) {
    const char *colon = strrchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : 0;
    bool is_bracketed = size > 2 && text[0] == '[' && colon[-1] == ']';
    if (!size || !is_port(colon + 1) || size >= sizeof endpoint->host)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "report_server endpoint should be in host:port format");
    snprintf(endpoint->host, sizeof endpoint->host, "%.*s",
             (int)(is_bracketed ? size - 2 : size), text + is_bracketed);
    snprintf(endpoint->port, sizeof endpoint->port, "%s", colon + 1);
    return VT_OK;
}

static enum vt_status look_up(const struct vt_endpoint *endpoint, int flags,
                              struct addrinfo **found, struct vt_error *err) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    int error = getaddrinfo(endpoint->host, endpoint->port, &hints, found);
    if (error)
        return vt_error_set(err, VT_ERR_IO, "%s:%s: %s", endpoint->host, endpoint->port,
                            gai_strerror(error));
    return VT_OK;
}

static void set_timeouts(int fd) {
    struct timeval silence = {.tv_sec = SILENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
}

/* A socket for the address that `use` (bind, connect) takes; -1 with errno. */
static int open_socket(const struct addrinfo *address,
                       int use(int, const struct sockaddr *, socklen_t)) {
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    set_timeouts(fd);
    if (use(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* The first of the endpoint's addresses that works. */
static enum vt_status open_any(const struct vt_endpoint *endpoint, int flags, int *fd,
                               int use(int, const struct sockaddr *, socklen_t),
                               struct vt_error *err) {
    struct addrinfo *found = NULL;
    enum vt_status status = look_up(endpoint, flags, &found, err);
    if (status != VT_OK)
        return status;
    *fd = -1;
    for (const struct addrinfo *at = found; at && *fd < 0; at = at->ai_next)
        *fd = open_socket(at, use);
    int error = errno;
    freeaddrinfo(found);
    return *fd >= 0 ? VT_OK
                    : vt_error_set_errno(err, error, "%s:%s", endpoint->host,
                                         endpoint->port);
}

enum vt_status vt_endpoint_connect(const char *text, int *fd, struct vt_error *err) {
    struct vt_endpoint endpoint;
    enum vt_status status = vt_endpoint_parse(&endpoint, text, err);
    if (status == VT_OK)
        status = open_any(&endpoint, 0, fd, connect, err);
    return status;
}

static bool is_loopback_address(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const void *)address;
    return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

enum vt_status vt_endpoint_listen(struct vt_endpoint *endpoint, int *fd,
                                  bool *is_loopback, struct vt_error *err) {
    enum vt_status status = open_any(endpoint, AI_PASSIVE, fd, bind, err);
    if (status != VT_OK)
        return status;
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (listen(*fd, BACKLOG) != 0 ||
        getsockname(*fd, (struct sockaddr *)&address, &size) != 0) {
        vt_error_set_errno(err, errno, "%s:%s", endpoint->host, endpoint->port);
        close(*fd);
        return err->status;
    }
    *is_loopback = is_loopback_address(&address);
    unsigned port =
        ntohs(address.ss_family == AF_INET6
                  ? ((const struct sockaddr_in6 *)(void *)&address)->sin6_port
                  : ((const struct sockaddr_in *)(void *)&address)->sin_port);
    snprintf(endpoint->port, sizeof endpoint->port, "%u", port);
    return VT_OK;
}

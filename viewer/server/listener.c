/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Hundreds of clients may connect at the same moment. */
enum { BACKLOG = 1024, PORTS_TO_TRY = 20, LAST_PORT = 65535 };

static int listen_on(const struct addrinfo *address) {
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void set_port(struct sockaddr *address, int port) {
    in_port_t number = htons((in_port_t)port);
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = number;
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = number;
}

static void look_at_address(struct vt_listener *listener) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    getsockname(listener->fd, (struct sockaddr *)&address, &size);
    if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)&address;
        listener->port = ntohs(v6->sin6_port);
        listener->is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        listener->is_any = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    } else {
        const struct sockaddr_in *v4 = (const void *)&address;
        listener->port = ntohs(v4->sin_port);
        listener->is_loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
        listener->is_any = v4->sin_addr.s_addr == htonl(INADDR_ANY);
    }
}

/* A port above that is free just now; 0: none of the next ones is. */
static int find_free_port(struct addrinfo *address, int port) {
    for (int next = port + 1; next <= port + PORTS_TO_TRY && next <= LAST_PORT;
         next++) {
        set_port(address->ai_addr, next);
        int fd = listen_on(address);
        if (fd >= 0) {
            close(fd);
            return next;
        }
    }
    return 0;
}

static enum vt_status tell_failure(int error, const char *host, int port,
                                   struct vt_error *err) {
    if (error == EADDRINUSE)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "Error! Port %d is already in use, try another port with "
                            "\"--port\"",
                            port);
    return vt_error_set_errno(err, error, "%s port %d", host, port);
}

enum vt_status vt_listener_open(struct vt_listener *listener, const char *host,
                                int port, int *free_port, struct vt_error *err) {
    struct addrinfo *address = NULL;
    struct addrinfo wishes = {.ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    *free_port = 0;
    host = host ? host : "127.0.0.1";
    int failure = getaddrinfo(host, "0", &wishes, &address);
    if (failure)
        return vt_error_set(err, VT_ERR_NOT_FOUND, "--host %s: %s", host,
                            gai_strerror(failure));
    set_port(address->ai_addr, port);
    listener->fd = listen_on(address);
    int error = errno;
    if (listener->fd < 0 && error == EADDRINUSE)
        *free_port = find_free_port(address, port);
    freeaddrinfo(address);
    if (listener->fd < 0)
        return tell_failure(error, host, port, err);
    look_at_address(listener);
    return VT_OK;
}

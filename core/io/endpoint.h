/* SPDX-License-Identifier: Apache-2.0
 *
 * "HOST:PORT" as a socket: the address of a report server (core/io/wire.h).
 *
 * HOST may be a name, an IPv4 address, or an IPv6 address in brackets.
 *
 * Threads:   no global state.
 * Ownership: the caller closes the descriptors, which programs that are started do not
 *            get.
 */
#ifndef VT_IO_ENDPOINT_H
#define VT_IO_ENDPOINT_H

#include "core/base/error.h"

#include <stdbool.h>

enum { VT_ENDPOINT_HOST_BYTES = 256, VT_ENDPOINT_PORT_BYTES = 8 };

struct vt_endpoint {
    char host[VT_ENDPOINT_HOST_BYTES];
    char port[VT_ENDPOINT_PORT_BYTES]; /* a number; 0: any that is free */
};

/* VT_ERR_REFUSED: the text is not host:port. */
VT_NODISCARD enum vt_status vt_endpoint_parse(struct vt_endpoint *endpoint,
                                              const char *text, struct vt_error *err);

/* A connection that gives up when the other side is silent for half a minute. */
VT_NODISCARD enum vt_status vt_endpoint_connect(const char *text, int *fd,
                                                struct vt_error *err);

/* A listening socket. endpoint->port becomes the one that was taken; `is_loopback`:
 * nobody on another machine reaches it. */
VT_NODISCARD enum vt_status vt_endpoint_listen(struct vt_endpoint *endpoint, int *fd,
                                               bool *is_loopback, struct vt_error *err);

#endif

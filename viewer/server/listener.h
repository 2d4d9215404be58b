/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket that the viewer listens on.
 *
 * Ownership: the caller closes the descriptor.
 */
#ifndef VT_VIEWER_SERVER_LISTENER_H
#define VT_VIEWER_SERVER_LISTENER_H

#include "core/base/error.h"

#include <stdbool.h>

struct vt_listener {
    int fd;
    int port;         /* that was taken */
    bool is_loopback; /* nobody on another machine reaches it */
    bool is_any;      /* it is all addresses of this machine */
};

/* `host` NULL: 127.0.0.1; `port` 0: any. VT_ERR_REFUSED: the port is busy, in
 * behaviour.md's words; then *free_port is another that is not, or 0. */
VT_NODISCARD enum vt_status vt_listener_open(struct vt_listener *listener,
                                             const char *host, int port, int *free_port,
                                             struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * A report on its way to a report server (core/io/wire.h, core/io/depot.h).
 *
 *   vt_deliver_open     connects and proves that it may
 *   vt_deliver_begin    compares the clocks, tells whose report comes
 *   vt_deliver_sink     takes the text
 *   vt_deliver_end      the server has all of it
 *
 * The token, for servers that others can reach, comes from VIZTRACER_REPORT_TOKEN.
 *
 * Threads:   one at a time.
 * Ownership: vt_deliver_close closes the connection.
 */
#ifndef VT_IO_DELIVER_H
#define VT_IO_DELIVER_H

#include "core/base/error.h"
#include "core/base/sink.h"

#include <stdint.h>

#define VT_DELIVER_TOKEN_VARIABLE "VIZTRACER_REPORT_TOKEN"

struct vt_deliver {
    int fd;
};

/* Errors name the endpoint. */
VT_NODISCARD enum vt_status vt_deliver_open(struct vt_deliver *deliver,
                                            const char *endpoint, struct vt_error *err);

/* `pid`: whose report it is. */
VT_NODISCARD enum vt_status vt_deliver_begin(struct vt_deliver *deliver, int32_t pid,
                                             struct vt_error *err);
struct vt_sink vt_deliver_sink(struct vt_deliver *deliver);
VT_NODISCARD enum vt_status vt_deliver_end(struct vt_deliver *deliver,
                                           struct vt_error *err);

void vt_deliver_close(struct vt_deliver *deliver);

/* All of that for a text that is a report already. */
VT_EXPORT VT_NODISCARD enum vt_status vt_report_send_text(const char *endpoint,
                                                          const char *text, size_t size,
                                                          struct vt_error *err);

/* A connection that holds the place of this process at the server: who gets it closes
 * it when the process has ended. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_report_hold_place(const char *endpoint, int *fd, struct vt_error *err);

#endif

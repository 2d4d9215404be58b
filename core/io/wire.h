/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recorded program and a report server say to each other, over TCP:
 *
 *   server   VIZTRACER 1
 *   client   HELLO <token, or "-">
 *   server   WELCOME                      (a wrong token: the connection ends)
 *   client   CLOCK                        any number of times
 *   server   <CLOCK_MONOTONIC in ns>
 *   client   REPORT <boot id> <shift> <uncertainty> <pid> <host name>
 *            ┌──────────┬───────┬─ … ┬───┐
 *            │ u32 size │ bytes │    │ 0 │   the text of the report in pieces
 *            └──────────┴───────┴─ … ┴───┘
 *   server   OK
 *
 * A line ends in a line feed. Sizes are big endian. `shift` is what has to be added to
 * the client's clock to get the server's, in ns, and `uncertainty` by how much it may
 * be wrong: half of the quickest of the exchanges. With the server's own boot id both
 * are 0.
 *
 * A client that only says HELLO holds a place: as long as it stays connected, the
 * server waits for its report, which comes by a connection of its own.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_WIRE_H
#define VT_IO_WIRE_H

#include "core/base/error.h"

#include <stddef.h>
#include <stdint.h>

#define VT_WIRE_GREETING    "VIZTRACER 1\n"
#define VT_WIRE_LINE_BYTES  512u                  /* of the longest line */
#define VT_WIRE_PIECE_BYTES ((size_t)1024 * 1024) /* of the longest piece */
#define VT_WIRE_TOKEN_BYTES 129u /* of the longest token, with its NUL */

#define VT_WIRE_BOOT_ID_BYTES 40u

/* This boot of this machine; "-": unknown, which equals no other. */
void vt_wire_boot_id(char text[VT_WIRE_BOOT_ID_BYTES]);

/* CLOCK_MONOTONIC in ns. */
int64_t vt_wire_clock_ns(void);

/* Errors are those of the socket: "Connection reset by peer". */
VT_NODISCARD enum vt_status vt_wire_send(int fd, const void *bytes, size_t size,
                                         struct vt_error *err);

/* One line without its line feed, NUL-terminated. VT_ERR_FORMAT: longer than a line may
 * be. */
VT_NODISCARD enum vt_status vt_wire_receive_line(int fd, char line[VT_WIRE_LINE_BYTES],
                                                 struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * How many events the reports of a directory have. One thread counts one report after
 * the other; what was counted is remembered as long as the file does not change.
 *
 * Threads:   any.
 */
#ifndef VT_VIEWER_SERVER_TALLY_H
#define VT_VIEWER_SERVER_TALLY_H

#include "viewer/server/shelf.h"

struct vt_tally;

/* NULL: memory ran out. */
struct vt_tally *vt_tally_create(void);
/* Stops the counting. NULL is allowed. */
void vt_tally_destroy(struct vt_tally *tally);

/* Wakes who waits; nothing is counted any more. */
void vt_tally_stop(struct vt_tally *tally);

/* The report in the file `fd` (borrowed). True: `*events` is set; it is -1 when the
 * file is no trace. False: `waiter` is suspended, and woken when it is known: ask
 * again then. */
bool vt_tally_ask(struct vt_tally *tally, int fd, struct vt_shelved_waiter *waiter,
                  int64_t *events);

#endif

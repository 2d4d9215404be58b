/* SPDX-License-Identifier: Apache-2.0
 *
 * The clients that are connected, and how long each has let us wait.
 *
 * A client has a few seconds to send a whole request, from when it connects or was
 * answered; one that dribbles bytes has no more. Who takes longer is disconnected by
 * vt_peers_sweep, which somebody calls now and then.
 *
 * Threads:   any.
 * Hot path:  vt_peer_begin, vt_peer_end: no lock.
 */
#ifndef VT_VIEWER_SERVER_PEERS_H
#define VT_VIEWER_SERVER_PEERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* One half second less than what is promised: 10 s. */
enum { VT_PEERS_PATIENCE_MS = 9000 };

struct vt_peer {
    struct vt_peer *next, **link;
    int fd;
    _Atomic int64_t waiting_since_ms; /* 0: it is being answered */
};

struct vt_peers {
    pthread_mutex_t lock;
    struct vt_peer *first;
};

void vt_peers_init(struct vt_peers *peers);
void vt_peers_fini(struct vt_peers *peers); /* all have been removed */

/* NULL: memory ran out. The descriptor stays open until the peer is removed. */
struct vt_peer *vt_peers_add(struct vt_peers *peers, int fd);
void vt_peers_remove(struct vt_peers *peers, struct vt_peer *peer);

void vt_peer_begin(struct vt_peer *peer); /* its request is there */
void vt_peer_end(struct vt_peer *peer);   /* it has its answer */

/* Disconnects who has been waited for since before `now_ms` minus the patience. */
void vt_peers_sweep(struct vt_peers *peers, int64_t now_ms);

/* CLOCK_MONOTONIC. */
int64_t vt_peers_now_ms(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/peers.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

int64_t vt_peers_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void vt_peers_init(struct vt_peers *peers) {
    peers->first = NULL;
    pthread_mutex_init(&peers->lock, NULL);
}

void vt_peers_fini(struct vt_peers *peers) {
    pthread_mutex_destroy(&peers->lock);
}

struct vt_peer *vt_peers_add(struct vt_peers *peers, int fd) {
    struct vt_peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->fd = fd;
    vt_peer_end(peer);
    pthread_mutex_lock(&peers->lock);
    peer->next = peers->first;
    peer->link = &peers->first;
    if (peer->next)
        peer->next->link = &peer->next;
    peers->first = peer;
    pthread_mutex_unlock(&peers->lock);
    return peer;
}

void vt_peers_remove(struct vt_peers *peers, struct vt_peer *peer) {
    pthread_mutex_lock(&peers->lock);
    *peer->link = peer->next;
    if (peer->next)
        peer->next->link = peer->link;
    pthread_mutex_unlock(&peers->lock);
    free(peer);
}

void vt_peer_begin(struct vt_peer *peer) {
    atomic_store_explicit(&peer->waiting_since_ms, 0, memory_order_relaxed);
}

void vt_peer_end(struct vt_peer *peer) {
    atomic_store_explicit(&peer->waiting_since_ms, vt_peers_now_ms(),
                          memory_order_relaxed);
}

void vt_peers_sweep(struct vt_peers *peers, int64_t now_ms) {
    pthread_mutex_lock(&peers->lock);
    for (struct vt_peer *peer = peers->first; peer; peer = peer->next) {
        int64_t since =
            atomic_load_explicit(&peer->waiting_since_ms, memory_order_relaxed);
        if (since && since < now_ms - VT_PEERS_PATIENCE_MS)
            shutdown(peer->fd, SHUT_RDWR); /* the server sees the end and closes it */
    }
    pthread_mutex_unlock(&peers->lock);
}

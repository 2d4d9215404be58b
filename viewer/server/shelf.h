/* SPDX-License-Identifier: Apache-2.0
 *
 * The traces that are open. One that is asked for begins to load at once, in a thread
 * of its own; whoever needs it ready waits.
 *
 * An open trace has the engine, which answers while the rest is made: a ready one has
 * the compact index for a page whose engine is its own, and the text of file_info.
 * Where the index would be too large for a page, there is none: then the page goes on
 * asking our engine (`is_remote`).
 *
 * The same file as it was before is the same trace; changed, it is another. When there
 * are more than `most_traces`, those go that nobody asked for in `idle_s` seconds, and
 * then the one that was not asked for the longest.
 *
 * Threads:   any; a ready trace is constant.
 * Ownership: vt_shelf_take gives a reference; vt_shelved_release gives it back.
 */
#ifndef VT_VIEWER_SERVER_SHELF_H
#define VT_VIEWER_SERVER_SHELF_H

#include "core/base/buf.h"
#include "viewer/engine/engine.h"

/* What a page can take: WebAssembly has 4 GB, the columns of 30 M events take 0.7 GB
 * (viewer/README.md), and the index stands beside them while it is read. */
#define VT_SHELF_MOST_EVENTS      UINT64_C(30000000)
#define VT_SHELF_MOST_INDEX_BYTES ((size_t)128 << 20)

struct vt_shelf_options {
    bool is_remote; /* the engine stays in the server, whatever the size */
    uint64_t most_events;
    size_t most_index_bytes;
    unsigned most_traces;
    unsigned idle_s;
};

struct vt_shelf;
struct vt_shelved;

enum vt_shelved_state {
    VT_SHELVED_LOADING,
    VT_SHELVED_OPEN,
    VT_SHELVED_READY,
    VT_SHELVED_FAILED,
};

struct vt_shelved_facts {
    enum vt_shelved_state state;
    uint64_t bytes, events; /* read so far */
    bool is_remote;
    struct vt_error error; /* FAILED */
};

VT_NODISCARD enum vt_status vt_shelf_create(const struct vt_shelf_options *options,
                                            struct vt_shelf **shelf,
                                            struct vt_error *err);
/* Stops what loads. All references have been given back. NULL is allowed. */
void vt_shelf_destroy(struct vt_shelf *shelf);

/* Gives up what loads, so that nobody waits any longer. */
void vt_shelf_stop(struct vt_shelf *shelf);

/* The trace in the file or run directory that `fd` is open on (borrowed); `name` is
 * what errors call it. */
VT_NODISCARD enum vt_status vt_shelf_take(struct vt_shelf *shelf, int fd,
                                          const char *name, struct vt_shelved **trace,
                                          struct vt_error *err);
void vt_shelved_release(struct vt_shelved *trace);
void vt_shelved_retain(struct vt_shelved *trace);

void vt_shelved_look(struct vt_shelved *trace, struct vt_shelved_facts *facts);

/* Somebody who waits: `suspend` is called at once, by the caller's thread, `wake`
 * later, once, by another. */
struct vt_shelved_waiter {
    void (*suspend)(struct vt_shelved_waiter *waiter);
    void (*wake)(struct vt_shelved_waiter *waiter);
    struct vt_shelved_waiter *next;
    enum vt_shelved_state until; /* the shelf's */
};

/* Waits until the trace is `until` (OPEN or READY) or failed. False: it is so now, and
 * `waiter` is not used. */
bool vt_shelved_wait(struct vt_shelved *trace, enum vt_shelved_state until,
                     struct vt_shelved_waiter *waiter);

/* Borrowed: valid as long as the reference. Of an open trace: */
const struct vt_engine *vt_shelved_engine(const struct vt_shelved *trace);
/* Of a ready one: */
const struct vt_buf *vt_shelved_index(const struct vt_shelved *trace);
const struct vt_buf *vt_shelved_file_info(const struct vt_shelved *trace);

#endif

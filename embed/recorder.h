/* SPDX-License-Identifier: Apache-2.0
 *
 * A recorder: a log, the settings it is written by, and which thread of Python is which
 * lane. There may be several in a process; at most one records at a time.
 *
 * The hooks find the one that records and the calling thread's lane through the gate,
 * a few words in a page that a fork wipes (MADV_WIPEONFORK): in a child, however it was
 * forked, they are NULL, which means 'not traced', and the parent's log is never
 * touched.
 *
 * Threads:   the interpreter's lock is held, except where a function says otherwise.
 * Ownership: a recorder is its caller's from vt_recorder_open to vt_recorder_close. In
 *            a forked child the parent's recorders are dead: only vt_recorder_is_ours
 *            and vt_recorder_close may be called on them.
 */
#ifndef VT_EMBED_RECORDER_H
#define VT_EMBED_RECORDER_H

#include "core/base/error.h"
#include "core/record/config.h"
#include "core/record/filter.h"
#include "core/record/log.h"
#include "core/record/log_dir.h"
#include "core/record/thread.h"
#include "embed/argrepr.h"
#include "embed/funcid.h"
#include "embed/late.h"
#include "embed/pycompat.h"
#include "embed/sources.h"

struct vt_recorder {
    struct vt_log *log;
    struct vt_log_dir dir;
    struct vt_filter filter;
    struct vt_funcid_table funcs;
    struct vt_sources sources;
    uint32_t max_depth;
    uint64_t min_ticks;
    struct vt_argrepr argrepr;
    bool log_async;
    bool ignore_c_function;
    bool is_sparse;       /* lanes are paused unless a region of theirs is recorded */
    bool threads_opt_out; /* threading.setprofile(None) leaves new threads untraced */
    bool new_threads_left_out; /* it was called */
    int32_t pid;
    uint64_t serial;                    /* never 0, never used again */
    struct vt_late_overrides overrides; /* for the save; see embed/late.h */
    struct vt_recorder *next;
};

struct vt_gate {
    void *tstate;                 /* the thread state that was seen last */
    struct vt_thread *thread;     /* its lane; not NULL when tstate is not */
    struct vt_recorder *recorder; /* NULL: nothing is recorded in this process */
    uint64_t serial;              /* of the recorder; 0: as above */
};

/* Never NULL; its address does not change after the first vt_recorder_open. */
extern struct vt_gate *vt_gate;

/* The lane of one thread of the kernel, in thread-local storage. It stands only as long
 * as the gate has the same serial number: a recorder that was closed, one that is off
 * and a forked child leave it behind. */
struct vt_lane {
    uint64_t serial; /* never 0 */
    struct vt_thread *thread;
};

/* The model costs one load where the general one costs a call; the C library keeps
 * room for such words of libraries that are opened late. */
extern __thread struct vt_lane vt_lane __attribute__((tls_model("initial-exec")));

/* The lane of the calling thread, if it has one and something is recorded. */
static inline struct vt_thread *vt_recorder_lane(void) {
    return VT_LIKELY(vt_lane.serial == vt_gate->serial) ? vt_lane.thread : NULL;
}

/* Makes a log for this process image, and the gate. The recording is not on yet. */
VT_NODISCARD enum vt_status vt_recorder_open(const struct vt_config *config,
                                             struct vt_recorder **recorder,
                                             struct vt_error *err);

/* False in a forked child. NULL is nobody's. */
bool vt_recorder_is_ours(const struct vt_recorder *recorder);

/* Takes the settings that may change while a recorder is open: filters, depth and
 * duration limits. On failure the recorder is as it was. */
VT_NODISCARD enum vt_status vt_recorder_configure(struct vt_recorder *recorder,
                                                  const struct vt_config *config,
                                                  struct vt_error *err);

/* What shows arguments and results instead of repr(); NULL: nothing does. The recorder
 * holds it until it is told another one. */
void vt_recorder_show_with(struct vt_recorder *recorder, PyObject *show);

/* Opens the gate for `recorder`, and closes it: no other one is on when it opens. The
 * hooks are the caller's part (embed/hook.h). */
void vt_recorder_start(struct vt_recorder *recorder);
void vt_recorder_stop(enum vt_thread_flush flush);

/* The one that records, or NULL. */
static inline struct vt_recorder *vt_recorder_current(void) {
    return vt_gate->recorder;
}

/* The lane of the calling thread in the recorder that is on, made when it is new, and
 * puts it into the gate; NULL: not traced. `frame_self` is the first argument of the
 * frame that is entered (threading.Thread._bootstrap's is the thread, which knows its
 * name), or NULL. */
struct vt_thread *vt_recorder_find_thread(PyThreadState *tstate, PyObject *frame_self);

/* The lane of the calling thread in a recorder that need not be on. NULL: no memory. */
struct vt_thread *vt_recorder_lane_in(struct vt_recorder *recorder);

/* Between these the calling thread records nothing: what we call ourselves may run code
 * of the program (__repr__). They nest; the end takes what its begin gave. */
uint64_t vt_recorder_hush(void);
void vt_recorder_unhush(uint64_t token);

/* Calls `visit` for each recorder of this process. */
void vt_recorder_each(void (*visit)(struct vt_recorder *recorder, const void *key),
                      const void *key);

/* Unmaps the log and removes the run directory with it (`keep`: leaves it for
 * --recover). NULL is allowed. May be called without a living interpreter. */
void vt_recorder_close(struct vt_recorder *recorder, bool keep);

#endif

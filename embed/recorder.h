/* SPDX-License-Identifier: Apache-2.0
 *
 * The process's recorder: the log, the settings, and which thread of Python is which
 * lane.
 *
 * The hooks find the calling thread's lane through the gate, two words in a page that a
 * fork wipes (MADV_WIPEONFORK): in a child, however it was forked, they are NULL, which
 * means 'not traced', and the parent's log is never touched.
 *
 * Threads:   the interpreter's lock is held, except in vt_recorder_save.
 * Ownership: one recorder per process, owned by itself from vt_recorder_open to
 *            vt_recorder_discard.
 */
#ifndef VT_EMBED_RECORDER_H
#define VT_EMBED_RECORDER_H

#include "core/base/error.h"
#include "core/record/config.h"
#include "core/record/filter.h"
#include "core/record/log.h"
#include "core/record/log_dir.h"
#include "core/record/thread.h"
#include "embed/pycompat.h"

struct vt_recorder {
    struct vt_log *log;
    struct vt_log_dir dir;
    struct vt_filter filter;
    uint32_t max_depth;
    uint64_t min_ticks;
    bool ignore_c_function;
    int32_t pid;
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

/* Makes the log of this process image and the gate. The recording is not on yet. */
VT_NODISCARD enum vt_status vt_recorder_open(const struct vt_config *config,
                                             struct vt_error *err);

/* The recorder of this process, on or not; NULL when there is none or in a forked
 * child. */
struct vt_recorder *vt_recorder_get(void);

/* Opens and closes the gate. */
void vt_recorder_start(void);
void vt_recorder_stop(enum vt_thread_flush flush);
bool vt_recorder_is_on(void);

/* The lane of the calling thread, made when it is new, and puts it into the gate; NULL:
 * not traced. `frame_self` is the first argument of the frame that is entered
 * (threading.Thread._bootstrap's is the thread, which knows its name), or NULL. */
struct vt_thread *vt_recorder_find_thread(PyThreadState *tstate, PyObject *frame_self);

/* Unmaps the log and removes the run directory with it (`keep`: leaves it for
 * --recover). */
void vt_recorder_close(bool keep);

#endif

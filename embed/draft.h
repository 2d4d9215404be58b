/* SPDX-License-Identifier: Apache-2.0
 *
 * One event that the program logs itself, from its name to its place in the log.
 *
 *   vt_draft_begin   takes the time; then the caller appends to draft.json
 *   vt_draft_end     writes the event, or gives it up
 *
 * Between the two the thread records nothing, since showing values may run code of the
 * program. That code may do anything, end the recording and begin another: then the
 * event is given up.
 *
 * Threads:   the interpreter's lock is held.
 * Ownership: the caller's memory; end frees what a draft holds. Each begin has its end.
 */
#ifndef VT_EMBED_DRAFT_H
#define VT_EMBED_DRAFT_H

#include "embed/pyjson.h"
#include "embed/tracer.h"

/* So many names of a log are kept as symbols, which are never forgotten; the names of
 * further ones go with their events. */
enum { VT_DRAFT_MAX_NAMES = 4096 };

struct vt_draft {
    struct vt_tracer *tracer;
    uint64_t start;  /* ticks */
    uint64_t serial; /* of the recorder that it is for */
    uint64_t hush;
    uint32_t id;           /* of its name */
    uint32_t thread;       /* after end: the lane that it was written to */
    bool is_written;       /* after end */
    struct vt_buf text;    /* of the payload */
    struct vt_pyjson json; /* into `text` */
};

/* `name` NULL: the event has none. False with an exception set: nothing to end. */
bool vt_draft_begin(struct vt_draft *draft, struct vt_tracer *tracer, PyObject *name);

/* The name with the place of a call behind it; `file` is a str. */
bool vt_draft_begin_at(struct vt_draft *draft, struct vt_tracer *tracer, PyObject *name,
                       PyObject *file, int line);

/* The event lasted from `draft.start` on for `extra`, or that is its letter. Returns
 * None, or NULL with an exception set. */
PyObject *vt_draft_end(struct vt_draft *draft, enum vt_event_kind kind, uint64_t extra);

/* The end without an event. */
PyObject *vt_draft_give_up(struct vt_draft *draft);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * sys.monitoring (Python 3.12 and later), as the one tool that we are to it.
 *
 *   vt_monitoring_hold     takes a tool identifier and registers the callbacks
 *   vt_monitoring_listen   which of the events are told
 *   vt_monitoring_release  no event is told, the identifier is free
 *
 * Threads:   the interpreter's lock is held.
 * Hot path:  the callbacks are called by the interpreter without anything between.
 * Ownership: one tool per process.
 */
#ifndef VT_EMBED_MONITORING_H
#define VT_EMBED_MONITORING_H

#include "core/base/error.h"
#include "embed/pycompat.h"

struct vt_monitoring_event {
    const char *name;    /* in sys.monitoring.events */
    vectorcallfunc call; /* never raises */
};

enum { VT_MONITORING_MAX_EVENTS = 16 };

/* The objects that events and answers are compared with. Borrowed: valid while the tool
 * is held. */
struct vt_monitoring {
    PyObject *missing; /* stands for an argument that is not there */
    PyObject *disable; /* answered to an event of one instruction, it ends those */
};
extern struct vt_monitoring vt_monitoring;

/* Does nothing when the tool is held already. `events` is borrowed: for ever. No
 * exception is left set; VT_ERR_UNSUPPORTED: every identifier is taken, or something
 * refused ours. */
VT_NODISCARD enum vt_status vt_monitoring_hold(const struct vt_monitoring_event *events,
                                               size_t count, struct vt_error *err);

/* Another function for event number `at`. The tool is held. */
void vt_monitoring_replace(size_t at, vectorcallfunc call);

/* The first `count` events are told, the others are not. The tool is held. */
VT_NODISCARD enum vt_status vt_monitoring_listen(size_t count, struct vt_error *err);

/* Takes back all answers `disable`, other tools' too. The tool is held. */
VT_NODISCARD enum vt_status vt_monitoring_restart(struct vt_error *err);

/* May be called when the tool is not held, and by a callback. */
void vt_monitoring_release(void);

#endif

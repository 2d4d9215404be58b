/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots of objects that are shown as they are when the report is saved.
 *
 * A VizObject's lists and dicts are logged by reference: what a report shows of them is
 * their contents at the save (behaviour.md 15.3; the recorded conformance case says
 * so). The log has them as they were when they were logged, which is what a recovered
 * report shows. Kept are the newest VT_LATE_MAX; older ones stay as logged.
 *
 * Threads:   the interpreter's lock is held.
 * Ownership: holds references until vt_late_clear. The overrides that settling makes
 *            are plain memory: they outlive the interpreter, until vt_late_free.
 */
#ifndef VT_EMBED_LATE_H
#define VT_EMBED_LATE_H

#include "core/trace/log_reader.h"
#include "embed/pycompat.h"

enum { VT_LATE_MAX = 4096 };

struct vt_late_item; /* owns references */

struct vt_late {
    struct vt_late_item *items; /* ring of VT_LATE_MAX; NULL: never used */
    size_t head, count;
};

struct vt_late_overrides {
    struct vt_log_override *items; /* in the order that vt_log_reader_override wants */
    size_t count;
    char *text; /* that the payloads point into */
};

/* False: no memory; the snapshot stays as logged. `prefix` is what stands before the
 * args in the payload of the event, the whole of what follows is `args` and a brace. */
bool vt_late_remember(struct vt_late *late, uint64_t start, uint32_t thread,
                      PyObject *prefix, PyObject *args);

/* Writes all snapshots as they are now; may run code of the program (__repr__).
 * `overrides` is replaced. False: an exception is set, nothing changed. */
bool vt_late_settle(const struct vt_late *late, struct vt_late_overrides *overrides);

void vt_late_clear(struct vt_late *late);
void vt_late_free(struct vt_late_overrides *overrides);
int vt_late_traverse(struct vt_late *late, visitproc visit, void *arg);

#endif

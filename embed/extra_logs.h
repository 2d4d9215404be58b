/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run logs besides calls, where Python code does it: instrumented source
 * (log_var and its kin, magic comments), print, the garbage collector, audit events,
 * torch. The code stands in the package (viztracer/instrument/, viztracer/logs.py);
 * here it is started before the program begins, and ended with its recording.
 *
 * A run that asks for none of it imports nothing and does nothing here.
 *
 * Threads:   the main thread.
 */
#ifndef VT_EMBED_EXTRA_LOGS_H
#define VT_EMBED_EXTRA_LOGS_H

#include "core/record/config.h"
#include "embed/pycompat.h"

/* The program: the event `cpython.run_*` that tells of it, and __main__'s namespace.
 * All borrowed. */
struct vt_extra_program {
    const char *event;
    PyObject *args;
    PyObject *globals;
};

/* False with an exception set: what was asked for is nonsense, the program must not
 * run. */
VT_NODISCARD bool vt_extra_logs_begin(const struct vt_config *config, PyObject *tracer,
                                      const struct vt_extra_program *program);

/* The recording of the program ends. Preserves a pending exception. */
void vt_extra_logs_end(void);

#endif

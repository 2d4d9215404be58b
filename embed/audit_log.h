/* SPDX-License-Identifier: Apache-2.0
 *
 * Audit events of the program for a Python function (log_audit).
 *
 * Audit hooks stay for ever; this one is added when it is first asked for, and does
 * nothing while nobody listens or nothing is recorded.
 *
 * Threads:   the interpreter's lock is held.
 */
#ifndef VT_EMBED_AUDIT_LOG_H
#define VT_EMBED_AUDIT_LOG_H

#include "embed/pycompat.h"

/* A function of our module: listen(event, args) is called at each audit event of a
 * thread that is recorded, but for those that it causes itself; what it raises is
 * ignored. None: nobody is called. */
PyObject *vt_audit_log_listen(PyObject *module, PyObject *listen);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * `_viztracer.Event`, which the package calls VizEvent: what tracer.log_event returns.
 * A with-statement on it makes one duration event, also while the tracer is stopped.
 *
 * It is in C so that the report shows nothing of it but the event.
 */
#ifndef VT_EMBED_EVENT_TYPE_H
#define VT_EMBED_EVENT_TYPE_H

#include "embed/pycompat.h"

extern PyType_Spec vt_event_type_spec;

/* tracer.log_event(event_name): named after the place of the call. */
PyObject *vt_event_type_log_event(PyObject *tracer, PyObject *event_name);

#endif

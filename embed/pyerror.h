/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors of the core as Python exceptions.
 */
#ifndef VT_EMBED_PYERROR_H
#define VT_EMBED_PYERROR_H

#include "core/base/error.h"
#include "embed/pycompat.h"

/* Sets the exception and returns NULL: MemoryError, OSError (files),
 * NotImplementedError (what this build cannot do), else Exception, as the reference's
 * refusals are. */
PyObject *vt_pyerror_raise(const struct vt_error *err);

#endif

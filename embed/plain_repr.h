/* SPDX-License-Identifier: Apache-2.0
 *
 * What repr() says of a plain value, as a JSON string, without making the str: most
 * arguments of most calls are such values, and making and freeing the object costs more
 * than the text.
 *
 * Threads:   the interpreter's lock is held; no code of the program runs.
 * Hot path:  all of it; one pass, one copy.
 */
#ifndef VT_EMBED_PLAIN_REPR_H
#define VT_EMBED_PLAIN_REPR_H

#include "core/base/buf.h"
#include "embed/pycompat.h"

#include <stdbool.h>

/* Appends the text with its quotes: None, bool, int up to 64 bits, and str and bytes
 * whose text has at most about `most` bytes of JSON. False: another value, nothing is
 * appended. A pending exception is left alone. */
bool vt_plain_repr_append(struct vt_buf *out, PyObject *value, size_t most);

/* The same for a float. False: another value, or with an exception no memory. */
bool vt_plain_repr_append_float(struct vt_buf *out, PyObject *value);

#endif

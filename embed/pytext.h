/* SPDX-License-Identifier: Apache-2.0
 *
 * Python strings as the bytes that the log wants.
 */
#ifndef VT_EMBED_PYTEXT_H
#define VT_EMBED_PYTEXT_H

#include "core/base/buf.h"
#include "core/base/strlist.h"
#include "embed/pycompat.h"

/* Appends a str as UTF-8, lone surrogates encoded like any code point
 * (core/base/log_layout.h). Does nothing for other objects. Calls no Python code,
 * raises nothing, leaves the object alone (PyUnicode_AsUTF8 would keep a copy in it).
 */
void vt_pytext_append(struct vt_buf *buf, PyObject *text);

/* The way back: a new str, a new list of str. Bytes that are no such text become lone
 * surrogates, as in the names of files. */
PyObject *vt_pytext_to_python(const char *text);
PyObject *vt_pytext_list_to_python(const struct vt_strlist *list);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts in source that we have another interpreter run.
 *
 * Threads:   no global state.
 */
#ifndef VT_EMBED_PYLITERAL_H
#define VT_EMBED_PYLITERAL_H

#include "core/base/buf.h"

/* Appends the text as a bytes literal: ASCII, whatever is in it. */
void vt_pyliteral_append(struct vt_buf *source, const char *text);

#endif

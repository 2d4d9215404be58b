/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a Python source file as Python reads it: decoded by its PEP 263 cookie or
 * byte order mark, with line ends made \n.
 *
 * A file is read only when it is still the one that was recorded: same device, inode,
 * size and time of change. Regular files only, at most VT_SOURCE_TEXT_MAX_BYTES;
 * opening never blocks.
 *
 * Threads:   no global state.
 */
#ifndef VT_IO_SOURCE_TEXT_H
#define VT_IO_SOURCE_TEXT_H

#include "core/base/buf.h"
#include "core/trace/symbol_table.h"

#include <stdbool.h>
#include <stddef.h>

#define VT_SOURCE_TEXT_MAX_BYTES ((size_t)16 << 20)

/* Appends the text to `text` as UTF-8. `path`: as the log has it, UTF-8 in which bytes
 * that are none stand as lone surrogates (PEP 383). False: there is no such text, for
 * whatever reason; `text` may then hold a part. Memory that ran out shows in the
 * buffer. */
bool vt_source_text_read(struct vt_text path, const struct vt_file_identity *identity,
                         struct vt_buf *text);

/* Appends the text of a file with these bytes. False: they do not decode. */
bool vt_source_text_decode(const char *bytes, size_t size, struct vt_buf *text);

#endif

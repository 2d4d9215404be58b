/* SPDX-License-Identifier: Apache-2.0
 *
 * Python values as JSON text, as json.dumps writes it (ASCII, ", " and ": "), without
 * importing json.
 *
 * What JSON cannot carry becomes a readable stand-in, so that the text is always valid,
 * and the first such value makes a complaint: the exception that json.dumps would
 * raise. Stand-ins: the repr of an object, "Not Displayable" where that fails, "..."
 * for a container within itself, "nan", "inf" and "-inf", hexadecimal digits of an
 * integer too long for decimal ones. NaN and infinity make no complaint: json.dumps
 * writes them, although they are not JSON.
 *
 * Threads:   the interpreter's lock is held. May run code of the program (__repr__):
 *            vt_recorder_hush keeps that out of the log.
 * Ownership: the caller's memory; the caller takes `complaint`.
 */
#ifndef VT_EMBED_PYJSON_H
#define VT_EMBED_PYJSON_H

#include "core/base/buf.h"
#include "embed/pycompat.h"

/* Lists and dicts nest this deep; what is deeper becomes "...", with a complaint.
 * Python's own json reads a report only if it nests less deep than
 * sys.getrecursionlimit(), 1000 by default, less what runs already. */
enum { VT_PYJSON_DEPTH = 500 };

struct vt_pyjson_level; /* of the value that is being written */

struct vt_pyjson {
    struct vt_buf *out;
    PyObject *complaint; /* an exception object, or NULL */
    bool raised;         /* an exception is set that is no Exception (Ctrl-C) */
    unsigned deepest;    /* how deep containers nested so far: [] is 1, [{}] is 2 */
    const struct vt_pyjson_level *innermost;
};

/* Once more on the same struct: what follows in the same text. */
void vt_pyjson_append(struct vt_pyjson *json, PyObject *value);

/* A dict without the members that `skip` names (a NULL-terminated list, may be NULL).
 */
void vt_pyjson_append_dict(struct vt_pyjson *json, PyObject *dict,
                           const char *const *skip);

/* One character as it stands in a string; returns the end. */
enum { VT_PYJSON_CHARACTER_BYTES = 12 };
char *vt_pyjson_put_character(char *to, Py_UCS4 c);

/* A str with its quotes; needs no struct and makes no complaint. */
void vt_pyjson_append_string(struct vt_buf *out, PyObject *text);

#endif

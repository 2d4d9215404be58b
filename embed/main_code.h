/* SPDX-License-Identifier: Apache-2.0
 *
 * The code of a script or of a -c text, replaced before it runs.
 *
 * The interpreter compiles these itself and hands the code to no one who may change it.
 * So the frame in which it is about to run is caught on its way into evaluation (PEP
 * 523), and the other code is run in its place, by the same caller: tracebacks, the
 * namespace and the stack are as they would be.
 *
 * Threads:   the main thread.
 */
#ifndef VT_EMBED_MAIN_CODE_H
#define VT_EMBED_MAIN_CODE_H

#include "embed/pycompat.h"

/* `replace(code)` is called with the first code that runs in the namespace
 * `main_globals`, and answers what runs instead; None and exceptions: nothing else. A
 * reference to `replace` is kept until then. */
void vt_main_code_replace(PyObject *main_globals, PyObject *replace);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The extension module `_viztracer`, the C half of the package viztracer: built in
 * where the core was loaded by our own launcher, an ordinary extension in a stock
 * python3. */
#ifndef VT_EMBED_MODULE_H
#define VT_EMBED_MODULE_H

#include "core/base/compiler.h"
#include "embed/pycompat.h"

/* PyMODINIT_FUNC exports it only from Python 3.9 on. */
VT_EXPORT PyObject *PyInit__viztracer(void);

#endif

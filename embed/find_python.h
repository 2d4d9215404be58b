/* SPDX-License-Identifier: Apache-2.0
 *
 * Which Python is the active one:
 *
 *   $VIZTRACER_CALLER, which `python3 -m viztracer` sets, and which is unset then
 *   else $VIZTRACER_PYTHON, a path or a name on PATH
 *   else $VIRTUAL_ENV/bin/python3, if it is there
 *   else the first python3 on PATH
 *   else the one that the build was made for
 *
 * A python3 that is this program itself behind a link is passed over.
 */
#ifndef VT_EMBED_FIND_PYTHON_H
#define VT_EMBED_FIND_PYTHON_H

#include "embed/python_facts.h"

/* Fills `facts` (overwritten). VT_ERR_UNSUPPORTED: there is none, or it does not
 * answer. */
VT_NODISCARD enum vt_status vt_find_python(struct vt_python_facts *facts,
                                           struct vt_error *err);

#endif

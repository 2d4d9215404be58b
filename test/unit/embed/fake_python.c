/* SPDX-License-Identifier: Apache-2.0
 *
 * What the launcher looks for in an interpreter or its library, and nothing else. */
#include "core/base/compiler.h"

VT_EXPORT extern const int fake_python;
const int fake_python = 1;

#ifdef FAKE_VERSION
VT_EXPORT extern const unsigned long Py_Version;
const unsigned long Py_Version = FAKE_VERSION;
#endif

#ifdef FAKE_FREE_THREADED
VT_EXPORT extern const int _Py_MergeZeroLocalRefcount;
const int _Py_MergeZeroLocalRefcount = 1;
#endif

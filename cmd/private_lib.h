/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens one of our private shared libraries when it is needed. The executable itself
 * needs libc only, so that a program's own extensions never meet our copies of cJSON or
 * zlib: nothing of a private library is visible to them (RTLD_LOCAL).
 *
 * Ownership: a library stays open as long as the process lives.
 */
#ifndef VT_CMD_PRIVATE_LIB_H
#define VT_CMD_PRIVATE_LIB_H

#include "core/base/error.h"

#define VT_PRIVATE_LIB_REPORT "libviztracer_report.so" /* core/trace, core/io */
#define VT_PRIVATE_LIB_VIEWER "libviztracer_viewer.so" /* viewer */

/* Opens <lib_dir>/<file>. VT_ERR_NOT_FOUND if it is not there or cannot be loaded. */
VT_NODISCARD enum vt_status vt_private_lib_open(const char *lib_dir, const char *file,
                                                void **library, struct vt_error *err);

/* Looks a function up; `*symbol` is its address. */
VT_NODISCARD enum vt_status vt_private_lib_symbol(void *library, const char *name,
                                                  void **symbol, struct vt_error *err);

/* Both in one: the function pointer at `function` is set to <name> of
 * <lib_dir>/<file>. */
VT_NODISCARD enum vt_status vt_private_lib_find(const char *lib_dir, const char *file,
                                                const char *name, void *function,
                                                struct vt_error *err);

#endif

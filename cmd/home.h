/* SPDX-License-Identifier: Apache-2.0
 *
 * Where our own files are, found from the place of the running executable.
 *
 *   built      <dir>/viztracer         <dir>/lib              <dir>/python
 *   installed  <prefix>/bin/viztracer  <prefix>/lib/viztracer
 *                                      <prefix>/lib/viztracer/python
 *   wheel      <site>/viztracer/native/bin/viztracer
 *                                      <site>/viztracer/native/lib
 *                                      <site>
 */
#ifndef VT_CMD_HOME_H
#define VT_CMD_HOME_H

#include "core/record/config.h"

/* Sets config->lib_dir and config->python_dir. */
VT_NODISCARD enum vt_status vt_home_find(struct vt_config *config,
                                         struct vt_error *err);

/* The function pointer at `function` is set to <name> of the private library `file`
 * (cmd/private_lib.h), which the commands without settings ask for. */
VT_NODISCARD enum vt_status vt_home_find_function(const char *file, const char *name,
                                                  void *function, struct vt_error *err);

/* As vt_home_find, for an executable in the folder `dir`, absolute. */
VT_NODISCARD enum vt_status vt_home_find_from(const char *dir, struct vt_config *config,
                                              struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of material that lies beside the repository and is no part of it.
 */
#ifndef VT_TEST_SUPPORT_SHARED_DIR_H
#define VT_TEST_SUPPORT_SHARED_DIR_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the path of <shared>/<name>; false: there is none. <shared> is
 * VIZTRACER_SHARED of the environment, else the folder `shared` beside the nearest
 * folder above the current one that has one beside it. */
bool shared_dir_find(const char *name, char *path, size_t size);

#endif

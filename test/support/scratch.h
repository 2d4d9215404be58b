/* SPDX-License-Identifier: Apache-2.0
 *
 * A temporary folder for tests that need real files.
 *
 * What the machine refuses ends the test program.
 */
#ifndef VT_TEST_SUPPORT_SCRATCH_H
#define VT_TEST_SUPPORT_SCRATCH_H

#include <sys/types.h>

/* Makes an empty folder and returns its absolute path, links resolved; valid until the
 * end of the process, which removes it. Once per process. */
const char *scratch_create(void);

/* scratch_path("a/b") is <folder>/a/b; valid for the next 127 calls. */
const char *scratch_path(const char *name);

/* All three make the folders above `name`, and replace what is there. */
const char *scratch_write(const char *name, const char *text, mode_t mode);
const char *scratch_copy(const char *name, const char *from, mode_t mode);
const char *scratch_link(const char *name, const char *target);

/* Removes everything in the folder. */
void scratch_empty(void);

#endif

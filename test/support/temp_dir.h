/* SPDX-License-Identifier: Apache-2.0
 *
 * A private directory for one test, and what tests do with files in it. What fails ends
 * the test.
 */
#ifndef VT_TEST_SUPPORT_TEMP_DIR_H
#define VT_TEST_SUPPORT_TEMP_DIR_H

#include <stdbool.h>
#include <stddef.h>

struct temp_dir {
    char path[64];
    char joined[4][4096]; /* the last results of temp_dir_join */
    unsigned next;
};

void temp_dir_init(struct temp_dir *dir);
void temp_dir_fini(struct temp_dir *dir); /* removes it with all that is in it */

/* "<dir>/<name>", valid until four calls later. */
const char *temp_dir_join(struct temp_dir *dir, const char *name);

/* How many entries the directory has. */
size_t temp_dir_count(const struct temp_dir *dir);

void temp_dir_write(const char *path, const void *bytes, size_t size);

/* The whole file with a NUL behind; free. `size` may be NULL. NULL: it is not there. */
char *temp_dir_read(const char *path, size_t *size);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Which processes descend from the calling one, told by /proc.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_LINEAGE_H
#define VT_IO_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False for a process that is gone, too. */
bool vt_lineage_is_descendant(int32_t pid);

/* Calls `visit` for each descendant that is alive, parents first. */
void vt_lineage_each(void (*visit)(void *state, int32_t pid), void *state);

/* Is it a Python (told by the name of its executable, or because it is ours) that was
 * started within the last two seconds? */
bool vt_lineage_is_young_python(int32_t pid);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Maps the pages of memory that is about to be filled in one system call instead of one
 * page fault each. A fault costs 10 us and more in some virtual machines, where a page
 * of many that are mapped at once costs 1 (large ones much less). Nothing needs it:
 * where the kernel refuses (before Linux 5.14) pages come by faults as ever.
 *
 * Threads:   any.
 * Ownership: the caller's memory.
 */
#ifndef VT_BASE_PAGES_H
#define VT_BASE_PAGES_H

#include <stddef.h>

/* Also those that `memory` shares with others at its ends. Keeps errno. `memory` may be
 * NULL. */
void vt_pages_populate(void *memory, size_t size);

/* For what may be filled: its faults, where it is large, come with large pages. */
void vt_pages_prefer_large(void *memory, size_t size);

/* malloc(3) of what will be filled from end to end. */
void *vt_pages_malloc(size_t size);

#endif

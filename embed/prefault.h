/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that a starting Python will touch, mapped in few system calls instead of one
 * page fault for every 4 KB: python3 has a thousand of them until it runs the program.
 * One costs 10 us and more in some virtual machines, where a page of many that are
 * mapped at once costs 1. Nothing of it is needed: where the kernel refuses (before
 * Linux 5.14, little memory may be locked) all goes as without.
 *
 * Threads:   before there is a second one.
 */
#ifndef VT_EMBED_PREFAULT_H
#define VT_EMBED_PREFAULT_H

/* dlopen(3), with the pages that relocations will write mapped at once. */
void *vt_prefault_dlopen(const char *path, int flags);

/* Python's arenas, from now on, are mapped when Python asks for them. To be called
 * behind the pre-initialisation, which chooses the allocators. */
void vt_prefault_arenas(void);

/* Gives the C heap the pages that a starting Python will ask for. */
void vt_prefault_heap(void);

#endif

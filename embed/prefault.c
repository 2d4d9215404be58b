/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/prefault.h"

#include "core/base/pages.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Is there so much room that neither a library nor the stack comes to the limit of
 * locked memory? Maps that much, of nothing, and lets it go. */
static bool has_room(void) {
    enum { ROOM_BYTES = 64 << 20 };
    void *room = mmap(NULL, ROOM_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED && munmap(room, ROOM_BYTES) == 0;
}

/* What is mapped as locked memory is mapped with all its pages; dlopen knows no other
 * way to ask for that. */
void *vt_prefault_dlopen(const char *path, int flags) {
    if (mlockall(MCL_FUTURE) != 0)
        return dlopen(path, flags);
    void *library = has_room() ? dlopen(path, flags) : NULL;
    munlockall();
    return library ? library : dlopen(path, flags);
}

/* Pieces below the size that malloc maps by itself, on top of the heap, freed under one
 * that stays: else they would be given back to the system. */
void vt_prefault_heap(void) {
    enum { PIECES = 13, PIECE_BYTES = 120 << 10, KEPT_BYTES = 4 << 10 };
    static void *kept;
    if (kept)
        return;
    void *pieces[PIECES];
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE_BYTES);
        if (pieces[i])
            vt_pages_populate(pieces[i], PIECE_BYTES);
    }
    kept = malloc(KEPT_BYTES);
    for (int i = 0; i < PIECES; i++)
        free(pieces[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/prefault.h"

#include "core/base/pages.h"
#include "embed/pycompat.h"

static PyObjectArenaAllocator arenas; /* Python's own */

static void *allocate(void *context, size_t size) {
    void *arena = arenas.alloc(context, size);
    if (arena)
        vt_pages_populate(arena, size);
    return arena;
}

void vt_prefault_arenas(void) {
    PyObject_GetArenaAllocator(&arenas);
    PyObjectArenaAllocator ours = arenas;
    ours.alloc = allocate;
    PyObject_SetArenaAllocator(&ours);
}

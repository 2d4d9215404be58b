/* SPDX-License-Identifier: Apache-2.0
 *
 * Function identity: which symbol id a code object or a C function has, and what a
 * filter says of it. The name is copied into the log once, at the first call.
 *
 * A direct-mapped cache in front of a hash table answers by address. An address is
 * never mistaken for a dead object's: code objects tell their death through their extra
 * slot, heap types through a weak reference; module names and static types are kept
 * alive or are immortal.
 *
 * Threads:   the interpreter's lock is held.
 * Hot path:  vt_funcid_cached and one comparison.
 * Ownership: the table lives as long as the process; entries are plain data.
 */
#ifndef VT_EMBED_FUNCID_H
#define VT_EMBED_FUNCID_H

#include "core/base/compiler.h"
#include "embed/pycompat.h"

#include <stdint.h>

enum vt_func_flag {
    VT_FUNC_HIDDEN = 1u << 0,        /* a filter rejects it and what it calls */
    VT_FUNC_STARTS_THREAD = 1u << 1, /* _thread.start_new_thread and its kin */
    VT_FUNC_SETS_PROFILE = 1u << 2,  /* _lsprof.Profiler.enable */
};

struct vt_func {
    const void *key;  /* code object or PyMethodDef; NULL: empty */
    const void *key2; /* C: module name object or type */
    uint32_t id;      /* symbol id in the log */
    uint32_t flags;   /* enum vt_func_flag */
};

enum { VT_FUNC_CACHE_SIZE = 4096 };
extern struct vt_func vt_func_cache[VT_FUNC_CACHE_SIZE];

static inline uint32_t vt_func_cache_slot(const void *key, const void *key2) {
    uintptr_t mixed =
        ((uintptr_t)key >> 4) ^ ((uintptr_t)key >> 14) ^ ((uintptr_t)key2 >> 5);
    return (uint32_t)mixed % VT_FUNC_CACHE_SIZE;
}

/* What the cache holds where the key would be; compare before you believe it. */
static inline const struct vt_func *vt_funcid_cached(const void *key,
                                                     const void *key2) {
    return &vt_func_cache[vt_func_cache_slot(key, key2)];
}

/* What names a C function besides its method table entry: its __module__, else the type
 * of the object it is bound to, else nothing. */
static inline const void *vt_funcid_key2(const PyCFunctionObject *callable) {
    if (callable->m_module)
        return callable->m_module;
    return callable->m_self ? (const void *)Py_TYPE(callable->m_self) : NULL;
}

/* Find or learn; they preserve a pending exception and call no Python code. `module` is
 * the function's __module__ (NULL: none), `type` what its name is taken from then
 * (NULL: the bare name). Borrowed: valid until the next call. */
const struct vt_func *vt_funcid_find_code(PyCodeObject *code);
const struct vt_func *vt_funcid_find_c(PyMethodDef *method, PyObject *module,
                                       PyTypeObject *type);

/* The same for a builtin function or bound method object. */
const struct vt_func *vt_funcid_of_cfunction(PyObject *callable);

/* Forgets all verdicts and ids (another log, other filters). */
void vt_funcid_reset(void);

#endif

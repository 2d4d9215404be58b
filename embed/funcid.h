/* SPDX-License-Identifier: Apache-2.0
 *
 * Function identity: which symbol id a code object or a C function has in the log of a
 * recorder, and what a filter says of it. The name is copied into the log once, at the
 * first call.
 *
 * A direct-mapped cache in front of a hash table answers by address. The table belongs
 * to a recorder, the cache to the one that is on. An address is never mistaken for a
 * dead object's: code objects tell their death through their extra slot, heap types
 * through a weak reference, to all tables; module names are kept alive.
 *
 * Threads:   the interpreter's lock is held.
 * Hot path:  vt_funcid_cached and one comparison.
 * Ownership: a table is its recorder's; what vt_funcid_* return is borrowed: valid
 *            until the next call.
 */
#ifndef VT_EMBED_FUNCID_H
#define VT_EMBED_FUNCID_H

#include "core/base/compiler.h"
#include "embed/pycompat.h"

#include <stdint.h>

struct vt_recorder;

enum vt_func_flag {
    VT_FUNC_HIDDEN = 1u << 0,        /* a filter rejects it and what it calls */
    VT_FUNC_STARTS_THREAD = 1u << 1, /* _thread.start_new_thread and its kin */
    VT_FUNC_SETS_PROFILE = 1u << 2,  /* _lsprof.Profiler.enable */
    VT_FUNC_TRANSPARENT = 1u << 3,   /* a wrapper of ours: what it calls is shown */
    VT_FUNC_SETS_THREAD_PROFILE = 1u << 4, /* threading.setprofile */
    VT_FUNC_STARTS_PROCESS = 1u << 5, /* multiprocessing's BaseProcess._bootstrap */
    VT_FUNC_ASYNC = 1u << 7,          /* a coroutine function, when tasks are shown */
    VT_FUNC_LOGS = 1u << 6,           /* its arguments or its result go into the log */
};

struct vt_func {
    const void *key;  /* code object or PyMethodDef; NULL: empty */
    const void *key2; /* C: module name object or type */
    uint32_t id;      /* symbol id in the log */
    uint32_t flags;   /* enum vt_func_flag */
};

/* Open addressing, a power of two slots, at most half full. All zero is empty. */
struct vt_funcid_table {
    struct vt_func *slots;
    size_t slot_count, used_count;
};

enum { VT_FUNC_CACHE_SIZE = 4096 };
/* On pages of its own, which are blank in a forked child (MADV_WIPEONFORK). */
struct vt_func_cache {
    _Alignas(4096) struct vt_func slots[VT_FUNC_CACHE_SIZE];
    uint64_t serial; /* of the recorder whose functions it holds; 0: it is blank */
};
extern struct vt_func_cache vt_func_cache;

static inline uint32_t vt_func_cache_slot(const void *key, const void *key2) {
    uintptr_t mixed =
        ((uintptr_t)key >> 4) ^ ((uintptr_t)key >> 14) ^ ((uintptr_t)key2 >> 5);
    return (uint32_t)mixed % VT_FUNC_CACHE_SIZE;
}

/* What the cache holds where the key would be; compare before you believe it. */
static inline const struct vt_func *vt_funcid_cached(const void *key,
                                                     const void *key2) {
    return &vt_func_cache.slots[vt_func_cache_slot(key, key2)];
}

/* What names a C function besides its method table entry: its __module__, else the type
 * of the object it is bound to, else nothing. */
static inline const void *vt_funcid_key2(const PyCFunctionObject *callable) {
    if (callable->m_module)
        return callable->m_module;
    return callable->m_self ? (const void *)Py_TYPE(callable->m_self) : NULL;
}

/* Find or learn, in the recorder that is on; they preserve a pending exception and call
 * no Python code. `module` is the function's __module__ (NULL: none), `type` what its
 * name is taken from then (NULL: the bare name). */
const struct vt_func *vt_funcid_find_code(PyCodeObject *code);
const struct vt_func *vt_funcid_find_c(PyMethodDef *method, PyObject *module,
                                       PyTypeObject *type);

/* The function that has `id` in another recorder's table; NULL: none. */
const struct vt_func *vt_funcid_translate(const struct vt_funcid_table *from,
                                          uint32_t id);

/* The same for a builtin function or bound method object. */
const struct vt_func *vt_funcid_of_cfunction(PyObject *callable);

/* Functions with this code are VT_FUNC_TRANSPARENT in every recorder. Keeps it alive.
 * False with an exception set. */
bool vt_funcid_see_through(PyCodeObject *code);
bool vt_funcid_is_transparent(const void *code);

/* The cache is `recorder`'s from here on. */
void vt_funcid_use(const struct vt_recorder *recorder);

/* The recorder's filter changed: all verdicts are found again. */
void vt_funcid_judge_again(struct vt_recorder *recorder);

/* A number that changes whenever a function may be judged in another way than before:
 * by another recorder, or by another filter. Never 0. */
uint64_t vt_funcid_verdicts(void);

/* The object is gone: no table knows its address any more (embed/deaths.h). */
void vt_funcid_forget_code(const PyCodeObject *code);
void vt_funcid_forget_type(const void *type);

void vt_funcid_fini(struct vt_funcid_table *table);

#endif

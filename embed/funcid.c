/* SPDX-License-Identifier: Apache-2.0
 *
 * The table behind the cache is keyed by the two addresses; entries are never removed
 * from the chain of probes but marked dead, so that a probe for a later entry still
 * passes them.
 */
#include "embed/funcid.h"

#include "core/base/buf.h"
#include "embed/pytext.h"
#include "embed/recorder.h"
#include "embed/sources.h"

#include <stdlib.h>
#include <string.h>

struct vt_func vt_func_cache[VT_FUNC_CACHE_SIZE];

static struct vt_func *table; /* open addressing, a power of two, at most half full */
static size_t slot_count, used_count;

static const char dead; /* key of an entry whose object died: its address */

static Py_ssize_t code_extra_index = -2; /* -2: not asked for yet, -1: refused */

/* Which code object a symbol id belongs to, for the notice of its death. */
static const void **code_of_id;
static size_t code_of_id_count;

static size_t hash_of(const void *key, const void *key2) {
    uint64_t mixed = (uint64_t)(uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15) ^
                     (uint64_t)(uintptr_t)key2 * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (size_t)(mixed >> 20);
}

static struct vt_func *probe(const void *key, const void *key2) {
    size_t at = hash_of(key, key2) & (slot_count - 1);
    while (table[at].key && (table[at].key != key || table[at].key2 != key2))
        at = (at + 1) & (slot_count - 1);
    return &table[at];
}

static bool make_room(void) {
    if (2 * (used_count + 1) <= slot_count)
        return true;
    size_t old_count = slot_count;
    struct vt_func *old = table;
    size_t count = old_count ? old_count * 2 : 4096;
    struct vt_func *fresh = calloc(count, sizeof *fresh);
    if (!fresh)
        return false;
    table = fresh;
    slot_count = count;
    used_count = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].key && old[i].key != &dead) {
            *probe(old[i].key, old[i].key2) = old[i];
            used_count++;
        }
    }
    free(old);
    return true;
}

static void forget(const void *key, const void *key2) {
    struct vt_func *cached = &vt_func_cache[vt_func_cache_slot(key, key2)];
    if (cached->key == key && cached->key2 == key2)
        *cached = (struct vt_func){0};
    if (!slot_count)
        return;
    struct vt_func *entry = probe(key, key2);
    if (entry->key)
        entry->key = &dead;
}

static const struct vt_func *keep(struct vt_func func) {
    if (func.id == VT_LOG_NO_ID)
        func.flags |= VT_FUNC_HIDDEN; /* no room for its name: it cannot be shown */
    if (make_room()) {
        *probe(func.key, func.key2) = func;
        used_count++;
    }
    struct vt_func *cached = &vt_func_cache[vt_func_cache_slot(func.key, func.key2)];
    *cached = func;
    return cached;
}

static const struct vt_func *find_in_table(const void *key, const void *key2) {
    if (!slot_count)
        return NULL;
    const struct vt_func *entry = probe(key, key2);
    if (!entry->key)
        return NULL;
    struct vt_func *cached = &vt_func_cache[vt_func_cache_slot(key, key2)];
    *cached = *entry;
    return cached;
}

/* ---- Python functions ---- */

/* The interpreter calls this when a code object dies; `extra` is 1 + its symbol id. */
static void on_code_freed(void *extra) {
    size_t id = (size_t)(uintptr_t)extra - 1;
    if (extra && id < code_of_id_count && code_of_id[id]) {
        forget(code_of_id[id], NULL);
        code_of_id[id] = NULL;
    }
}

static bool note_code_of_id(uint32_t id, const void *code) {
    if (id >= code_of_id_count) {
        size_t count = code_of_id_count ? code_of_id_count : 1024;
        while (count <= id)
            count *= 2;
        const void **codes = realloc(code_of_id, count * sizeof *codes);
        if (!codes)
            return false;
        memset(codes + code_of_id_count, 0, (count - code_of_id_count) * sizeof *codes);
        code_of_id = codes;
        code_of_id_count = count;
    }
    code_of_id[id] = code;
    return true;
}

/* Asks to be told of the code's death; where that cannot be had, keeps it alive. */
static void watch_code(PyCodeObject *code, uint32_t id) {
    if (code_extra_index == -2)
        code_extra_index = vt_py_request_code_extra(on_code_freed);
    if (code_extra_index >= 0 && note_code_of_id(id, code) &&
        vt_py_set_code_extra((PyObject *)code, code_extra_index,
                             (void *)((uintptr_t)id + 1)) == 0)
        return;
    PyErr_Clear();
    Py_INCREF(code);
}

static uint32_t name_python(struct vt_recorder *recorder, PyCodeObject *code,
                            struct vt_log_text file,
                            const struct vt_source_file *source) {
    struct vt_buf name = {0};
    vt_pytext_append(&name, vt_py_code_name(code));
    struct vt_symbol_python where = {0};
    if (source)
        where = source->where;
    where.line = code->co_firstlineno;
    uint32_t id = vt_log_add_python(
        recorder->log, (struct vt_log_text){name.data, name.size}, file, &where);
    vt_buf_fini(&name);
    return id;
}

/* Hidden functions get an id, too: their death must be noticed. */
static const struct vt_func *learn_code(struct vt_recorder *recorder,
                                        PyCodeObject *code) {
    struct vt_buf file = {0};
    vt_pytext_append(&file, code->co_filename);
    struct vt_log_text file_name = {file.data, file.size};
    const struct vt_source_file *source =
        vt_sources_find(recorder->log, &recorder->filter, file_name);
    uint32_t id = name_python(recorder, code, file_name, source);
    vt_buf_fini(&file);
    watch_code(code, id);
    return keep((struct vt_func){
        .key = code,
        .id = id,
        .flags = source && source->hidden ? VT_FUNC_HIDDEN : 0,
    });
}

static const struct vt_func unknown = {.id = VT_LOG_NO_ID, .flags = VT_FUNC_HIDDEN};

const struct vt_func *vt_funcid_find_code(PyCodeObject *code) {
    const struct vt_func *known = find_in_table(code, NULL);
    if (known)
        return known;
    struct vt_recorder *recorder = vt_recorder_get();
    if (!recorder)
        return &unknown;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const struct vt_func *func = learn_code(recorder, code);
    PyErr_Restore(type, value, traceback);
    return func;
}

/* ---- C functions ---- */

/* Forgets every entry of a type that died. */
static void forget_type(const void *type) {
    for (size_t i = 0; i < slot_count; i++) {
        if (table[i].key && table[i].key2 == type)
            forget(table[i].key, type);
    }
}

/* Called with the weak reference; `self` is the type's address in a PyLong. */
static PyObject *on_type_freed(PyObject *self, PyObject *weak_reference) {
    forget_type(PyLong_AsVoidPtr(self));
    Py_DECREF(weak_reference); /* the reference that watch_type kept */
    Py_RETURN_NONE;
}

static PyMethodDef type_freed_method = {"type_freed", on_type_freed, METH_O, NULL};

/* A weak reference whose callback forgets the type. Where none can be made the type is
 * kept alive. */
static void watch_type(PyTypeObject *type) {
    PyObject *address = PyLong_FromVoidPtr(type);
    PyObject *callback = address ? PyCFunction_New(&type_freed_method, address) : NULL;
    PyObject *reference =
        callback ? PyWeakref_NewRef((PyObject *)type, callback) : NULL;
    Py_XDECREF(callback);
    Py_XDECREF(address);
    if (!reference) {
        PyErr_Clear();
        Py_INCREF(type);
    }
}

static bool type_is_known(PyTypeObject *type) {
    for (size_t i = 0; i < slot_count; i++) {
        if (table[i].key && table[i].key != &dead && table[i].key2 == (void *)type)
            return true;
    }
    return false;
}

static bool is_profiler(const PyTypeObject *type) {
    while (type && strcmp(type->tp_name, "_lsprof.Profiler") != 0)
        type = type->tp_base; /* cProfile.Profile is a class of Python */
    return type != NULL;
}

static uint32_t special_flags(const char *owner, const char *name,
                              const PyTypeObject *type) {
    if (strcmp(owner, "_thread") == 0 &&
        (strcmp(name, "start_new_thread") == 0 || strcmp(name, "start_new") == 0))
        return VT_FUNC_STARTS_THREAD;
    if (strcmp(name, "enable") == 0 && is_profiler(type))
        return VT_FUNC_SETS_PROFILE;
    return 0;
}

static void append_owner(struct vt_buf *name, PyObject *module, PyTypeObject *type) {
    if (module && PyUnicode_Check(module))
        vt_pytext_append(name, module);
    else if (type && !module)
        vt_buf_append_text(name, type->tp_name);
}

static const struct vt_func *learn_c(struct vt_recorder *recorder, PyMethodDef *method,
                                     PyObject *module, PyTypeObject *type) {
    struct vt_buf name = {0};
    append_owner(&name, module, type);
    uint32_t flags = name.size ? special_flags(name.data, method->ml_name, type) : 0;
    if (name.size)
        vt_buf_append_char(&name, '.');
    vt_buf_append_text(&name, method->ml_name);
    uint32_t id = vt_log_add_name(recorder->log, VT_SYMBOL_C,
                                  (struct vt_log_text){name.data, name.size});
    vt_buf_fini(&name);
    if (module)
        Py_INCREF(module); /* a short string that modules share */
    else if (type && (type->tp_flags & Py_TPFLAGS_HEAPTYPE) && !type_is_known(type))
        watch_type(type);
    return keep((struct vt_func){
        .key = method,
        .key2 = module ? (const void *)module : (const void *)type,
        .id = id,
        .flags = flags,
    });
}

const struct vt_func *vt_funcid_find_c(PyMethodDef *method, PyObject *module,
                                       PyTypeObject *type) {
    const void *key2 = module ? (const void *)module : (const void *)type;
    const struct vt_func *known = find_in_table(method, key2);
    if (known)
        return known;
    struct vt_recorder *recorder = vt_recorder_get();
    if (!recorder)
        return &unknown;
    PyObject *pending_type, *value, *traceback;
    PyErr_Fetch(&pending_type, &value, &traceback);
    const struct vt_func *func = learn_c(recorder, method, module, type);
    PyErr_Restore(pending_type, value, traceback);
    return func;
}

const struct vt_func *vt_funcid_of_cfunction(PyObject *callable) {
    const PyCFunctionObject *f = (const PyCFunctionObject *)(void *)callable;
    return vt_funcid_find_c(f->m_ml, f->m_module,
                            f->m_self ? Py_TYPE(f->m_self) : NULL);
}

void vt_funcid_reset(void) {
    memset(vt_func_cache, 0, sizeof vt_func_cache);
    free(table);
    table = NULL;
    slot_count = used_count = 0;
    free(code_of_id);
    code_of_id = NULL;
    code_of_id_count = 0;
    vt_sources_clear();
}

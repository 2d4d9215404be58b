/* SPDX-License-Identifier: Apache-2.0
 *
 * The table behind the cache is keyed by the two addresses; entries are never removed
 * from the chain of probes but marked dead, so that a probe for a later entry still
 * passes them.
 */
#include "embed/funcid.h"

#include "core/base/buf.h"
#include "embed/deaths.h"
#include "embed/pytext.h"
#include "embed/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct vt_func_cache vt_func_cache;
static uint64_t verdicts = 1; /* see vt_funcid_verdicts */

static const char dead; /* key of an entry whose object died: its address */

/* Codes of wrappers that are seen through; a few, kept alive. */
enum { MAX_TRANSPARENT = 16 };
static PyCodeObject *transparent_codes[MAX_TRANSPARENT];
static size_t transparent_count;

static size_t hash_of(const void *key, const void *key2) {
    uint64_t mixed = (uint64_t)(uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15) ^
                     (uint64_t)(uintptr_t)key2 * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (size_t)(mixed >> 20);
}

/* `table` has slots. */
static struct vt_func *probe(const struct vt_funcid_table *table, const void *key,
                             const void *key2) {
    size_t at = hash_of(key, key2) & (table->slot_count - 1);
    while (table->slots[at].key &&
           (table->slots[at].key != key || table->slots[at].key2 != key2))
        at = (at + 1) & (table->slot_count - 1);
    return &table->slots[at];
}

static bool make_room(struct vt_funcid_table *table) {
    if (2 * (table->used_count + 1) <= table->slot_count)
        return true;
    struct vt_funcid_table old = *table;
    size_t count = old.slot_count ? old.slot_count * 2 : 256;
    struct vt_func *fresh = calloc(count, sizeof *fresh);
    if (!fresh)
        return false;
    *table = (struct vt_funcid_table){.slots = fresh, .slot_count = count};
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.slots[i].key && old.slots[i].key != &dead) {
            *probe(table, old.slots[i].key, old.slots[i].key2) = old.slots[i];
            table->used_count++;
        }
    }
    free(old.slots);
    return true;
}

static struct vt_func *cache_slot(const void *key, const void *key2) {
    return &vt_func_cache.slots[vt_func_cache_slot(key, key2)];
}

static const struct vt_func *keep(struct vt_recorder *recorder, struct vt_func func) {
    if (func.id == VT_LOG_NO_ID)
        func.flags |= VT_FUNC_HIDDEN; /* no room for its name: it cannot be shown */
    if (make_room(&recorder->funcs)) {
        *probe(&recorder->funcs, func.key, func.key2) = func;
        recorder->funcs.used_count++;
    }
    struct vt_func *cached = cache_slot(func.key, func.key2);
    *cached = func;
    return cached;
}

static const struct vt_func *find_in_table(const struct vt_funcid_table *table,
                                           const void *key, const void *key2) {
    if (!table->slot_count)
        return NULL;
    const struct vt_func *entry = probe(table, key, key2);
    if (!entry->key)
        return NULL;
    struct vt_func *cached = cache_slot(key, key2);
    *cached = *entry;
    return cached;
}

/* ---- deaths ---------------------------------------------------------------------- */

static void forget_code_in(struct vt_recorder *recorder, const void *code) {
    if (!recorder->funcs.slot_count)
        return;
    struct vt_func *entry = probe(&recorder->funcs, code, NULL);
    if (entry->key)
        entry->key = &dead;
}

void vt_funcid_forget_code(const PyCodeObject *code) {
    struct vt_func *cached = cache_slot(code, NULL);
    if (cached->key == code && !cached->key2)
        *cached = (struct vt_func){0};
    vt_recorder_each(forget_code_in, code);
}

static void forget_type_in(struct vt_recorder *recorder, const void *type) {
    struct vt_funcid_table *table = &recorder->funcs;
    for (size_t i = 0; i < table->slot_count; i++) {
        if (table->slots[i].key && table->slots[i].key2 == type)
            table->slots[i].key = &dead;
    }
}

void vt_funcid_forget_type(const void *type) {
    for (size_t i = 0; i < VT_FUNC_CACHE_SIZE; i++) {
        if (vt_func_cache.slots[i].key2 == type)
            vt_func_cache.slots[i] = (struct vt_func){0};
    }
    vt_recorder_each(forget_type_in, type);
}

/* ---- Python functions ------------------------------------------------------------ */

static const struct vt_func unknown = {.id = VT_LOG_NO_ID, .flags = VT_FUNC_HIDDEN};

bool vt_funcid_is_transparent(const void *code) {
    for (size_t i = 0; i < transparent_count; i++) {
        if (transparent_codes[i] == code)
            return true;
    }
    return false;
}

bool vt_funcid_see_through(PyCodeObject *code) {
    if (vt_funcid_is_transparent(code))
        return true;
    if (transparent_count == MAX_TRANSPARENT) {
        PyErr_Format(PyExc_RuntimeError, "at most %d wrappers can be transparent",
                     MAX_TRANSPARENT);
        return false;
    }
    Py_INCREF(code);
    transparent_codes[transparent_count++] = code;
    return true;
}

static bool is_function(PyCodeObject *code, struct vt_log_text file, const char *ending,
                        const char *name) {
    size_t n = strlen(ending);
    return file.size >= n && memcmp(file.bytes + file.size - n, ending, n) == 0 &&
           PyUnicode_CompareWithASCIIString(code->co_name, name) == 0;
}

static uint32_t judge(const struct vt_recorder *recorder, PyCodeObject *code,
                      struct vt_log_text file, const struct vt_source_file *source) {
    if (vt_funcid_is_transparent(code))
        return VT_FUNC_TRANSPARENT;
    uint32_t flags = source && source->hidden ? VT_FUNC_HIDDEN : 0;
    if (!flags && (recorder->argrepr.args || recorder->argrepr.result))
        flags |= VT_FUNC_LOGS;
    if (!(flags & VT_FUNC_HIDDEN) && recorder->log_async &&
        code->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE | CO_ASYNC_GENERATOR))
        flags |= VT_FUNC_ASYNC;
    if (is_function(code, file, "/threading.py", "setprofile"))
        flags |= VT_FUNC_SETS_THREAD_PROFILE;
    if (is_function(code, file, "/multiprocessing/process.py", "_bootstrap"))
        flags |= VT_FUNC_STARTS_PROCESS;
    return flags;
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

/* Hidden functions get an id, too: what is hidden may change. */
static const struct vt_func *learn_code(struct vt_recorder *recorder,
                                        PyCodeObject *code) {
    struct vt_buf file = {0};
    vt_pytext_append(&file, code->co_filename);
    struct vt_log_text file_name = {file.data, file.size};
    const struct vt_source_file *source = vt_sources_find(
        &recorder->sources, recorder->log, &recorder->filter, file_name);
    uint32_t id = name_python(recorder, code, file_name, source);
    uint32_t flags = judge(recorder, code, file_name, source);
    vt_buf_fini(&file);
    vt_deaths_watch_code(code);
    return keep(recorder, (struct vt_func){.key = code, .id = id, .flags = flags});
}

const struct vt_func *vt_funcid_find_code(PyCodeObject *code) {
    struct vt_recorder *recorder = vt_recorder_current();
    if (!recorder)
        return &unknown;
    const struct vt_func *known = find_in_table(&recorder->funcs, code, NULL);
    if (known)
        return known;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const struct vt_func *func = learn_code(recorder, code);
    PyErr_Restore(type, value, traceback);
    return func;
}

static void judge_code_again(PyCodeObject *code, void *of) {
    struct vt_recorder *recorder = of;
    struct vt_func *entry = probe(&recorder->funcs, code, NULL);
    if (!entry->key)
        return;
    struct vt_buf file = {0};
    vt_pytext_append(&file, code->co_filename);
    struct vt_log_text file_name = {file.data, file.size};
    const struct vt_source_file *source = vt_sources_find(
        &recorder->sources, recorder->log, &recorder->filter, file_name);
    entry->flags = judge(recorder, code, file_name, source);
    if (entry->id == VT_LOG_NO_ID)
        entry->flags |= VT_FUNC_HIDDEN;
    vt_buf_fini(&file);
}

void vt_funcid_judge_again(struct vt_recorder *recorder) {
    vt_sources_judge_again(&recorder->sources, recorder->log, &recorder->filter);
    if (recorder->funcs.slot_count)
        vt_deaths_each_code(judge_code_again, recorder);
    vt_func_cache.serial = UINT64_MAX;
    if (vt_recorder_current())
        vt_funcid_use(vt_recorder_current());
}

/* ---- C functions ----------------------------------------------------------------- */

/* The methods of a tracer, also of a class derived from it, and the functions of our
 * module. */
static bool is_ours(PyObject *module, PyTypeObject *type) {
    static const char prefix[] = "_viztracer.";
    if (module)
        return PyUnicode_Check(module) &&
               PyUnicode_CompareWithASCIIString(module, "_viztracer") == 0;
    for (; type; type = type->tp_base) {
        if (strncmp(type->tp_name, prefix, sizeof prefix - 1) == 0)
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
        (strcmp(name, "start_new_thread") == 0 || strcmp(name, "start_new") == 0 ||
         strcmp(name, "start_joinable_thread") == 0))
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
    if (is_ours(module, type))
        flags |= VT_FUNC_HIDDEN;
    if (name.size)
        vt_buf_append_char(&name, '.');
    vt_buf_append_text(&name, method->ml_name);
    uint32_t id = vt_log_add_name(recorder->log, VT_SYMBOL_C,
                                  (struct vt_log_text){name.data, name.size});
    vt_buf_fini(&name);
    if (module)
        vt_deaths_keep(module); /* a short string that a module's functions share */
    else if (type && (type->tp_flags & Py_TPFLAGS_HEAPTYPE))
        vt_deaths_watch_type(type);
    return keep(recorder,
                (struct vt_func){
                    .key = method,
                    .key2 = module ? (const void *)module : (const void *)type,
                    .id = id,
                    .flags = flags,
                });
}

const struct vt_func *vt_funcid_find_c(PyMethodDef *method, PyObject *module,
                                       PyTypeObject *type) {
    struct vt_recorder *recorder = vt_recorder_current();
    if (!recorder)
        return &unknown;
    const void *key2 = module ? (const void *)module : (const void *)type;
    const struct vt_func *known = find_in_table(&recorder->funcs, method, key2);
    if (known)
        return known;
    PyObject *pending_type, *value, *traceback;
    PyErr_Fetch(&pending_type, &value, &traceback);
    const struct vt_func *func = learn_c(recorder, method, module, type);
    PyErr_Restore(pending_type, value, traceback);
    return func;
}

static const struct vt_func *learn_again(const struct vt_func *func) {
    PyObject *key = (PyObject *)(uintptr_t)func->key;
    PyObject *owner = (PyObject *)(uintptr_t)func->key2;
    PyMethodDef *method = (PyMethodDef *)(uintptr_t)func->key;
    if (!owner && PyCode_Check(key)) /* a PyMethodDef has no such second word */
        return vt_funcid_find_code((PyCodeObject *)(void *)key);
    if (owner && PyType_Check(owner))
        return vt_funcid_find_c(method, NULL, (PyTypeObject *)(void *)owner);
    return vt_funcid_find_c(method, owner, NULL);
}

const struct vt_func *vt_funcid_translate(const struct vt_funcid_table *from,
                                          uint32_t id) {
    for (size_t i = 0; i < from->slot_count; i++) {
        const struct vt_func *func = &from->slots[i];
        if (func->key && func->key != &dead && func->id == id)
            return learn_again(func);
    }
    return NULL;
}

const struct vt_func *vt_funcid_of_cfunction(PyObject *callable) {
    const PyCFunctionObject *f = (const PyCFunctionObject *)(void *)callable;
    return vt_funcid_find_c(f->m_ml, f->m_module,
                            f->m_self ? Py_TYPE(f->m_self) : NULL);
}

/* ---- tables ---------------------------------------------------------------------- */

/* A forked child would copy each page of the cache only to blank it. Where the kernel
 * does not do that for us, the cache is not blank there, and is blanked by hand. */
static void wipe_on_fork(void) {
    static bool asked;
    if (!asked)
        (void)madvise(&vt_func_cache, sizeof vt_func_cache, MADV_WIPEONFORK);
    asked = true;
}

void vt_funcid_use(const struct vt_recorder *recorder) {
    if (vt_func_cache.serial == recorder->serial)
        return;
    wipe_on_fork();
    if (vt_func_cache.serial)
        memset(vt_func_cache.slots, 0, sizeof vt_func_cache.slots);
    vt_func_cache.serial = recorder->serial;
    verdicts++;
}

uint64_t vt_funcid_verdicts(void) {
    return verdicts;
}

void vt_funcid_fini(struct vt_funcid_table *table) {
    free(table->slots);
    *table = (struct vt_funcid_table){0};
}

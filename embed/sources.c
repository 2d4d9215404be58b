/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/sources.h"

#include "core/base/fspath.h"
#include "embed/pycompat.h"
#include "embed/pytext.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* FNV-1a, 64 bits. */
static size_t hash_of(struct vt_log_text name) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.bytes[i]) * UINT64_C(1099511628211);
    return (size_t)hash;
}

static struct vt_source_entry *slot_of(const struct vt_sources *sources,
                                       struct vt_log_text name) {
    struct vt_source_entry *entries = sources->entries;
    size_t at = hash_of(name) & (sources->slot_count - 1);
    while (entries[at].name && (entries[at].size != name.size ||
                                memcmp(entries[at].name, name.bytes, name.size) != 0))
        at = (at + 1) & (sources->slot_count - 1);
    return &entries[at];
}

static bool grow(struct vt_sources *sources) {
    struct vt_sources old = *sources;
    size_t count = old.slot_count ? old.slot_count * 2 : 64;
    struct vt_source_entry *fresh = calloc(count, sizeof *fresh);
    if (!fresh)
        return false;
    sources->entries = fresh;
    sources->slot_count = count;
    for (size_t i = 0; i < old.slot_count; i++) {
        struct vt_source_entry *entry = &old.entries[i];
        if (entry->name)
            *slot_of(sources, (struct vt_log_text){entry->name, entry->size}) = *entry;
    }
    free(old.entries);
    return true;
}

/* `path` as the log has it. */
static bool identify(struct vt_log_text path, struct vt_symbol_python *where) {
    struct stat st;
    char disk[VT_FSPATH_BYTES];
    if (!vt_fspath_to_disk(path.bytes, path.size, disk) || stat(disk, &st) != 0)
        return false;
    where->device = st.st_dev;
    where->inode = st.st_ino;
    where->size_bytes = (uint64_t)st.st_size;
    where->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return true;
}

static void append_stdlib_directory(struct vt_buf *path) {
    PyObject *directory = PySys_GetObject("_stdlib_dir"); /* 3.11; borrowed */
    if (directory && PyUnicode_Check(directory)) {
        vt_pytext_append(path, directory);
        return;
    }
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *os_module = modules ? PyDict_GetItemString(modules, "os") : NULL;
    PyObject *file = os_module && PyModule_Check(os_module)
                         ? PyDict_GetItemString(PyModule_GetDict(os_module), "__file__")
                         : NULL;
    vt_pytext_append(path, file);
    while (path->size && path->data[path->size - 1] != '/')
        path->size--;
    if (path->size)
        path->size--;
}

/* The path of the source of "<frozen a.b>": a/b.py or a/b/__init__.py of the standard
 * library. */
static bool find_frozen(struct vt_log_text name, struct vt_buf *path,
                        struct vt_symbol_python *where) {
    static const char *const endings[] = {".py", "/__init__.py"};
    static const char prefix[] = "<frozen ";
    size_t n = sizeof prefix - 1;
    if (name.size <= n + 1 || memcmp(name.bytes, prefix, n) != 0)
        return false;
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
        vt_buf_clear(path);
        append_stdlib_directory(path);
        vt_buf_append_char(path, '/');
        for (size_t i = n; i + 1 < name.size; i++)
            vt_buf_append_char(path,
                               (char)(name.bytes[i] == '.' ? '/' : name.bytes[i]));
        vt_buf_append_text(path, endings[k]);
        if (!path->failed &&
            identify((struct vt_log_text){path->data, path->size}, where))
            return true;
    }
    return false;
}

static bool find_relative(struct vt_log_text name, struct vt_buf *path,
                          struct vt_symbol_python *where) {
    char disk[VT_FSPATH_BYTES];
    if (!name.size || name.bytes[0] == '<' ||
        !vt_fspath_to_disk(name.bytes, name.size, disk))
        return false;
    char *real = realpath(disk, NULL);
    vt_buf_clear(path);
    if (real)
        vt_fspath_from_disk(real, path);
    free(real);
    return path->size && !path->failed &&
           identify((struct vt_log_text){path->data, path->size}, where);
}

static void write_source(struct vt_log *log, struct vt_log_text name,
                         const struct vt_buf *path,
                         const struct vt_symbol_python *where) {
    struct vt_symbol_source body = {
        .name_bytes = (uint32_t)name.size,
        .device = where->device,
        .inode = where->inode,
        .size_bytes = where->size_bytes,
        .mtime_ns = where->mtime_ns,
    };
    struct vt_buf bytes = {0};
    vt_buf_append(&bytes, &body, sizeof body);
    vt_buf_append(&bytes, name.bytes, name.size);
    vt_buf_append(&bytes, path->data, path->size);
    if (!bytes.failed)
        (void)vt_log_add_symbol(log, VT_SYMBOL_SOURCE, 0,
                                (struct vt_log_text){bytes.data, bytes.size},
                                name.size + path->size);
    vt_buf_fini(&bytes);
}

static void find_on_disk(struct vt_log *log, struct vt_log_text name,
                         struct vt_symbol_python *where) {
    struct vt_buf path = {0};
    vt_buf_append(&path, name.bytes, name.size);
    if (!path.failed) {
        if (name.size && name.bytes[0] == '/')
            (void)identify(name, where);
        else if (find_frozen(name, &path, where) || find_relative(name, &path, where))
            write_source(log, name, &path, where);
    }
    vt_buf_fini(&path);
}

static void judge(struct vt_source_entry *entry, struct vt_log *log,
                  const struct vt_filter *filter) {
    entry->file.hidden = vt_filter_hides(filter, entry->name, entry->size);
    if (entry->file.hidden || entry->file.is_located)
        return;
    entry->file.is_located = true;
    find_on_disk(log, (struct vt_log_text){entry->name, entry->size},
                 &entry->file.where);
}

const struct vt_source_file *vt_sources_find(struct vt_sources *sources,
                                             struct vt_log *log,
                                             const struct vt_filter *filter,
                                             struct vt_log_text name) {
    if (2 * sources->entry_count >= sources->slot_count && !grow(sources))
        return NULL;
    struct vt_source_entry *entry = slot_of(sources, name);
    if (entry->name)
        return &entry->file;
    entry->name = malloc(name.size + 1);
    if (!entry->name)
        return NULL;
    if (name.size)
        memcpy(entry->name, name.bytes, name.size);
    entry->size = name.size;
    sources->entry_count++;
    judge(entry, log, filter);
    return &entry->file;
}

void vt_sources_judge_again(struct vt_sources *sources, struct vt_log *log,
                            const struct vt_filter *filter) {
    for (size_t i = 0; i < sources->slot_count; i++) {
        if (sources->entries[i].name)
            judge(&sources->entries[i], log, filter);
    }
}

void vt_sources_fini(struct vt_sources *sources) {
    for (size_t i = 0; i < sources->slot_count; i++)
        free(sources->entries[i].name);
    free(sources->entries);
    *sources = (struct vt_sources){0};
}

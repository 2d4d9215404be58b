/* SPDX-License-Identifier: Apache-2.0
 *
 * Files are known by the name that events show; a SOURCE entry may say that the text
 * lies elsewhere (frozen modules). All functions make their files known, those with
 * calls make them used: an event of log_event bears a place as text only and is
 * believed when that file is known.
 */
#include "core/io/file_info.h"

#include "core/io/source_text.h"

#include <stdlib.h>
#include <string.h>

enum { NO_MEMORY = -1, NONE = -2 };

void vt_file_info_fini(struct vt_file_info *info) {
    vt_strtab_fini(&info->file_names);
    vt_strtab_fini(&info->paths);
    vt_strtab_fini(&info->function_names);
    free(info->files);
    free(info->functions);
    *info = (struct vt_file_info){0};
}

/* ---- files */

static bool make_file_room(struct vt_file_info *info) {
    if (info->file_names.count < info->file_capacity)
        return true;
    size_t capacity = info->file_capacity ? info->file_capacity * 2 : 32;
    struct vt_file_info_file *files = realloc(info->files, capacity * sizeof *files);
    if (!files)
        return false;
    info->files = files;
    info->file_capacity = capacity;
    return true;
}

/* The number of the file with this name, which lies at `path`; NO_MEMORY. The first
 * identity holds. */
static int64_t add_file(struct vt_file_info *info, struct vt_text name,
                        struct vt_text path, const struct vt_file_identity *identity) {
    bool is_new;
    if (!make_file_room(info))
        return NO_MEMORY;
    uint32_t path_index = vt_strtab_add(&info->paths, path.bytes, path.size, NULL);
    if (path_index == VT_STRTAB_NO_MEMORY)
        return NO_MEMORY;
    uint32_t index = vt_strtab_add(&info->file_names, name.bytes, name.size, &is_new);
    if (index == VT_STRTAB_NO_MEMORY)
        return NO_MEMORY;
    if (is_new)
        info->files[index] =
            (struct vt_file_info_file){.path = path_index, .identity = *identity};
    return index;
}

static bool is_same(const struct vt_file_identity *a,
                    const struct vt_file_identity *b) {
    return a->device == b->device && a->inode == b->inode &&
           a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns;
}

/* The file of a Python function; NONE when it has none, or another one than other
 * functions of that name (it changed while the program ran); NO_MEMORY. */
static int64_t file_of(struct vt_file_info *info, const struct vt_function *function) {
    uint32_t index =
        vt_strtab_find(&info->file_names, function->file.bytes, function->file.size);
    if (index != VT_STRTAB_NONE)
        return !function->identity.inode ||
                       is_same(&info->files[index].identity, &function->identity)
                   ? (int64_t)index
                   : NONE;
    if (!function->identity.inode)
        return NONE;
    return add_file(info, function->file, function->file, &function->identity);
}

static bool add_sources(struct vt_file_info *info,
                        const struct vt_symbol_table *symbols) {
    for (size_t i = 0; i < symbols->source_count; i++) {
        const struct vt_function_source *source = &symbols->sources[i];
        if (add_file(info, source->file, source->path, &source->identity) == NO_MEMORY)
            return false;
    }
    return true;
}

/* ---- functions */

static bool make_function_room(struct vt_file_info *info) {
    if (info->function_names.count < info->function_capacity)
        return true;
    size_t capacity = info->function_capacity ? info->function_capacity * 2 : 128;
    struct vt_file_info_function *functions =
        realloc(info->functions, capacity * sizeof *functions);
    if (!functions)
        return false;
    info->functions = functions;
    info->function_capacity = capacity;
    return true;
}

static bool add_function(struct vt_file_info *info, struct vt_text name, uint32_t file,
                         int64_t line) {
    bool is_new;
    if (!make_function_room(info))
        return false;
    uint32_t index =
        vt_strtab_add(&info->function_names, name.bytes, name.size, &is_new);
    if (index == VT_STRTAB_NO_MEMORY)
        return false;
    if (is_new) {
        info->functions[index] = (struct vt_file_info_function){file, line};
        info->files[file].is_used = true;
    }
    return true;
}

static bool add_python(struct vt_file_info *info, const struct vt_function *function,
                       bool has_call) {
    int64_t file = file_of(info, function);
    if (file < 0 || !has_call || function->line < 0)
        return file != NO_MEMORY;
    struct vt_buf name = {0};
    vt_function_append_name(function, &name);
    bool is_added =
        !name.failed && add_function(info, (struct vt_text){name.data, name.size},
                                     (uint32_t)file, function->line);
    vt_buf_fini(&name);
    return is_added;
}

/* Takes "what (file:line)" apart. False: it is not of that form. */
static bool split_place(struct vt_text name, struct vt_text *file, int64_t *line) {
    const char *open = memrchr(name.bytes, '(', name.size);
    const char *colon = memrchr(name.bytes, ':', name.size);
    const char *end = name.bytes + name.size;
    if (!open || !colon || colon < open || end - colon < 3 || end - colon > 11 ||
        end[-1] != ')')
        return false;
    *line = 0;
    for (const char *p = colon + 1; p < end - 1; p++) {
        if (*p < '0' || *p > '9')
            return false;
        *line = *line * 10 + (*p - '0');
    }
    *file = (struct vt_text){open + 1, (size_t)(colon - open - 1)};
    return true;
}

/* log_event: a name that bears a place. */
static bool add_named(struct vt_file_info *info, struct vt_text name) {
    struct vt_text file;
    int64_t line;
    if (!name.size || !split_place(name, &file, &line))
        return true;
    uint32_t index = vt_strtab_find(&info->file_names, file.bytes, file.size);
    return index == VT_STRTAB_NONE || add_function(info, name, index, line);
}

static bool add_all(struct vt_file_info *info, const struct vt_writer *writer,
                    const struct vt_symbol_table *symbols) {
    if (!add_sources(info, symbols))
        return false;
    for (uint32_t id = 0; id < symbols->function_count; id++) {
        const struct vt_function *function = &symbols->functions[id];
        if (function->kind == VT_SYMBOL_PYTHON &&
            !add_python(info, function, vt_writer_has_call_of(writer, id)))
            return false;
    }
    for (uint32_t id = 0; id < symbols->function_count; id++) {
        const struct vt_function *function = &symbols->functions[id];
        if (function->kind == VT_SYMBOL_NAME && vt_writer_has_call_of(writer, id) &&
            !add_named(info, function->name))
            return false;
    }
    return true;
}

enum vt_status vt_file_info_add(struct vt_file_info *info,
                                const struct vt_writer *writer,
                                const struct vt_symbol_table *symbols,
                                struct vt_error *err) {
    if (!add_all(info, writer, symbols))
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return VT_OK;
}

/* ---- writing */

static void write_name(struct vt_jwrite *out, const struct vt_strtab *tab,
                       uint32_t index) {
    size_t size;
    const char *bytes = vt_strtab_get(tab, index, &size);
    vt_jwrite_string(out, bytes, size);
}

static uint64_t count_newlines(const struct vt_buf *text) {
    uint64_t count = 0;
    for (size_t i = 0; i < text->size; i++)
        count += text->data[i] == '\n';
    return count;
}

/* "path": ["text", newlines] */
static void write_file(struct vt_file_info *info, uint32_t index, struct vt_buf *text,
                       bool *is_first, struct vt_jwrite *out) {
    struct vt_file_info_file *file = &info->files[index];
    size_t size;
    const char *path = vt_strtab_get(&info->paths, file->path, &size);
    vt_buf_clear(text);
    file->is_written =
        vt_source_text_read((struct vt_text){path, size}, &file->identity, text);
    if (!file->is_written)
        return;
    vt_jwrite_text(out, *is_first ? "" : ", ");
    *is_first = false;
    write_name(out, &info->file_names, index);
    vt_jwrite_text(out, ": [");
    vt_jwrite_string(out, text->data, text->size);
    vt_jwrite_text(out, ", ");
    vt_jwrite_u64(out, count_newlines(text));
    vt_jwrite_text(out, "]");
}

static enum vt_status write_files(struct vt_file_info *info, struct vt_jwrite *out,
                                  struct vt_error *err) {
    struct vt_buf text = {0};
    bool is_first = true;
    enum vt_status status = VT_OK;
    for (uint32_t i = 0; i < info->file_names.count && status == VT_OK; i++) {
        if (info->files[i].is_used)
            write_file(info, i, &text, &is_first, out);
        status = vt_buf_status(&text, err);
    }
    vt_buf_fini(&text);
    return status;
}

/* "name": ["path", line], … */
static void write_functions(const struct vt_file_info *info, struct vt_jwrite *out) {
    bool is_first = true;
    for (uint32_t i = 0; i < info->function_names.count; i++) {
        const struct vt_file_info_function *function = &info->functions[i];
        if (!info->files[function->file].is_written)
            continue;
        vt_jwrite_text(out, is_first ? "" : ", ");
        is_first = false;
        write_name(out, &info->function_names, i);
        vt_jwrite_text(out, ": [");
        write_name(out, &info->file_names, function->file);
        vt_jwrite_text(out, ", ");
        vt_jwrite_i64(out, function->line);
        vt_jwrite_text(out, "]");
    }
}

enum vt_status vt_file_info_write(struct vt_file_info *info, struct vt_jwrite *out,
                                  struct vt_error *err) {
    vt_jwrite_text(out, "{\"files\": {");
    enum vt_status status = write_files(info, out, err);
    if (status != VT_OK)
        return status;
    vt_jwrite_text(out, "}, \"functions\": {");
    write_functions(info, out);
    vt_jwrite_text(out, "}}");
    return VT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Resolves "." and ".." in the text of an absolute path, in place, as os.path.abspath
 * does: no file system, no trailing slash. */
static void normalise(char *path) {
    char *out = path; /* one behind the last component kept, "" = root */
    const char *in = path;
    while (*in) {
        while (*in == '/')
            in++;
        size_t n = strcspn(in, "/");
        if (n == 2 && in[0] == '.' && in[1] == '.') {
            while (out > path && *--out != '/')
                continue;
        } else if (n && !(n == 1 && in[0] == '.')) {
            *out++ = '/';
            memmove(out, in, n);
            out += n;
        }
        in += n;
    }
    if (out == path)
        *out++ = '/';
    *out = '\0';
}

static char *absolute(const char *cwd, const char *path) {
    size_t size = strlen(cwd) + strlen(path) + 2;
    char *text = malloc(size);
    if (!text)
        return NULL;
    snprintf(text, size, "%s/%s", cwd, path);
    normalise(text);
    return text;
}

static void free_list(char **list) {
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
}

/* Each entry, and for a relative one its absolute path. NULL for an empty list; false:
 * memory. */
static bool copy_list(char *const *paths, size_t count, const char *cwd, char ***list) {
    *list = NULL;
    if (!count)
        return true;
    char **copy = calloc(2 * count + 1, sizeof *copy);
    if (!copy)
        return false;
    *list = copy;
    for (size_t i = 0; i < count; i++) {
        if (!(*copy++ = strdup(paths[i])))
            return false;
        if (paths[i][0] != '/' && !(*copy++ = absolute(cwd, paths[i])))
            return false;
    }
    return true;
}

static char *with_slash(const char *directory) {
    size_t n = strlen(directory);
    char *text = malloc(n + 2);
    if (text)
        snprintf(text, n + 2, "%s/", directory);
    return text;
}

enum vt_status vt_filter_init(struct vt_filter *filter,
                              const struct vt_filter_options *options,
                              struct vt_error *err) {
    *filter = (struct vt_filter){.ignore_frozen = options->ignore_frozen};
    if (options->include_count && options->exclude_count)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "include_files and exclude_files can't be both specified!");
    bool copied = copy_list(options->include_files, options->include_count,
                            options->cwd, &filter->include) &&
                  copy_list(options->exclude_files, options->exclude_count,
                            options->cwd, &filter->exclude) &&
                  (!options->own_package ||
                   (filter->own_package = with_slash(options->own_package)));
    if (copied)
        return VT_OK;
    vt_filter_fini(filter);
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

void vt_filter_fini(struct vt_filter *filter) {
    free_list(filter->include);
    free_list(filter->exclude);
    free(filter->own_package);
    *filter = (struct vt_filter){0};
}

static bool starts_with(const char *path, size_t size, const char *prefix) {
    size_t n = strlen(prefix);
    return n <= size && memcmp(path, prefix, n) == 0;
}

static bool any_is_prefix(char *const *list, const char *path, size_t size) {
    for (; *list; list++) {
        if (starts_with(path, size, *list))
            return true;
    }
    return false;
}

bool vt_filter_hides(const struct vt_filter *filter, const char *path, size_t size) {
    if (filter->own_package && starts_with(path, size, filter->own_package))
        return true;
    if (filter->ignore_frozen && starts_with(path, size, "<frozen"))
        return true;
    if (filter->include)
        return !any_is_prefix(filter->include, path, size);
    return filter->exclude && any_is_prefix(filter->exclude, path, size);
}

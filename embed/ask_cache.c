/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/ask_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 64, MAX_FILE_BYTES = 65536 };

/* ---- the key -------------------------------------------------------------------- */

/* Adds which file stands at `path` now: replacing or editing it makes another key. */
static void add_file(struct vt_buf *key, const char *path) {
    struct stat facts;
    if (stat(path, &facts) != 0)
        return;
    vt_buf_printf(key, "%s %ju %ju %jd %jd.%09ld;", path, (uintmax_t)facts.st_dev,
                  (uintmax_t)facts.st_ino, (intmax_t)facts.st_size,
                  (intmax_t)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
}

static void add_file_in(struct vt_buf *key, const char *dir, const char *name) {
    char path[PATH_MAX];
    if (dir && (size_t)snprintf(path, sizeof path, "%s/%s", dir, name) < sizeof path)
        add_file(key, path);
}

/* The files of pyenv and asdf in `dir` and all folders above it. */
static void add_version_files(struct vt_buf *key, const char *dir) {
    char folder[PATH_MAX];
    if (!dir || (size_t)snprintf(folder, sizeof folder, "%s", dir) >= sizeof folder)
        return;
    while (*folder) {
        add_file_in(key, folder, ".python-version");
        add_file_in(key, folder, ".tool-versions");
        char *slash = strrchr(folder, '/');
        *(slash ? slash : folder) = '\0';
    }
    add_file(key, "/.python-version");
    add_file(key, "/.tool-versions");
}

void vt_ask_cache_key(struct vt_buf *key, const char *path) {
    static const char *const settings[] = {"PATH",          "HOME",
                                           "PYENV_VERSION", "PYENV_DIR",
                                           "PYENV_ROOT",    "ASDF_PYTHON_VERSION",
                                           "ASDF_DIR",      "ASDF_DATA_DIR"};
    vt_buf_printf(key, "1 %s %s;", VIZTRACER_VERSION, path);
    add_file(key, path);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *value = getenv(settings[i]);
        vt_buf_printf(key, "%s%s%s;", settings[i], value ? "=" : "",
                      value ? value : "");
    }
    char *cwd = getcwd(NULL, 0);
    vt_buf_printf(key, "cwd=%s;", cwd ? cwd : "");
    add_version_files(key, cwd);
    add_version_files(key, getenv("PYENV_DIR"));
    free(cwd);
    const char *home = getenv("HOME");
    add_file_in(key, getenv("PYENV_ROOT"), "version");
    add_file_in(key, home, ".pyenv/version");
    add_file_in(key, home, ".tool-versions");
    for (size_t i = 0; i < key->size; i++)
        if (key->data[i] == '\n')
            key->data[i] = '\v'; /* the key is one line of the file */
}

/* ---- the folder ------------------------------------------------------------------ */

/* Makes the folder if it is missing. False unless it is a real folder, ours and
 * private. */
static bool is_private_folder(const char *path) {
    struct stat facts;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    return lstat(path, &facts) == 0 && S_ISDIR(facts.st_mode) &&
           facts.st_uid == geteuid() && (facts.st_mode & 077) == 0;
}

/* Writes the folder's name into `path` of PATH_MAX bytes. */
static bool find_folder(char *path) {
    const char *base = getenv("XDG_CACHE_HOME");
    const char *below = "";
    if (!base || *base != '/') {
        base = getenv("HOME");
        below = "/.cache";
    }
    if (!base || *base != '/')
        return false;
    int n = snprintf(path, PATH_MAX, "%s%s", base, below);
    if (n < 0 || n >= PATH_MAX - 64)
        return false;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    snprintf(path + n, PATH_MAX - (size_t)n, "/viztracer");
    return is_private_folder(path);
}

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
static uint64_t hash(const struct vt_buf *key) {
    uint64_t value = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key->size; i++)
        value = (value ^ (unsigned char)key->data[i]) * 0x100000001b3u;
    return value;
}

static bool slot_path(const struct vt_buf *key, char *path) {
    if (key->failed || !find_folder(path))
        return false;
    size_t used = strlen(path);
    snprintf(path + used, PATH_MAX - used, "/python-%02u",
             (unsigned)(hash(key) % SLOTS));
    return true;
}

/* ---- load and store -------------------------------------------------------------- */

static bool read_private_file(const char *path, struct vt_buf *content) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    struct stat facts;
    bool ok = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) &&
              facts.st_uid == geteuid() && (facts.st_mode & 077) == 0 &&
              facts.st_size <= MAX_FILE_BYTES;
    char *place = ok ? vt_buf_reserve(content, MAX_FILE_BYTES) : NULL;
    ssize_t size = place ? read(fd, place, MAX_FILE_BYTES) : -1;
    close(fd);
    if (size < 0)
        return false;
    content->size += (size_t)size;
    content->data[content->size] = '\0';
    return true;
}

bool vt_ask_cache_load(const struct vt_buf *key, struct vt_buf *answer) {
    char path[PATH_MAX];
    struct vt_buf content = {0};
    bool found = slot_path(key, path) && read_private_file(path, &content) &&
                 content.size > key->size && content.data[key->size] == '\n' &&
                 memcmp(content.data, key->data, key->size) == 0;
    if (found)
        vt_buf_append_text(answer, content.data + key->size + 1);
    vt_buf_fini(&content);
    return found && !answer->failed;
}

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

void vt_ask_cache_store(const struct vt_buf *key, const struct vt_buf *answer) {
    char path[PATH_MAX], temporary[PATH_MAX + 16];
    if (answer->failed || key->size + answer->size >= MAX_FILE_BYTES ||
        !slot_path(key, path))
        return;
    snprintf(temporary, sizeof temporary, "%s.%d", path, (int)getpid());
    int fd =
        open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    bool ok = write_all(fd, key->data, key->size) && write_all(fd, "\n", 1) &&
              write_all(fd, answer->data, answer->size);
    close(fd);
    if (!ok || rename(temporary, path) != 0)
        unlink(temporary);
}

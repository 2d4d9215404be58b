/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATHS = 128 };

static char folder[PATH_MAX];
static pid_t owner;

static void give_up(const char *what) {
    fprintf(stderr, "scratch: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int remove_one(const char *path, const struct stat *facts, int type,
                      struct FTW *place) {
    (void)facts;
    (void)type;
    return place->level ? remove(path) : 0;
}

void scratch_empty(void) {
    if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        give_up(folder);
}

static void remove_folder(void) {
    if (getpid() != owner)
        return; /* a forked child ends, too */
    scratch_empty();
    rmdir(folder);
}

const char *scratch_create(void) {
    char path[] = "/tmp/vt_test.XXXXXX";
    if (!mkdtemp(path) || !realpath(path, folder))
        give_up(path);
    owner = getpid();
    atexit(remove_folder);
    return folder;
}

const char *scratch_path(const char *name) {
    static char paths[PATHS][PATH_MAX + 256];
    static int next;
    char *path = paths[next++ % PATHS];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* The path of `name`, with its folders made and nothing there. */
static const char *place_for(const char *name) {
    const char *path = scratch_path(name);
    char parent[PATH_MAX + 256];
    for (const char *slash = strchr(path + strlen(folder) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
        if (mkdir(parent, 0700) != 0 && errno != EEXIST)
            give_up(parent);
    }
    if (unlink(path) != 0 && errno != ENOENT)
        give_up(path);
    return path;
}

const char *scratch_write(const char *name, const char *text, mode_t mode) {
    const char *path = place_for(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        close(fd) != 0)
        give_up(path);
    return path;
}

const char *scratch_copy(const char *name, const char *from, mode_t mode) {
    const char *path = place_for(name);
    char piece[65536];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (in < 0 || out < 0)
        give_up(from);
    while ((n = read(in, piece, sizeof piece)) > 0)
        if (write(out, piece, (size_t)n) != n)
            give_up(path);
    close(in);
    close(out);
    return path;
}

const char *scratch_link(const char *name, const char *target) {
    const char *path = place_for(name);
    if (symlink(target, path) != 0)
        give_up(path);
    return path;
}

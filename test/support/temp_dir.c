/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/temp_dir.h"

#include "core/base/error.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void temp_dir_init(struct temp_dir *dir) {
    *dir = (struct temp_dir){.path = "/tmp/viztracer-test-XXXXXX"};
    VT_REQUIRE(mkdtemp(dir->path) != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

void temp_dir_fini(struct temp_dir *dir) {
    nftw(dir->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *temp_dir_join(struct temp_dir *dir, const char *name) {
    char *joined = dir->joined[dir->next++ % 4];
    size_t dir_size = strlen(dir->path), name_size = strlen(name);
    VT_REQUIRE(dir_size + name_size + 2 <= sizeof dir->joined[0]);
    memcpy(joined, dir->path, dir_size);
    joined[dir_size] = '/';
    memcpy(joined + dir_size + 1, name, name_size + 1);
    return joined;
}

size_t temp_dir_count(const struct temp_dir *dir) {
    DIR *stream = opendir(dir->path);
    VT_REQUIRE(stream != NULL);
    size_t count = 0;
    while (readdir(stream))
        count++;
    closedir(stream);
    return count - 2; /* . and .. */
}

void temp_dir_write(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "we");
    VT_REQUIRE(file != NULL);
    VT_REQUIRE(fwrite(bytes, 1, size, file) == size);
    VT_REQUIRE(fclose(file) == 0);
}

char *temp_dir_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    size_t capacity = 1 << 16, used = 0, got;
    char *bytes = malloc(capacity);
    VT_REQUIRE(bytes != NULL);
    while ((got = fread(bytes + used, 1, capacity - used - 1, file))) {
        used += got;
        if (used + 1 == capacity) {
            bytes = realloc(bytes, capacity *= 2);
            VT_REQUIRE(bytes != NULL);
        }
    }
    fclose(file);
    bytes[used] = '\0';
    if (size)
        *size = used;
    return bytes;
}

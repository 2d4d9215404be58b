/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/shared_dir.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool shared_dir_find(const char *name, char *path, size_t size) {
    const char *given = getenv("VIZTRACER_SHARED");
    if (given) {
        snprintf(path, size, "%s/%s", given, name);
        return access(path, R_OK) == 0;
    }
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder))
        return false;
    for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
        *slash = '\0';
        snprintf(path, size, "%s/shared/%s", folder, name);
        if (access(path, R_OK) == 0)
            return true;
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/python_facts.h"

#include "core/base/buf.h"
#include "embed/elf_peek.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Exported by free-threaded builds alone, whatever their executable is called. */
static const char free_threaded_mark[] = "_Py_MergeZeroLocalRefcount";

void vt_python_facts_fini(struct vt_python_facts *facts) {
    free(facts->executable);
    free(facts->base_prefix);
    free(facts->libpython);
    *facts = (struct vt_python_facts){0};
}

bool vt_python_facts_same_file(const char *candidate, const char *other) {
    struct stat a, b;
    return stat(candidate, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* The path formatted into allocated memory, if there is a file of that name; else
 * NULL. */
static char *existing(const char *format, const char *dir, const char *name) {
    char *path = NULL;
    if (asprintf(&path, format, dir, name) < 0)
        return NULL;
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* Cuts the last component off; false when there is none left to cut. */
static bool cut_to_parent(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return false;
    *slash = '\0';
    return true;
}

/* ---- the name behind the links ------------------------------------------------- */

/* "python3.11", "python3.13t", "python3.11d" into version and flags. */
static bool parse_versioned_name(const char *path, struct vt_python_facts *facts) {
    const char *name = strrchr(path, '/');
    int end = 0;
    if (sscanf(name ? name + 1 : path, "python%d.%d%n", &facts->major, &facts->minor,
               &end) < 2)
        return false;
    const char *flags = (name ? name + 1 : path) + end;
    if (strlen(flags) >= sizeof facts->abiflags || strspn(flags, "td") != strlen(flags))
        return false;
    snprintf(facts->abiflags, sizeof facts->abiflags, "%s", flags);
    return true;
}

/* The value of `key` in a pyvenv.cfg, allocated; NULL: not there. */
static char *read_venv_key(const char *file, const char *key) {
    FILE *f = fopen(file, "re");
    char *line = NULL, *value = NULL;
    size_t capacity = 0;
    while (f && !value && getline(&line, &capacity, f) > 0) {
        char *equals = strchr(line, '=');
        size_t size = strlen(key);
        if (!equals || strncasecmp(line, key, size) != 0 ||
            strspn(line + size, " \t") != (size_t)(equals - (line + size)))
            continue;
        char *start = equals + 1 + strspn(equals + 1, " \t");
        size_t length = strlen(start);
        while (length && isspace((unsigned char)start[length - 1]))
            length--;
        value = strndup(start, length);
    }
    free(line);
    if (f)
        fclose(f);
    return value;
}

/* The `home` of the virtual environment that `executable` stands in, allocated; NULL:
 * none. Looked for where the interpreter looks: beside the executable and one folder
 * up. */
static char *venv_home(const char *executable) {
    char dir[PATH_MAX];
    if ((size_t)snprintf(dir, sizeof dir, "%s", executable) >= sizeof dir)
        return NULL;
    for (int up = 0; up < 2 && cut_to_parent(dir); up++) {
        char *file = existing("%s/%s", dir, "pyvenv.cfg");
        char *home = file ? read_venv_key(file, "home") : NULL;
        free(file);
        if (home)
            return home;
    }
    return NULL;
}

/* The executable of the installation, links resolved: a venv may hold a copy, then
 * its home has the original. Allocated; NULL: not plain. */
static char *find_base_executable(const char *executable) {
    char *home = venv_home(executable);
    char *real = realpath(executable, NULL);
    struct vt_python_facts named;
    if (home && real && !parse_versioned_name(real, &named)) {
        free(real);
        char *original = existing("%s/%s", home, "python3");
        real = original ? realpath(original, NULL) : NULL;
        free(original);
    }
    free(home);
    return real;
}

/* ---- the library ----------------------------------------------------------------- */

/* LD_LIBRARY_PATH may make python3 load another library than its installation's. */
static bool loader_may_prefer_another(const char *needed, const char *libpython) {
    const char *list = getenv("LD_LIBRARY_PATH");
    while (list && *list) {
        size_t size = strcspn(list, ":;");
        char dir[PATH_MAX];
        if (size < sizeof dir) {
            snprintf(dir, sizeof dir, "%.*s", (int)size, size ? list : ".");
            char *other = existing("%s/%s", dir, needed);
            bool differs = other && !vt_python_facts_same_file(other, libpython);
            free(other);
            if (differs)
                return true;
        }
        list += size + (list[size] != '\0');
    }
    return false;
}

static char *find_library(const struct vt_python_facts *facts) {
    static const char *const folders[] = {"%s/lib/%s", "%s/lib/" VT_MULTIARCH "/%s",
                                          "%s/lib64/%s"};
    char name[64];
    snprintf(name, sizeof name, "libpython%d.%d%s.so.1.0", facts->major, facts->minor,
             facts->abiflags);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *path = existing(folders[i], facts->base_prefix, name);
        if (path)
            return path;
    }
    return NULL;
}

/* PY_VERSION_HEX without the release level: 0x030b02. 0: not exported (before 3.11). */
static unsigned long exported_version(const struct vt_elf_peek *elf) {
    return vt_elf_peek_constant(elf, "Py_Version") >> 8;
}

static unsigned long told_version(const struct vt_python_facts *facts) {
    return (unsigned long)facts->major << 16 | (unsigned long)facts->minor << 8 |
           (unsigned long)facts->micro;
}

/* Drops the library when it certainly is not the interpreter's: another patch level, or
 * the loader would take another one. The rest the ladder checks when it is loaded. */
static void drop_foreign_library(struct vt_python_facts *facts, const char *needed) {
    struct vt_elf_peek library;
    bool ours = vt_elf_peek_open(&library, facts->libpython);
    if (ours) {
        unsigned long version = exported_version(&library);
        if (vt_elf_peek_defines(&library, free_threaded_mark) &&
            !strchr(facts->abiflags, 't'))
            ours = false;
        if (needed && version && facts->micro == VT_PYTHON_MICRO_UNKNOWN)
            facts->micro = (int)(version & 0xff);
        if (facts->micro != VT_PYTHON_MICRO_UNKNOWN && version)
            ours = ours && version == told_version(facts);
        vt_elf_peek_close(&library);
    }
    if (ours && !(needed && loader_may_prefer_another(needed, facts->libpython)))
        return;
    free(facts->libpython);
    facts->libpython = NULL;
}

static bool is_privileged(const char *executable) {
    struct stat facts;
    if (stat(executable, &facts) == 0 && (facts.st_mode & (S_ISUID | S_ISGID)))
        return true;
    return getxattr(executable, "security.capability", NULL, 0) > 0;
}

void vt_python_facts_complete(struct vt_python_facts *facts) {
    facts->privileged = is_privileged(facts->executable);
    free(facts->libpython);
    facts->libpython = find_library(facts);
    if (!facts->libpython)
        return;
    struct vt_elf_peek elf;
    char needed[64] = "";
    if (vt_elf_peek_open(&elf, facts->executable)) {
        const char *name = vt_elf_peek_needed(&elf, "libpython");
        snprintf(needed, sizeof needed, "%s", name ? name : "");
        vt_elf_peek_close(&elf);
    }
    drop_foreign_library(facts, *needed ? needed : NULL);
}

/* ---- the executable -------------------------------------------------------------- */

/* "libpython3.13t.so.1.0": the build's flags stand in the library's name, too. */
static bool read_needed_library(struct vt_python_facts *facts, const char *needed) {
    int major, minor, end = 0;
    if (!needed || sscanf(needed, "libpython%d.%d%n", &major, &minor, &end) < 2)
        return false;
    size_t size = strspn(needed + end, "td");
    if (major != facts->major || minor != facts->minor ||
        size >= sizeof facts->abiflags)
        return false;
    snprintf(facts->abiflags, sizeof facts->abiflags, "%.*s", (int)size, needed + end);
    return true;
}

/* What the executable itself tells. False: not enough. */
static bool read_executable(struct vt_python_facts *facts, const char *base) {
    struct vt_elf_peek elf;
    if (!vt_elf_peek_open(&elf, base))
        return false;
    unsigned long version = exported_version(&elf);
    facts->micro = version ? (int)(version & 0xff) : VT_PYTHON_MICRO_UNKNOWN;
    if (vt_elf_peek_defines(&elf, free_threaded_mark))
        snprintf(facts->abiflags, sizeof facts->abiflags, "t");
    bool enough =
        version || read_needed_library(facts, vt_elf_peek_needed(&elf, "libpython"));
    vt_elf_peek_close(&elf);
    return enough;
}

/* base/bin/python3.11 -> base, if its standard library is there. */
static bool find_prefix(struct vt_python_facts *facts, const char *base) {
    facts->base_prefix = strdup(base);
    if (!facts->base_prefix || !cut_to_parent(facts->base_prefix) ||
        !cut_to_parent(facts->base_prefix))
        return false;
    char landmark[64];
    snprintf(landmark, sizeof landmark, "python%d.%d%s/os.py", facts->major,
             facts->minor, strchr(facts->abiflags, 't') ? "t" : "");
    char *found = existing("%s/lib/%s", facts->base_prefix, landmark);
    if (!found)
        found = existing("%s/lib64/%s", facts->base_prefix, landmark);
    free(found);
    return found != NULL;
}

bool vt_python_facts_read(struct vt_python_facts *facts, const char *path) {
    *facts = (struct vt_python_facts){0};
    char *base = find_base_executable(path);
    bool known = base && parse_versioned_name(base, facts) &&
                 read_executable(facts, base) && find_prefix(facts, base);
    free(base);
    if (known) {
        snprintf(facts->implementation, sizeof facts->implementation, "cpython");
        facts->executable = strdup(path);
        known = facts->executable != NULL;
    }
    if (!known) {
        vt_python_facts_fini(facts);
        return false;
    }
    vt_python_facts_complete(facts);
    return true;
}

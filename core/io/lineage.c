/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/lineage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_GENERATIONS = 64, YOUNG_S = 2 };

/* The text of a small file of /proc, NUL-terminated; false: there is none. */
static bool read_file(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

struct process {
    char state;
    long parent;
    unsigned long long start; /* clock ticks since the boot */
};

/* /proc/PID/stat: the fields behind the name, proc(5). */
static bool read_process(int32_t pid, struct process *process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_file(path, text, sizeof text))
        return false;
    const char *name_end = strrchr(text, ')');
    return name_end && sscanf(name_end,
                              ") %c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
                              "%*d %*d %*d %*d %*d %*d %llu",
                              &process->state, &process->parent, &process->start) == 3;
}

bool vt_lineage_is_descendant(int32_t pid) {
    struct process process;
    for (int i = 0; i < MOST_GENERATIONS && pid > 1; i++) {
        if (!read_process(pid, &process))
            return false;
        if (process.parent == getpid())
            return true;
        pid = (int32_t)process.parent;
    }
    return false;
}

struct walk {
    void (*visit)(void *state, int32_t pid);
    void *state;
    int generation;
};

static void visit_children(const struct walk *walk, int32_t pid);

static void visit_listed(const struct walk *walk, const char *path) {
    char text[16384];
    if (!read_file(path, text, sizeof text))
        return;
    for (char *at = text, *end;; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at)
            return;
        struct process process;
        if (!read_process((int32_t)child, &process) || process.state == 'Z')
            continue;
        walk->visit(walk->state, (int32_t)child);
        struct walk deeper = {walk->visit, walk->state, walk->generation + 1};
        visit_children(&deeper, (int32_t)child);
    }
}

/* /proc/PID/task/TID/children lists those of each thread. */
static void visit_children(const struct walk *walk, int32_t pid) {
    char path[320];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = walk->generation < MOST_GENERATIONS ? opendir(path) : NULL;
    const struct dirent *entry;
    while (tasks && (entry = readdir(tasks))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, entry->d_name);
        visit_listed(walk, path);
    }
    if (tasks)
        closedir(tasks);
}

void vt_lineage_each(void (*visit)(void *state, int32_t pid), void *state) {
    struct walk walk = {visit, state, 0};
    visit_children(&walk, getpid());
}

static bool is_young(int32_t pid) {
    struct process process;
    struct timespec now;
    if (!read_process(pid, &process))
        return false;
    clock_gettime(CLOCK_BOOTTIME, &now);
    unsigned long long started_s =
        process.start / (unsigned long long)sysconf(_SC_CLK_TCK);
    return (unsigned long long)now.tv_sec < started_s + YOUNG_S;
}

/* The path that a link of /proc points at; false: none that we may see. */
static bool read_exe(const char *link, char *path, size_t size) {
    ssize_t n = readlink(link, path, size - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 0;
}

bool vt_lineage_is_young_python(int32_t pid) {
    char link[64], exe[4096], own[4096], name[32] = "";
    snprintf(link, sizeof link, "/proc/%d/comm", pid);
    if (!read_file(link, name, sizeof name) || strcmp(name, "viztracer-watch\n") == 0)
        return false;
    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    if (!read_exe(link, exe, sizeof exe) || !is_young(pid))
        return false;
    const char *slash = strrchr(exe, '/');
    return (slash && strncmp(slash + 1, "python", 6) == 0) ||
           (read_exe("/proc/self/exe", own, sizeof own) && strcmp(own, exe) == 0);
}

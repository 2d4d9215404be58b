/* SPDX-License-Identifier: Apache-2.0
 *
 * What the watcher costs a program: bench_watcher [ROUNDS]. Wall time in which a
 * process starts and is waited for, with a watcher of its own less without one; the
 * median of interleaved rounds, in ms. The process has touched as much memory as a
 * starting Python.
 */
#include "embed/watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY_BYTES = 10 << 20, MOST_ROUNDS = 10000 };

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void do_nothing(void *state) {
    (void)state;
}

static void find_no_dead_run(void *state, const char *run_dir,
                             const struct vt_watcher_end *end) {
    (void)state;
    (void)run_dir;
    (void)end;
}

static _Noreturn void run_process(bool is_watched) {
    char *memory = malloc(MEMORY_BYTES);
    if (!memory)
        _exit(1);
    memset(memory, 1, MEMORY_BYTES);
    struct vt_watcher watcher = {.place_fd = -1,
                                 .at_leisure = do_nothing,
                                 .leisure_after_ms = 1000,
                                 .on_dead_run = find_no_dead_run};
    _exit(is_watched && !vt_watcher_start(&watcher));
}

static double measure(bool is_watched) {
    double began = now_ms();
    pid_t pid = fork();
    if (pid == 0)
        run_process(is_watched);
    int status = 1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
        fprintf(stderr, "bench_watcher: a process failed\n");
        exit(1);
    }
    return now_ms() - began;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

int main(int argc, char **argv) {
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    if (rounds < 1 || rounds > MOST_ROUNDS)
        return 2;
    static double with[MOST_ROUNDS], without[MOST_ROUNDS];
    for (long i = 0; i < rounds; i++) {
        without[i] = measure(false);
        with[i] = measure(true);
    }
    qsort(with, (size_t)rounds, sizeof *with, compare);
    qsort(without, (size_t)rounds, sizeof *without, compare);
    printf("%.2f\n", with[rounds / 2] - without[rounds / 2]);
    return 0;
}

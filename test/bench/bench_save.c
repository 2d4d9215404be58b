/* SPDX-License-Identifier: Apache-2.0
 *
 * How long saving takes: a log of 1,048,576 calls in a file, as a program of a few
 * hundred functions leaves it, to json, to gzip and to html.
 *
 *   bench_save [DIRECTORY [THREADS]]
 *
 * Prints the best of several saves before fsync, with fsync, and the targets.
 */
#include "core/io/deflate.h"
#include "core/io/log_file.h"
#include "core/io/report.h"
#include "test/support/log_builder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 1 << 20, FUNCTIONS = 300, ROUNDS = 9 };

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "bench_save: %s\n", what);
    exit(1);
}

static void add_functions(struct log_builder *log) {
    for (int i = 0; i < FUNCTIONS; i++) {
        char name[64];
        if (i % 2) {
            snprintf(name, sizeof name, "Parser%d.parse_%d", i % 17, i);
            log_builder_python(log, name, "/home/me/pkg/parser.py", 10 + i * 7);
        } else {
            snprintf(name, sizeof name, "builtins.function_%d", i);
            log_builder_c(log, name);
        }
    }
}

/* Loops over some functions, now and then another: as programs do. */
static uint32_t function_of(uint32_t i) {
    uint32_t loop = i / 5000;
    return (loop * 7 + i % (3 + loop % 11) * 13 + (random() % 10 == 0)) % FUNCTIONS;
}

/* Calls of 20 ns to 20 us in 3 levels, in turn over the threads. */
static void fill(struct log_builder *log, uint32_t threads) {
    log_builder_init(log, EVENTS);
    log_builder_view(log, 0).head->state = VT_LOG_STOPPED;
    struct vt_log_header *head = log_builder_view(log, 0).head;
    head->flags = 0;
    head->start = (struct vt_clock_pair){7000000000000, 986155916000000};
    add_functions(log);
    uint32_t *blocks = calloc(threads, sizeof *blocks);
    if (!blocks)
        die("out of memory");
    uint64_t ticks = 7000000000000;
    for (uint32_t i = 0; i < EVENTS; i++) {
        uint32_t thread = i / 100 % threads;
        uint32_t *block = &blocks[thread];
        if (!*block ||
            log_builder_view(log, *block).block->committed == VT_BLOCK_SLOTS) {
            if (*block)
                log_builder_view(log, *block).block->events = VT_BLOCK_SLOTS;
            *block = log_builder_block(log, VT_BLOCK_EVENTS, 1);
            uint64_t ns = 986155916000000 + (ticks - 7000000000000) / 3;
            log_builder_view(log, *block).block->opened =
                (struct vt_clock_pair){ticks, ns};
        }
        ticks += 100 + (uint64_t)(random() % 3000);
        uint64_t length = 60 + (uint64_t)(random() % 60000) / (1u + i % 7);
        log_builder_call(log, *block, thread, function_of(i), ticks - length, ticks);
    }
    for (uint32_t i = 1; i < threads; i++)
        log_builder_thread(log, i, 100 + i, 0, "Thread-1 (run)");
    log_builder_view(log, 0).head->stop =
        (struct vt_clock_pair){ticks, 986155916000000 + (ticks - 7000000000000) / 3};
    free(blocks);
}

static void write_log(const char *path, uint32_t threads) {
    struct log_builder log;
    fill(&log, threads);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t done = 0;
    while (fd >= 0 && done < log.size) {
        ssize_t n = write(fd, log.bytes + done, log.size - done);
        if (n <= 0)
            die(strerror(errno));
        done += (size_t)n;
    }
    if (fd < 0 || close(fd) != 0)
        die(strerror(errno));
    log_builder_fini(&log);
}

static void measure(const char *log_path, const char *path, const char *what,
                    double target_ms) {
    double best = 1e9, cpu_ms = 1e9, fsync_ms = 0, megabytes = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct vt_log_file file;
        struct vt_report_stats stats;
        struct vt_error err;
        struct vt_report_options options = {.output_path = path, .file_info = true};
        uint64_t begin = now_ns(), cpu_begin = cpu_ns();
        if (vt_log_file_open(&file, AT_FDCWD, log_path, &err) != VT_OK)
            die(err.text);
        struct vt_log_image image = vt_log_file_image(&file);
        if (vt_report_save(&image, 1, &options, &stats, &err) != VT_OK)
            die(err.text);
        double ms = (double)(now_ns() - begin - stats.fsync_ns) / 1e6;
        double cpu = (double)(cpu_ns() - cpu_begin) / 1e6;
        vt_log_file_close(&file);
        if (cpu < cpu_ms)
            cpu_ms = cpu;
        if (ms < best) {
            best = ms;
            fsync_ms = (double)stats.fsync_ns / 1e6;
            megabytes = (double)stats.file_bytes / 1e6;
        }
        if (stats.events != EVENTS)
            die("not all events were written");
    }
    printf("%-8s %7.1f ms before fsync (target %.0f: %.2fx), fsync %.1f ms, CPU %.1f "
           "ms, %.1f MB\n",
           what, best, target_ms, best / target_ms, fsync_ms, cpu_ms, megabytes);
    unlink(path);
}

int main(int argc, char **argv) {
    const char *dir = argc > 1 ? argv[1] : "/tmp";
    long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    char log_path[PATH_MAX], json[PATH_MAX], gz[PATH_MAX], html[PATH_MAX];
    snprintf(log_path, sizeof log_path, "%s/bench_save-%ld.log", dir, (long)getpid());
    snprintf(json, sizeof json, "%s/bench_save-%ld.json", dir, (long)getpid());
    snprintf(gz, sizeof gz, "%s/bench_save-%ld.json.gz", dir, (long)getpid());
    snprintf(html, sizeof html, "%s/bench_save-%ld.html", dir, (long)getpid());
    write_log(log_path, threads > 0 ? (uint32_t)threads : 1);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    measure(log_path, json, "json", 150);
    measure(log_path, gz, vt_deflate_best()->name,
            vt_deflate_best() == &vt_deflate_zlib ? 400 : 250);
    measure(log_path, html, "html", 1000);
    getrusage(RUSAGE_SELF, &after);
    printf("peak of the whole bench %ld MB, of it building the log %ld MB\n",
           after.ru_maxrss / 1024, before.ru_maxrss / 1024);
    unlink(log_path);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What recording costs without Python: bench_record [CALLS [ROUNDS]].
 *
 * A pair is vt_thread_enter + vt_thread_leave, one complete event. `cold` writes CALLS
 * of them into a new log, the price of memory that nobody has touched; `warm` writes
 * them into a ring that has been full before. Times of pairs are processor time, the
 * smallest of all rounds and the one in the middle. A pause between two events is wall
 * time, in which others may have had the processor: the longest one that comes back at
 * its place in every round is ours.
 */
#include "core/record/log.h"
#include "core/record/log_dir.h"
#include "core/record/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ROUNDS = 1000 };

struct bench {
    struct vt_log_dir dir;
    uint32_t calls;
    int rounds;
    double ticks_per_us;
};

/* Of one measurement, over all rounds. */
struct series {
    double value[MOST_ROUNDS];
    int count;
};

static uint64_t clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void print_series(const char *what, struct series *series, const char *unit) {
    qsort(series->value, (size_t)series->count, sizeof *series->value, compare);
    printf("%-44s %9.1f %9.1f  %s\n", what, series->value[0],
           series->value[series->count / 2], unit);
    series->count = 0;
}

static void die(const char *what) {
    fprintf(stderr, "bench_record: %s\n", what);
    exit(1);
}

static char *new_path(const struct bench *bench, bool file) {
    return file ? vt_log_dir_new_log_path(&bench->dir) : NULL;
}

static struct vt_log *new_log(const char *path, uint64_t capacity) {
    struct vt_error why = {.status = VT_OK}, err;
    struct vt_log_options options = {
        .path = path, .capacity = capacity, .pid = getpid(), .main_tid = getpid()};
    struct vt_log *log = vt_log_create(&options, &why, &err);
    if (!log)
        die(err.text);
    if (why.status != VT_OK)
        die(why.text);
    return log;
}

static struct vt_thread *new_thread(struct vt_log *log) {
    struct vt_thread *thread =
        vt_log_add_thread(log, 1, 0, (struct vt_log_text){"main", 4});
    if (!thread)
        die("no thread");
    return thread;
}

static void remove_log(struct vt_log *log, char *path) {
    vt_log_destroy(log);
    if (path)
        unlink(path);
    free(path);
}

/* Processor time of `count` pairs, ns per pair. */
static double time_pairs(struct vt_thread *thread, uint32_t count) {
    uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (uint32_t i = 0; i < count; i++) {
        vt_thread_enter(thread, i & 1023, false);
        (void)vt_thread_leave(thread, i & 1023);
    }
    return (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / count;
}

/* For each block of events the shortest over all rounds of the longest pauses between
 * two events in it, us: what is taken from us is taken elsewhere in the next round. */
struct pauses {
    double *of_block;
    size_t count;
};

static void note_pauses(const struct bench *bench, struct vt_log *log,
                        struct pauses *pauses) {
    static char block[VT_LOG_BLOCK_BYTES];
    const struct vt_block_header *head = (const void *)block;
    const struct vt_event *event = (const void *)(block + VT_LOG_HEADER_BYTES);
    uint64_t before = 0;
    size_t at = 0;
    for (uint32_t i = 1; i < vt_log_head(log)->block_count; i += head->span) {
        vt_log_read_at(log, (uint64_t)i * sizeof block, block, sizeof block);
        if (head->kind != VT_BLOCK_EVENTS || at == pauses->count)
            continue;
        uint64_t longest = 0;
        for (uint32_t slot = 0; slot < head->committed; slot++) {
            uint64_t pause = before ? event[slot].start - before : 0;
            longest = pause > longest ? pause : longest;
            before = event[slot].start + event[slot].extra;
        }
        double us = (double)longest / bench->ticks_per_us;
        pauses->of_block[at] = us < pauses->of_block[at] ? us : pauses->of_block[at];
        at++;
    }
}

static struct pauses new_pauses(const struct bench *bench) {
    size_t count = bench->calls / VT_BLOCK_SLOTS + 1;
    struct pauses pauses = {calloc(count, sizeof(double)), count};
    if (!pauses.of_block)
        die("out of memory");
    for (size_t i = 0; i < count; i++)
        pauses.of_block[i] = 1e9;
    return pauses;
}

static void print_pauses(struct pauses *pauses) {
    qsort(pauses->of_block, pauses->count, sizeof(double), compare);
    printf("%-44s %9s %9.1f  us, in every round\n", "  longest pause", "",
           pauses->of_block[pauses->count - 1]);
    free(pauses->of_block);
}

static void measure_creation(const struct bench *bench, bool file) {
    static struct series cpu;
    for (int round = 0; round < 10 * bench->rounds && round < MOST_ROUNDS; round++) {
        char *path = new_path(bench, file);
        uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        struct vt_log *log = new_log(path, bench->calls);
        (void)time_pairs(new_thread(log), 1);
        cpu.value[cpu.count++] =
            (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / 1e3;
        remove_log(log, path);
    }
    print_series(file ? "create, first thread and event: file"
                      : "create, first thread and event: anonymous",
                 &cpu, "us");
}

static void measure_cold(const struct bench *bench, bool file) {
    static struct series pair, removal;
    struct pauses pauses = new_pauses(bench);
    for (int round = 0; round < bench->rounds; round++) {
        char *path = new_path(bench, file);
        struct vt_log *log = new_log(path, bench->calls);
        pair.value[pair.count++] = time_pairs(new_thread(log), bench->calls);
        note_pauses(bench, log, &pauses);
        uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        remove_log(log, path);
        removal.value[removal.count++] =
            (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / 1e3;
    }
    print_series(file ? "cold pair: file" : "cold pair: anonymous", &pair, "ns");
    print_pauses(&pauses);
    print_series("  unmap and remove", &removal, "us");
}

static void measure_warm(const struct bench *bench, bool file, uint32_t capacity) {
    static struct series pair;
    char *path = new_path(bench, file);
    struct vt_log *log = new_log(path, capacity);
    struct vt_thread *thread = new_thread(log);
    (void)time_pairs(thread, capacity + 4 * VT_BLOCK_SLOTS);
    for (int round = 0; round < bench->rounds; round++)
        pair.value[pair.count++] = time_pairs(thread, bench->calls);
    remove_log(log, path);
    char what[64];
    snprintf(what, sizeof what, "warm pair, ring of %u: %s", capacity,
             file ? "file" : "anonymous");
    print_series(what, &pair, "ns");
}

static void measure_clock(const struct bench *bench) {
    static struct series reads;
    for (int round = 0; round < bench->rounds; round++) {
        uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID), sum = 0;
        for (uint32_t i = 0; i < bench->calls; i++)
            sum += vt_clock_ticks() ^ vt_clock_ticks();
        if (!sum)
            die("the clock stands still");
        reads.value[reads.count++] =
            (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / bench->calls;
    }
    print_series("two clock reads alone", &reads, "ns");
}

int main(int argc, char **argv) {
    struct bench bench = {.calls = 1000000, .rounds = 15};
    if (argc > 1)
        bench.calls = (uint32_t)strtoul(argv[1], NULL, 10);
    if (argc > 2)
        bench.rounds = (int)strtol(argv[2], NULL, 10);
    if (!bench.calls || bench.rounds < 1 || bench.rounds > MOST_ROUNDS) {
        fprintf(stderr, "usage: bench_record [CALLS [ROUNDS (1 to %d)]]\n",
                MOST_ROUNDS);
        return 2;
    }
    struct vt_error err;
    if (vt_log_dir_create(&bench.dir, NULL, &err) != VT_OK)
        die(err.text);
    vt_clock_init();
    bench.ticks_per_us =
        (double)vt_clock_ns_to_ticks(1000000, vt_clock_pair(200)) / 1e3;
    printf("%u calls, %d rounds, logs in %s\n", bench.calls, bench.rounds,
           bench.dir.path);
    printf("%-44s %9s %9s\n", "", "least", "middle");
    measure_clock(&bench);
    for (int file = 1; file >= 0; file--) {
        measure_creation(&bench, file);
        measure_cold(&bench, file);
        measure_warm(&bench, file, 100000);
        measure_warm(&bench, file, 1000000);
    }
    vt_log_dir_remove(&bench.dir);
    return 0;
}

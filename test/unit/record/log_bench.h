/* SPDX-License-Identifier: Apache-2.0
 *
 * What each test of a recording thread has: a log and a thread in it.
 */
#ifndef VT_TEST_UNIT_RECORD_LOG_BENCH_H
#define VT_TEST_UNIT_RECORD_LOG_BENCH_H

#include "test/unit/record/log_walk.h"

#include <stdlib.h>

struct bench {
    struct vt_log *log;
    struct vt_thread *thread;
    struct vt_log_walk walk;
};

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    if (!bench)
        return -1;
    bench->log = vt_test_log(NULL, 1000000, 0);
    bench->thread = vt_test_thread(bench->log);
    *state = bench;
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    vt_log_walk_fini(&bench->walk);
    vt_log_destroy(bench->log);
    free(bench);
    return 0;
}

#endif

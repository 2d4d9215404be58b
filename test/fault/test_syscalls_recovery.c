/* SPDX-License-Identifier: Apache-2.0
 *
 * Recovering while the n-th call of each system call fails: the whole report, or a
 * clear error with the earlier file untouched and the run still there (reliability.md
 * R6).
 */
#include "core/io/recover.h"
#include "test/fault/failing_call.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const char source[] = "def f():\n    pass\n";

struct fixture {
    struct temp_dir dir;
    struct log_builder log;
    char place[4096]; /* what VIZTRACER_RUNDIR names */
    char run[8192], log_path[16384], output[4096], source_path[4096];
    const char *named; /* what is recovered; NULL: it is to be found */
    char *whole, *without_source;
};

/* The run as its dead program left it; what is still there is written again. */
static void make_run(struct fixture *f) {
    mode_t old = umask(077);
    mkdir(f->run, 0700);
    temp_dir_write(f->log_path, f->log.bytes, f->log.size);
    umask(old);
}

static enum vt_status recover(struct fixture *f, struct vt_error *err) {
    struct vt_recover_options options = {.run = f->named, .output_path = f->output};
    struct vt_recover_result result;
    enum vt_status status = vt_recover(&options, &result, err);
    if (status == VT_OK)
        free(result.output_path);
    return status;
}

static char *recover_whole(struct fixture *f) {
    struct vt_error err;
    make_run(f);
    if (recover(f, &err) != VT_OK)
        fail_msg("%s", err.text);
    return temp_dir_read(f->output, NULL);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_dir_init(&f->dir);
    snprintf(f->source_path, sizeof f->source_path, "%s/s.py", f->dir.path);
    temp_dir_write(f->source_path, source, sizeof source - 1);
    log_builder_init(&f->log, 1000);
    log_builder_view(&f->log, 0).head->pid = INT32_MAX; /* no process: it is dead */
    uint32_t id = log_builder_python_of(&f->log, "f", f->source_path, NULL, 1);
    uint32_t block = log_builder_block(&f->log, VT_BLOCK_EVENTS, 1);
    for (uint64_t i = 0; i < 100; i++)
        log_builder_call(&f->log, block, 0, id, i * 10, i * 10 + 5);
    snprintf(f->place, sizeof f->place, "%s/runs", f->dir.path);
    assert_int_equal(mkdir(f->place, 0700), 0);
    setenv("VIZTRACER_RUNDIR", f->place, 1);
    setenv("TMPDIR", f->place, 1);
    snprintf(f->run, sizeof f->run, "%s/viztracer-%lu-%d-1", f->place,
             (unsigned long)getuid(), INT32_MAX);
    snprintf(f->log_path, sizeof f->log_path, "%s/%d-1.log", f->run, INT32_MAX);
    snprintf(f->output, sizeof f->output, "%s/r.json", f->dir.path);
    f->named = f->run;
    f->whole = recover_whole(f);
    assert_non_null(strstr(f->whole, "def f()"));
    char aside[8192];
    snprintf(aside, sizeof aside, "%s.aside", f->source_path);
    assert_int_equal(rename(f->source_path, aside), 0);
    f->without_source = recover_whole(f);
    assert_null(strstr(f->without_source, "def f()"));
    assert_int_equal(rename(aside, f->source_path), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    log_builder_fini(&f->log);
    temp_dir_fini(&f->dir);
    free(f->whole);
    free(f->without_source);
    free(f);
    return 0;
}

/* One recovery with one fault. False: the n-th call of the kind does not happen any
 * more. */
static bool try_fault(void *state, enum failing_call call, int n, int error) {
    struct fixture *f = state;
    struct vt_error err = {0};
    make_run(f);
    temp_dir_write(f->output, "earlier", 7);
    failing_call_arm(call, n, error);
    enum vt_status status = recover(f, &err);
    bool has_failed = failing_call_disarm();
    char *text = temp_dir_read(f->output, NULL);
    bool is_whole = !strcmp(text, f->whole) || !strcmp(text, f->without_source);
    bool is_earlier = !strcmp(text, "earlier") && access(f->log_path, F_OK) == 0;
    free(text);
    if (status == VT_OK ? !is_whole : !is_earlier || !err.text[0])
        fail_msg("%s %d: %s: status %d (%s), the file is %s", failing_call_name(call),
                 n, strerror(error), status, err.text, is_whole ? "new" : "neither");
    return has_failed;
}

static void a_run_that_is_named_becomes_a_report_or_stays(void **state) {
    struct fixture *f = *state;
    assert_in_range(failing_call_each(try_fault, f), 150, 100000);
    assert_int_equal(temp_dir_count(&f->dir), 3); /* runs, source and report */
}

static void so_does_one_that_is_found(void **state) {
    struct fixture *f = *state;
    f->named = NULL;
    assert_in_range(failing_call_each(try_fault, f), 150, 100000);
}

static void so_does_a_log_that_is_named(void **state) {
    struct fixture *f = *state;
    f->named = f->log_path;
    assert_in_range(failing_call_each(try_fault, f), 100, 100000);
    assert_int_equal(access(f->log_path, F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_run_that_is_named_becomes_a_report_or_stays),
        TEST(so_does_one_that_is_found),
        TEST(so_does_a_log_that_is_named),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log_sweep.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/record/log.h"
#include "test/support/temp_dir.h"

static struct temp_dir folder;
static char run[256]; /* the run of a dead process */
static size_t found;

static pid_t dead_pid(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void make_run(pid_t pid) {
    snprintf(run, sizeof run, "%s/viztracer-%lu-%ld-1", folder.path,
             (unsigned long)getuid(), (long)pid);
    assert_int_equal(mkdir(run, 0700), 0);
}

static int enter(void **state) {
    (void)state;
    temp_dir_init(&folder);
    setenv("VIZTRACER_RUNDIR", folder.path, 1);
    setenv("TMPDIR", folder.path, 1);
    make_run(dead_pid());
    found = 0;
    return 0;
}

static int leave(void **state) {
    (void)state;
    temp_dir_fini(&folder);
    return 0;
}

static struct vt_log *add_log(const char *name, bool saved) {
    char path[512];
    struct vt_error err;
    snprintf(path, sizeof path, "%s/%s", run, name);
    struct vt_log_options options = {.path = path, .capacity = 10, .pid = 1};
    struct vt_log *log = vt_log_create(&options, NULL, &err);
    assert_non_null(log);
    assert_true(vt_log_is_file(log));
    if (saved)
        vt_log_mark_saved(log);
    return log;
}

static void make_older(const char *path, int seconds) {
    struct timespec times[2] = {{.tv_sec = time(NULL) - seconds},
                                {.tv_sec = time(NULL) - seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void count_found(void *state, const char *path) {
    (void)state;
    assert_string_equal(path, run);
    found++;
}

static size_t sweep(void) {
    size_t removed = vt_log_sweep(NULL, count_found, NULL);
    assert_int_equal(access(run, F_OK) != 0, removed);
    return removed;
}

static void a_run_that_is_in_a_report_is_removed(void **state) {
    (void)state;
    vt_log_destroy(add_log("1-1.log", true));
    assert_int_equal(sweep(), 1);
    assert_int_equal(found, 0);
}

static void a_run_that_can_be_recovered_is_told_of_once(void **state) {
    (void)state;
    vt_log_destroy(add_log("1-1.log", true));
    vt_log_destroy(add_log("2-1.log", false));
    assert_int_equal(vt_log_sweep(NULL, NULL, NULL), 0); /* nobody to tell */
    assert_int_equal(sweep(), 0);
    assert_int_equal(found, 1);
    assert_int_equal(sweep(), 0);
    assert_int_equal(found, 1);
}

static void a_run_whose_process_lives_is_left_alone(void **state) {
    (void)state;
    struct vt_log *log = add_log("1-1.log", true);
    assert_int_equal(sweep(), 0); /* its log is locked */
    vt_log_destroy(log);
    assert_int_equal(sweep(), 1);
    make_run(getpid());
    make_older(run, 30 * 24 * 3600);
    assert_int_equal(sweep(), 0); /* its maker lives */
    assert_int_equal(found, 0);
}

static void a_run_that_grew_old_is_removed(void **state) {
    (void)state;
    char path[512];
    vt_log_destroy(add_log("1-1.log", false));
    snprintf(path, sizeof path, "%s/1-1.log", run);
    make_older(run, 8 * 24 * 3600);
    assert_int_equal(sweep(), 0); /* its log is young */
    make_older(path, 8 * 24 * 3600);
    make_older(run, 8 * 24 * 3600);
    assert_int_equal(sweep(), 1);
}

static void an_empty_run_is_removed_after_an_hour(void **state) {
    (void)state;
    assert_int_equal(sweep(), 0);
    make_older(run, 3700);
    assert_int_equal(sweep(), 1);
    assert_int_equal(found, 0);
}

static void what_others_can_open_is_not_touched(void **state) {
    (void)state;
    make_older(run, 3700);
    assert_int_equal(chmod(run, 0755), 0);
    assert_int_equal(sweep(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_that_is_in_a_report_is_removed, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_run_that_can_be_recovered_is_told_of_once,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(a_run_whose_process_lives_is_left_alone, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_run_that_grew_old_is_removed, enter, leave),
        cmocka_unit_test_setup_teardown(an_empty_run_is_removed_after_an_hour, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(what_others_can_open_is_not_touched, enter,
                                        leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

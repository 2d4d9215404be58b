/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose logs are in the report of a run, and who is waited for. */
#include "core/io/collect.h"
#include "core/io/log_file.h"
#include "core/record/log.h"
#include "core/record/log_dir.h"
#include "core/record/thread.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { MOST_LOOKS = 200 };

struct fixture {
    struct temp_dir dir;
    struct vt_log_dir run;
    struct vt_log *own;
    char output[4096];
    struct vt_report_options report;
    struct vt_collect_options options;
    struct vt_report_stats stats;
    pid_t child; /* that writes its log still */
    int waits, stop_at, kill_at;
    size_t most_awaited;
    char *text;
};

/* A log with one call, of the calling process. */
static struct vt_log *record(struct fixture *f, const char *name) {
    struct vt_error err;
    char *path = vt_log_dir_new_log_path(&f->run);
    struct vt_log_options options = {.path = path, .capacity = 10, .pid = getpid()};
    struct vt_log *log = vt_log_create(&options, NULL, &err);
    free(path);
    struct vt_thread *thread =
        vt_log_add_thread(log, (uint64_t)getpid(), 0, (struct vt_log_text){"main", 4});
    uint32_t id =
        vt_log_add_name(log, VT_SYMBOL_C, (struct vt_log_text){name, strlen(name)});
    vt_thread_enter(thread, id, false);
    (void)vt_thread_leave(thread, id);
    return log;
}

static bool wait_on(void *state, size_t count) {
    struct fixture *f = state;
    f->most_awaited = count > f->most_awaited ? count : f->most_awaited;
    if (++f->waits == f->kill_at)
        kill(f->child, SIGKILL);
    if (f->waits > MOST_LOOKS)
        fail_msg("it waits for ever");
    return f->waits != f->stop_at;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    struct vt_error err;
    temp_dir_init(&f->dir);
    if (vt_log_dir_create_at(&f->run, f->dir.path, &err) != VT_OK)
        return -1;
    snprintf(f->output, sizeof f->output, "%s/r.json", f->dir.path);
    f->report = (struct vt_report_options){.output_path = f->output};
    f->own = record(f, "m.own");
    f->options = (struct vt_collect_options){.run_dir = f->run.path,
                                             .own = {vt_log_read_at, f->own},
                                             .report = &f->report,
                                             .wait = wait_on,
                                             .state = f};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    if (f->child > 0) {
        kill(f->child, SIGKILL);
        waitpid(f->child, NULL, 0);
    }
    vt_log_destroy(f->own);
    vt_log_dir_remove(&f->run);
    temp_dir_fini(&f->dir);
    free(f->text);
    free(f);
    return 0;
}

/* A child with a log; it stays when `stays`, in a session of its own when `alone`. */
static pid_t start_child(struct fixture *f, bool stays, bool alone) {
    int ready[2];
    char byte = 'r';
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        if (alone)
            setsid();
        (void)record(f, "m.child");
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        while (stays)
            pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    if (stays)
        f->child = child;
    else
        waitpid(child, NULL, 0);
    return child;
}

static void collect(struct fixture *f) {
    struct vt_error err;
    if (vt_report_collect(&f->options, &f->stats, &err) != VT_OK)
        fail_msg("%s", err.text);
    free(f->text);
    f->text = temp_dir_read(f->output, NULL);
    assert_non_null(f->text);
}

static size_t count_of(const struct fixture *f, const char *name) {
    size_t count = 0;
    for (const char *at = f->text; (at = strstr(at, name)); at++)
        count++;
    return count;
}

static void the_logs_of_ended_children_come_before_our_own(void **state) {
    struct fixture *f = *state;
    start_child(f, false, false);
    start_child(f, false, false);
    collect(f);
    assert_int_equal(f->waits, 0);
    assert_int_equal(count_of(f, "\"m.child\""), 2);
    assert_int_equal(count_of(f, "\"m.own\""), 1);
    assert_true(strstr(f->text, "\"m.own\"") > strstr(f->text, "\"m.child\""));
}

static void without_a_run_there_is_our_log_only(void **state) {
    struct fixture *f = *state;
    start_child(f, false, false);
    f->options.run_dir = NULL;
    collect(f);
    assert_int_equal(count_of(f, "\"m.child\""), 0);
    assert_int_equal(count_of(f, "\"m.own\""), 1);
    f->options.run_dir = "/nowhere"; /* somebody removed it */
    collect(f);
    assert_int_equal(count_of(f, "\"m.own\""), 1);
}

static void a_child_that_runs_is_waited_for(void **state) {
    struct fixture *f = *state;
    start_child(f, true, false);
    f->kill_at = 3;
    collect(f);
    assert_int_equal(f->most_awaited, 1);
    assert_in_range(f->waits, 3, MOST_LOOKS);
    assert_int_equal(count_of(f, "\"m.child\""), 1);
}

static void who_waits_no_longer_gets_what_is_there(void **state) {
    struct fixture *f = *state;
    start_child(f, true, false);
    f->stop_at = 2;
    collect(f);
    assert_int_equal(f->waits, 2);
    assert_int_equal(count_of(f, "\"m.child\""), 1);
    assert_int_equal(kill(f->child, 0), 0);
    f->options.wait = NULL; /* nor who never waits */
    collect(f);
    assert_int_equal(count_of(f, "\"m.child\""), 1);
}

static void a_child_in_another_session_is_still_ours(void **state) {
    struct fixture *f = *state;
    start_child(f, true, true);
    f->kill_at = 2;
    collect(f);
    assert_in_range(f->waits, 2, MOST_LOOKS);
}

/* It has a session of its own, and its parent is gone. */
static void a_daemon_is_not_waited_for(void **state) {
    struct fixture *f = *state;
    int said[2];
    pid_t daemon_pid;
    assert_int_equal(pipe(said), 0);
    pid_t middle = fork();
    if (middle == 0) {
        setsid();
        pid_t child = fork();
        if (child == 0) {
            pid_t own = getpid();
            (void)record(f, "m.child");
            while (getppid() == middle)
                usleep(1000);
            if (write(said[1], &own, sizeof own) != sizeof own)
                _exit(1);
            pause();
        }
        usleep(20000);
        _exit(0);
    }
    waitpid(middle, NULL, 0);
    assert_int_equal(read(said[0], &daemon_pid, sizeof daemon_pid), sizeof daemon_pid);
    close(said[0]);
    close(said[1]);
    collect(f);
    kill(daemon_pid, SIGKILL);
    assert_int_equal(f->waits, 0);
    assert_int_equal(count_of(f, "\"m.child\""), 1);
}

static void a_log_that_was_never_finished_is_passed_over(void **state) {
    struct fixture *f = *state;
    char *path = vt_log_dir_new_log_path(&f->run);
    mode_t old = umask(077);
    temp_dir_write(path, "VIZTLOG\n", 8);
    umask(old);
    free(path);
    collect(f);
    assert_int_equal(count_of(f, "\"m.own\""), 1);
}

static void more_children_than_files_may_be_open(void **state) {
    struct fixture *f = *state;
    enum { CHILDREN = 80, FILES = 40 };
    struct rlimit limit, before, after;
    for (int i = 0; i < CHILDREN; i++)
        start_child(f, false, false);
    getrlimit(RLIMIT_NOFILE, &limit);
    before = limit;
    limit.rlim_cur = FILES;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    collect(f);
    getrlimit(RLIMIT_NOFILE, &after);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(after.rlim_cur, FILES);
    assert_int_equal(count_of(f, "\"m.child\""), CHILDREN);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_logs_of_ended_children_come_before_our_own),
        TEST(without_a_run_there_is_our_log_only),
        TEST(a_child_that_runs_is_waited_for),
        TEST(who_waits_no_longer_gets_what_is_there),
        TEST(a_child_in_another_session_is_still_ours),
        TEST(a_daemon_is_not_waited_for),
        TEST(a_log_that_was_never_finished_is_passed_over),
        TEST(more_children_than_files_may_be_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

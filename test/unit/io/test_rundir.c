/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/rundir.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

static struct temp_dir dir;
static struct vt_error err;

static int set_up(void **state) {
    (void)state;
    temp_dir_init(&dir);
    setenv("VIZTRACER_RUNDIR", dir.path, 1);
    setenv("TMPDIR", dir.path, 1); /* the same place again */
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    temp_dir_fini(&dir);
    return 0;
}

/* "<dir>/viztracer-<uid>-<rest>", made; valid until four calls later. */
static const char *make_run(const char *rest) {
    char name[64];
    snprintf(name, sizeof name, "viztracer-%lu-%s", (unsigned long)getuid(), rest);
    const char *path = temp_dir_join(&dir, name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

struct log {
    const char *name;
    int32_t pid;
    uint64_t stop_ns; /* 0: it was not stopped */
    bool is_saved;
};

static void make_log(const char *run, const struct log *log) {
    char path[PATH_MAX];
    struct log_builder builder;
    log_builder_init(&builder, 10);
    struct vt_log_header *head = log_builder_view(&builder, 0).head;
    head->pid = log->pid;
    head->start = (struct vt_clock_pair){1, 1000};
    head->stop = (struct vt_clock_pair){log->stop_ns != 0, log->stop_ns};
    if (log->is_saved)
        head->state = VT_LOG_SAVED;
    snprintf(path, sizeof path, "%s/%s", run, log->name);
    temp_dir_write(path, builder.bytes, builder.size);
    assert_int_equal(chmod(path, 0600), 0);
    log_builder_fini(&builder);
}

static void logs_come_by_their_end_and_the_first_process_last(void **state) {
    (void)state;
    const char *path = make_run("77-1");
    static const struct log logs[] = {
        {"77-1.log", 77, 1, false}, {"81-1.log", 81, 9, false},
        {"80-1.log", 80, 0, false}, {"82-1.log", 82, 9, false},
        {"79-1.log", 79, 5, false}, {"77-2.log", 77, 2, false},
    };
    static const char *const order[] = {"79-1.log", "81-1.log", "82-1.log",
                                        "80-1.log", "77-1.log", "77-2.log"};
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        make_log(path, &logs[i]);
    char with_slashes[PATH_MAX];
    snprintf(with_slashes, sizeof with_slashes, "%s//", path);
    struct vt_rundir run;
    assert_int_equal(vt_rundir_open(&run, with_slashes, &err), VT_OK);
    assert_string_equal(run.path, path);
    assert_int_equal(run.count, 6);
    for (size_t i = 0; i < run.count; i++)
        assert_string_equal(run.logs[i].name, order[i]);
    assert_false(vt_rundir_is_live(&run));
    assert_false(vt_rundir_is_saved(&run));
    vt_rundir_close(&run);
}

static void only_names_of_logs_are_looked_at(void **state) {
    (void)state;
    const char *path = make_run("77-1");
    static const char *const names[] = {
        "x.log",   "-1.log",    "0-1.log",           "77.log",
        "77-.log", "77-1.logs", "77-1.txt",          "-77-1.log",
        "77-1",    "77_1.log",  "99999999999-1.log", "99999999999999999999999-1.log",
    };
    make_log(path, &(struct log){"77-1.log", 77, 0, true});
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make_log(path, &(struct log){names[i], 77, 0, false});
    struct vt_rundir run;
    assert_int_equal(vt_rundir_open(&run, path, &err), VT_OK);
    assert_int_equal(run.count, 1);
    assert_true(vt_rundir_is_saved(&run));
    vt_rundir_close(&run);
}

static void what_others_might_have_written_is_not_ours(void **state) {
    (void)state;
    struct vt_rundir run;
    char log[PATH_MAX];
    const char *path = make_run("77-1");
    make_log(path, &(struct log){"77-1.log", 77, 0, false});
    snprintf(log, sizeof log, "%s/77-1.log", path);
    assert_int_equal(chmod(log, 0644), 0);
    assert_int_equal(vt_rundir_open(&run, path, &err), VT_ERR_FORMAT);
    assert_string_equal(err.text, "no log of viztracer is in it");
    assert_int_equal(chmod(path, 0750), 0);
    assert_int_equal(vt_rundir_open(&run, path, &err), VT_ERR_REFUSED);
    assert_string_equal(err.text, "is open to other users");
    const char *link = temp_dir_join(&dir, "link");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(vt_rundir_open(&run, link, &err), VT_ERR_IO);
    assert_int_equal(vt_rundir_open(&run, "/nowhere", &err), VT_ERR_NOT_FOUND);
    if (geteuid() == 0)
        assert_int_equal(chown(path, 12345, 12345), 0);
    if (geteuid() == 0) {
        assert_int_equal(vt_rundir_open(&run, path, &err), VT_ERR_REFUSED);
        assert_string_equal(err.text, "belongs to another user");
    }
}

static void a_run_may_have_any_name_and_a_relative_one(void **state) {
    (void)state;
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(dir.path), 0);
    assert_int_equal(mkdir("any", 0700), 0);
    make_log("any", &(struct log){"77-1.log", 77, 9, false});
    make_log("any", &(struct log){"78-1.log", 78, 5, false});
    temp_dir_write("any/79-1.log", "too short", 9);
    assert_int_equal(chmod("any/79-1.log", 0600), 0);
    struct vt_rundir run;
    assert_int_equal(vt_rundir_open(&run, "any", &err), VT_OK);
    assert_int_equal(run.count, 3);
    static const char *const order[] = {"79-1.log", "78-1.log", "77-1.log"};
    for (size_t i = 0; i < run.count; i++)
        assert_string_equal(run.logs[i].name, order[i]);
    vt_rundir_close(&run);
    make_log(make_run("x"), &(struct log){"77-1.log", 77, 0, false});
    struct vt_rundir_list list;
    assert_int_equal(vt_rundir_find(&list, &err), VT_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_null(strstr(list.runs[i].path, dir.path));
    vt_rundir_list_fini(&list);
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void a_log_that_is_locked_is_live(void **state) {
    (void)state;
    const char *path = make_run("77-1");
    char log[PATH_MAX];
    make_log(path, &(struct log){"77-1.log", 1, 0, false});
    snprintf(log, sizeof log, "%s/77-1.log", path);
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_SH), 0);
    struct vt_rundir run;
    struct vt_rundir_list list;
    assert_int_equal(vt_rundir_open(&run, path, &err), VT_OK);
    assert_true(vt_rundir_is_live(&run));
    vt_rundir_close(&run);
    assert_int_equal(vt_rundir_find(&list, &err), VT_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_string_not_equal(list.runs[i].path, path);
    vt_rundir_list_fini(&list);
    close(fd);
    assert_int_equal(vt_rundir_open(&run, path, &err), VT_OK);
    assert_false(vt_rundir_is_live(&run));
    vt_rundir_close(&run);
}

/* How many of the runs found are in our directory; their last numbers go to `order`. */
static size_t find_ours(long order[16]) {
    struct vt_rundir_list list;
    size_t count = 0;
    assert_int_equal(vt_rundir_find(&list, &err), VT_OK);
    for (size_t i = 0; i < list.count; i++) {
        const char *path = list.runs[i].path;
        if (strncmp(path, dir.path, strlen(dir.path)) == 0 && count < 16)
            order[count++] = strtol(strrchr(path, '-') + 1, NULL, 10);
    }
    vt_rundir_list_fini(&list);
    return count;
}

static void dead_runs_are_found_once_the_newest_first(void **state) {
    (void)state;
    long order[16];
    for (long i = 0; i < 10; i++) {
        char rest[32], name[32];
        snprintf(rest, sizeof rest, "77-%ld", i);
        snprintf(name, sizeof name, "77-%ld.log", i);
        const char *path = make_run(rest);
        make_log(path, &(struct log){name, 77, 0, i == 3});
        long when = i == 7 || i == 8 ? 1000 : 2000 + i;
        struct timeval times[2] = {{when, 0}, {when, 0}};
        assert_int_equal(utimes(path, times), 0);
    }
    make_run("78-1"); /* without a log */
    assert_int_equal(mkdir(temp_dir_join(&dir, "viztracer-x-1"), 0700), 0);
    static const long expected[] = {9, 6, 5, 4, 2, 1, 0, 8, 7};
    assert_int_equal(find_ours(order), 9);
    assert_memory_equal(order, expected, sizeof expected);
    unsetenv("VIZTRACER_RUNDIR");
    assert_int_equal(find_ours(order), 9);
    setenv("TMPDIR", "", 1);
    assert_int_equal(find_ours(order), 0);
    setenv("VIZTRACER_RUNDIR", "", 1);
    unsetenv("TMPDIR");
    assert_int_equal(find_ours(order), 0);
}

static void a_run_is_removed_with_its_files(void **state) {
    (void)state;
    const char *path = make_run("77-1");
    make_log(path, &(struct log){"77-1.log", 77, 0, false});
    make_log(path, &(struct log){"other", 77, 0, false});
    struct vt_rundir run;
    assert_int_equal(vt_rundir_open(&run, path, &err), VT_OK);
    vt_rundir_remove(&run);
    assert_int_equal(access(path, F_OK), -1);
    vt_rundir_remove(&run); /* again: nothing is there */
    vt_rundir_close(&run);
    assert_int_equal(temp_dir_count(&dir), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(logs_come_by_their_end_and_the_first_process_last),
        TEST(only_names_of_logs_are_looked_at),
        TEST(what_others_might_have_written_is_not_ours),
        TEST(a_run_may_have_any_name_and_a_relative_one),
        TEST(a_log_that_is_locked_is_live),
        TEST(dead_runs_are_found_once_the_newest_first),
        TEST(a_run_is_removed_with_its_files),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

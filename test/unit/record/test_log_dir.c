/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/log_dir.h"

#include <errno.h>
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
#include <unistd.h>
#include <cmocka.h>

#include "core/base/log_layout.h"
#include "core/record/log.h"

/* Each test has a temporary folder of its own, and the variables are its own too. */
static int enter_a_folder(void **state) {
    char *folder = strdup("/tmp/test_log_dir-XXXXXX");
    if (!folder || !mkdtemp(folder)) {
        free(folder);
        return -1;
    }
    unsetenv("TMPDIR");
    setenv("VIZTRACER_RUNDIR", folder, 1);
    *state = folder;
    return 0;
}

static int leave_the_folder(void **state) {
    int left = rmdir(*state); /* a test that leaves something behind fails */
    free(*state);
    return left;
}

static bool is_below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

static unsigned mode_of(const char *path) {
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static bool exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

static struct vt_log_dir new_dir(const char *beside) {
    struct vt_log_dir dir;
    struct vt_error err;
    assert_int_equal(vt_log_dir_create(&dir, beside, &err), VT_OK);
    return dir;
}

static void touch(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void names_tell_user_process_and_moment(void **state) {
    struct vt_log_dir dir = new_dir(NULL);
    char expected[256];
    snprintf(expected, sizeof expected, "%s/viztracer-%ld-%ld-", (char *)*state,
             (long)getuid(), (long)getpid());
    size_t n = strlen(expected);
    assert_memory_equal(dir.path, expected, n);
    assert_int_equal(strspn(dir.path + n, "0123456789"), strlen(dir.path + n));

    char *log = vt_log_dir_new_log_path(&dir);
    assert_true(is_below(log, dir.path));
    snprintf(expected, sizeof expected, "%ld-", (long)getpid());
    const char *name = log + strlen(dir.path) + 1;
    assert_memory_equal(name, expected, strlen(expected));
    name += strlen(expected);
    assert_string_equal(name + strspn(name, "0123456789"), ".log");
    free(log);
    vt_log_dir_remove(&dir);
}

static void two_names_are_never_the_same(void **state) {
    (void)state;
    struct vt_log_dir one = new_dir(NULL), two = new_dir(NULL);
    assert_string_not_equal(one.path, two.path);
    char *first = vt_log_dir_new_log_path(&one);
    char *second = vt_log_dir_new_log_path(&one);
    assert_string_not_equal(first, second);
    free(first);
    free(second);
    vt_log_dir_remove(&one);
    vt_log_dir_remove(&two);
}

static void only_the_user_may_look(void **state) {
    (void)state;
    mode_t before = umask(0);
    struct vt_log_dir dir = new_dir(NULL);
    assert_int_equal(mode_of(dir.path), 0700);
    char *path = vt_log_dir_new_log_path(&dir);
    struct vt_error err;
    struct vt_log_options options = {.path = path, .capacity = 1};
    struct vt_log *log = vt_log_create(&options, NULL, &err);
    assert_true(vt_log_is_file(log));
    assert_int_equal(mode_of(path), 0600);
    vt_log_destroy(log);
    umask(before);
    free(path);
    vt_log_dir_remove(&dir);
}

static void tmpdir_is_the_second_choice(void **state) {
    char *folder = *state;
    unsetenv("VIZTRACER_RUNDIR");
    setenv("TMPDIR", folder, 1);
    struct vt_log_dir dir = new_dir(NULL);
    assert_true(is_below(dir.path, folder));
    vt_log_dir_remove(&dir);
}

static void without_variables_it_is_tmp(void **state) {
    (void)state;
    unsetenv("VIZTRACER_RUNDIR");
    struct vt_log_dir dir = new_dir(NULL);
    assert_memory_equal(dir.path, "/tmp/viztracer-", 15);
    vt_log_dir_remove(&dir);
    setenv("TMPDIR", "", 1);
    dir = new_dir(NULL);
    assert_memory_equal(dir.path, "/tmp/viztracer-", 15);
    vt_log_dir_remove(&dir);
}

/* Absent, a file, relative, /proc (which takes no directories, not even root's). */
static void an_unusable_place_falls_through_to_the_next(void **state) {
    char *folder = *state, file[256];
    snprintf(file, sizeof file, "%s/file", folder);
    touch(file);
    const char *places[] = {"/nonexistent/place", file, "relative", "", "/proc"};
    setenv("TMPDIR", folder, 1);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        setenv("VIZTRACER_RUNDIR", places[i], 1);
        struct vt_log_dir dir = new_dir(NULL);
        assert_true(is_below(dir.path, folder));
        vt_log_dir_remove(&dir);
    }
    setenv("TMPDIR", "/nonexistent", 1);
    struct vt_log_dir dir = new_dir(NULL);
    assert_memory_equal(dir.path, "/var/tmp/", 9);
    vt_log_dir_remove(&dir);
    unlink(file);
}

static void remove_removes_the_logs_and_the_directory(void **state) {
    (void)state;
    struct vt_log_dir dir = new_dir(NULL);
    char *path = strdup(dir.path);
    for (int i = 0; i < 200; i++) {
        char *log = vt_log_dir_new_log_path(&dir);
        touch(log);
        free(log);
    }
    vt_log_dir_remove(&dir);
    assert_null(dir.path);
    assert_false(exists(path));
    free(path);
    vt_log_dir_remove(&dir); /* nothing there any more */
}

static void no_log_is_there_when_removing_was_cut_short(void **state) {
    struct vt_log_dir dir = new_dir(NULL);
    char done[400];
    snprintf(done, sizeof done, "%s" VT_LOG_DONE_SUFFIX, dir.path);
    char *log = vt_log_dir_new_log_path(&dir);
    touch(log);
    assert_int_equal(rename(dir.path, done), 0); /* and then the process died */
    assert_int_equal(vt_log_dir_find(getpid(), 0, NULL, NULL, NULL), 0);
    vt_log_dir_clean(getpid() + 1, NULL);
    vt_log_dir_clean(0, NULL); /* of dead processes: not ours */
    assert_true(exists(done));
    vt_log_dir_clean(getpid(), NULL);
    assert_false(exists(done));
    free(log);
    vt_log_dir_close(&dir);
    (void)state;
}

static void close_keeps_the_logs(void **state) {
    (void)state;
    struct vt_log_dir dir = new_dir(NULL);
    struct vt_log_dir again = {.path = strdup(dir.path), .pid = dir.pid};
    char *log = vt_log_dir_new_log_path(&dir);
    touch(log);
    vt_log_dir_close(&dir);
    assert_null(dir.path);
    assert_true(exists(log));
    free(log);
    vt_log_dir_remove(&again);
}

static void a_forked_child_removes_nothing(void **state) {
    (void)state;
    struct vt_log_dir dir = new_dir(NULL);
    char *log = vt_log_dir_new_log_path(&dir);
    touch(log);
    pid_t child = fork();
    if (child == 0) {
        vt_log_dir_remove(&dir);
        _exit(dir.path == NULL ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(exists(log));
    free(log);
    vt_log_dir_remove(&dir);
}

/* A link that was put where the directory was does not lead us elsewhere. */
static void remove_does_not_follow_a_link(void **state) {
    struct vt_log_dir dir = new_dir(NULL);
    char other[256], precious[300];
    snprintf(other, sizeof other, "%s/other", (char *)*state);
    snprintf(precious, sizeof precious, "%s/precious", other);
    assert_int_equal(mkdir(other, 0700), 0);
    touch(precious);
    char *path = strdup(dir.path);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink(other, path), 0);
    vt_log_dir_remove(&dir);
    assert_true(exists(precious));
    unlink(precious);
    rmdir(other);
    unlink(path);
    free(path);
}

#define IN_A_FOLDER(test)                                                              \
    cmocka_unit_test_setup_teardown(test, enter_a_folder, leave_the_folder)

static void a_run_that_exists_is_joined_by_its_path(void **state) {
    (void)state;
    struct vt_log_dir made = new_dir(NULL), joined;
    struct vt_error err;
    assert_int_equal(vt_log_dir_join(&joined, made.path, &err), VT_OK);
    assert_string_equal(joined.path, made.path);
    assert_int_equal(joined.pid, getpid());
    vt_log_dir_close(&joined);
    vt_log_dir_remove(&made);
}

static void what_is_no_run_of_ours_is_not_joined(void **state) {
    struct vt_log_dir dir;
    struct vt_error err;
    char path[4096];
    assert_int_equal(vt_log_dir_join(&dir, *state, &err), VT_ERR_REFUSED);
    snprintf(path, sizeof path, "%s/viztracer-0-1-1", (char *)*state);
    assert_int_equal(vt_log_dir_join(&dir, path, &err), VT_ERR_NOT_FOUND);
    assert_int_equal(symlink("/", path), 0);
    assert_int_equal(vt_log_dir_join(&dir, path, &err), VT_ERR_REFUSED);
    unlink(path);
}

static void that_the_user_was_told_is_noted_in_the_run(void **state) {
    (void)state;
    struct vt_log_dir dir = new_dir(NULL);
    assert_false(vt_log_dir_is_told(dir.path));
    vt_log_dir_mark_told(&dir);
    assert_true(vt_log_dir_is_told(dir.path));
    vt_log_dir_remove(&dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(names_tell_user_process_and_moment),
        IN_A_FOLDER(two_names_are_never_the_same),
        IN_A_FOLDER(only_the_user_may_look),
        IN_A_FOLDER(tmpdir_is_the_second_choice),
        IN_A_FOLDER(without_variables_it_is_tmp),
        IN_A_FOLDER(an_unusable_place_falls_through_to_the_next),
        IN_A_FOLDER(remove_removes_the_logs_and_the_directory),
        IN_A_FOLDER(no_log_is_there_when_removing_was_cut_short),
        IN_A_FOLDER(close_keeps_the_logs),
        IN_A_FOLDER(a_forked_child_removes_nothing),
        IN_A_FOLDER(remove_does_not_follow_a_link),
        cmocka_unit_test_setup_teardown(a_run_that_exists_is_joined_by_its_path,
                                        enter_a_folder, leave_the_folder),
        cmocka_unit_test_setup_teardown(what_is_no_run_of_ours_is_not_joined,
                                        enter_a_folder, leave_the_folder),
        cmocka_unit_test_setup_teardown(that_the_user_was_told_is_noted_in_the_run,
                                        enter_a_folder, leave_the_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

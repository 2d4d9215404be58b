/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/sink_file.h"
#include "test/support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    struct temp_dir dir;
    struct vt_sink_file *file;
    struct vt_error err;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    temp_dir_fini(&f->dir);
    free(f);
    return 0;
}

static enum vt_status put(struct vt_sink_file *file, const char *text,
                          struct vt_error *err) {
    struct vt_sink sink = vt_sink_file_sink(file);
    return sink.write(sink.state, text, strlen(text), err);
}

/* Writes `text` to `path` through a sink. */
static enum vt_status save(struct fixture *f, const char *path, const char *text) {
    enum vt_status status = vt_sink_file_open(path, &f->file, &f->err);
    if (status != VT_OK)
        return status;
    status = put(f->file, text, &f->err);
    if (status != VT_OK) {
        vt_sink_file_discard(f->file);
        return status;
    }
    return vt_sink_file_commit(f->file, NULL, &f->err);
}

static void expect_file(const char *path, const char *text) {
    char *bytes = temp_dir_read(path, NULL);
    assert_non_null(bytes);
    assert_string_equal(bytes, text);
    free(bytes);
}

static void the_file_appears_at_commit_with_mode_0600(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "r.json");
    mode_t old = umask(0);
    assert_int_equal(vt_sink_file_open(path, &f->file, &f->err), VT_OK);
    umask(old);
    assert_int_equal(put(f->file, "all of ", &f->err), VT_OK);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(put(f->file, "it", &f->err), VT_OK);
    struct vt_sink_file_stats stats;
    assert_int_equal(vt_sink_file_commit(f->file, &stats, &f->err), VT_OK);
    assert_int_equal(stats.bytes, 9);
    expect_file(path, "all of it");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(temp_dir_count(&f->dir), 1);
}

static void the_umask_removes_but_never_adds(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "r.json");
    mode_t old = umask(0277);
    enum vt_status status = save(f, path, "x");
    umask(old);
    assert_int_equal(status, VT_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
}

static void a_discarded_file_leaves_the_earlier_one_and_nothing_else(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "r.json");
    temp_dir_write(path, "earlier", 7);
    assert_int_equal(vt_sink_file_open(path, &f->file, &f->err), VT_OK);
    assert_int_equal(put(f->file, "half", &f->err), VT_OK);
    vt_sink_file_discard(f->file);
    expect_file(path, "earlier");
    assert_int_equal(temp_dir_count(&f->dir), 1);
    assert_int_equal(save(f, path, "later"), VT_OK);
    expect_file(path, "later");
}

static void missing_directories_are_made(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a/b c/d/r.json");
    assert_int_equal(save(f, path, "x"), VT_OK);
    expect_file(path, "x");
}

static void a_link_is_followed_to_where_it_leads(void **state) {
    struct fixture *f = *state;
    const char *link = temp_dir_join(&f->dir, "link.json");
    assert_int_equal(mkdir(temp_dir_join(&f->dir, "sub"), 0755), 0);
    assert_int_equal(symlink("sub/middle", link), 0);
    assert_int_equal(symlink("../end.json", temp_dir_join(&f->dir, "sub/middle")), 0);
    assert_int_equal(save(f, link, "new"), VT_OK);
    expect_file(temp_dir_join(&f->dir, "end.json"), "new");
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(save(f, link, "again"), VT_OK);
    expect_file(temp_dir_join(&f->dir, "end.json"), "again");
}

static void expect_error(struct fixture *f, const char *path, int error) {
    assert_int_not_equal(save(f, path, "x"), VT_OK);
    assert_non_null(strstr(f->err.text, path));
    if (!strstr(f->err.text, strerror(error)))
        fail_msg("'%s' is not '%s'", f->err.text, strerror(error));
}

static void what_cannot_be_a_file_is_a_clear_error(void **state) {
    struct fixture *f = *state;
    expect_error(f, f->dir.path, EISDIR);
    expect_error(f, temp_dir_join(&f->dir, "x/"), EISDIR);
    const char *loop = temp_dir_join(&f->dir, "loop.json");
    assert_int_equal(symlink("loop.json", loop), 0);
    expect_error(f, loop, ELOOP);
    temp_dir_write(temp_dir_join(&f->dir, "file"), "", 0);
    expect_error(f, temp_dir_join(&f->dir, "file/r.json"), ENOTDIR);
    expect_error(f, "/proc/no/r.json", ENOENT);
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_error(f, temp_dir_join(&f->dir, name), ENAMETOOLONG);
    assert_int_not_equal(vt_sink_file_open("", &f->file, &f->err), VT_OK);
}

static void the_longest_name_that_there_can_be_works(void **state) {
    struct fixture *f = *state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    const char *path = temp_dir_join(&f->dir, name);
    assert_int_equal(save(f, path, "x"), VT_OK);
    expect_file(path, "x");
}

/* Runs `work` in a child; its exit status must be 0. */
static void in_child(struct fixture *f, int (*work)(struct fixture *f)) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(work(f));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_msg("the child died of signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool file_holds(const char *path, const char *text) {
    char *bytes = temp_dir_read(path, NULL);
    bool is_same = bytes && strcmp(bytes, text) == 0;
    free(bytes);
    return is_same;
}

/* As somebody who is not root, for whom permissions count. */
static bool become_nobody(struct fixture *f) {
    if (geteuid() != 0)
        return true;
    return chown(f->dir.path, 65534, 65534) == 0 && setgid(65534) == 0 &&
           setuid(65534) == 0;
}

static int save_into_unwritable(struct fixture *f) {
    if (!become_nobody(f))
        return 77;
    const char *path = temp_dir_join(&f->dir, "r.json");
    temp_dir_write(path, "earlier", 7);
    if (chmod(f->dir.path, 0500) != 0 || save(f, path, "x") == VT_OK)
        return 1;
    bool is_same = file_holds(path, "earlier");
    chmod(f->dir.path, 0700);
    return is_same && strstr(f->err.text, "Permission denied") ? 0 : 2;
}

static void an_unwritable_directory_is_a_clear_error(void **state) {
    in_child(*state, save_into_unwritable);
}

/* The link of another user in a directory like /tmp. */
static int save_through_foreign_link(struct fixture *f) {
    if (geteuid() != 0)
        return 77;
    const char *shared = temp_dir_join(&f->dir, "shared");
    const char *link = temp_dir_join(&f->dir, "shared/r.json");
    const char *victim = temp_dir_join(&f->dir, "victim");
    temp_dir_write(victim, "precious", 8);
    if (mkdir(shared, 0700) != 0 || chmod(shared, 01777) != 0 ||
        symlink(victim, link) != 0 || lchown(link, 65534, 65534) != 0)
        return 1;
    if (save(f, link, "x") == VT_OK || !strstr(f->err.text, "Permission denied"))
        return 2;
    bool is_same = file_holds(victim, "precious");
    if (lchown(link, 0, 0) != 0 || save(f, link, "mine") != VT_OK)
        return 3;
    return is_same ? 0 : 4;
}

static void a_foreign_link_in_a_shared_directory_is_not_followed(void **state) {
    in_child(*state, save_through_foreign_link);
}

static enum vt_status save_much(struct fixture *f, const char *path) {
    enum vt_status status = vt_sink_file_open(path, &f->file, &f->err);
    char text[65536];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < 64 && status == VT_OK; i++)
        status = put(f->file, text, &f->err);
    vt_sink_file_discard(status == VT_OK ? NULL : f->file);
    return status == VT_OK ? vt_sink_file_commit(f->file, NULL, &f->err) : status;
}

/* SIGXFSZ would kill; it is not even pending afterwards. */
static int save_beyond_the_limit(struct fixture *f) {
    const char *path = temp_dir_join(&f->dir, "r.json");
    temp_dir_write(path, "earlier", 7);
    struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    if (save_much(f, path) == VT_OK || !strstr(f->err.text, "File too large"))
        return 1;
    sigset_t pending;
    sigpending(&pending);
    if (sigismember(&pending, SIGXFSZ) || temp_dir_count(&f->dir) != 1)
        return 2;
    return file_holds(path, "earlier") ? 0 : 3;
}

static void the_limit_of_file_size_is_an_error_without_a_signal(void **state) {
    in_child(*state, save_beyond_the_limit);
}

static int save_on_full_disk(struct fixture *f) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", f->dir.path, "tmpfs", 0, "size=1m") != 0)
        return 77;
    const char *path = temp_dir_join(&f->dir, "r.json");
    temp_dir_write(path, "earlier", 7);
    if (save_much(f, path) == VT_OK || !strstr(f->err.text, "No space left"))
        return 1;
    if (!file_holds(path, "earlier") || temp_dir_count(&f->dir) != 1)
        return 2;
    return save(f, path, "small enough") == VT_OK ? 0 : 3;
}

static void a_full_disk_is_an_error_and_leaves_its_space(void **state) {
    in_child(*state, save_on_full_disk);
}

static void *read_fifo(void *path) {
    return temp_dir_read(path, NULL);
}

static void a_fifo_and_a_device_are_written_directly(void **state) {
    struct fixture *f = *state;
    char *path = strdup(temp_dir_join(&f->dir, "fifo.json"));
    assert_int_equal(mkfifo(path, 0600), 0);
    pthread_t reader;
    assert_int_equal(pthread_create(&reader, NULL, read_fifo, path), 0);
    assert_int_equal(save(f, path, "through"), VT_OK);
    void *text;
    assert_int_equal(pthread_join(reader, &text), 0);
    assert_string_equal(text, "through");
    free(text);
    free(path);
    assert_int_equal(save(f, "/dev/null", "away"), VT_OK);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

static void a_fifo_whose_reader_left_is_an_error_without_a_signal(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "fifo.json");
    assert_int_equal(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(vt_sink_file_open(path, &f->file, &f->err), VT_OK);
    close(reader);
    assert_int_equal(put(f->file, "x", &f->err), VT_ERR_IO);
    assert_non_null(strstr(f->err.text, strerror(EPIPE)));
    sigset_t pending;
    sigpending(&pending);
    assert_false(sigismember(&pending, SIGPIPE));
    vt_sink_file_discard(f->file);
}

/* What stdout is goes on; it is not replaced by a new file. */
static int save_to_stdout(struct fixture *f) {
    const char *path = temp_dir_join(&f->dir, "out");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, 1) < 0 || write(1, "before ", 7) != 7)
        return 1;
    const char *link = temp_dir_join(&f->dir, "link.json");
    if (symlink("/dev/stdout", link) != 0 || save(f, link, "report") != VT_OK)
        return 2;
    return file_holds(path, "before report") ? 0 : 3;
}

static void a_link_to_stdout_appends_to_what_stdout_is(void **state) {
    in_child(*state, save_to_stdout);
}

static void of_two_saves_to_one_name_the_last_commit_wins_whole(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "r.json");
    struct vt_sink_file *one, *two;
    assert_int_equal(vt_sink_file_open(path, &one, &f->err), VT_OK);
    assert_int_equal(vt_sink_file_open(path, &two, &f->err), VT_OK);
    assert_int_equal(put(one, "one one", &f->err), VT_OK);
    assert_int_equal(put(two, "two", &f->err), VT_OK);
    assert_int_equal(vt_sink_file_commit(two, NULL, &f->err), VT_OK);
    expect_file(path, "two");
    assert_int_equal(vt_sink_file_commit(one, NULL, &f->err), VT_OK);
    expect_file(path, "one one");
    assert_int_equal(temp_dir_count(&f->dir), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_file_appears_at_commit_with_mode_0600),
        TEST(the_umask_removes_but_never_adds),
        TEST(a_discarded_file_leaves_the_earlier_one_and_nothing_else),
        TEST(missing_directories_are_made),
        TEST(a_link_is_followed_to_where_it_leads),
        TEST(what_cannot_be_a_file_is_a_clear_error),
        TEST(the_longest_name_that_there_can_be_works),
        TEST(an_unwritable_directory_is_a_clear_error),
        TEST(a_foreign_link_in_a_shared_directory_is_not_followed),
        TEST(the_limit_of_file_size_is_an_error_without_a_signal),
        TEST(a_full_disk_is_an_error_and_leaves_its_space),
        TEST(a_fifo_and_a_device_are_written_directly),
        TEST(a_fifo_whose_reader_left_is_an_error_without_a_signal),
        TEST(a_link_to_stdout_appends_to_what_stdout_is),
        TEST(of_two_saves_to_one_name_the_last_commit_wins_whole),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

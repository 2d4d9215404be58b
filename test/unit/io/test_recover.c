/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/buf.h"
#include "core/io/recover.h"
#include "core/io/rundir.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

/* Runs of made-up pids in a directory that VIZTRACER_RUNDIR names; what else lies on
 * the machine is older. */
struct fixture {
    struct temp_dir dir;
    struct vt_buf said;
    char *configured; /* what the log's configuration was */
    struct vt_recover_options options;
    struct vt_recover_result result;
    struct vt_error err;
    char output[4096];
};

static void note_line(void *state, const char *line) {
    struct fixture *f = state;
    vt_buf_printf(&f->said, "%s\n", line);
}

static enum vt_status configure(void *state, const char *text,
                                struct vt_report_options *report,
                                struct vt_error *err) {
    struct fixture *f = state;
    (void)err;
    free(f->configured);
    f->configured = strdup(text);
    report->output_path = f->output;
    report->file_info = true;
    return VT_OK;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    snprintf(f->output, sizeof f->output, "%s/r.json", f->dir.path);
    f->options = (struct vt_recover_options){
        .configure = configure, .say = note_line, .state = f};
    setenv("VIZTRACER_RUNDIR", f->dir.path, 1);
    setenv("TMPDIR", f->dir.path, 1);
    *state = f;
    return chdir(f->dir.path);
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    int result = chdir("/");
    temp_dir_fini(&f->dir);
    vt_buf_fini(&f->said);
    free(f->configured);
    free(f->result.output_path);
    free(f);
    return result;
}

struct content {
    struct vt_text command, config;
    int64_t base_time_ns; /* 0: that of the builder, long ago */
};

/* Makes <run>/<pid>-1.log with one event and one open call; returns its path, valid
 * until four calls later. */
static const char *make_log_of(struct fixture *f, const char *run, int pid,
                               const struct content *content) {
    struct log_builder log;
    log_builder_init(&log, 10);
    log_builder_view(&log, 0).head->pid = pid;
    if (content->base_time_ns) {
        struct vt_log_header *head = log_builder_view(&log, 0).head;
        head->base_time_ns = content->base_time_ns;
        head->flags = 0; /* ticks that are no ns */
        head->start = (struct vt_clock_pair){1, 1};
    }
    if (content->command.bytes)
        log_builder_symbol(&log, VT_SYMBOL_COMMAND, 0, NULL, 0, content->command.bytes,
                           content->command.size);
    if (content->config.bytes)
        log_builder_symbol(&log, VT_SYMBOL_CONFIG, 0, NULL, 0, content->config.bytes,
                           content->config.size);
    uint32_t id = log_builder_c(&log, "f");
    log_builder_call(&log, log_builder_block(&log, VT_BLOCK_EVENTS, 1), 0, id, 5, 9);
    log_builder_frame(&log, log_builder_block(&log, VT_BLOCK_STACK, 1), id, 3);
    char name[4096];
    snprintf(name, sizeof name, "%s/%d-1.log", run, pid);
    const char *path = temp_dir_join(&f->dir, name);
    mkdir(temp_dir_join(&f->dir, run), 0700);
    mode_t old = umask(077);
    temp_dir_write(path, log.bytes, log.size);
    umask(old);
    log_builder_fini(&log);
    return path;
}

#define TEXT(literal) ((struct vt_text){literal, sizeof(literal) - 1})

/* The same, of a command with a control byte. */
static const char *make_log(struct fixture *f, const char *run, int pid) {
    const struct content content = {TEXT("prog\0a\x1b[1m\0"),
                                    TEXT("output_path=there\n"), 0};
    return make_log_of(f, run, pid, &content);
}

/* The name of a run directory of ours. */
static const char *run_name(int pid) {
    static char names[4][64];
    static unsigned next;
    char *name = names[next++ % 4];
    snprintf(name, sizeof names[0], "viztracer-%ld-%d-77", (long)getuid(), pid);
    return name;
}

static void mark_saved(const char *log) {
    struct vt_log_header head;
    int fd = open(log, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, &head, sizeof head, 0), sizeof head);
    head.state = VT_LOG_SAVED;
    assert_int_equal(pwrite(fd, &head, sizeof head, 0), sizeof head);
    close(fd);
}

static enum vt_status recover(struct fixture *f, const char *run) {
    f->options.run = run;
    return vt_recover(&f->options, &f->result, &f->err);
}

static void expect_recovered(struct fixture *f, const char *run) {
    if (recover(f, run) != VT_OK)
        fail_msg("%s", f->err.text);
    assert_string_equal(f->result.output_path, f->output);
    assert_int_equal(access(f->output, F_OK), 0);
}

static void expect_said(struct fixture *f, const char *text) {
    if (!f->said.data || !strstr(f->said.data, text))
        fail_msg("'%s' does not say '%s'", f->said.data, text);
}

static bool is_there(struct fixture *f, const char *name) {
    return access(temp_dir_join(&f->dir, name), F_OK) == 0;
}

static void a_dead_run_becomes_a_report_as_it_was_asked_for_and_goes(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(41), 41);
    expect_recovered(f, temp_dir_join(&f->dir, run_name(41)));
    assert_string_equal(f->configured, "output_path=there\n");
    assert_int_equal(f->result.stats.events, 2);
    assert_int_equal(f->result.stats.open_calls, 1);
    assert_false(f->result.was_live);
    expect_said(f, "Recovering pid 41 (prog a\\x1b[1m), which ended without saving\n");
    expect_said(f, "2 events, 1 of them calls that were still open, 0 lost\n");
    assert_false(is_there(f, run_name(41)));
}

static void the_newest_run_is_found_and_the_others_are_named(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(42), 42);
    make_log(f, run_name(43), 43);
    struct timespec older[] = {{1000, 0}, {1000, 0}};
    assert_int_equal(
        utimensat(AT_FDCWD, temp_dir_join(&f->dir, run_name(43)), older, 0), 0);
    expect_recovered(f, NULL);
    expect_said(f, "Recovering pid 42");
    char line[8192];
    snprintf(line, sizeof line,
             "Another run can be recovered: viztracer --recover %s/%s\n", f->dir.path,
             run_name(43));
    expect_said(f, line);
    assert_false(is_there(f, run_name(42)));
    assert_true(is_there(f, run_name(43)));
}

static void a_live_run_is_passed_over_unless_it_is_named(void **state) {
    struct fixture *f = *state;
    const char *log = make_log(f, run_name(44), 44);
    int held = open(log, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
    struct vt_rundir_list list;
    assert_int_equal(vt_rundir_find(&list, &f->err), VT_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_null(strstr(list.runs[i].path, f->dir.path));
    vt_rundir_list_fini(&list);
    expect_recovered(f, temp_dir_join(&f->dir, run_name(44)));
    assert_true(f->result.was_live);
    expect_said(f, "which still runs: a snapshot");
    assert_true(is_there(f, run_name(44)));
    close(held);
}

static void a_saved_run_does_not_wait_but_can_be_named(void **state) {
    struct fixture *f = *state;
    mark_saved(make_log(f, run_name(45), 45));
    struct vt_rundir_list list;
    assert_int_equal(vt_rundir_find(&list, &f->err), VT_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_null(strstr(list.runs[i].path, f->dir.path));
    vt_rundir_list_fini(&list);
    expect_recovered(f, temp_dir_join(&f->dir, run_name(45)));
}

static void a_log_that_is_named_as_a_file_stays(void **state) {
    struct fixture *f = *state;
    const char *log = make_log(f, run_name(46), 46);
    expect_recovered(f, log);
    assert_int_equal(access(log, F_OK), 0);
}

static void the_output_of_the_command_line_wins(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(47), 47);
    char *wanted = strdup(temp_dir_join(&f->dir, "other.json"));
    f->options.output_path = wanted;
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(47))), VT_OK);
    assert_string_equal(f->result.output_path, wanted);
    assert_true(is_there(f, "other.json"));
    assert_false(is_there(f, "r.json"));
    free(wanted);
}

static void without_any_output_the_run_stays_and_the_error_says_why(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(48), 48);
    f->options.configure = NULL;
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(48))), VT_ERR_USAGE);
    assert_non_null(strstr(f->err.text, "use -o"));
    assert_true(is_there(f, run_name(48)));
}

static void a_log_that_others_can_read_chooses_no_sources(void **state) {
    struct fixture *f = *state;
    const char *log = make_log(f, run_name(49), 49);
    assert_int_equal(chmod(log, 0644), 0);
    expect_recovered(f, log);
    expect_said(f, "Sources are left out");
    char *text = temp_dir_read(f->output, NULL);
    assert_null(strstr(text, "file_info"));
    free(text);
    /* In a run directory such a log does not count at all. */
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(49))), VT_ERR_FORMAT);
}

static void a_directory_that_others_can_enter_is_refused(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(50), 50);
    const char *run = temp_dir_join(&f->dir, run_name(50));
    assert_int_equal(chmod(run, 0755), 0);
    assert_int_equal(recover(f, run), VT_ERR_REFUSED);
    assert_non_null(strstr(f->err.text, "open to other users"));
    if (geteuid() == 0) {
        assert_int_equal(chmod(run, 0700), 0);
        assert_int_equal(chown(run, 65534, 65534), 0);
        assert_int_equal(recover(f, run), VT_ERR_REFUSED);
        assert_non_null(strstr(f->err.text, "belongs to another user"));
    }
}

static void a_bad_log_among_good_ones_is_named_and_kept(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(51), 51);
    const char *bad = make_log(f, run_name(51), 52);
    temp_dir_write(bad, "not a log at all", 16);
    make_log(f, run_name(51), 50);
    expect_recovered(f, temp_dir_join(&f->dir, run_name(51)));
    expect_said(f, "Left out: 52-1.log: not a log of viztracer\n");
    assert_true(is_there(f, run_name(51)));
    /* The process that made the directory comes last. */
    char *text = temp_dir_read(f->output, NULL);
    const char *kid = strstr(text, "\"pid\": 50"),
               *parent = strstr(text, "\"pid\": 51");
    assert_true(kid && parent && kid < parent);
    free(text);
}

static void what_is_no_run_is_a_clear_error(void **state) {
    struct fixture *f = *state;
    assert_int_equal(recover(f, temp_dir_join(&f->dir, "none")), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(f->err.text, "none"));
    assert_int_equal(recover(f, f->dir.path), VT_ERR_FORMAT);
    const char *file = temp_dir_join(&f->dir, "file");
    temp_dir_write(file, "text", 4);
    assert_int_equal(recover(f, file), VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, "not a log of viztracer"));
    const char *fifo = temp_dir_join(&f->dir, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(recover(f, fifo), VT_ERR_FORMAT);
    const char *link = temp_dir_join(&f->dir, "link");
    assert_int_equal(symlink(file, link), 0);
    assert_int_not_equal(recover(f, link), VT_OK);
    assert_int_equal(access(f->output, F_OK), -1);
}

static void a_report_that_cannot_be_written_leaves_the_run(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(53), 53);
    f->options.output_path = f->dir.path; /* no name of a report */
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(53))), VT_ERR_REFUSED);
    assert_true(is_there(f, run_name(53)));
}

static void commands_are_shown_as_a_terminal_may_have_them(void **state) {
    struct fixture *f = *state;
    char longest[301];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const struct {
        struct vt_text command;
        const char *said;
    } cases[] = {
        {TEXT("\x7f\xC2\x80\xC2\x9F\xC2\xA0\xC3\xA9"),
         "60 (\\x7f\\xc2\\x80\\xc2\\x9f\xC2\xA0\xC3\xA9), which"},
        {TEXT("\xFF\xED\xA0\x80\t"), "60 (\\xff\\xed\\xa0\\x80\\x09), which"},
        {TEXT("\0\0"), "60 (), which"},
        {TEXT(""), "Recovering pid 60, which"},
        {{longest, sizeof longest - 1}, "xxx…), which"},
    };
    const char *run = run_name(60);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct content content = {cases[i].command, {NULL, 0}, 0};
        f->options.output_path = f->output;
        const char *log = make_log_of(f, run, 60, &content);
        expect_recovered(f, log);
        expect_said(f, cases[i].said);
        vt_buf_clear(&f->said);
        free(f->result.output_path);
        f->result.output_path = NULL;
    }
}

/* The times of now are used only for a log of this boot. */
static void clocks_that_moved_apart_are_not_compared(void **state) {
    struct fixture *f = *state;
    struct timespec real, mono;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    const int64_t now_ns =
        (int64_t)(real.tv_sec - mono.tv_sec) * 1000000000 + real.tv_nsec - mono.tv_nsec;
    static const int64_t drifts_s[] = {0, 100, -100};
    char *first = NULL;
    for (size_t i = 0; i < 3; i++) {
        const struct content content = {TEXT("x"), TEXT("y"),
                                        now_ns + drifts_s[i] * 1000000000};
        const char *log = make_log_of(f, run_name(61), 61, &content);
        f->options.now = (struct vt_clock_pair){UINT64_C(1) << 40, UINT64_C(1) << 41};
        expect_recovered(f, log);
        free(f->result.output_path);
        f->result.output_path = NULL;
        char *text = temp_dir_read(f->output, NULL);
        const char *call = strstr(text, "\"ts\": ");
        assert_non_null(call);
        char *ts = strndup(call, strcspn(call, ","));
        free(text);
        if (first)
            assert_int_equal(strcmp(ts, first) != 0, drifts_s[i] != 0);
        else
            first = strdup(ts);
        free(ts);
    }
    free(first);
}

static void of_many_runs_not_all_are_named(void **state) {
    struct fixture *f = *state;
    for (int pid = 70; pid < 82; pid++)
        make_log(f, run_name(pid), pid);
    expect_recovered(f, NULL);
    expect_said(f, "\nand 3 more\n");
}

/* The same lines are left out where nobody listens. */
static void nothing_need_be_said(void **state) {
    struct fixture *f = *state;
    f->options.say = NULL;
    make_log(f, run_name(83), 83);
    const char *bad = make_log(f, run_name(83), 84);
    temp_dir_write(bad, "not a log at all", 16);
    make_log(f, run_name(85), 85);
    expect_recovered(f, temp_dir_join(&f->dir, run_name(83)));
    free(f->result.output_path);
    const char *log = make_log(f, run_name(86), 86);
    assert_int_equal(chmod(log, 0644), 0);
    expect_recovered(f, log);
    free(f->result.output_path);
    expect_recovered(f, NULL);
    assert_null(f->said.data);
}

static void when_no_run_waits_that_is_told(void **state) {
    struct fixture *f = *state;
    assert_int_equal(recover(f, NULL), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(f->err.text, "no run of a dead program is waiting"));
}

static void a_run_of_bad_logs_is_an_error_with_its_name(void **state) {
    struct fixture *f = *state;
    const char *bad = make_log(f, run_name(87), 87);
    temp_dir_write(bad, "not a log at all", 16);
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(87))), VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, run_name(87)));
    assert_non_null(strstr(f->err.text, "not a log of viztracer"));
    assert_true(is_there(f, run_name(87)));
}

static enum vt_status refuse_config(void *state, const char *text,
                                    struct vt_report_options *report,
                                    struct vt_error *err) {
    (void)state;
    (void)text;
    (void)report;
    return vt_error_set(err, VT_ERR_USAGE, "not like this");
}

static void a_configuration_that_is_refused_leaves_the_run(void **state) {
    struct fixture *f = *state;
    make_log(f, run_name(88), 88);
    f->options.configure = refuse_config;
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(88))), VT_ERR_USAGE);
    assert_string_equal(f->err.text, "not like this");
    assert_true(is_there(f, run_name(88)));
}

static void a_saved_run_is_skipped_and_removed_where_that_is_asked_for(void **state) {
    struct fixture *f = *state;
    f->options.skip_saved = true;
    mark_saved(make_log(f, run_name(90), 90));
    assert_int_equal(recover(f, temp_dir_join(&f->dir, run_name(90))), VT_OK);
    assert_null(f->result.output_path);
    assert_false(is_there(f, run_name(90)));
    /* Not when one of its logs is in no report, nor a log that is named as a file. */
    mark_saved(make_log(f, run_name(91), 91));
    make_log(f, run_name(91), 92);
    expect_recovered(f, temp_dir_join(&f->dir, run_name(91)));
    assert_true(f->result.was_saved);
    free(f->result.output_path);
    const char *log = make_log(f, run_name(93), 93);
    mark_saved(log);
    expect_recovered(f, log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_dead_run_becomes_a_report_as_it_was_asked_for_and_goes),
        TEST(the_newest_run_is_found_and_the_others_are_named),
        TEST(a_live_run_is_passed_over_unless_it_is_named),
        TEST(a_saved_run_does_not_wait_but_can_be_named),
        TEST(a_log_that_is_named_as_a_file_stays),
        TEST(the_output_of_the_command_line_wins),
        TEST(without_any_output_the_run_stays_and_the_error_says_why),
        TEST(a_log_that_others_can_read_chooses_no_sources),
        TEST(a_directory_that_others_can_enter_is_refused),
        TEST(a_bad_log_among_good_ones_is_named_and_kept),
        TEST(what_is_no_run_is_a_clear_error),
        TEST(a_report_that_cannot_be_written_leaves_the_run),
        TEST(commands_are_shown_as_a_terminal_may_have_them),
        TEST(clocks_that_moved_apart_are_not_compared),
        TEST(of_many_runs_not_all_are_named),
        TEST(nothing_need_be_said),
        TEST(when_no_run_waits_that_is_told),
        TEST(a_run_of_bad_logs_is_an_error_with_its_name),
        TEST(a_configuration_that_is_refused_leaves_the_run),
        TEST(a_saved_run_is_skipped_and_removed_where_that_is_asked_for),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Saving and recovering while the n-th allocation fails, for every n: a clear error,
 * the earlier file untouched, nothing leaked (reliability.md R7).
 */
#include "core/io/recover.h"
#include "core/io/report.h"
#include "test/fault/failing_alloc.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- what is saved */

struct fixture {
    struct temp_dir dir;
    struct log_builder log;
    char output[4096];
    char run[4096];
    const char *recovered; /* NULL: the run is to be found */
    int lines;             /* said by a recovery in which nothing fails */
};

/* Something of everything that allocates. */
static void fill(struct fixture *f) {
    struct log_builder *log = &f->log;
    char source[4096];
    snprintf(source, sizeof source, "%s/s.py", f->dir.path);
    temp_dir_write(source, "# coding: cp1252\nx = '\x80'\n", 25);
    log_builder_init(log, 1000000);
    log_builder_view(log, 0).head->flags = 0;
    log_builder_view(log, 0).head->start = (struct vt_clock_pair){1, 1};
    log_builder_text(log, VT_SYMBOL_COMMAND, "program");
    log_builder_text(log, VT_SYMBOL_CONFIG, "config");
    uint32_t f_id = log_builder_python_of(log, "f", source, NULL, 3);
    log_builder_python_of(log, "g", "<frozen g>", source, 3);
    uint32_t event = log_builder_name(log, "event (<frozen g>:3)");
    log_builder_frame(log, log_builder_block(log, VT_BLOCK_STACK, 1), f_id, 1000);
    uint32_t own = log_builder_block(log, VT_BLOCK_EVENTS, 2);
    char json[40001];
    memset(json, '7', sizeof json - 1);
    json[sizeof json - 1] = '\0';
    log_builder_payload(log, own, json);
    log_builder_event(log, own, VT_EVENT_INSTANT, (struct vt_event){50, 'g', event, 0});
    log_builder_view(log, own).block->events = 1;
    for (uint32_t thread = 0; thread < 20; thread++) {
        uint32_t block = log_builder_block(log, VT_BLOCK_EVENTS, 1);
        log_builder_view(log, block).block->opened =
            (struct vt_clock_pair){100u + thread, 100u + thread};
        for (uint64_t i = 0; i < 50; i++)
            log_builder_call(log, block, thread, f_id, i * 10, i * 10 + 900);
        log_builder_payload(log, block, "{\"a\": 1}");
        log_builder_event(log, block, VT_EVENT_DURATION,
                          (struct vt_event){2000, 10, event, thread});
    }
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    fill(f);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    log_builder_fini(&f->log);
    temp_dir_fini(&f->dir);
    free(f);
    return 0;
}

static enum vt_status save(void *state, struct vt_error *err) {
    struct fixture *f = state;
    struct vt_log_image image = log_builder_image(&f->log);
    struct vt_report_options options = {.output_path = f->output, .file_info = true};
    return vt_report_save(&image, 1, &options, NULL, err);
}

static void make_run(struct fixture *f) {
    mode_t old = umask(077);
    char log[8192];
    mkdir(f->run, 0700);
    snprintf(log, sizeof log, "%s/7-1.log", f->run);
    temp_dir_write(log, f->log.bytes, f->log.size);
    umask(old);
}

static enum vt_status keep_output(void *state, const char *text,
                                  struct vt_report_options *report,
                                  struct vt_error *err) {
    (void)state;
    (void)err;
    assert_string_equal(text, "config");
    report->file_info = true;
    return VT_OK;
}

static void count_line(void *state, const char *line) {
    int *lines = state;
    *lines += line != NULL;
}

/* A line for which there is no memory is not said, and the report is made. */
static enum vt_status recover(void *state, struct vt_error *err) {
    struct fixture *f = state;
    int lines = 0;
    struct vt_recover_options options = {.run = f->recovered,
                                         .output_path = f->output,
                                         .configure = keep_output,
                                         .say = count_line,
                                         .state = &lines};
    struct vt_recover_result result;
    enum vt_status status = vt_recover(&options, &result, err);
    if (status != VT_OK)
        return status;
    free(result.output_path);
    if (lines == f->lines)
        return VT_OK;
    assert_in_range(lines, 0, f->lines);
    temp_dir_write(f->output, "earlier", 7);
    make_run(f);
    return vt_error_set(err, VT_ERR_NO_MEMORY, "a line is missing");
}

/* Does the work with each of its allocations failing; returns how many there are. */
static long fail_each(struct fixture *f,
                      enum vt_status (*work)(void *state, struct vt_error *err)) {
    failing_alloc_use_in_cjson();
    return failing_alloc_each(
        &(struct failing_alloc_work){.run = work, .output = f->output, .state = f});
}

static void saving_json_survives_the_failure_of_any_allocation(void **state) {
    struct fixture *f = *state;
    snprintf(f->output, sizeof f->output, "%s/r.json", f->dir.path);
    assert_true(fail_each(f, save) > 40);
    assert_int_equal(temp_dir_count(&f->dir), 2); /* the source and the report */
}

static void saving_gzip_survives_the_failure_of_any_allocation(void **state) {
    struct fixture *f = *state;
    snprintf(f->output, sizeof f->output, "%s/r.json.gz", f->dir.path);
    assert_true(fail_each(f, save) > 45);
    assert_int_equal(temp_dir_count(&f->dir), 2);
}

static void prepare_run(struct fixture *f) {
    snprintf(f->output, sizeof f->output, "%s/r.json", f->dir.path);
    snprintf(f->run, sizeof f->run, "%s/viztracer-%ld-7-1", f->dir.path,
             (long)getuid());
    log_builder_view(&f->log, 0).head->pid = INT32_MAX; /* no process: it is dead */
    make_run(f);
    f->lines = 2; /* whose run, and how much */
}

static void recovering_survives_the_failure_of_any_allocation(void **state) {
    struct fixture *f = *state;
    prepare_run(f);
    f->recovered = f->run;
    assert_true(fail_each(f, recover) > 60);
    assert_int_equal(access(f->run, F_OK), -1);
}

static void recovering_what_is_found_survives_it(void **state) {
    struct fixture *f = *state;
    prepare_run(f);
    setenv("VIZTRACER_RUNDIR", f->dir.path, 1);
    setenv("TMPDIR", f->dir.path, 1);
    assert_true(fail_each(f, recover) > 60);
    assert_int_equal(access(f->run, F_OK), -1);
}

static void recovering_a_log_survives_it(void **state) {
    struct fixture *f = *state;
    char log[8192];
    prepare_run(f);
    snprintf(log, sizeof log, "%s/7-1.log", f->run);
    f->recovered = log;
    assert_true(fail_each(f, recover) > 50);
    assert_int_equal(access(log, F_OK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(saving_json_survives_the_failure_of_any_allocation),
        TEST(saving_gzip_survives_the_failure_of_any_allocation),
        TEST(recovering_survives_the_failure_of_any_allocation),
        TEST(recovering_what_is_found_survives_it),
        TEST(recovering_a_log_survives_it),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

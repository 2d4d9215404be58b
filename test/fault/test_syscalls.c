/* SPDX-License-Identifier: Apache-2.0
 *
 * Saving, combining, compressing and decompressing while the n-th call of each system
 * call fails with each of seven errors, or writes only a part: the whole report, or a
 * clear error with the earlier file untouched and nothing left beside it
 * (reliability.md R6).
 */
#include "core/io/combine_files.h"
#include "core/io/cvf_file.h"
#include "core/io/log_file.h"
#include "core/io/report.h"
#include "test/fault/failing_call.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <fcntl.h>
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

/* ---- saving */

struct fixture {
    struct temp_dir dir;
    enum vt_status (*work)(struct fixture *f, struct vt_error *err);
    char log[4096];    /* the input, beside the directory */
    char output[4096]; /* a link to `target`, in another directory */
    char target[4096];
    char *whole; /* the report when nothing fails */
    size_t whole_size;
};

static void make_log(const char *path) {
    struct log_builder log;
    log_builder_init(&log, 100000);
    log_builder_view(&log, 0).head->state = VT_LOG_STOPPED;
    uint32_t id = log_builder_c(&log, "f");
    for (uint64_t b = 0; b < 3; b++) {
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        for (uint64_t i = 0; i < 2700; i++)
            log_builder_call(&log, block, 0, id, (b * 2700 + i) * 10,
                             (b * 2700 + i) * 10 + 5);
    }
    temp_dir_write(path, log.bytes, log.size);
    log_builder_fini(&log);
}

static enum vt_status save(struct fixture *f, struct vt_error *err) {
    struct vt_log_file file;
    enum vt_status status = vt_log_file_open(&file, AT_FDCWD, f->log, err);
    if (status != VT_OK)
        return status;
    struct vt_log_image image = vt_log_file_image(&file);
    struct vt_report_options options = {.output_path = f->output, .file_info = true};
    status = vt_report_save(&image, 1, &options, NULL, err);
    vt_log_file_close(&file);
    return status;
}

static void left_out(void *state, const char *path, const struct vt_error *why) {
    (void)state;
    fail_msg("%s: %s", path, why->text);
}

static enum vt_status combine(struct fixture *f, struct vt_error *err) {
    char *paths[] = {f->log};
    struct vt_combine_files_options options = {
        .paths = paths, .count = 1, .output_path = f->output, .left_out = left_out};
    return vt_combine_files(&options, NULL, err);
}

static enum vt_status compress(struct fixture *f, struct vt_error *err) {
    struct vt_cvf_file_options options = {f->log, f->output};
    return vt_cvf_file_compress(&options, err);
}

static enum vt_status decompress(struct fixture *f, struct vt_error *err) {
    struct vt_cvf_file_options options = {f->log, f->output};
    return vt_cvf_file_decompress(&options, err);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    snprintf(f->log, sizeof f->log, "%s.log", f->dir.path);
    make_log(f->log);
    f->work = save;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    unlink(f->log);
    temp_dir_fini(&f->dir);
    free(f->whole);
    free(f);
    return 0;
}

/* One save with one fault. False: the n-th call of the kind does not happen any
 * more. */
static bool try_fault(void *state, enum failing_call call, int n, int error) {
    struct fixture *f = state;
    struct vt_error err = {0};
    temp_dir_write(f->target, "earlier", 7);
    failing_call_arm(call, n, error);
    enum vt_status status = f->work(f, &err);
    bool has_failed = failing_call_disarm();
    const char *name = failing_call_name(call);
    size_t size;
    char *text = temp_dir_read(f->target, &size);
    bool is_whole = size == f->whole_size && memcmp(text, f->whole, size) == 0;
    bool is_earlier = strcmp(text, "earlier") == 0;
    free(text);
    if (status == VT_OK ? !is_whole : !is_earlier || !err.text[0])
        fail_msg("%s %d: %s: status %d (%s), the file is %s", name, n, strerror(error),
                 status, err.text, is_whole ? "new" : "neither");
    if (temp_dir_count(&f->dir) != 2)
        fail_msg("%s %d: %s: something was left", name, n, strerror(error));
    return has_failed;
}

/* `name` is saved through a link from another directory. */
static void prepare(struct fixture *f, const char *name) {
    struct vt_error err;
    snprintf(f->target, sizeof f->target, "%s/target", f->dir.path);
    snprintf(f->output, sizeof f->output, "%s/%s", f->dir.path, name);
    assert_int_equal(symlink("target", f->output), 0);
    if (f->work(f, &err) != VT_OK)
        fail_msg("%s", err.text);
    f->whole = temp_dir_read(f->target, &f->whole_size);
    assert_true(f->whole_size > 1000);
}

static void json_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    prepare(f, "r.json");
    assert_in_range(failing_call_each(try_fault, f), 150, 100000);
}

static void gzip_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    prepare(f, "r.json.gz");
    assert_in_range(failing_call_each(try_fault, f), 150, 100000);
}

static void so_it_is_where_files_must_have_names(void **state) {
    struct fixture *f = *state;
    failing_call_without_tmpfile = true;
    prepare(f, "r.json");
    assert_in_range(failing_call_each(try_fault, f), 150, 100000);
    failing_call_without_tmpfile = false;
}

static void combining_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    f->work = combine;
    prepare(f, "r.json");
    assert_in_range(failing_call_each(try_fault, f), 150, 100000);
}

static void compressing_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    f->work = compress;
    prepare(f, "r.cvf");
    assert_in_range(failing_call_each(try_fault, f), 100, 100000);
}

static void decompressing_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    f->work = compress;
    prepare(f, "r.cvf");
    temp_dir_write(f->log, f->whole, f->whole_size);
    free(f->whole);
    assert_int_equal(unlink(f->output), 0);
    f->work = decompress;
    prepare(f, "r.json");
    assert_in_range(failing_call_each(try_fault, f), 100, 100000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(json_is_whole_or_untouched_whatever_fails),
        TEST(gzip_is_whole_or_untouched_whatever_fails),
        TEST(so_it_is_where_files_must_have_names),
        TEST(combining_is_whole_or_untouched_whatever_fails),
        TEST(compressing_is_whole_or_untouched_whatever_fails),
        TEST(decompressing_is_whole_or_untouched_whatever_fails),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Combining, compressing and decompressing while the n-th allocation fails, for every
 * n: a clear error, the earlier file untouched, nothing leaked (reliability.md R7).
 */
#include "core/io/combine_files.h"
#include "core/io/cvf_file.h"
#include "core/io/report.h"
#include "test/fault/failing_alloc.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
    struct temp_dir dir;
    char trace[4096], other[4096], packed[4096], output[4096];
    bool align;
};

/* Something of everything that a report may hold. */
static const char report[] =
    "{\"traceEvents\": ["
    "{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"process_name\",\"args\":{\"name\":"
    "\"p\"}},"
    "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":5,\"dur\":1,\"name\":\"f\",\"cat\":"
    "\"FEE\"},"
    "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":1,\"dur\":1,\"name\":\"f\",\"cat\":"
    "\"FEE\"},"
    "{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":6,\"dur\":1,\"name\":\"\\u00fc\","
    "\"cat\":\"FEE\",\"args\":{\"a\":[1,{}]}},"
    "{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":2,\"name\":\"c\",\"args\":{\"a\":1}},"
    "{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":3,\"name\":\"c\",\"args\":{\"b\":1.5,"
    "\"a\":123456789012345678901234567890}},"
    "{\"ph\":\"i\",\"pid\":\"x\",\"tid\":1,\"ts\":4,\"name\":\"i\",\"s\":\"g\"}],"
    "\"viztracer_metadata\": {\"overflow\": true, \"sync_marker\": 1, \"x\": [1],"
    "\"baseTimeNanoseconds\": 7, \"combined\": []},"
    "\"file_info\": {\"files\": {\"/a\": [\"text\", 1]}, \"functions\": {\"f\": "
    "[\"/a\", 1]}},"
    "\"displayTimeUnit\": \"ns\", \"otherData\": {\"a\": 1}}";

static enum vt_status compress(void *state, struct vt_error *err) {
    const struct fixture *f = state;
    struct vt_cvf_file_options options = {f->trace, f->output};
    return vt_cvf_file_compress(&options, err);
}

static enum vt_status decompress(void *state, struct vt_error *err) {
    const struct fixture *f = state;
    struct vt_cvf_file_options options = {f->packed, f->output};
    return vt_cvf_file_decompress(&options, err);
}

static void left_out(void *state, const char *path, const struct vt_error *why) {
    (void)state;
    fail_msg("%s is left out: %s", path, why->text);
}

static enum vt_status combine(void *state, struct vt_error *err) {
    struct fixture *f = state;
    char *paths[] = {f->trace, f->other, f->packed};
    struct vt_combine_files_options options = {
        .paths = paths,
        .count = 3,
        .output_path = f->output,
        .align = f->align,
        .left_out = left_out,
    };
    return vt_combine_files(&options, NULL, err);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    snprintf(f->trace, sizeof f->trace, "%s/a.json", f->dir.path);
    snprintf(f->other, sizeof f->other, "%s/b.json", f->dir.path);
    snprintf(f->packed, sizeof f->packed, "%s/c.cvf", f->dir.path);
    temp_dir_write(f->trace, report, sizeof report - 1);
    temp_dir_write(f->other, report, sizeof report - 1);
    snprintf(f->output, sizeof f->output, "%s", f->packed);
    assert_int_equal(compress(f, NULL), VT_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    temp_dir_fini(&f->dir);
    free(f);
    return 0;
}

/* Does the work with the output `name`; nothing else may be left beside the inputs. */
static long fail_each(struct fixture *f, const char *name,
                      enum vt_status (*work)(void *state, struct vt_error *err)) {
    snprintf(f->output, sizeof f->output, "%s/%s", f->dir.path, name);
    long count = failing_alloc_each(
        &(struct failing_alloc_work){.run = work, .output = f->output, .state = f});
    assert_int_equal(temp_dir_count(&f->dir), 4);
    return count;
}

static void compressing_survives_the_failure_of_any_allocation(void **state) {
    assert_true(fail_each(*state, "r.cvf", compress) > 60);
}

static void decompressing_survives_the_failure_of_any_allocation(void **state) {
    assert_true(fail_each(*state, "r.json.gz", decompress) > 25);
}

static void a_page_survives_the_failure_of_any_allocation(void **state) {
    struct fixture *f = *state;
    assert_true(fail_each(f, "r.html", combine) > 120);
    snprintf(f->output, sizeof f->output, "%s/p.html", f->dir.path);
    assert_int_equal(vt_report_save_text(f->output, report, sizeof report - 1, NULL),
                     VT_OK);
    assert_int_equal(rename(f->output, f->other), 0); /* one of those that are read */
    assert_true(fail_each(f, "r.html", combine) > 120);
}

static void combining_survives_the_failure_of_any_allocation(void **state) {
    assert_true(fail_each(*state, "r.json", combine) > 100);
}

static void aligning_survives_the_failure_of_any_allocation(void **state) {
    struct fixture *f = *state;
    f->align = true;
    assert_true(fail_each(f, "r.json", combine) > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(compressing_survives_the_failure_of_any_allocation),
        TEST(decompressing_survives_the_failure_of_any_allocation),
        TEST(a_page_survives_the_failure_of_any_allocation),
        TEST(combining_survives_the_failure_of_any_allocation),
        TEST(aligning_survives_the_failure_of_any_allocation),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

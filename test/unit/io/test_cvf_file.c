/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/cvf_file.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct temp_dir dir;
static struct vt_error err;
static char json[4096], cvf[4096], back[4096];

static int set_up(void **state) {
    (void)state;
    temp_dir_init(&dir);
    snprintf(json, sizeof json, "%s/a.json", dir.path);
    snprintf(cvf, sizeof cvf, "%s/a.cvf", dir.path);
    snprintf(back, sizeof back, "%s/b.json", dir.path);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unsetenv("VIZTRACER_MAX_DEPTH");
    temp_dir_fini(&dir);
    return 0;
}

static enum vt_status compress(struct vt_error *why) {
    struct vt_cvf_file_options options = {json, cvf};
    return vt_cvf_file_compress(&options, why);
}

static enum vt_status decompress(const char *output, struct vt_error *why) {
    struct vt_cvf_file_options options = {cvf, output};
    return vt_cvf_file_decompress(&options, why);
}

static void write_json(const char *text) {
    temp_dir_write(json, text, strlen(text));
}

static void a_report_comes_back(void **state) {
    (void)state;
    write_json("[{\"ph\": \"i\", \"ts\": 1}]");
    assert_int_equal(compress(&err), VT_OK);
    assert_int_equal(decompress(back, &err), VT_OK);
    char *text = temp_dir_read(back, NULL);
    assert_string_equal(text, "{\"traceEvents\": [{\"ph\": \"i\", \"ts\": 1}]}");
    free(text);
    assert_int_equal(temp_dir_count(&dir), 3);
}

/* Each with and without a place for the sentence. */
static void what_is_wrong_is_told_with_the_path_and_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(compress(NULL), VT_ERR_NOT_FOUND);
    assert_int_equal(compress(&err), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/a.json: No such file"));
    write_json("[{\"ph\": 1}]");
    assert_int_equal(compress(NULL), VT_ERR_FORMAT);
    assert_int_equal(compress(&err), VT_ERR_FORMAT);
    assert_non_null(strstr(err.text, "/a.json: "));
    write_json("[{\"ph\": \"i\"}"); /* told when the text ends */
    assert_int_equal(compress(&err), VT_OK);
    write_json("{\"traceEvents\": [");
    assert_int_equal(compress(NULL), VT_ERR_FORMAT);
    assert_int_equal(compress(&err), VT_ERR_FORMAT);
    assert_non_null(strstr(err.text, "/a.json: "));
    temp_dir_write(cvf, "no cvf file", 11);
    assert_int_equal(decompress(back, NULL), VT_ERR_FORMAT);
    assert_int_equal(decompress(back, &err), VT_ERR_FORMAT);
    assert_non_null(strstr(err.text, "/a.cvf: not a cvf file"));
    assert_null(temp_dir_read(back, NULL));
}

static void an_output_that_is_no_report_is_refused_first(void **state) {
    (void)state;
    assert_int_not_equal(decompress("/nowhere/b.txt", NULL), VT_OK);
    assert_int_not_equal(decompress("/nowhere/b.txt", &err), VT_OK);
    assert_null(strstr(err.text, "a.cvf")); /* nor was that looked for */
}

static void a_limit_that_is_met_names_the_variable_that_raises_it(void **state) {
    (void)state;
    setenv("VIZTRACER_MAX_DEPTH", "2", 1);
    write_json("[{\"ph\": \"i\", \"args\": [[1]]}]");
    assert_int_equal(compress(NULL), VT_ERR_LIMIT);
    assert_int_equal(compress(&err), VT_ERR_LIMIT);
    assert_non_null(strstr(err.text, "VIZTRACER_MAX_DEPTH"));
    setenv("VIZTRACER_MAX_DEPTH", "none", 1);
    assert_int_equal(compress(&err), VT_ERR_LIMIT);
    assert_int_equal(decompress(back, NULL), VT_ERR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_report_comes_back),
        TEST(what_is_wrong_is_told_with_the_path_and_leaves_nothing),
        TEST(an_output_that_is_no_report_is_refused_first),
        TEST(a_limit_that_is_met_names_the_variable_that_raises_it),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

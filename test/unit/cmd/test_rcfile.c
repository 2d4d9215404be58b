/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rcfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct vt_optparse parse;
static struct vt_config config;
static struct vt_error err;

static int clean_up(void **state) {
    (void)state;
    vt_optparse_fini(&parse);
    vt_config_fini(&config);
    return 0;
}

/* Applies the text below a header to the command line `word` (NULL: none). */
static enum vt_status apply(const char *text, char *word) {
    char section[1000];
    clean_up(NULL);
    err = (struct vt_error){0};
    assert_int_equal(vt_optparse_read(&parse, &config, word ? 1 : 0, &word, &err),
                     VT_OK);
    snprintf(section, sizeof section, "[default]\n%s", text);
    return vt_rcfile_apply_text(&parse, section, strlen(section), &err);
}

static void values_have_the_type_of_their_option(void **state) {
    (void)state;
    assert_int_equal(apply("tracer_entries = 5\nMax_Stack_Depth: -3\nmin_duration=2ms\n"
                           "output_file = a b.json\nlog_var = a.* d\n  e\n",
                           NULL),
                     VT_OK);
    assert_int_equal(config.tracer_entries, 5);
    assert_int_equal(config.max_stack_depth, -3);
    assert_int_equal(config.min_duration_ns, 2000000);
    assert_string_equal(config.output_file, "a b.json");
    assert_int_equal(config.log_var.count, 3);
    assert_string_equal(config.log_var.items[1], "d");
    assert_string_equal(config.log_var.items[2], "e");
}

static void a_flag_is_on_unless_its_value_says_off(void **state) {
    (void)state;
    static const char *const off[] = {"false", "False", "no", "NO", "off", "0"};
    static const char *const on[] = {"true", "yes", "on", "1", "", "maybe", "00"};
    char text[100];
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        snprintf(text, sizeof text, "quiet = %s\n", off[i]);
        assert_int_equal(apply(text, NULL), VT_OK);
        assert_false(config.quiet);
    }
    for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
        snprintf(text, sizeof text, "quiet = %s\n", on[i]);
        assert_int_equal(apply(text, NULL), VT_OK);
        assert_true(config.quiet);
    }
}

static void a_list_may_be_empty(void **state) {
    (void)state;
    assert_int_equal(apply("log_audit =\n", NULL), VT_OK);
    assert_true(config.log_audit.given);
    assert_int_equal(config.log_audit.count, 0);
}

static void the_command_line_wins(void **state) {
    (void)state;
    assert_int_equal(apply("tracer_entries = 5\n", "--tracer_entries=7"), VT_OK);
    assert_int_equal(config.tracer_entries, 7);
    assert_int_equal(apply("quiet = off\n", "--quiet"), VT_OK);
    assert_true(config.quiet);
    assert_int_equal(apply("include_files = a\n", "--include_files"), VT_OK);
    assert_int_equal(config.include_files.count, 0);
}

static void one_way_to_name_the_report_rules_out_the_other(void **state) {
    (void)state;
    assert_int_equal(apply("unique_output_file = 1\n", "-oa.json"), VT_OK);
    assert_false(config.unique_output_file);
    assert_int_equal(apply("output_file = b.json\n", "-u"), VT_OK);
    assert_null(config.output_file);
    assert_int_equal(apply("output_file = b.json\n", "-o"), VT_OK);
    assert_string_equal(config.output_file, "b.json");
}

static void unknown_keys_and_other_sections_are_ignored(void **state) {
    (void)state;
    assert_int_equal(apply("no_such_key = 1\nhelp = 1\n[other]\nquiet = 1\n", NULL),
                     VT_OK);
    assert_false(config.quiet);
}

static void bad_values_are_refused_with_their_key(void **state) {
    (void)state;
    assert_int_equal(apply("tracer_entries = many\n", NULL), VT_ERR_FORMAT);
    assert_string_equal(err.text, "tracer_entries: invalid int value: 'many'");
    assert_int_equal(apply("tracer_entries =\n", NULL), VT_ERR_FORMAT);
    assert_string_equal(err.text, "tracer_entries: invalid int value: ''");
    assert_int_equal(apply("min_duration = x\n", NULL), VT_ERR_REFUSED);
    assert_int_equal(apply("output_file = 50%.json\n", NULL), VT_ERR_FORMAT);
    assert_string_equal(err.text,
                        "output_file: '%' must be followed by '%' or '(key)s'");
    assert_int_equal(apply("attach = 5\n", NULL), VT_ERR_FORMAT);
    assert_string_equal(err.text, "attach: is for the command line only");
}

static void a_file_without_default_section_is_refused(void **state) {
    (void)state;
    assert_int_equal(apply("", NULL), VT_OK);
    assert_int_equal(vt_rcfile_apply_text(&parse, "[DEFAULT]\n", 10, &err),
                     VT_ERR_FORMAT);
    assert_string_equal(err.text, "Config file does not contain [default] section");
}

static void a_named_file_must_be_there_and_the_usual_one_need_not(void **state) {
    (void)state;
    char folder[] = "/tmp/test_rcfile.XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(apply("", NULL), VT_OK);
    assert_int_equal(vt_rcfile_apply(&parse, &err), VT_OK);
    assert_int_equal(apply("", "--rcfile=none"), VT_OK);
    assert_int_equal(vt_rcfile_apply(&parse, &err), VT_ERR_NOT_FOUND);
    assert_string_equal(err.text, "none: No such file or directory");
    assert_int_equal(apply("", "--rcfile=."), VT_OK);
    assert_int_equal(vt_rcfile_apply(&parse, &err), VT_ERR_IO);
    assert_string_equal(err.text, ".: cannot read it: Is a directory");
    assert_int_equal(apply("", "--rcfile=/dev/zero"), VT_OK);
    assert_int_equal(vt_rcfile_apply(&parse, &err), VT_ERR_LIMIT);
    assert_string_equal(err.text, "/dev/zero: larger than 1 MB");
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_the_type_of_their_option),
        cmocka_unit_test(a_flag_is_on_unless_its_value_says_off),
        cmocka_unit_test(a_list_may_be_empty),
        cmocka_unit_test(the_command_line_wins),
        cmocka_unit_test(one_way_to_name_the_report_rules_out_the_other),
        cmocka_unit_test(unknown_keys_and_other_sections_are_ignored),
        cmocka_unit_test(bad_values_are_refused_with_their_key),
        cmocka_unit_test(a_file_without_default_section_is_refused),
        cmocka_unit_test(a_named_file_must_be_there_and_the_usual_one_need_not),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}

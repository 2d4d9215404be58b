/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/optparse.h"
#include "test/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_optparse parse;
static struct vt_config config;
static struct vt_error err;

#define READ(...)                                                                      \
    read_words((char *[]){__VA_ARGS__},                                                \
               sizeof((char *[]){__VA_ARGS__}) / sizeof(char *))

static enum vt_status read_words(char **words, size_t count) {
    vt_optparse_fini(&parse);
    vt_config_fini(&config);
    err = (struct vt_error){0};
    return vt_optparse_read(&parse, &config, (int)count, words, &err);
}

static int clean_up(void **state) {
    (void)state;
    vt_optparse_fini(&parse);
    vt_config_fini(&config);
    return 0;
}

static void assert_refused(enum vt_status status, const char *text) {
    assert_int_equal(status, VT_ERR_USAGE);
    assert_string_equal(err.text, text);
}

static void options_count_also_behind_the_program(void **state) {
    (void)state;
    assert_int_equal(READ("argv.py", "-o", "q.json", "--foo"), VT_OK);
    assert_string_equal(config.output_file, "q.json");
    assert_words(&parse.extras, "argv.py|--foo|");
    assert_int_equal(READ("x.py", "--log_exit"), VT_OK);
    assert_true(config.log_exit);
}

static void values_stand_in_the_next_word_or_attached(void **state) {
    (void)state;
    assert_int_equal(READ("--output_file", "a", "--max_stack_depth", "3"), VT_OK);
    assert_string_equal(config.output_file, "a");
    assert_int_equal(config.max_stack_depth, 3);
    assert_int_equal(READ("--output_file=b=c", "--max_stack_depth=-4"), VT_OK);
    assert_string_equal(config.output_file, "b=c");
    assert_int_equal(config.max_stack_depth, -4);
    assert_int_equal(READ("-od", "-t5"), VT_OK);
    assert_string_equal(config.output_file, "d");
    assert_true(config.t_seconds == 5);
    assert_int_equal(READ("-o=e", "-cprint(1)", "-mm"), VT_OK);
    assert_string_equal(config.output_file, "e");
    assert_string_equal(config.cmd_string, "print(1)");
    assert_string_equal(config.module, "m");
    assert_int_equal(READ("--output_file="), VT_OK);
    assert_string_equal(config.output_file, "");
}

static void beginnings_are_accepted_while_they_are_unambiguous(void **state) {
    (void)state;
    assert_int_equal(READ("--plugin", "x", "--output_f=y"), VT_OK);
    assert_words(&config.plugins, "x|");
    assert_string_equal(config.output_file, "y");
    assert_refused(READ("--log_func_e"), "ambiguous option: --log_func_e could match "
                                         "--log_func_exec, --log_func_entry");
    assert_refused(
        READ("--outp=y"),
        "ambiguous option: --outp=y could match --output_file, --output_dir");
}

static void out_is_short_for_output_file(void **state) {
    (void)state;
    assert_int_equal(READ("--out", "y"), VT_OK);
    assert_string_equal(config.output_file, "y");
    assert_int_equal(READ("--out=z"), VT_OK);
    assert_string_equal(config.output_file, "z");
}

static void an_exact_name_is_not_ambiguous(void **state) {
    (void)state;
    assert_int_equal(READ("--attach", "5"), VT_OK);
    assert_int_equal(config.attach, 5);
    assert_int_equal(READ("--attach=6"), VT_OK);
    assert_int_equal(config.attach, 6);
}

static void lists_take_every_plain_word_that_follows(void **state) {
    (void)state;
    assert_int_equal(READ("--include_files", "./a", "x.py"), VT_OK);
    assert_words(&config.include_files, "./a|x.py|");
    assert_int_equal(parse.extras.count, 0);
    assert_int_equal(READ("--include_files", "-1", "-.5", "-x y", "-", "--foo", "z"),
                     VT_OK);
    assert_words(&config.include_files, "-1|-.5|-x y|-|");
    assert_words(&parse.extras, "--foo|z|");
    assert_int_equal(READ("--include_files=a", "b"), VT_OK);
    assert_words(&config.include_files, "a|");
    assert_words(&parse.extras, "b|");
    assert_int_equal(READ("--log_audit", "--quiet"), VT_OK);
    assert_true(config.log_audit.given);
    assert_int_equal(config.log_audit.count, 0);
}

static void the_last_of_equal_options_holds(void **state) {
    (void)state;
    assert_int_equal(
        READ("-o", "a", "-o", "b", "--combine", "c", "d", "--combine", "e"), VT_OK);
    assert_string_equal(config.output_file, "b");
    assert_words(&config.combine, "e|");
}

static void an_option_that_is_last_without_value_counts_as_not_given(void **state) {
    (void)state;
    assert_int_equal(READ("-o"), VT_OK);
    assert_null(config.output_file);
    assert_int_equal(READ("-o", "a", "-o"), VT_OK);
    assert_null(config.output_file);
    assert_int_equal(READ("--tracer_entries", "5", "--tracer_entries"), VT_OK);
    assert_int_equal(config.tracer_entries, 1000000);
    assert_int_equal(READ("-t", "3", "-t", "--quiet"), VT_OK);
    assert_true(config.t_seconds == -1);
    assert_false(parse.seen[vt_option_find("t") - vt_option_table]);
    assert_int_equal(READ("-o", "-u"), VT_OK);
}

static void a_bare_option_with_optional_value_is_given(void **state) {
    (void)state;
    assert_int_equal(READ("--report_server"), VT_OK);
    assert_string_equal(config.report_server, "");
    assert_int_equal(READ("--report_server", "h:1"), VT_OK);
    assert_string_equal(config.report_server, "h:1");
}

static void short_options_may_be_written_together(void **state) {
    (void)state;
    assert_int_equal(READ("-uc", "code"), VT_OK);
    assert_true(config.unique_output_file);
    assert_string_equal(config.cmd_string, "code");
    assert_int_equal(READ("-uuccode"), VT_OK);
    assert_string_equal(config.cmd_string, "code");
    assert_int_equal(READ("-uh", "-z"), VT_OK);
    assert_int_equal(parse.action, VT_OPTPARSE_HELP);
    assert_refused(READ("-ux"), "argument --unique_output_file/-u: ignored explicit "
                                "argument 'x'");
    assert_refused(READ("-hz"), "argument --help/-h: ignored explicit argument 'z'");
}

static void flags_take_no_value(void **state) {
    (void)state;
    assert_refused(READ("--quiet=3"),
                   "argument --quiet: ignored explicit argument '3'");
    assert_refused(READ("--quiet="), "argument --quiet: ignored explicit argument ''");
    assert_refused(READ("-u="), "argument --unique_output_file/-u: ignored explicit "
                                "argument ''");
}

static void bad_numbers_are_refused(void **state) {
    (void)state;
    assert_refused(READ("--max_stack_depth", "x"),
                   "argument --max_stack_depth: invalid int value: 'x'");
    assert_refused(READ("--tracer_entries="),
                   "argument --tracer_entries: invalid int value: ''");
    assert_refused(READ("-t", "1s"), "argument -t: invalid float value: '1s'");
    assert_int_equal(READ("--min_duration", "abc"), VT_ERR_REFUSED);
}

static void output_file_and_unique_exclude_each_other(void **state) {
    (void)state;
    assert_refused(READ("-u", "-o", "x"), "argument --output_file/-o: not allowed with "
                                          "argument --unique_output_file/-u");
    assert_refused(READ("--output_file=x", "-u"),
                   "argument --unique_output_file/-u: not allowed with argument "
                   "--output_file/-o");
}

static void help_and_version_stop_reading(void **state) {
    (void)state;
    assert_int_equal(READ("-h", "--max_stack_depth", "x"), VT_OK);
    assert_int_equal(parse.action, VT_OPTPARSE_HELP);
    assert_int_equal(READ("--vers", "-h"), VT_OK);
    assert_int_equal(parse.action, VT_OPTPARSE_VERSION);
    assert_refused(READ("--max_stack_depth", "x", "-h"),
                   "argument --max_stack_depth: invalid int value: 'x'");
    assert_int_equal(READ("-h", "--log"), VT_ERR_USAGE);
}

static void a_separator_ends_the_options(void **state) {
    (void)state;
    assert_int_equal(READ("-o", "a", "--", "x.py", "-o", "b", "--", "--run"), VT_OK);
    assert_true(parse.has_separator);
    assert_string_equal(config.output_file, "a");
    assert_words(&parse.program, "x.py|-o|b|--|--run|");
    assert_int_equal(READ("--quiet", "--run", "x.py", "-u"), VT_OK);
    assert_words(&parse.program, "x.py|-u|");
    assert_int_equal(READ("--run", "a", "--", "b"), VT_OK);
    assert_words(&parse.program, "b|");
    assert_words(&parse.extras, "--run|a|");
    assert_int_equal(READ("x", "--"), VT_OK);
    assert_int_equal(parse.program.count, 0);
    assert_int_equal(READ("-o", "--", "x"), VT_OK);
    assert_null(config.output_file);
}

static void words_before_code_are_told_from_its_arguments(void **state) {
    (void)state;
    assert_int_equal(READ("-B", "-X", "dev", "-c", "code", "-E", "a"), VT_OK);
    assert_words(&parse.extras, "-B|-X|dev|-E|a|");
    assert_int_equal(parse.extras_before_code, 3);
    assert_int_equal(READ("-B", "-c", "code", "-E", "-m", "mod", "a"), VT_OK);
    assert_int_equal(parse.extras_before_code, 1);
    assert_int_equal(READ("-B", "x.py"), VT_OK);
    assert_int_equal(parse.extras_before_code, 2);
    assert_int_equal(READ("-c", "-B", "x.py"), VT_OK);
    assert_int_equal(parse.extras_before_code, 2);
}

static void nothing_and_empty_words_are_fine(void **state) {
    (void)state;
    assert_int_equal(read_words(NULL, 0), VT_OK);
    assert_int_equal(parse.extras.count, 0);
    assert_int_equal(READ("", "-c", ""), VT_OK);
    assert_words(&parse.extras, "|");
    assert_string_equal(config.cmd_string, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_count_also_behind_the_program),
        cmocka_unit_test(values_stand_in_the_next_word_or_attached),
        cmocka_unit_test(beginnings_are_accepted_while_they_are_unambiguous),
        cmocka_unit_test(out_is_short_for_output_file),
        cmocka_unit_test(an_exact_name_is_not_ambiguous),
        cmocka_unit_test(lists_take_every_plain_word_that_follows),
        cmocka_unit_test(the_last_of_equal_options_holds),
        cmocka_unit_test(an_option_that_is_last_without_value_counts_as_not_given),
        cmocka_unit_test(a_bare_option_with_optional_value_is_given),
        cmocka_unit_test(short_options_may_be_written_together),
        cmocka_unit_test(flags_take_no_value),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(output_file_and_unique_exclude_each_other),
        cmocka_unit_test(help_and_version_stop_reading),
        cmocka_unit_test(a_separator_ends_the_options),
        cmocka_unit_test(words_before_code_are_told_from_its_arguments),
        cmocka_unit_test(nothing_and_empty_words_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}

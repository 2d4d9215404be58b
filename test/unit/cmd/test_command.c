/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "test/support/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct vt_command command;
static struct vt_error err;

#define READ(...)                                                                      \
    read_words((char *[]){__VA_ARGS__},                                                \
               sizeof((char *[]){__VA_ARGS__}) / sizeof(char *))

static enum vt_status read_words(char **words, size_t count) {
    vt_command_fini(&command);
    err = (struct vt_error){0};
    return vt_command_read(&command, (int)count, words, &err);
}

static int set_up(void **state) {
    (void)state;
    return chdir("/"); /* no .viztracerrc there */
}

static int clean_up(void **state) {
    (void)state;
    vt_command_fini(&command);
    return 0;
}

static void assert_refused(enum vt_status status, enum vt_status expected,
                           const char *text) {
    assert_int_equal(status, expected);
    assert_string_equal(err.text, text);
}

static void options_of_python_before_the_program_are_python_s(void **state) {
    (void)state;
    assert_int_equal(READ("-X", "dev", "--quiet", "-IB", "x.py", "-B", "--foo"), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_RUN);
    assert_words(&command.python_options, "-X|dev|-IB|");
    assert_words(&command.words, "x.py|-B|--foo|");
    assert_int_equal(READ("-X", "dev", "--", "-B", "x.py", "-B"), VT_OK);
    assert_words(&command.python_options, "-X|dev|-B|");
    assert_words(&command.words, "x.py|-B|");
}

static void options_of_python_before_code_are_python_s(void **state) {
    (void)state;
    assert_int_equal(READ("-W", "error", "-c", "pass", "-B", "a"), VT_OK);
    assert_words(&command.python_options, "-W|error|");
    assert_words(&command.words, "-B|a|");
    assert_int_equal(READ("-B", "-m", "mod", "--", "-B", "-o"), VT_OK);
    assert_words(&command.python_options, "-B|");
    assert_words(&command.words, "-B|-o|");
}

static void assert_module(const char *module, const char *options, const char *words) {
    assert_int_equal(command.kind, VT_COMMAND_RUN);
    assert_non_null(command.config.module);
    assert_string_equal(command.config.module, module);
    assert_words(&command.python_options, options);
    assert_words(&command.words, words);
}

static void options_of_python_may_share_a_word_with_code(void **state) {
    (void)state;
    assert_int_equal(READ("-Im", "mod", "-B", "a", "--quiet"), VT_OK);
    assert_module("mod", "-I|", "-B|a|");
    assert_true(command.config.quiet);
    assert_int_equal(READ("-X", "dev", "-uBsmmod", "-Im"), VT_OK);
    assert_module("mod", "-X|dev|-Bs|", "-Im|");
    assert_true(command.config.unique_output_file);
    assert_int_equal(READ("-BuW", "error", "-Im", "mod", "--", "-Ic", "a"), VT_OK);
    assert_module("mod", "-BW|error|-I|", "-Ic|a|");
    assert_true(command.config.unique_output_file);
    assert_int_equal(READ("-Ic", "pass", "a"), VT_OK);
    assert_string_equal(command.config.cmd_string, "pass");
    assert_words(&command.words, "a|");
    assert_int_equal(READ("x.py", "-Im", "mod"), VT_OK);
    assert_null(command.config.module);
    assert_words(&command.words, "x.py|-Im|mod|");
    assert_int_equal(READ("-X", "-Im", "x.py"), VT_OK);
    assert_words(&command.python_options, "-X|-Im|");
    assert_refused(READ("-uBo", "x.json"), VT_ERR_USAGE,
                   "argument --unique_output_file/-u: ignored explicit argument 'Bo'");
}

static void code_may_stand_behind_the_separator(void **state) {
    (void)state;
    assert_int_equal(READ("--quiet", "--", "-B", "-Im", "mod", "-o", "-B"), VT_OK);
    assert_module("mod", "-B|-I|", "-o|-B|");
    assert_int_equal(READ("--", "-mmod", "--quiet"), VT_OK);
    assert_module("mod", "", "--quiet|");
    assert_false(command.config.quiet);
    assert_int_equal(READ("--run", "-c", "-1", "-m"), VT_OK);
    assert_string_equal(command.config.cmd_string, "-1");
    assert_words(&command.words, "-m|");
    assert_int_equal(READ("--", "-uc", "x"), VT_OK);
    assert_words(&command.words, "-uc|x|");
    assert_refused(READ("--", "-B", "-Im"), VT_ERR_USAGE,
                   "argument expected for the -m option");
}

static void unknown_words_before_the_separator_are_refused(void **state) {
    (void)state;
    assert_refused(READ("--foo", "-B", "y", "--", "x.py"), VT_ERR_USAGE,
                   "unrecognized arguments: --foo -B y");
    assert_refused(READ("-B", "y", "-c", "pass", "--"), VT_ERR_USAGE,
                   "unrecognized arguments: y");
    assert_refused(READ("-X"), VT_ERR_USAGE, "argument expected for the -X option");
}

static void the_first_thing_to_do_is_done(void **state) {
    (void)state;
    assert_int_equal(read_words(NULL, 0), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_HELP);
    assert_int_equal(READ("-o", "x.json"), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_HELP);
    assert_int_equal(READ("--include_files", "./a", "x.py"), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_HELP);
    assert_int_equal(READ("--version", "x.py"), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_VERSION);
    assert_int_equal(READ("x.py", "-h"), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_HELP);
    assert_int_equal(READ("--recover"), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_RECOVER);
    assert_int_equal(READ("--report_server", "-c", ""), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_COLLECT);
    assert_int_equal(READ("--recover", "run", "-c", ""), VT_OK);
    assert_int_equal(command.kind, VT_COMMAND_RUN);
}

static void settings_have_limits(void **state) {
    (void)state;
    static char *const bad[] = {"0", "-1", "1000000001", "1000000000000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[100];
        snprintf(text, sizeof text,
                 "--tracer_entries: must be from 1 to 1000000000, not %s", bad[i]);
        assert_refused(READ("--tracer_entries", bad[i], "x.py"), VT_ERR_LIMIT, text);
    }
    assert_int_equal(READ("--tracer_entries", "1", "x.py"), VT_OK);
    assert_int_equal(READ("--tracer_entries", "1000000000", "x.py"), VT_OK);
    assert_refused(READ("x.py", "--include_files", "a", "--exclude_files", "b"),
                   VT_ERR_REFUSED,
                   "include_files and exclude_files can't be both specified!");
    assert_int_equal(READ("x.py", "--include_files", "a", "--exclude_files"), VT_OK);
}

static void the_ways_of_hooking_children_are_three(void **state) {
    (void)state;
    assert_int_equal(READ("--child_hook", "preload", "x.py"), VT_OK);
    assert_int_equal(READ("--child_hook=sitecustomize", "x.py"), VT_OK);
    assert_int_equal(READ("--child_hook", "none", "x.py"), VT_OK);
    assert_refused(READ("--child_hook", "it's", "x.py"), VT_ERR_USAGE,
                   "argument --child_hook: invalid choice: \"it's\" (choose from "
                   "'preload', 'sitecustomize', 'none')");
    assert_int_equal(READ("--child_hook=", "x.py"), VT_ERR_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_python_before_the_program_are_python_s),
        cmocka_unit_test(options_of_python_before_code_are_python_s),
        cmocka_unit_test(options_of_python_may_share_a_word_with_code),
        cmocka_unit_test(code_may_stand_behind_the_separator),
        cmocka_unit_test(unknown_words_before_the_separator_are_refused),
        cmocka_unit_test(the_first_thing_to_do_is_done),
        cmocka_unit_test(settings_have_limits),
        cmocka_unit_test(the_ways_of_hooking_children_are_three),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}

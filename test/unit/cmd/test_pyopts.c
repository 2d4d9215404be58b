/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/pyopts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(options, ...)                                                            \
    vt_pyopts_count((char *[]){__VA_ARGS__},                                           \
                    sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), options, &err)

static struct vt_error err;

static void every_spelling_of_python3_is_counted(void **state) {
    (void)state;
    size_t options;
    assert_int_equal(COUNT(&options, "-B", "-IB", "-OO", "-Es", "-b", "x.py", "-B"),
                     VT_OK);
    assert_int_equal(options, 5);
    assert_int_equal(COUNT(&options, "-X", "dev", "-Xutf8", "-W", "-x", "-BWerror"),
                     VT_OK);
    assert_int_equal(options, 6);
    assert_int_equal(COUNT(&options, "-iW", "ignore", "-q", "-S", "-I", "-O", "-E"),
                     VT_OK);
    assert_int_equal(options, 7);
}

static void other_words_end_them(void **state) {
    (void)state;
    static char *const others[] = {"x.py", "-",  "",   "--",  "-u",
                                   "-Bu",  "-v", "-c", "-Bm", "--X"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t options;
        assert_int_equal(COUNT(&options, "-B", others[i], "-B"), VT_OK);
        assert_int_equal(options, 1);
    }
}

static void an_option_without_its_value_is_refused(void **state) {
    (void)state;
    size_t options;
    assert_int_equal(COUNT(&options, "-B", "-X"), VT_ERR_USAGE);
    assert_string_equal(err.text, "argument expected for the -X option");
    assert_int_equal(COUNT(&options, "-BW"), VT_ERR_USAGE);
    assert_string_equal(err.text, "argument expected for the -BW option");
    assert_int_equal(vt_pyopts_count(NULL, 0, &options, &err), VT_OK);
    assert_int_equal(options, 0);
}

static void a_word_may_hold_options_and_others_behind_them(void **state) {
    (void)state;
    static char *const words[][2] = {{"-Im", "m"},  {"-BEcpass", "cpass"},
                                     {"-uIX", "X"}, {"-BWerror", "Werror"},
                                     {"-Buq", ""},  {"-OO", ""}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_string_equal(vt_pyopts_cluster_end(words[i][0]), words[i][1]);
    static char *const others[] = {"Im",   "-",   "",    "-u",  "-uu", "-m",
                                   "--Im", "-um", "-Io", "-It", "-Xm"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(vt_pyopts_cluster_end(others[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_python3_is_counted),
        cmocka_unit_test(other_words_end_them),
        cmocka_unit_test(an_option_without_its_value_is_refused),
        cmocka_unit_test(a_word_may_hold_options_and_others_behind_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool is_whole(const char *text, size_t size) {
    const char *end = text + size;
    const char *p = vt_jcheck_value(vt_jcheck_blanks(text, end), end);
    return p && vt_jcheck_blanks(p, end) == end;
}

static void what_the_grammar_allows_is_accepted(void **state) {
    (void)state;
    static const char *const good[] = {
        "0",
        "-0",
        "10.5e-3",
        "1E+9",
        "\"\"",
        "\"a\\n\\u00e9\\\"\"",
        "{}",
        "[]",
        "true",
        "false",
        "null",
        "[1, [2, {\"a\": []}], \"\"]",
        " 1 ",
        "{\"a\":1,\"b\":{\"c\":[null]}}",
        "\"\\ud800\"",
        "\"\xC3\xA9\"",
        "{ \"a\" : [ 1 , 2 ] , \"b\" : \"x\" }",
        "[[[[]]]]",
        "\"\x7F\"",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!is_whole(good[i], strlen(good[i])))
            fail_msg("refused: %s", good[i]);
    }
}

static void what_the_grammar_does_not_allow_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "nul",
        "NaN",
        "Infinity",
        "-",
        "01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "\"",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u123\"",
        "\"\n\"",
        "\"\\",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{1:2}",
        "[}",
        "{]",
        "[1}",
        "{\"a\":1]",
        "1 2",
        "]",
        "truefalse",
        "\xC3\xA9",
        "{\"a\":1,,\"b\":2}",
        "\"a\"b",
        "0x10",
        "[1]]",
        "\"\\u\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (is_whole(bad[i], strlen(bad[i])))
            fail_msg("accepted: %s", bad[i]);
    }
    assert_false(is_whole("\"\0\"", 3));
    assert_false(is_whole("\"\\\0\"", 4));
}

static void no_prefix_of_a_value_is_read_beyond_its_end(void **state) {
    (void)state;
    static const char text[] = "{\"a\": [1.5e3, true, \"\\u00e9\\n\"], \"b\": null}";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *exact = malloc(size ? size : 1); /* the sanitizer sees a byte too far */
        memcpy(exact, text, size);
        assert_false(is_whole(exact, size));
        free(exact);
    }
    assert_true(is_whole(text, sizeof text - 1));
}

static char *nested(size_t depth, size_t *size) {
    char *text = calloc(2, depth);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    *size = 2 * depth;
    return text;
}

static void nesting_ends_at_the_limit(void **state) {
    (void)state;
    size_t size;
    /* The innermost pair is empty and takes no level. */
    char *text = nested(VT_JCHECK_DEPTH + 1, &size);
    assert_true(is_whole(text, size));
    free(text);
    text = nested(VT_JCHECK_DEPTH + 2, &size);
    assert_false(is_whole(text, size));
    free(text);
}

static void the_place_behind_a_value_is_told(void **state) {
    (void)state;
    static const char text[] = "{\"a\": 1}, 2";
    assert_ptr_equal(vt_jcheck_value(text, text + sizeof text - 1), text + 8);
    static const char string[] = "\"ab\":";
    assert_ptr_equal(vt_jcheck_string(string, string + 5), string + 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_grammar_allows_is_accepted),
        cmocka_unit_test(what_the_grammar_does_not_allow_is_refused),
        cmocka_unit_test(no_prefix_of_a_value_is_read_beyond_its_end),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(the_place_behind_a_value_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_ini ini;
static struct vt_error err;
static struct vt_buf value;

static int clean_up(void **state) {
    (void)state;
    vt_ini_fini(&ini);
    vt_buf_fini(&value);
    return 0;
}

static enum vt_status read_text(const char *text) {
    vt_ini_fini(&ini);
    err = (struct vt_error){0};
    return vt_ini_read(&ini, text, strlen(text), &err);
}

static enum vt_status value_status(const char *section, const char *key) {
    vt_buf_clear(&value);
    vt_buf_append(&value, "", 0);
    return vt_ini_append_value(&ini, vt_ini_section(&ini, section), key, &value, &err);
}

static const char *value_of(const char *key) {
    assert_int_equal(value_status("s", key), VT_OK);
    return value.data;
}

static void keys_have_equals_or_colon_and_any_case(void **state) {
    (void)state;
    assert_int_equal(read_text("[s]\na=1\nB : x = y \nLong Key =\nc:=d\n"), VT_OK);
    assert_string_equal(value_of("a"), "1");
    assert_string_equal(value_of("b"), "x = y");
    assert_string_equal(value_of("long key"), "");
    assert_string_equal(value_of("c"), "=d");
    assert_false(vt_ini_has(&ini, vt_ini_section(&ini, "s"), "B"));
}

static void comments_are_whole_lines_only(void **state) {
    (void)state;
    assert_int_equal(read_text("# a\n;b\n[s] # tail\n  # c\na = 1 # no ; comment\n"),
                     VT_OK);
    assert_string_equal(value_of("a"), "1 # no ; comment");
}

static void deeper_lines_go_on_with_the_value(void **state) {
    (void)state;
    assert_int_equal(read_text("[s]\na = 1\n  2\n\n  # comment\n  3\n\n\nb = x\n"),
                     VT_OK);
    assert_string_equal(value_of("a"), "1\n2\n\n3");
    assert_string_equal(value_of("b"), "x");
    assert_int_equal(read_text("[s]\n a = 1\n b = 2\n   [c]\n"), VT_OK);
    assert_string_equal(value_of("a"), "1");
    assert_string_equal(value_of("b"), "2\n[c]");
}

static void lines_may_end_as_on_other_systems(void **state) {
    (void)state;
    assert_int_equal(read_text("[s]\r\na = 1\r\rb = 2"), VT_OK);
    assert_string_equal(value_of("a"), "1");
    assert_string_equal(value_of("b"), "2");
}

static void default_counts_in_every_section_but_is_none(void **state) {
    (void)state;
    assert_int_equal(read_text("[DEFAULT]\na=1\nb=1\n[s]\nb=2\n[DEFAULT]\nc=3\n"),
                     VT_OK);
    assert_int_equal(vt_ini_section(&ini, "DEFAULT"), 0);
    assert_int_equal(vt_ini_section(&ini, "default"), 0);
    assert_string_equal(value_of("a"), "1");
    assert_string_equal(value_of("b"), "2");
    assert_string_equal(value_of("c"), "3");
}

static void percent_signs_are_replaced(void **state) {
    (void)state;
    assert_int_equal(read_text("[s]\na=100%%\nb=<%(A)s|%(a)s>\n"), VT_OK);
    assert_string_equal(value_of("a"), "100%");
    assert_string_equal(value_of("b"), "<100%|100%>");
}

static void assert_value_refused(const char *text, const char *sentence) {
    assert_int_equal(read_text(text), VT_OK);
    assert_int_not_equal(value_status("s", "a"), VT_OK);
    assert_string_equal(err.text, sentence);
}

static void bad_percent_signs_are_refused(void **state) {
    (void)state;
    assert_value_refused("[s]\na=50%", "'%' must be followed by '%' or '(key)s'");
    assert_value_refused("[s]\na=%d", "'%' must be followed by '%' or '(key)s'");
    assert_value_refused("[s]\na=%(b", "'%' must be followed by '%' or '(key)s'");
    assert_value_refused("[s]\na=%(b)d", "'%' must be followed by '%' or '(key)s'");
    assert_value_refused("[s]\na=%(b)s", "%(b)s: no such key");
    assert_value_refused("[s]\na=%(a)s", "%(a)s: too many levels");
    assert_value_refused("[s]\na=%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s%(b)s\n"
                         "b=%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s%(c)s\n"
                         "c=%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s%(d)s\n"
                         "d=%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s%(e)s\n"
                         "e=%(f)s%(f)s%(f)s%(f)s%(f)s%(f)s%(f)s%(f)s\nf=\n",
                         "%(f)s: too many levels");
}

static void assert_refused(const char *text, const char *sentence) {
    assert_int_equal(read_text(text), VT_ERR_FORMAT);
    assert_string_equal(err.text, sentence);
}

static void bad_lines_are_refused_with_their_number(void **state) {
    (void)state;
    assert_refused("\na = 1\n", "line 2: no [section] stands above it");
    assert_refused("[s]\nnothing\n",
                   "line 2: neither [section] nor key = value: nothing");
    assert_refused("[s]\n= 1\n", "line 2: neither [section] nor key = value: = 1");
    assert_refused("[]\n", "line 1: no [section] stands above it");
    assert_refused("[s\n", "line 1: no [section] stands above it");
    assert_refused("[s]\na=1\nA:2\n", "line 3: key 'a' stands twice in section [s]");
    assert_refused("[s]\n[t]\n[s]\n", "line 3: section [s] stands twice");
    vt_ini_fini(&ini);
    assert_int_equal(vt_ini_read(&ini, "[s]\na=\0b", 8, &err), VT_ERR_FORMAT);
    assert_string_equal(err.text, "line 2: it has a NUL byte");
}

static void an_empty_text_has_no_section(void **state) {
    (void)state;
    assert_int_equal(read_text(""), VT_OK);
    assert_int_equal(vt_ini_section(&ini, "s"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_have_equals_or_colon_and_any_case),
        cmocka_unit_test(comments_are_whole_lines_only),
        cmocka_unit_test(deeper_lines_go_on_with_the_value),
        cmocka_unit_test(lines_may_end_as_on_other_systems),
        cmocka_unit_test(default_counts_in_every_section_but_is_none),
        cmocka_unit_test(percent_signs_are_replaced),
        cmocka_unit_test(bad_percent_signs_are_refused),
        cmocka_unit_test(bad_lines_are_refused_with_their_number),
        cmocka_unit_test(an_empty_text_has_no_section),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}

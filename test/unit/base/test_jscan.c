/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jscan.h"
#include "core/base/buf.h"
#include "test/support/shared_dir.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct settings {
    uint32_t detail, depth, string_bytes;
    bool open_array;
    size_t capacity; /* of the tokens of one run */
};

static const struct settings usual = {3, VT_JSCAN_DEPTH, 1000, false, 7};

/* One line per token, then the failure. */
struct listing {
    struct vt_buf text;
    const struct settings *settings;
    struct vt_jscan scan;
};

static void list(struct listing *listing, const struct vt_jscan_token *tokens,
                 size_t count) {
    static const char *const kinds[] = {"string", "number", "true",   "false",  "null",
                                        "object", "array",  "begin{", "begin[", "end"};
    for (size_t i = 0; i < count; i++) {
        const struct vt_jscan_token *t = &tokens[i];
        vt_buf_printf(&listing->text, "%u %s %llu-%llu", t->depth, kinds[t->kind],
                      (unsigned long long)t->at, (unsigned long long)t->end);
        if (t->has_name)
            vt_buf_printf(&listing->text, " name %llu+%lu%s",
                          (unsigned long long)t->name_at, (unsigned long)t->name_size,
                          t->name_escaped ? " escaped" : "");
        if (t->kind == VT_JSCAN_STRING && t->escaped)
            vt_buf_append_text(&listing->text, " escaped");
        if (t->kind == VT_JSCAN_NUMBER)
            vt_buf_printf(&listing->text, " %s%llue%lld", t->number.negative ? "-" : "",
                          (unsigned long long)t->number.mantissa,
                          (long long)t->number.exponent);
        vt_buf_append_char(&listing->text, '\n');
    }
    if (count)
        listing->scan.detail = listing->settings->detail;
}

/* Feeds a copy of the bytes, so that a sanitizer sees any step outside them. */
static void feed(struct listing *listing, const char *bytes, size_t size) {
    struct vt_jscan_token tokens[16];
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    vt_jscan_feed(&listing->scan, copy, size);
    while (!vt_jscan_is_used_up(&listing->scan)) {
        size_t count =
            vt_jscan_run(&listing->scan, tokens, listing->settings->capacity);
        assert_true(vt_jscan_pending(&listing->scan) <=
                    vt_jscan_offset(&listing->scan));
        list(listing, tokens, count);
    }
    free(copy);
}

/* The listing of a text fed as `first` bytes and then pieces of `step`. Owned by the
 * caller. */
static char *list_text(const struct settings *settings, const char *text, size_t size,
                       size_t first, size_t step) {
    uint8_t *nesting = malloc(VT_JSCAN_NESTING_BYTES(settings->depth));
    struct listing listing = {.settings = settings};
    struct vt_jscan_options options = {nesting, settings->depth, settings->string_bytes,
                                       settings->open_array};
    vt_jscan_init(&listing.scan, &options);
    feed(&listing, text, first);
    for (size_t at = first; at < size; at += step)
        feed(&listing, text + at, size - at < step ? size - at : step);
    struct vt_jscan_token token;
    list(&listing, &token, vt_jscan_end(&listing.scan, &token));
    struct vt_error err = {0};
    enum vt_status status = vt_jscan_status(&listing.scan, &err);
    assert_int_equal(status != VT_OK, vt_jscan_failed(&listing.scan));
    vt_buf_append_text(&listing.text, status == VT_OK ? "fine" : err.text);
    free(nesting);
    return vt_buf_steal(&listing.text);
}

static void check(const struct settings *settings, const char *text, size_t size,
                  const char *expected) {
    char *whole = list_text(settings, text, size, size, 1);
    assert_string_equal(whole, expected);
    free(whole);
}

static void check_text(const char *text, const char *expected) {
    check(&usual, text, strlen(text), expected);
}

/* What the text is said to be when it comes in two halves, cut anywhere, and byte by
 * byte, with few and with many tokens at a time. */
static void check_every_split(const struct settings *settings, const char *text,
                              size_t size) {
    char *whole = list_text(settings, text, size, size, 1);
    struct settings one_token = *settings;
    one_token.capacity = 1;
    for (size_t cut = 0; cut <= size; cut++) {
        char *halves = list_text(settings, text, size, cut, size);
        assert_string_equal(halves, whole);
        free(halves);
    }
    for (size_t step = 1; step <= 3; step++) {
        char *pieces = list_text(&one_token, text, size, 0, step);
        assert_string_equal(pieces, whole);
        free(pieces);
    }
    free(whole);
}

static void tokens_say_where_values_and_names_stand(void **state) {
    (void)state;
    check_text("{\"a\": [1, {\"b\\n\" :\"x\\u0041\"}], \"\":null}",
               "0 begin{ 0-1\n"
               "1 begin[ 6-7 name 2+1\n"
               "2 number 7-8 1e0\n"
               "2 begin{ 10-11\n"
               "3 string 18-27 name 12+3 escaped escaped\n"
               "2 end 27-28\n"
               "1 end 28-29\n"
               "1 null 34-38 name 32+0\n"
               "0 end 38-39\n"
               "fine");
    check_text(" -12.50e1 ", "0 number 1-9 -1250e-1\nfine");
    check_text("[true,false]", "0 begin[ 0-1\n1 true 1-5\n1 false 6-11\n"
                               "0 end 11-12\nfine");
}

static void containers_below_the_detail_are_given_as_a_whole(void **state) {
    (void)state;
    struct settings settings = usual;
    const char *text = "{\"a\":[{\"b\":[[]],\"c\":{}}, [0]]}";
    settings.detail = 2;
    check(&settings, text, strlen(text),
          "0 begin{ 0-1\n1 begin[ 5-6 name 2+1\n2 object 6-23\n2 array 25-28\n"
          "1 end 28-29\n0 end 29-30\nfine");
    settings.detail = 1;
    check(&settings, text, strlen(text),
          "0 begin{ 0-1\n1 begin[ 5-6 name 2+1\n1 end 28-29\n0 end 29-30\nfine");
    settings.detail = 3;
    check(&settings, text, strlen(text),
          "0 begin{ 0-1\n1 begin[ 5-6 name 2+1\n2 begin{ 6-7\n"
          "3 array 11-15 name 8+1\n3 object 20-22 name 17+1\n2 end 22-23\n"
          "2 begin[ 25-26\n3 number 26-27 0e0\n2 end 27-28\n"
          "1 end 28-29\n0 end 29-30\nfine");
}

static const char *const documents[] = {
    "{\"ph\": \"X\", \"ts\": 98615.764, \"args\": {\"a\": [1e5, \"\\ud83d\\ude00\"]}}",
    "[{\"name\":\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"}, true, null, -0.5E-3]",
    "\xEF\xBB\xBF {\"a\":[[[[{}]]]]}",
    "  \"a string that is longer than one vector \\\\ of the machine \\\" is\" ",
    "[1234567890123456789012345678901234567890, 0, -0, 0.1e+10]",
    "1797693134862315807e290",
    "12",
    "[\"\\uD800\", \"\\u0000\"]",
    "{\"a\":1e999}",
    "[1797693134862315807937289e300]",
    "[\"a\xC3(\"]",
    "[\"\xED\xA0\x80\"]",
    "{\"a\":tru}",
    "{\"a\" 1}",
    "[1,]",
    "{\"a\":1,}",
    "[\"\t\"]",
    "[01]",
    "[1.]",
    "[\"\\x\"]",
    "[[[[[[[[[]]]]]]]]] x",
    "\xEF\xBB{}",
    "",
    "[\"abc",
};

static void pieces_of_any_size_give_the_same_tokens(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        check_every_split(&usual, documents[i], strlen(documents[i]));
    struct settings shallow = {2, 5, 10, true, 3};
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        check_every_split(&shallow, documents[i], strlen(documents[i]));
}

static void
an_array_may_stay_open_behind_a_whole_object_if_that_is_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool accepted;
    } cases[] = {
        {"[{}", true},
        {"[{},", true},
        {" [ {\"a\":1} , \n", true},
        {"[{}, {\"b\":", false},
        {"[{}, {}", true},
        {"[{},{", false},
        {"[", false},
        {"[1", false},
        {"[1,", false},
        {"[[{}]", false},
        {"[[{}],", false},
        {"{\"a\":[{}", false},
        {"{\"a\":{}", false},
        {"[{}, 1", false},
        {"[{}, 1,", true},
        {"[{},]", false},
        {"[{}} ", false},
        {"[{},,", false},
        {"[{}]", true},
        {"[{\"a\":[{}", false},
        {"", false},
    };
    struct settings settings = usual;
    for (int open = 0; open <= 1; open++) {
        settings.open_array = open;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            const char *text = cases[i].text;
            size_t size = strlen(text);
            char *whole = list_text(&settings, text, size, size, 1);
            bool accepted = strcmp(whole + strlen(whole) - 4, "fine") == 0;
            bool closed = strcmp(text, "[{}]") == 0;
            if (accepted != (open ? cases[i].accepted : closed))
                fail_msg("%s: %s", text, whole);
            free(whole);
        }
    }
    settings.open_array = true;
    check(&settings, "[{},", 4,
          "0 begin[ 0-1\n1 begin{ 1-2\n1 end 2-3\n0 end 3-4\nfine");
}

static void nesting_ends_at_the_limit(void **state) {
    (void)state;
    struct settings settings = {1, 1024, 10, false, 16};
    char text[3000] = "";
    for (size_t depth = 1023; depth <= 1025; depth++) {
        for (size_t i = 0; i < depth; i++) {
            text[i] = '[';
            text[2 * depth - 1 - i] = ']';
        }
        char *whole = list_text(&settings, text, 2 * depth, 2 * depth, 1);
        const char *last = strrchr(whole, '\n') + 1;
        assert_string_equal(last, depth <= 1024
                                      ? "fine"
                                      : "nested deeper than 1024 levels (byte 1024)");
        free(whole);
    }
}

static void strings_end_at_the_limit(void **state) {
    (void)state;
    struct settings settings = {3, 10, 5, false, 16};
    check(&settings, "\"12345\"", 7, "0 string 0-7\nfine");
    check(&settings, "{\"12345\":0}", 11,
          "0 begin{ 0-1\n1 number 9-10 name 2+5 0e0\n0 end 10-11\nfine");
    const char *error = "a string longer than 5 bytes (byte 0)";
    check(&settings, "\"123456\"", 8, error);
    check(&settings, "\"123456", 7, error);
    check_every_split(&settings, "\"123456789012345678901234567890\"", 32);
    check_every_split(&settings, "{\"1234567\":0}", 13);
}

static void every_error_names_its_byte(void **state) {
    (void)state;
    check_text("", "there is nothing in it (byte 0)");
    check_text(" \n ", "there is nothing in it (byte 3)");
    check_text("\xEF\xBB\xBF", "there is nothing in it (byte 3)");
    check_text("\xEF\xBB", "the text ends too early (byte 2)");
    check_text("{} x", "0 begin{ 0-1\n0 end 1-2\nunexpected 'x' (byte 3)");
    check(&usual, "{}\0", 3, "0 begin{ 0-1\n0 end 1-2\nunexpected byte \\x00 (byte 2)");
    check_text("[NaN]", "0 begin[ 0-1\nunexpected 'N' (byte 1)");
    check_text("[-Infinity]",
               "0 begin[ 0-1\na number that JSON does not have (byte 2)");
    check_text("[\"\x01\"]", "0 begin[ 0-1\na control byte in a string (byte 2)");
    check_text("[\"\\x\"]", "0 begin[ 0-1\nan escape that JSON does not have (byte 3)");
    check_text("[\"\xFF\"]", "0 begin[ 0-1\ntext that is not UTF-8 (byte 2)");
    check_text("[1e999]", "0 begin[ 0-1\na number too large for a double (byte 1)");
    check_text("[1", "0 begin[ 0-1\nthe text ends too early (byte 2)");
    check_text("[\"ab", "0 begin[ 0-1\nthe text ends too early (byte 4)");
    check_text("-", "the text ends too early (byte 1)");
    check_text("{]", "0 begin{ 0-1\nunexpected ']' (byte 1)");
    check_text("[}", "0 begin[ 0-1\nunexpected '}' (byte 1)");
}

static void after_a_failure_nothing_is_read(void **state) {
    (void)state;
    uint8_t nesting[1];
    struct vt_jscan_options options = {nesting, 8, 10, false};
    struct vt_jscan_token token;
    struct vt_jscan scan;
    vt_jscan_init(&scan, &options);
    vt_jscan_feed(&scan, "]", 1);
    assert_int_equal(vt_jscan_run(&scan, &token, 1), 0);
    vt_jscan_feed(&scan, "[]", 2);
    assert_int_equal(vt_jscan_run(&scan, &token, 1), 0);
    assert_true(vt_jscan_is_used_up(&scan));
    assert_int_equal(vt_jscan_end(&scan, &token), 0);
    struct vt_error err;
    assert_int_equal(vt_jscan_status(&scan, &err), VT_ERR_FORMAT);
    assert_string_equal(err.text, "unexpected ']' (byte 0)");
}

static void what_is_pending_begins_with_the_name(void **state) {
    (void)state;
    uint8_t nesting[1];
    struct vt_jscan_options options = {nesting, 8, 100, false};
    struct vt_jscan_token token;
    struct vt_jscan scan;
    vt_jscan_init(&scan, &options);
    static const struct {
        const char *piece;
        uint64_t pending;
    } steps[] = {{"{", 1},        {" \"na", 2}, {"me\"", 2}, {" : ", 2},
                 {"12", 2},       {"3 ", 15},   {", ", 17},  {"\"b\":[", 22},
                 {"{\"x\":", 22}, {"1}", 29}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        vt_jscan_feed(&scan, steps[i].piece, strlen(steps[i].piece));
        while (!vt_jscan_is_used_up(&scan)) {
            vt_jscan_run(&scan, &token, 1);
            scan.detail = 2;
        }
        assert_int_equal(vt_jscan_pending(&scan), steps[i].pending);
    }
}

/* ---- the grammar cases beside the repository */

static void check_case(const char *folder, const char *name) {
    static char bytes[400000];
    char path[PATH_MAX + NAME_MAX + 2];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    char *whole = list_text(&usual, bytes, size, size, 1);
    char *pieces = list_text(&usual, bytes, size, 0, 1);
    assert_string_equal(pieces, whole);
    bool accepted = strcmp(whole + strlen(whole) - 4, "fine") == 0;
    if (*name != 'i' && accepted != (*name == 'y'))
        fail_msg("%s: %s", name, whole);
    free(whole);
    free(pieces);
}

static void the_json_test_suite_is_judged_right(void **state) {
    (void)state;
    char folder[PATH_MAX];
    if (!shared_dir_find("jsontestsuite", folder, sizeof folder)) {
        print_message("skipped: no ../shared/jsontestsuite\n");
        skip();
    }
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int cases = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] && entry->d_name[1] == '_') {
            check_case(folder, entry->d_name);
            cases++;
        }
    }
    closedir(dir);
    assert_true(cases > 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_say_where_values_and_names_stand),
        cmocka_unit_test(containers_below_the_detail_are_given_as_a_whole),
        cmocka_unit_test(pieces_of_any_size_give_the_same_tokens),
        cmocka_unit_test(
            an_array_may_stay_open_behind_a_whole_object_if_that_is_asked_for),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(strings_end_at_the_limit),
        cmocka_unit_test(every_error_names_its_byte),
        cmocka_unit_test(after_a_failure_nothing_is_read),
        cmocka_unit_test(what_is_pending_begins_with_the_name),
        cmocka_unit_test(the_json_test_suite_is_judged_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/jwrite.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What `write` leaves in the sink, with a buffer so small that it flushes often. */
struct fixture {
    struct vt_buf text;
    struct vt_jwrite out;
};

static void begin(struct fixture *f) {
    *f = (struct fixture){0};
    assert_int_equal(
        vt_jwrite_init(&f->out, vt_sink_to_buf(&f->text), VT_JWRITE_LEAST_BYTES, NULL),
        VT_OK);
}

static const char *end(struct fixture *f) {
    assert_int_equal(vt_jwrite_finish(&f->out, NULL), VT_OK);
    vt_buf_append(&f->text, "", 0);
    return f->text.data;
}

static void drop(struct fixture *f) {
    vt_jwrite_fini(&f->out);
    vt_buf_fini(&f->text);
}

static void is_written_as(const char *bytes, size_t size, const char *json) {
    struct fixture f;
    begin(&f);
    vt_jwrite_string(&f.out, bytes, size);
    assert_string_equal(end(&f), json);
    drop(&f);
}

static void strings_are_escaped_as_python_json_does(void **state) {
    (void)state;
    is_written_as("", 0, "\"\"");
    is_written_as("plain ~", 7, "\"plain ~\"");
    is_written_as("\"\\/", 3, "\"\\\"\\\\/\"");
    is_written_as("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    is_written_as("\0\x01\x1F\x7F", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
    is_written_as("\xC3\xA9", 2, "\"\\u00e9\"");
    is_written_as("\xF0\x9F\x98\x80", 4, "\"\\ud83d\\ude00\"");
    is_written_as("\xF4\x8F\xBF\xBF", 4, "\"\\udbff\\udfff\"");
    is_written_as("\xED\xB2\x80", 3, "\"\\udc80\"");   /* lone surrogate */
    is_written_as("\xED\xA0\x80x", 4, "\"\\ufffdx\""); /* lone high surrogate */
    is_written_as("\xED\xA0\x80", 3, "\"\\ufffd\"");
    is_written_as("\xED\xA0\x80\xED\xA0\x81\xED\xB0\x80", 9,
                  "\"\\ufffd\\ud801\\udc00\"");
    is_written_as("a\xFF\x62", 3, "\"a\\ufffdb\"");
    is_written_as("\xE2\x82", 2, "\"\\ufffd\\ufffd\"");
}

static void json_text_is_only_made_ascii(void **state) {
    (void)state;
    static const char json[] = "{\"k\\n\": \"\xC3\xA9\xF0\x9F\x98\x80\"}";
    struct fixture f;
    begin(&f);
    vt_jwrite_json(&f.out, json, sizeof json - 1);
    assert_string_equal(end(&f), "{\"k\\n\": \"\\u00e9\\ud83d\\ude00\"}");
    drop(&f);
}

static void lone_high_surrogates_in_json_text_are_replaced(void **state) {
    (void)state;
    static const struct {
        const char *json, *written;
    } cases[] = {
        {"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""},
        {"\"\\uD83D\\uDE00\"", "\"\\uD83D\\uDE00\""},
        {"\"\\ud83d\"", "\"\\ufffd\""},
        {"\"\\uD83Dx\"", "\"\\ufffdx\""},
        {"\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\""},
        {"\"\\ud83d\\n\"", "\"\\ufffd\\n\""},
        {"\"\\ude00\"", "\"\\ude00\""},
        {"\"\\\\ud83d\"", "\"\\\\ud83d\""},
        {"\"\\u00e9\\\"\\\\\"", "\"\\u00e9\\\"\\\\\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        begin(&f);
        vt_jwrite_json(&f.out, cases[i].json, strlen(cases[i].json));
        assert_string_equal(end(&f), cases[i].written);
        drop(&f);
    }
}

static void long_texts_arrive_whole_through_a_small_buffer(void **state) {
    (void)state;
    enum { N = 5000 };
    char *text = malloc(N);
    for (size_t i = 0; i < N; i++)
        text[i] = i % 7 ? 'x' : '"';
    struct fixture f;
    begin(&f);
    vt_jwrite_string(&f.out, text, N);
    vt_jwrite_bytes(&f.out, text, N);
    const char *written = end(&f);
    size_t at = 1;
    for (size_t i = 0; i < N; i++) {
        if (text[i] == '"')
            assert_int_equal(written[at++], '\\');
        assert_int_equal(written[at++], text[i]);
    }
    assert_int_equal(written[at++], '"');
    assert_memory_equal(written + at, text, N);
    assert_int_equal(f.text.size, at + N);
    drop(&f);
    free(text);
}

static void numbers_are_those_that_printf_prints(void **state) {
    (void)state;
    uint64_t samples[64 * 3 + 1], n = 0;
    for (unsigned bit = 0; bit < 64; bit++) {
        samples[n++] = UINT64_C(1) << bit;
        samples[n++] = (UINT64_C(1) << bit) - 1;
        samples[n++] = (UINT64_C(1) << bit) / 3;
    }
    samples[n++] = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        char expected[64], got[64];
        snprintf(expected, sizeof expected, "%" PRIu64, samples[i]);
        *vt_jwrite_put_u64(got, samples[i]) = '\0';
        assert_string_equal(got, expected);
        snprintf(expected, sizeof expected, "%" PRIu64 ".%03u", samples[i] / 1000,
                 (unsigned)(samples[i] % 1000));
        *vt_jwrite_put_us(got, samples[i]) = '\0';
        assert_string_equal(got, expected);
    }
}

static void signed_numbers_and_us_go_to_the_sink(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    vt_jwrite_i64(&f.out, INT64_MIN);
    vt_jwrite_text(&f.out, " ");
    vt_jwrite_i64(&f.out, 42);
    vt_jwrite_text(&f.out, " ");
    vt_jwrite_us(&f.out, 986155916764);
    assert_string_equal(end(&f), "-9223372036854775808 42 986155916.764");
    drop(&f);
}

static enum vt_status refuse(void *state, const void *bytes, size_t size,
                             struct vt_error *err) {
    (void)bytes;
    (void)size;
    ++*(int *)state;
    return vt_error_set(err, VT_ERR_IO, "no");
}

static void the_first_failure_sticks_and_ends_the_writing(void **state) {
    (void)state;
    int calls = 0;
    struct vt_jwrite out;
    assert_int_equal(vt_jwrite_init(&out,
                                    (struct vt_sink){.write = refuse, .state = &calls},
                                    VT_JWRITE_LEAST_BYTES, NULL),
                     VT_OK);
    for (int i = 0; i < 1000; i++)
        vt_jwrite_text(&out, "0123456789");
    assert_true(vt_jwrite_failed(&out));
    struct vt_error err;
    assert_int_equal(vt_jwrite_finish(&out, &err), VT_ERR_IO);
    assert_string_equal(err.text, "no");
    assert_int_equal(calls, 1);
    vt_jwrite_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped_as_python_json_does),
        cmocka_unit_test(json_text_is_only_made_ascii),
        cmocka_unit_test(lone_high_surrogates_in_json_text_are_replaced),
        cmocka_unit_test(long_texts_arrive_whole_through_a_small_buffer),
        cmocka_unit_test(numbers_are_those_that_printf_prints),
        cmocka_unit_test(signed_numbers_and_us_go_to_the_sink),
        cmocka_unit_test(the_first_failure_sticks_and_ends_the_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

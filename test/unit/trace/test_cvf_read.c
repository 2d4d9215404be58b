/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_read.h"
#include "core/io/zblock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* A file that is put together piece by piece. */
static struct vt_buf file, text;
static struct vt_error err;

static void put_u64(uint64_t value) {
    vt_buf_append(&file, &value, sizeof value); /* tests run on x86-64 */
}

static void put_text(const char *bytes) {
    vt_buf_append(&file, bytes, strlen(bytes) + 1);
}

static void put_byte(unsigned byte) {
    vt_buf_append_char(&file, (char)byte);
}

static void put_block(const char *json) {
    struct vt_cvf_packer packer = vt_zblock_packer();
    struct vt_buf data = {0};
    void *state;
    assert_int_equal(packer.open(&data, &state, NULL), VT_OK);
    assert_int_equal(packer.write(state, json, strlen(json), NULL), VT_OK);
    assert_int_equal(packer.finish(state, NULL), VT_OK);
    packer.close(state);
    put_u64(strlen(json));
    put_u64(data.size);
    vt_buf_append(&file, data.data, data.size);
    vt_buf_fini(&data);
}

/* Up to the args' place: slices at 0.05 and 0.06 us, 0.01 us long, if count is 2. */
static void put_slices(uint64_t count) {
    put_byte(VT_CVF_SLICES);
    put_u64(1);
    put_u64(2);
    put_text("f");
    put_u64(count);
}

static void put_two_times(void) {
    put_u64(5);
    put_byte(4);
    put_byte(4);
    put_byte(4);
}

static void put_counter(uint64_t keys) {
    put_byte(VT_CVF_COUNTER);
    put_u64(1);
    put_u64(2);
    put_text("c");
    put_u64(keys);
}

static enum vt_status read_file(void) {
    struct vt_cvf_read_options options = {.unpack = vt_zblock_unpack};
    vt_buf_clear(&text);
    return vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), &err);
}

static void assert_events(const char *events) {
    char expected[1000];
    if (read_file() != VT_OK)
        fail_msg("%s", err.text);
    snprintf(expected, sizeof expected, "{\"traceEvents\": [%s]}", events);
    assert_string_equal(text.data, expected);
}

static void assert_wrong(const char *sentence) {
    assert_int_not_equal(read_file(), VT_OK);
    if (!strstr(err.text, sentence))
        fail_msg("'%s' is not '%s'", err.text, sentence);
}

static int set_up(void **state) {
    (void)state;
    put_u64(VT_CVF_VERSION);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    vt_buf_fini(&file);
    vt_buf_fini(&text);
    return 0;
}

static void slices_come_with_their_args(void **state) {
    (void)state;
    put_slices(2);
    put_u64(file.size + 8 + 11);
    put_two_times();
    put_block("[{\"a\": [1]}, 7]");
    assert_events(
        "{\"pid\": 1, \"tid\": 2, \"ts\": 0.050, \"ph\": \"X\", \"dur\": 0.010, "
        "\"name\": \"f\", \"cat\": \"FEE\", \"args\": {\"a\": [1]}}, "
        "{\"pid\": 1, \"tid\": 2, \"ts\": 0.060, \"ph\": \"X\", \"dur\": 0.010, "
        "\"name\": \"f\", \"cat\": \"FEE\", \"args\": 7}");
}

static void args_must_be_as_many_as_slices(void **state) {
    (void)state;
    static const struct {
        const char *args, *sentence;
    } cases[] = {
        {"[1]", "fewer args than slices"}, {"[1, 2, 3]", "more args than slices"},
        {"{\"a\": 1}", "not a list"},      {"7", "not a list"},
        {"[1, 2", "ends too early"},       {"[1, 2,]", "unexpected"},
        {"[1, 2] 3", "unexpected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file.size = 8;
        put_slices(2);
        put_u64(file.size + 8 + 11);
        put_two_times();
        put_block(cases[i].args);
        assert_wrong(cases[i].sentence);
    }
}

static void args_must_stand_behind_the_slices(void **state) {
    (void)state;
    put_slices(2);
    put_u64(8);
    put_two_times();
    put_block("[1, 2]");
    assert_wrong("the args are elsewhere");
}

static void slices_beyond_64_bits_are_refused(void **state) {
    (void)state;
    put_slices(1);
    put_u64(0);
    put_u64(INT64_MAX);
    put_byte(4);
    assert_wrong("a time beyond 292 years");
}

static void counts_are_not_believed(void **state) {
    (void)state;
    put_slices(UINT64_C(1) << 62);
    put_u64(0);
    put_two_times();
    assert_wrong("more slices than bytes");
    file.size = 8;
    put_counter(UINT64_C(1) << 62);
    assert_wrong("more keys than bytes");
}

static void counters_keep_what_is_unchanged(void **state) {
    (void)state;
    double half = 0.5;
    put_counter(3);
    put_text("a");
    put_text("b");
    put_text("c");
    put_u64(2);
    put_u64(1000);
    put_byte(VT_CVF_INTEGER);
    put_u64((uint64_t)-3);
    put_byte(VT_CVF_REAL);
    vt_buf_append(&file, &half, sizeof half);
    put_byte(VT_CVF_ABSENT);
    put_u64(2000);
    put_byte(VT_CVF_ABSENT);
    put_byte(VT_CVF_UNCHANGED);
    put_byte(VT_CVF_DIGITS);
    put_text("123456789012345678901");
    assert_events(
        "{\"pid\": 1, \"tid\": 2, \"ts\": 1.000, \"ph\": \"C\", \"name\": \"c\", "
        "\"args\": {\"a\": -3, \"b\": 0.5}}, "
        "{\"pid\": 1, \"tid\": 2, \"ts\": 2.000, \"ph\": \"C\", \"name\": \"c\", "
        "\"args\": {\"b\": 0.5, \"c\": 123456789012345678901}}");
}

static void values_must_be_numbers(void **state) {
    (void)state;
    static const struct {
        const char *value, *sentence;
        size_t size;
    } cases[] = {
        {"\x22", "an unchanged value that never was", 1},
        {"\x26", "an unknown kind of value", 1},
        {"\x25-", "digits that are no number", 3},
        {"\x25"
         "1.5",
         "digits that are no number", 5},
        {"\x24\0\0\0\0\0\0\xF0\x7F", "a value that is no number", 9},
        {"\x23\1", "a record that ends behind the file", 2},
        {"", "a record that ends behind the file", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file.size = 8;
        put_counter(1);
        put_text("k");
        put_u64(1);
        put_u64(0);
        vt_buf_append(&file, cases[i].value, cases[i].size);
        assert_wrong(cases[i].sentence);
    }
}

static void other_events_must_be_a_list_of_events(void **state) {
    (void)state;
    static const struct {
        const char *list, *sentence;
    } cases[] = {
        {"{\"traceEvents\": []}", "it does not begin with ["},
        {"[1]", "an event is a number"},
        {"[{\"ph\": \"i\"},", "the list does not end"},
        {"[{\"ph\": \"i\"}", "the list does not end"},
        {"[{}]", "an event has no ph"},
        {"[{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\", "
         "\"report\": {\"traceEvents\": []}}]",
         "members that have records"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file.size = 8;
        put_byte(VT_CVF_OTHERS);
        put_block(cases[i].list);
        assert_wrong(cases[i].sentence);
    }
}

static void file_info_must_be_one_object(void **state) {
    (void)state;
    static const struct {
        const char *json, *sentence;
    } cases[] = {
        {"[]", "it does not begin with {"},
        {"{}, \"a\": {}", "unexpected"},
        {"{\"files\": {\"a\": 1}}", "an entry of file_info is a number"},
        {"{\"files\": {}", "ends too early"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file.size = 8;
        put_byte(VT_CVF_FILE_INFO);
        put_block(cases[i].json);
        assert_wrong(cases[i].sentence);
    }
    file.size = 8;
    for (int i = 0; i < 2; i++) {
        put_byte(VT_CVF_FILE_INFO);
        put_block("{}");
    }
    assert_wrong("file_info a second time");
}

static void a_file_cut_anywhere_is_refused_or_shorter(void **state) {
    (void)state;
    put_slices(2);
    put_u64(file.size + 8 + 11);
    put_two_times();
    put_block("[1, 2]");
    put_byte(VT_CVF_OTHERS);
    put_block("[{\"ph\": \"i\"}]");
    size_t whole = file.size, accepted = 0;
    for (size_t size = 0; size < whole; size++) {
        file.size = size;
        accepted += read_file() == VT_OK;
        assert_true(err.text[0]);
    }
    assert_int_equal(accepted, 2); /* in front of each record */
}

static void blocks_hold_what_they_say(void **state) {
    (void)state;
    put_byte(VT_CVF_OTHERS);
    put_block("[{\"ph\": \"i\"}]");
    char *bytes = file.data + 9;
    bytes[0]++;
    assert_wrong("less text than it says");
    bytes[0] = (char)(bytes[0] - 2);
    assert_wrong("more text than it says");
    bytes[7] = 1;
    assert_wrong("expands more than 256 times");
    assert_int_equal(err.status, VT_ERR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(slices_come_with_their_args),
        TEST(args_must_be_as_many_as_slices),
        TEST(args_must_stand_behind_the_slices),
        TEST(slices_beyond_64_bits_are_refused),
        TEST(counts_are_not_believed),
        TEST(counters_keep_what_is_unchanged),
        TEST(values_must_be_numbers),
        TEST(other_events_must_be_a_list_of_events),
        TEST(file_info_must_be_one_object),
        TEST(a_file_cut_anywhere_is_refused_or_shorter),
        TEST(blocks_hold_what_they_say),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

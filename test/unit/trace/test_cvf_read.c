/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_read.h"
#include "core/io/zblock.h"
#include "test/support/cvf_builder.h"
#include "test/support/cvf_reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static enum vt_status ignore_event(void *state, const struct vt_reader_event *event,
                                   struct vt_error *why) {
    (void)state;
    (void)event;
    (void)why;
    return VT_OK;
}

static void slices_come_with_their_args(void **state) {
    (void)state;
    cvf_builder_slices(&file, 2);
    cvf_builder_u64(&file, file.size + 8 + 11);
    cvf_builder_two_times(&file);
    cvf_builder_block(&file, "[{\"a\": [1]}, 7]");
    assert_events(
        "{\"pid\": 1, \"tid\": 2, \"ts\": 0.050, \"ph\": \"X\", \"dur\": 0.010, "
        "\"name\": \"f\", \"cat\": \"FEE\", \"args\": {\"a\": [1]}}, "
        "{\"pid\": 1, \"tid\": 2, \"ts\": 0.060, \"ph\": \"X\", \"dur\": 0.010, "
        "\"name\": \"f\", \"cat\": \"FEE\", \"args\": 7}");
}

static void slices_beyond_64_bits_are_refused(void **state) {
    (void)state;
    cvf_builder_slices(&file, 1);
    cvf_builder_u64(&file, 0);
    cvf_builder_u64(&file, INT64_MAX);
    cvf_builder_byte(&file, 4);
    assert_wrong("a time beyond 292 years");
}

static void counts_are_not_believed(void **state) {
    (void)state;
    cvf_builder_slices(&file, UINT64_C(1) << 62);
    cvf_builder_u64(&file, 0);
    cvf_builder_two_times(&file);
    assert_wrong("more slices than bytes");
    file.size = 8;
    cvf_builder_counter(&file, UINT64_C(1) << 62);
    assert_wrong("more keys than bytes");
}

static void counters_keep_what_is_unchanged(void **state) {
    (void)state;
    double half = 0.5;
    cvf_builder_counter(&file, 3);
    cvf_builder_text(&file, "a");
    cvf_builder_text(&file, "b");
    cvf_builder_text(&file, "c");
    cvf_builder_u64(&file, 2);
    cvf_builder_u64(&file, 1000);
    cvf_builder_byte(&file, VT_CVF_INTEGER);
    cvf_builder_u64(&file, (uint64_t)-3);
    cvf_builder_byte(&file, VT_CVF_REAL);
    vt_buf_append(&file, &half, sizeof half);
    cvf_builder_byte(&file, VT_CVF_ABSENT);
    cvf_builder_u64(&file, 2000);
    cvf_builder_byte(&file, VT_CVF_ABSENT);
    cvf_builder_byte(&file, VT_CVF_UNCHANGED);
    cvf_builder_byte(&file, VT_CVF_DIGITS);
    cvf_builder_text(&file, "123456789012345678901");
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
        cvf_builder_counter(&file, 1);
        cvf_builder_text(&file, "k");
        cvf_builder_u64(&file, 1);
        cvf_builder_u64(&file, 0);
        vt_buf_append(&file, cases[i].value, cases[i].size);
        assert_wrong(cases[i].sentence);
    }
}

/* One record of each kind; where they begin is in `begins`. */
enum { RECORDS = 6 };

static void put_all(size_t begins[RECORDS]) {
    begins[0] = file.size;
    cvf_builder_slices(&file, 2);
    cvf_builder_u64(&file, file.size + 8 + 11);
    cvf_builder_two_times(&file);
    cvf_builder_block(&file, "[1, 2]");
    begins[1] = file.size;
    cvf_builder_counter(&file, 2);
    cvf_builder_text(&file, "a");
    cvf_builder_text(&file, "b");
    cvf_builder_u64(&file, 1);
    cvf_builder_u64(&file, 1000);
    cvf_builder_byte(&file, VT_CVF_INTEGER);
    cvf_builder_u64(&file, 3);
    cvf_builder_byte(&file, VT_CVF_DIGITS);
    cvf_builder_text(&file, "123");
    begins[2] = file.size;
    cvf_builder_byte(&file, VT_CVF_PROCESS_NAME);
    cvf_builder_u64(&file, 1);
    cvf_builder_u64(&file, 2);
    cvf_builder_text(&file, "p");
    begins[3] = file.size;
    cvf_builder_byte(&file, VT_CVF_THREAD_NAME);
    cvf_builder_u64(&file, 1);
    cvf_builder_u64(&file, 2);
    cvf_builder_text(&file, "t");
    begins[4] = file.size;
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_block(&file, "[{\"ph\": \"i\", \"args\": [1, {\"a\": 2}]}]");
    begins[5] = file.size;
    cvf_builder_byte(&file, VT_CVF_FILE_INFO);
    cvf_builder_block(&file, "{\"files\": {}}");
}

static void a_file_cut_anywhere_is_refused_or_shorter(void **state) {
    (void)state;
    size_t begins[RECORDS], accepted = 0;
    put_all(begins);
    size_t whole = file.size;
    for (size_t size = 0; size < whole; size++) {
        file.size = size;
        if (read_file() != VT_OK) {
            assert_true(err.text[0]);
            continue;
        }
        assert_true(accepted < RECORDS); /* in front of each record, nowhere else */
        assert_int_equal(size, begins[accepted++]);
    }
    assert_int_equal(accepted, RECORDS);
}

/* Whether the text that was read is a report, as a reader sees it. */
static bool is_report(void) {
    struct vt_reader_limits limits = {0};
    struct vt_reader_handler handler = {.event = ignore_event};
    struct vt_reader *reader;
    struct vt_error why;
    assert_int_equal(vt_reader_create(&limits, &handler, &reader, NULL), VT_OK);
    bool is_good = vt_reader_feed(reader, text.data, text.size, &why) == VT_OK &&
                   vt_reader_finish(reader, &why) == VT_OK;
    vt_reader_destroy(reader);
    return is_good;
}

static void a_damaged_file_is_refused_or_gives_a_report(void **state) {
    (void)state;
    size_t begins[RECORDS], refused = 0;
    put_all(begins);
    for (size_t i = 0; i < file.size; i++) {
        char *byte = file.data + i, whole = *byte;
        for (unsigned damage = 1; damage < 256; damage = damage * 2 + 1) {
            *byte = (char)((unsigned char)whole ^ damage);
            err.text[0] = '\0';
            if (read_file() == VT_OK)
                assert_true(is_report());
            else
                assert_true(err.text[0]);
            refused += err.text[0] != '\0';
        }
        *byte = whole;
    }
    assert_true(refused > 2 * file.size);
    assert_int_equal(read_file(), VT_OK);
}

static void names_must_be_utf8(void **state) {
    (void)state;
    cvf_builder_byte(&file, VT_CVF_PROCESS_NAME);
    cvf_builder_u64(&file, 1);
    cvf_builder_u64(&file, 2);
    cvf_builder_text(&file, "\xFF");
    assert_wrong("a name that is not UTF-8");
    file.size = 8;
    cvf_builder_counter(&file, 1);
    cvf_builder_text(&file, "\xED\xA0\x80");
    assert_wrong("a name that is not UTF-8");
}

static void times_beyond_64_bits_are_refused(void **state) {
    (void)state;
    static const struct {
        int64_t ts;
        const char *rest; /* dur, then ts and dur of a second slice */
        size_t size;
    } cases[] = {
        {INT64_MAX, "\4\4\4", 3}, /* the second overflows by adding */
        {INT64_MAX / 10, "\4\4\4", 3},
        {5, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\4\4", 10},
        {-INT64_MAX / 5, "\4\4\4", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file.size = 8;
        cvf_builder_slices(&file, 2);
        cvf_builder_u64(&file, 0);
        cvf_builder_u64(&file, (uint64_t)cases[i].ts);
        vt_buf_append(&file, cases[i].rest, cases[i].size);
        assert_wrong("a time beyond 292 years");
    }
}

/* Files of others have the first ts as a varint, too. */
static void slices_may_begin_with_a_short_time(void **state) {
    (void)state;
    cvf_builder_slices(&file, 2);
    cvf_builder_u64(&file, 0);
    cvf_builder_byte(&file, 8);
    cvf_builder_byte(&file, 4);
    cvf_builder_byte(&file, 4);
    cvf_builder_byte(&file, 4);
    assert_events("{\"pid\": 1, \"tid\": 2, \"ts\": 0.020, \"ph\": \"X\", \"dur\": "
                  "0.010, \"name\": \"f\", \"cat\": \"FEE\"}, "
                  "{\"pid\": 1, \"tid\": 2, \"ts\": 0.030, \"ph\": \"X\", \"dur\": "
                  "0.010, \"name\": \"f\", \"cat\": \"FEE\"}");
}

static void counters_have_a_bounded_number_of_keys(void **state) {
    (void)state;
    enum { MOST = 100000 };
    for (int more = 0; more < 2; more++) {
        file.size = 8;
        cvf_builder_counter(&file, MOST + (uint64_t)more);
        for (int i = 0; i < MOST + more; i++)
            cvf_builder_byte(&file, 0);
        cvf_builder_u64(&file, 0);
        if (!more)
            assert_events("");
    }
    assert_wrong("a counter with more than 100000 keys");
    file.size = 8;
    cvf_builder_counter(&file, 0);
    cvf_builder_u64(&file, 1000);
    assert_wrong("more counters than bytes");
}

static void a_text_that_expands_too_much_is_refused(void **state) {
    (void)state;
    struct vt_cvf_read_options options = {.unpack = vt_zblock_unpack, .expansion = 1};
    enum { NAME = 100000, SLICES = 1000 };
    cvf_builder_byte(&file, VT_CVF_SLICES);
    cvf_builder_u64(&file, 1);
    cvf_builder_u64(&file, 2);
    for (int i = 0; i < NAME; i++)
        cvf_builder_byte(&file, 'n');
    cvf_builder_byte(&file, 0);
    cvf_builder_u64(&file, SLICES);
    cvf_builder_u64(&file, 0);
    cvf_builder_u64(&file, 0);
    for (int i = 0; i < 2 * SLICES - 1; i++)
        cvf_builder_byte(&file, 4);
    vt_buf_clear(&text);
    assert_int_equal(
        vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), &err),
        VT_ERR_LIMIT);
    assert_string_equal(err.text, "a cvf file that expands more than 8 times");
}

struct noted {
    uint64_t text_bytes[4];
    size_t at[4], count;
};

static void note(void *state, const void *bytes, size_t size, uint64_t text_bytes) {
    struct noted *noted = state;
    size_t at = (size_t)((const char *)bytes - file.data);
    assert_true(noted->count < 4 && at + size <= file.size);
    noted->at[noted->count] = at;
    noted->text_bytes[noted->count++] = text_bytes;
}

static void blocks_are_told_to_those_who_unpack_beforehand(void **state) {
    (void)state;
    struct noted noted = {.count = 0};
    struct vt_cvf_read_options options = {.found = note, .found_state = &noted};
    static const char list[] = "[{\"ph\": \"i\"}]", info[] = "{\"files\": {}}";
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_block(&file, list);
    cvf_builder_byte(&file, VT_CVF_FILE_INFO);
    cvf_builder_block(&file, info);
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_block(&file, "[]");
    vt_buf_clear(&text);
    assert_int_equal(
        vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), &err),
        VT_OK);
    assert_int_equal(text.size, strlen("{\"traceEvents\": []}"));
    assert_memory_equal(text.data, "{\"traceEvents\": []}", text.size);
    assert_int_equal(noted.count, 3);
    assert_int_equal(noted.text_bytes[0], sizeof list - 1);
    assert_int_equal(noted.text_bytes[1], sizeof info - 1);
    assert_int_equal(noted.text_bytes[2], 2);
    assert_true(noted.at[0] < noted.at[1] && noted.at[1] < noted.at[2]);
}

static enum vt_status refuse(void *state, const void *bytes, size_t size,
                             struct vt_error *why) {
    (void)state;
    (void)bytes;
    (void)size;
    return vt_error_set(why, VT_ERR_REFUSED, "enough");
}

/* Each kind of record makes more text than the writer keeps. */
static void what_the_sink_says_comes_back(void **state) {
    (void)state;
    struct vt_cvf_read_options options = {.unpack = vt_zblock_unpack};
    struct vt_sink sink = {.write = refuse};
    struct vt_buf json = {0};
    enum { COUNT = 20000 };
    for (int kind = 0; kind < 3; kind++) {
        file.size = 8;
        vt_buf_clear(&json);
        for (int i = 0; i < COUNT; i++)
            vt_buf_printf(&json, "%s{\"ph\": \"i\", \"x\": 7}", i ? "," : "[");
        vt_buf_append_text(&json, "]");
        if (kind == 0) {
            cvf_builder_byte(&file, VT_CVF_OTHERS);
            cvf_builder_block(&file, json.data);
        } else if (kind == 1) {
            cvf_builder_slices(&file, COUNT);
            cvf_builder_u64(&file, 0);
            cvf_builder_u64(&file, 5);
            for (int i = 0; i < 2 * COUNT - 1; i++)
                cvf_builder_byte(&file, 4);
        } else {
            cvf_builder_counter(&file, 1);
            cvf_builder_text(&file, "a");
            cvf_builder_u64(&file, COUNT);
            for (int i = 0; i < COUNT; i++) {
                cvf_builder_u64(&file, 1000);
                cvf_builder_byte(&file, VT_CVF_ABSENT);
            }
        }
        assert_int_equal(vt_cvf_read(file.data, file.size, &options, sink, &err),
                         VT_ERR_REFUSED);
        assert_string_equal(err.text, "enough");
    }
    vt_buf_fini(&json);
}

static void records_of_unknown_kinds_are_refused_with_their_place(void **state) {
    (void)state;
    cvf_builder_byte(&file, 0x06);
    assert_wrong("an unknown record (byte 8)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(slices_come_with_their_args),
        TEST(slices_beyond_64_bits_are_refused),
        TEST(counts_are_not_believed),
        TEST(counters_keep_what_is_unchanged),
        TEST(values_must_be_numbers),
        TEST(a_file_cut_anywhere_is_refused_or_shorter),
        TEST(a_damaged_file_is_refused_or_gives_a_report),
        TEST(names_must_be_utf8),
        TEST(times_beyond_64_bits_are_refused),
        TEST(slices_may_begin_with_a_short_time),
        TEST(counters_have_a_bounded_number_of_keys),
        TEST(a_text_that_expands_too_much_is_refused),
        TEST(blocks_are_told_to_those_who_unpack_beforehand),
        TEST(what_the_sink_says_comes_back),
        TEST(records_of_unknown_kinds_are_refused_with_their_place),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_blocks.h"
#include "core/io/zblock.h"
#include "core/trace/cvf_read.h"
#include "test/support/cvf_builder.h"
#include "test/support/cvf_reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

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
        cvf_builder_slices(&file, 2);
        cvf_builder_u64(&file, file.size + 8 + 11);
        cvf_builder_two_times(&file);
        cvf_builder_block(&file, cases[i].args);
        assert_wrong(cases[i].sentence);
    }
}

static void args_must_stand_behind_the_slices(void **state) {
    (void)state;
    cvf_builder_slices(&file, 2);
    cvf_builder_u64(&file, 8);
    cvf_builder_two_times(&file);
    cvf_builder_block(&file, "[1, 2]");
    assert_wrong("the args are elsewhere");
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
        cvf_builder_byte(&file, VT_CVF_OTHERS);
        cvf_builder_block(&file, cases[i].list);
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
        cvf_builder_byte(&file, VT_CVF_FILE_INFO);
        cvf_builder_block(&file, cases[i].json);
        assert_wrong(cases[i].sentence);
    }
    file.size = 8;
    for (int i = 0; i < 2; i++) {
        cvf_builder_byte(&file, VT_CVF_FILE_INFO);
        cvf_builder_block(&file, "{}");
    }
    assert_wrong("file_info a second time");
}

/* "zlib data" that are the text, which comes byte by byte, with nothing in between. */
static enum vt_status unpack_bytes(const void *bytes, size_t size, struct vt_sink sink,
                                   struct vt_error *why) {
    enum vt_status status = sink.write(sink.state, bytes, 0, why);
    for (size_t i = 0; i < size && status == VT_OK; i++) {
        status = sink.write(sink.state, (const char *)bytes + i, 1, why);
        if (status == VT_OK)
            status = sink.write(sink.state, NULL, 0, why);
    }
    return status;
}

static void blocks_may_come_in_pieces_of_any_size(void **state) {
    (void)state;
    struct vt_cvf_read_options options = {
        .unpack = unpack_bytes, .limits = {10, 100}, .expansion = UINT32_MAX};
    cvf_builder_slices(&file, 2);
    cvf_builder_u64(&file, file.size + 8 + 11);
    cvf_builder_two_times(&file);
    cvf_builder_plain_block(&file, "[ {\"a\": [1]} ,[ 7 ]]");
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_plain_block(&file, "[{\"ph\": \"i\"}]");
    cvf_builder_byte(&file, VT_CVF_FILE_INFO);
    cvf_builder_plain_block(&file, "{\"files\": {}}");
    if (vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), &err) !=
        VT_OK)
        fail_msg("%s", err.text);
    assert_non_null(strstr(text.data, "\"args\": {\"a\": [1]}}"));
    assert_non_null(strstr(text.data, "\"args\": [ 7 ]}"));
    assert_non_null(strstr(text.data, ", {\"ph\": \"i\"}]"));
    assert_non_null(strstr(text.data, "\"file_info\": {\"files\": {}}}"));
}

static void the_event_for_the_metadata_is_told_from_others(void **state) {
    (void)state;
    static const char *const events[] = {
        "{\"ph\": \"i\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\"}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"x\": \"viztracer_metadata\"}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadat\"}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadatA\"}",
        "{\"ph\": \"M\", \"pid\": 1, \"tid\": 0, \"name\": \"viztracer_metadata\"}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 1, \"name\": \"viztracer_metadata\"}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\", "
        "\"args\": 7}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\", "
        "\"x\": {}}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\", "
        "\"rePort\": {}}",
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\", "
        "\"report\": 7}",
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        char list[300];
        file.size = 8;
        cvf_builder_byte(&file, VT_CVF_OTHERS);
        snprintf(list, sizeof list, "[%s]", events[i]);
        cvf_builder_block(&file, list);
        assert_events(events[i]);
    }
}

static void members_of_the_report_come_back_or_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *report, *beside; /* NULL: refused */
    } cases[] = {
        {"{}", ""},
        {"{ \t\r\n}", ""},
        {"{ \"a\": 1 }", ",  \"a\": 1 "},
        {"{\"traceEvents\": []}", NULL},
        {"{\"viztracer_metadata\": {}}", NULL},
        {"{\"file_info\": {}}", NULL},
        {"{\"traceEvents\": [{\"ph\": \"i\"}]}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char list[300];
        file.size = 8;
        cvf_builder_byte(&file, VT_CVF_OTHERS);
        snprintf(list, sizeof list,
                 "[{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": "
                 "\"viztracer_metadata\", \"report\": %s}]",
                 cases[i].report);
        cvf_builder_block(&file, list);
        if (!cases[i].beside) {
            assert_wrong("not a whole cvf file: report: ");
            continue;
        }
        if (read_file() != VT_OK)
            fail_msg("%s", err.text);
        snprintf(list, sizeof list, "{\"traceEvents\": []%s}", cases[i].beside);
        assert_string_equal(text.data, list);
    }
}

static void failures_are_told_without_a_sentence_too(void **state) {
    (void)state;
    struct vt_cvf_read_options options = {.unpack = vt_zblock_unpack};
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_block(&file,
                      "[{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": "
                      "\"viztracer_metadata\", \"report\": {\"file_info\": {}}}]");
    assert_int_equal(
        vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), NULL),
        VT_ERR_FORMAT);
    file.size = 8;
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_block(&file, "[1]");
    assert_int_equal(
        vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), NULL),
        VT_ERR_FORMAT);
}

static void blocks_hold_what_they_say(void **state) {
    (void)state;
    cvf_builder_byte(&file, VT_CVF_OTHERS);
    cvf_builder_block(&file, "[{\"ph\": \"i\"}]");
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
        TEST(args_must_be_as_many_as_slices),
        TEST(args_must_stand_behind_the_slices),
        TEST(other_events_must_be_a_list_of_events),
        TEST(file_info_must_be_one_object),
        TEST(blocks_may_come_in_pieces_of_any_size),
        TEST(the_event_for_the_metadata_is_told_from_others),
        TEST(members_of_the_report_come_back_or_are_refused),
        TEST(failures_are_told_without_a_sentence_too),
        TEST(blocks_hold_what_they_say),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

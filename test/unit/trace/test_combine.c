/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/combine.h"

#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OURS "{\"version\": \"" VIZTRACER_VERSION "\", \"overflow\": "

/* A text as a trace; in the second reading another one, if there is one. */
struct text {
    const char *text, *second;
    int readings;
};

static enum vt_status pump_text(void *state, struct vt_sink sink,
                                struct vt_error *err) {
    struct text *text = state;
    const char *bytes = text->readings++ && text->second ? text->second : text->text;
    size_t half = strlen(bytes) / 2;
    enum vt_status status = sink.write(sink.state, bytes, half, err);
    if (status == VT_OK)
        status = sink.write(sink.state, bytes + half, strlen(bytes) - half, err);
    return status;
}

struct fixture {
    struct vt_combine_options options;
    struct vt_combine *combine;
    struct text texts[16];
    size_t count;
    struct vt_buf said;
    uint64_t done, total; /* of the last progress */
    struct vt_combine_counts counts;
    struct vt_error err;
};

static void note_line(void *state, const char *line) {
    struct fixture *f = state;
    vt_buf_printf(&f->said, "%s\n", line);
}

static void note_progress(void *state, uint64_t done, uint64_t total) {
    struct fixture *f = state;
    f->done = done;
    f->total = total;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->options = (struct vt_combine_options){
        .say = note_line, .progress = note_progress, .state = f};
    assert_int_equal(vt_combine_create(&f->options, &f->combine, NULL), VT_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    vt_combine_destroy(f->combine);
    vt_buf_fini(&f->said);
    free(f);
    return 0;
}

/* A new combination of aligned traces. */
static void align(struct fixture *f) {
    vt_combine_destroy(f->combine);
    f->options.align = true;
    assert_int_equal(vt_combine_create(&f->options, &f->combine, NULL), VT_OK);
}

static enum vt_status add(struct fixture *f, const char *name, const char *text) {
    struct text *slot = &f->texts[f->count++];
    *slot = (struct text){.text = text};
    struct vt_combine_input input = {.name = name, .pump = pump_text, .state = slot};
    return vt_combine_add(f->combine, &input, &f->err);
}

static void check_added(struct fixture *f, const char *name, const char *text) {
    if (add(f, name, text) != VT_OK)
        fail_msg("%s", f->err.text);
}

static void check_report(struct fixture *f, const char *expected) {
    struct vt_buf text = {0};
    assert_int_equal(
        vt_combine_write(f->combine, vt_sink_to_buf(&text), &f->counts, &f->err),
        VT_OK);
    assert_string_equal(text.data, expected);
    vt_buf_fini(&text);
}

static void check_said(struct fixture *f, const char *expected) {
    assert_string_equal(f->said.data ? f->said.data : "", expected);
}

/* ---- */

static void events_keep_their_bytes_and_order(void **state) {
    struct fixture *f = *state;
    check_added(f, "a",
                "{\"traceEvents\":[{ \"ph\":\"X\",\"pid\":1,\"x\":[ 1 ],\"dur\":0,"
                "\"ts\":1e1}\n,{\"ph\":\"M\",\"pid\":1}]}");
    check_added(f, "b", "[{\"ph\":\"B\",\"pid\":2,\"ts\":\"5\"} ,");
    check_report(f,
                 "{\"traceEvents\": [{ \"ph\":\"X\",\"pid\":1,\"x\":[ 1 ],\"dur\":0,"
                 "\"ts\":1e1}, {\"ph\":\"M\",\"pid\":1}, "
                 "{\"ph\":\"B\",\"pid\":2,\"ts\":\"5\"}], \"viztracer_metadata\": " OURS
                 "false}}");
    assert_int_equal(f->counts.entries, 3);
    assert_int_equal(f->counts.labels, 0);
    assert_false(f->counts.overflow);
    assert_int_equal(f->total, 3);
    check_said(f, "b: the bracket that ends the events is missing; what is there was "
                  "taken\n");
}

static void nothing_but_empty_traces_makes_an_empty_report(void **state) {
    struct fixture *f = *state;
    check_added(f, "a", "[]");
    check_added(f, "b", "{}");
    check_report(f, "{\"traceEvents\": [], \"viztracer_metadata\": " OURS "false}}");
    check_said(f, "b: no traceEvents in it\n");
}

static void a_wrong_trace_leaves_no_mark(void **state) {
    struct fixture *f = *state;
    check_added(f, "a", "[{\"ph\":\"X\",\"pid\":1,\"ts\":1,\"dur\":1}]");
    assert_int_equal(
        add(f, "b",
            "{\"m\":1,\"viztracer_metadata\":{\"overflow\":true,\"lostEvents\":5,"
            "\"baseTimeNanoseconds\":1},\"file_info\":{\"files\":{\"p\":[\"\",0]}},"
            "\"traceEvents\":[{\"ph\":\"X\",\"pid\":2,\"ts\":0},5]}"),
        VT_ERR_FORMAT);
    assert_string_equal(f->err.text, "not a trace: an event is a number (byte 161)");
    assert_int_equal(add(f, "c", "[{\"ph\":\"X\"}"), VT_OK);
    assert_int_equal(add(f, "d", "{\"traceEvents\":["), VT_ERR_FORMAT);
    assert_string_equal(f->err.text,
                        "d: not a trace: the text ends too early (byte 16)");
    check_report(f, "{\"traceEvents\": [{\"ph\":\"X\",\"pid\":1,\"ts\":1,\"dur\":1}, "
                    "{\"ph\":\"X\"}], \"viztracer_metadata\": " OURS "false}}");
}

static void the_same_pid_in_two_traces_is_kept_apart_and_told(void **state) {
    struct fixture *f = *state;
    check_added(f, "d/a.json", "[{\"ph\":\"B\",\"pid\":7,\"tid\":7}]");
    check_added(f, "d/b.json",
                "[{\"ph\":\"M\",\"pid\":7,\"name\":\"process_name\",\"args\":{\"x\":"
                "{\"name\":\"no\"},\"name\":\"Main\"}},{\"pid\":\"7\",\"tid\":7,"
                "\"ph\":\"B\"},{\"ph\":\"B\",\"pid\":8},{\"ph\":\"B\"}]");
    check_added(f, "c \"\xC3\xA9\xFF.json", "[{\"ph\":\"B\",\"pid\":7.0}]");
    check_report(
        f, "{\"traceEvents\": [{\"ph\":\"B\",\"pid\":7,\"tid\":7}, "
           "{\"ph\":\"M\",\"pid\":10000007,\"name\":\"process_name\",\"args\":{\"x\":"
           "{\"name\":\"no\"},\"name\":\"Main (pid 7 of b.json)\"}}, "
           "{\"pid\":\"10000007\",\"tid\":7,\"ph\":\"B\"}, {\"ph\":\"B\",\"pid\":8}, "
           "{\"ph\":\"B\"}, "
           "{\"ph\": \"M\", \"pid\": 20000007, \"tid\": 20000007, "
           "\"name\": \"process_name\", \"args\": "
           "{\"name\": \"pid 7 of c \\u0022\\u00e9\\ufffd.json\"}}, "
           "{\"ph\":\"B\",\"pid\":20000007}], \"viztracer_metadata\": " OURS
           "false, \"combined\": [{\"file\": \"d/b.json\", \"pids\": {\"7\": "
           "\"10000007\"}}, {\"file\": \"c \\\"\\u00e9\\ufffd.json\", \"pids\": "
           "{\"7\": \"20000007\"}}]}}");
    assert_int_equal(f->counts.entries, 7);
    assert_int_equal(f->counts.labels, 1);
    assert_int_equal(f->total, 7);
    check_said(f, "d/a.json: events without ts: 1\n"
                  "d/b.json: events without pid: 1\n"
                  "d/b.json: events without ts: 3\n"
                  "c \"\xC3\xA9\xFF.json: events without ts: 1\n"
                  "d/b.json: pid 7 is in d/a.json, too; it becomes 10000007\n"
                  "c \"\xC3\xA9\xFF.json: pid 7 is in d/a.json, too; it becomes "
                  "20000007\n");
}

static void a_pid_that_cannot_stay_a_number_becomes_a_text(void **state) {
    struct fixture *f = *state;
    const char *text = "[{\"ph\":\"B\",\"pid\":9223372036854775808}]";
    check_added(f, "a", text);
    check_added(f, "b", text);
    check_report(f, "{\"traceEvents\": [{\"ph\":\"B\",\"pid\":9223372036854775808}, "
                    "{\"ph\": \"M\", \"pid\": \"9223372036854775808 (2)\", "
                    "\"tid\": \"9223372036854775808 (2)\", \"name\": \"process_name\", "
                    "\"args\": {\"name\": \"pid 9223372036854775808 of b\"}}, "
                    "{\"ph\":\"B\",\"pid\":\"9223372036854775808 (2)\"}], "
                    "\"viztracer_metadata\": " OURS
                    "false, \"combined\": [{\"file\": \"b\", \"pids\": "
                    "{\"9223372036854775808\": \"9223372036854775808 (2)\"}}]}}");
}

static void only_the_first_pids_of_many_are_told_one_by_one(void **state) {
    struct fixture *f = *state;
    struct vt_buf text = {0};
    vt_buf_append_text(&text, "[");
    for (int i = 0; i < 25; i++)
        vt_buf_printf(&text, "%s{\"ph\":\"B\",\"pid\":%d}", i ? "," : "", i);
    vt_buf_append_text(&text, "]");
    check_added(f, "a", text.data);
    check_added(f, "b", text.data);
    struct vt_buf out = {0};
    assert_int_equal(vt_combine_write(f->combine, vt_sink_to_buf(&out), NULL, NULL),
                     VT_OK);
    assert_non_null(strstr(f->said.data, "b: pid 9 is in a, too; it becomes 10000009\n"
                                         "b: and 15 more pids\n"));
    vt_buf_fini(&out);
    vt_buf_fini(&text);
}

/* Names of processes that got another pid tell which they were, where they have one. */
static void only_texts_that_name_a_process_are_edited(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *event, *edited; /* NULL: only the pid is */
    } cases[] = {
        {"{\"pid\":1,\"ph\":\"M\",\"name\":\"process_name\",\"args\":{\"name\":\"p\"}}",
         "{\"pid\":10000001,\"ph\":\"M\",\"name\":\"process_name\",\"args\":{\"name\":"
         "\"p "
         "(pid "
         "1 of b\\u007f\\u0001\\ud83d\\ude00\\ufffd)\"}}"},
        {"{\"pid\":1,\"ph\":\"M\",\"name\":\"process_name\",\"args\":{\"x\":\"name\","
         "\"name\":\"p\",\"y\":[{\"name\":\"q\"}]}}",
         "{\"pid\":10000001,\"ph\":\"M\",\"name\":\"process_name\",\"args\":{\"x\":"
         "\"name\","
         "\"name\":\"p (pid 1 of "
         "b\\u007f\\u0001\\ud83d\\ude00\\ufffd)\",\"y\":[{\"name\":\"q\"}]}}"},
        {"{\"pid\":1,\"ph\":\"M\",\"args\":{\"name\":\"p\"}}", NULL},
        {"{\"pid\":1,\"ph\":\"M\",\"name\":\"process_labl\",\"args\":{\"name\":\"p\"}}",
         NULL},
        {"{\"pid\":1,\"ph\":\"i\",\"name\":\"process_name\",\"args\":{\"name\":\"p\"}}",
         NULL},
        {"{\"pid\":1,\"ph\":\"M\",\"name\":\"process_name\",\"args\":{\"name\":5}}",
         NULL},
        {"{\"pid\":1,\"ph\":\"M\",\"name\":\"process_name\",\"args\":{\"nome\":\"p\"}}",
         NULL},
        {"{\"pid\":1,\"ph\":\"M\",\"name\":\"process_name\",\"args\":[\"name\"]}",
         NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        struct vt_buf out = {0};
        vt_combine_destroy(f->combine);
        f->count = 0;
        assert_int_equal(vt_combine_create(&f->options, &f->combine, NULL), VT_OK);
        check_added(f, "a", "[{\"ph\":\"i\",\"pid\":1}]");
        snprintf(text, sizeof text, "[%s]", cases[i].event);
        check_added(f, "b\x7F\x01\xF0\x9F\x98\x80\xFF", text);
        assert_int_equal(
            vt_combine_write(f->combine, vt_sink_to_buf(&out), NULL, &f->err), VT_OK);
        snprintf(text, sizeof text, "{\"pid\":10000001%s", cases[i].event + 8);
        if (!strstr(out.data, cases[i].edited ? cases[i].edited : text))
            fail_msg("%s became %s", cases[i].event, out.data);
        vt_buf_fini(&out);
    }
}

static void add_shifted(struct fixture *f, const char *text, int64_t shift_ns) {
    struct text *slot = &f->texts[f->count++];
    *slot = (struct text){.text = text};
    struct vt_combine_input input = {.name = "a",
                                     .pump = pump_text,
                                     .state = slot,
                                     .shift_ns = shift_ns,
                                     .uncertainty_ns = 7000};
    if (vt_combine_add(f->combine, &input, &f->err) != VT_OK)
        fail_msg("%s", f->err.text);
}

static void a_clock_that_is_shifted_began_at_another_time(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *base, *shifted;
    } cases[] = {
        {"1000000", "998000"},
        {"-9223372036854775808", "-9223372036854775808"}, /* beyond 64 bits: it stays */
        {"1.5", "1.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300], expected[400];
        vt_combine_destroy(f->combine);
        f->count = 0;
        assert_int_equal(vt_combine_create(&f->options, &f->combine, NULL), VT_OK);
        snprintf(text, sizeof text,
                 "{\"traceEvents\":[{\"ph\":\"i\",\"ts\":10}],"
                 "\"viztracer_metadata\":{\"baseTimeNanoseconds\":%s}}",
                 cases[i].base);
        add_shifted(f, text, 2000);
        snprintf(expected, sizeof expected,
                 "{\"traceEvents\": [{\"ph\":\"i\",\"ts\":12.000}], "
                 "\"viztracer_metadata\": " OURS
                 "false, \"baseTimeNanoseconds\": %s, \"combined\": [{\"file\": \"a\", "
                 "\"shift\": 2.000, \"uncertainty\": 7.000}]}}",
                 cases[i].shifted);
        check_report(f, expected);
    }
}

static void lost_events_beyond_64_bits_stay_a_number(void **state) {
    struct fixture *f = *state;
    const char *text = "{\"traceEvents\":[],\"viztracer_metadata\":{\"lostEvents\":"
                       "9223372036854775807}}";
    check_added(f, "a", text);
    check_added(f, "b", text);
    check_report(f, "{\"traceEvents\": [], \"viztracer_metadata\": " OURS
                    "false, \"lostEvents\": 9223372036854775807}}");
}

static void aligned_traces_begin_at_0(void **state) {
    struct fixture *f = *state;
    align(f);
    check_added(f, "a",
                "[{\"ph\":\"M\",\"pid\":1,\"ts\":0},{\"ph\":\"X\",\"pid\":1,"
                "\"ts\":986155916.764,\"dur\":1.5},{\"ph\":\"X\",\"pid\":1,"
                "\"ts\":\"986155910.5\",\"dur\":2},{\"ph\":\"X\",\"pid\":1,"
                "\"dur\":2}]");
    check_added(f, "b", "[{\"ph\":\"i\",\"pid\":2,\"ts\":-0.5,\"ts\":1}]");
    check_report(
        f,
        "{\"traceEvents\": [{\"ph\":\"M\",\"pid\":1,\"ts\":0}, {\"ph\":\"X\",\"pid\":1,"
        "\"ts\":6.264,\"dur\":1.5}, {\"ph\":\"X\",\"pid\":1,"
        "\"ts\":\"0.000\",\"dur\":2}, {\"ph\":\"X\",\"pid\":1,\"dur\":2}, "
        "{\"ph\":\"i\",\"pid\":2,\"ts\":-0.5,\"ts\":0.000}], "
        "\"viztracer_metadata\": " OURS
        "false, \"combined\": [{\"file\": \"a\", \"shift\": -986155910.500}, "
        "{\"file\": \"b\", \"shift\": -1.000}]}}");
}

static void the_sync_marker_is_what_traces_are_aligned_to(void **state) {
    struct fixture *f = *state;
    align(f);
    check_added(f, "a",
                "{\"traceEvents\":[{\"ph\":\"i\",\"pid\":1,\"ts\":10},"
                "{\"ph\":\"i\",\"pid\":1,\"ts\":30.5}],"
                "\"viztracer_metadata\":{\"sync_marker\":20.25}}");
    check_added(f, "b",
                "{\"traceEvents\":[{\"ph\":\"i\",\"pid\":2,\"ts\":7}],"
                "\"viztracer_metadata\":{\"sync_marker\":\"x\"}}");
    check_report(f,
                 "{\"traceEvents\": [{\"ph\":\"i\",\"pid\":1,\"ts\":-10.250}, "
                 "{\"ph\":\"i\",\"pid\":1,\"ts\":10.250}, "
                 "{\"ph\":\"i\",\"pid\":2,\"ts\":0.000}], \"viztracer_metadata\": " OURS
                 "false, \"sync_marker\": 0.000, \"combined\": "
                 "[{\"file\": \"a\", \"shift\": -20.250}, {\"file\": \"b\", \"shift\": "
                 "-7.000, \"members\": {\"sync_marker\": \"x\"}}]}}");
}

static void times_that_do_not_fit_stay(void **state) {
    struct fixture *f = *state;
    align(f);
    check_added(f, "a",
                "[{\"ph\":\"i\",\"pid\":1,\"ts\":1e300},"
                "{\"ph\":\"i\",\"pid\":1,\"ts\":9223372036854775.807},"
                "{\"ph\":\"i\",\"pid\":1,\"ts\":-9223372036854775.808}]");
    check_report(f,
                 "{\"traceEvents\": [{\"ph\":\"i\",\"pid\":1,\"ts\":1e300}, "
                 "{\"ph\":\"i\",\"pid\":1,\"ts\":18446744073709551.615}, "
                 "{\"ph\":\"i\",\"pid\":1,\"ts\":0.000}], \"viztracer_metadata\": " OURS
                 "false, \"combined\": [{\"file\": \"a\", \"shift\": "
                 "9223372036854775.808}]}}");
    check_said(f, "a: events with ts beyond 292 years, which stay: 1\n");
}

static void metadata_are_merged_as_the_manual_says(void **state) {
    struct fixture *f = *state;
    check_added(f, "a",
                "{\"viztracer_metadata\":{\"version\":\"0.1\",\"overflow\":false,"
                "\"baseTimeNanoseconds\":1,\"mine\":{\"x\":1},\"lostEvents\":3,"
                "\"sync_marker\":1.5},\"traceEvents\":[]}");
    check_added(f, "b",
                "{\"viztracer_metadata\":{\"overflow\":true,"
                "\"baseTimeNanoseconds\":1795373287793843552,\"lostEvents\":4,"
                "\"sync_marker\":2,\"mine\":{\"x\":2},\"theirs\":[]},"
                "\"traceEvents\":[]}");
    check_added(f, "c",
                "{\"viztracer_metadata\":{\"combined\":[{\"file\":\"x\"}]},"
                "\"traceEvents\":[]}");
    check_report(f, "{\"traceEvents\": [], \"viztracer_metadata\": " OURS
                    "true, \"baseTimeNanoseconds\": 1795373287793843552, "
                    "\"sync_marker\": 1.500, \"lostEvents\": 7, \"mine\": {\"x\":1}, "
                    "\"theirs\": [], \"combined\": [{\"file\": \"b\", \"members\": "
                    "{\"mine\": {\"x\":2}}}, {\"file\": \"c\", \"combined\": "
                    "[{\"file\":\"x\"}]}]}}");
    assert_true(f->counts.overflow);
    check_said(f, "b: 1 members differ from those of earlier traces; they are in "
                  "viztracer_metadata.combined\n");
}

static void file_info_and_unknown_members_survive(void **state) {
    struct fixture *f = *state;
    check_added(f, "a",
                "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[],\"file_info\":"
                "{\"files\":{\"/p\":[\"t\",1]},\"functions\":{\"f\":[\"/p\",1]}}}");
    check_added(f, "b",
                "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[],\"stackFrames\":"
                "{\"1\":{}},\"file_info\":{\"files\":{\"/q\":[\"u\",2],"
                "\"\\u002fp\":[\"other\",9]},\"functions\":{\"f\":[\"/p\",1],"
                "\"g\":[\"/q\",3]},\"more\":true}}");
    check_report(f, "{\"traceEvents\": [], \"viztracer_metadata\": " OURS
                    "false, \"combined\": [{\"file\": \"b\", \"members\": "
                    "{\"displayTimeUnit\": \"ms\"}}]}, \"file_info\": {\"files\": "
                    "{\"/p\": [\"t\",1], \"/q\": [\"u\",2]}, \"functions\": "
                    "{\"f\": [\"/p\",1], \"g\": [\"/q\",3]}, \"more\": true}, "
                    "\"displayTimeUnit\": \"ns\", \"stackFrames\": {\"1\":{}}}");
    check_said(f,
               "b: 1 members differ from those of earlier traces; they are in "
               "viztracer_metadata.combined\n"
               "b: 1 entries of file_info differ from those of earlier traces, which "
               "stay\n");
}

static void what_is_odd_is_told(void **state) {
    struct fixture *f = *state;
    align(f);
    check_added(f, "a",
                "{\"samples\":[],\"traceEvents\":[{\"ph\":\"X\",\"pid\":1,"
                "\"dur\":-1},{\"ph\":\"X\",\"pid\":1,\"ts\":1}]}");
    check_said(f, "a: events without ts: 1\na: X events without dur: 1\n"
                  "a: X events with negative dur: 1\n"
                  "a: the times in its member samples stay\n");
}

static void a_trace_that_is_wrong_the_second_time_fails_the_report(void **state) {
    struct fixture *f = *state;
    check_added(f, "a", "[{\"ph\":\"X\",\"pid\":1}]");
    f->texts[0].second = "[{\"ph\":\"X\",\"pid\":1},x]";
    struct vt_buf text = {0};
    assert_int_equal(vt_combine_write(f->combine, vt_sink_to_buf(&text), NULL, &f->err),
                     VT_ERR_FORMAT);
    assert_string_equal(f->err.text, "not a trace: unexpected 'x' (byte 20)");
    vt_buf_fini(&text);
}

static void a_log_that_grew_between_the_readings_may_have_new_pids(void **state) {
    struct fixture *f = *state;
    check_added(f, "a", "[{\"ph\":\"X\",\"pid\":1}]");
    check_added(f, "b", "[{\"ph\":\"X\",\"pid\":1}]");
    f->texts[1].second = "[{\"ph\":\"X\",\"pid\":2},{\"ph\":\"X\",\"pid\":1}]";
    struct vt_buf text = {0};
    assert_int_equal(vt_combine_write(f->combine, vt_sink_to_buf(&text), NULL, &f->err),
                     VT_OK);
    assert_non_null(strstr(text.data, "{\"ph\":\"X\",\"pid\":2}, "
                                      "{\"ph\":\"X\",\"pid\":10000001}"));
    vt_buf_fini(&text);
}

static enum vt_status refuse(void *state, const void *bytes, size_t size,
                             struct vt_error *err) {
    (void)state;
    (void)bytes;
    (void)size;
    return vt_error_set(err, VT_ERR_IO, "out.json: no space");
}

/* More text than is buffered, so that the failure comes while a trace is read. */
static void what_the_output_says_comes_back_as_it_is(void **state) {
    struct fixture *f = *state;
    struct vt_buf text = {0};
    vt_buf_append_text(&text, "[");
    for (int i = 0; i < 100000; i++)
        vt_buf_append_text(&text, "{\"ph\":\"X\",\"name\":\"abc\",\"pid\":1},");
    check_added(f, "a", text.data);
    struct vt_sink sink = {.write = refuse};
    assert_int_equal(vt_combine_write(f->combine, sink, NULL, &f->err), VT_ERR_IO);
    assert_string_equal(f->err.text, "out.json: no space");
    assert_true(f->texts[0].readings == 2);
    vt_buf_fini(&text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(events_keep_their_bytes_and_order),
        TEST(nothing_but_empty_traces_makes_an_empty_report),
        TEST(a_wrong_trace_leaves_no_mark),
        TEST(the_same_pid_in_two_traces_is_kept_apart_and_told),
        TEST(a_pid_that_cannot_stay_a_number_becomes_a_text),
        TEST(only_the_first_pids_of_many_are_told_one_by_one),
        TEST(only_texts_that_name_a_process_are_edited),
        TEST(a_clock_that_is_shifted_began_at_another_time),
        TEST(lost_events_beyond_64_bits_stay_a_number),
        TEST(aligned_traces_begin_at_0),
        TEST(the_sync_marker_is_what_traces_are_aligned_to),
        TEST(times_that_do_not_fit_stay),
        TEST(metadata_are_merged_as_the_manual_says),
        TEST(file_info_and_unknown_members_survive),
        TEST(what_is_odd_is_told),
        TEST(a_trace_that_is_wrong_the_second_time_fails_the_report),
        TEST(a_log_that_grew_between_the_readings_may_have_new_pids),
        TEST(what_the_output_says_comes_back_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

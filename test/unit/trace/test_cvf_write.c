/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_write.h"
#include "core/io/zblock.h"
#include "core/trace/cvf_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_error err;

/* Packs the report; the compressed one is in `file`. */
static enum vt_status pack(const char *report, const struct vt_cvf_packer *packer,
                           struct vt_sink sink) {
    struct vt_reader_limits limits = {0};
    struct vt_cvf_write *write = NULL;
    struct vt_reader *reader = NULL;
    enum vt_status status = vt_cvf_write_create(packer, sink, &write, &err);
    assert_int_equal(status, VT_OK);
    struct vt_reader_handler handler = vt_cvf_write_handler(write);
    assert_int_equal(vt_reader_create(&limits, &handler, &reader, &err), VT_OK);
    status = vt_reader_feed(reader, report, strlen(report), &err);
    if (status == VT_OK)
        status = vt_reader_finish(reader, &err);
    if (status == VT_OK)
        status = vt_cvf_write_finish(write, vt_reader_stats(reader), &err);
    vt_reader_destroy(reader);
    vt_cvf_write_destroy(write);
    return status;
}

/* The report packed and unpacked. */
static char *round_trip(const char *report) {
    struct vt_cvf_packer packer = vt_zblock_packer();
    struct vt_cvf_read_options options = {.unpack = vt_zblock_unpack};
    struct vt_buf file = {0}, text = {0};
    if (pack(report, &packer, vt_sink_to_buf(&file)) != VT_OK ||
        vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), &err) !=
            VT_OK)
        fail_msg("%s: %s", report, err.text);
    vt_buf_fini(&file);
    return vt_buf_steal(&text);
}

static void check_report(const char *report, const char *expected) {
    char *got = round_trip(report);
    assert_string_equal(got, expected);
    free(got);
}

/* A trace of these events, which come back as `expected`. */
static void check_events(const char *events, const char *expected) {
    char report[9000], wanted[9000];
    snprintf(report, sizeof report, "[%s]", events);
    snprintf(wanted, sizeof wanted, "{\"traceEvents\": [%s]}", expected);
    check_report(report, wanted);
}

/* The event is kept byte by byte: among the other events. */
static void check_kept(const char *event) {
    check_events(event, event);
}

/* ---- slices */

static void slices_are_sorted_and_cut_at_both_ends(void **state) {
    (void)state;
    check_events(
        "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1},"
        "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,"
        "\"ts\":-0.019,\"dur\":0.011},"
        "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,"
        "\"ts\":0.019,\"dur\":0.011}",
        "{\"pid\": 1, \"tid\": 2, \"ts\": -0.020, \"ph\": \"X\", \"dur\": 0.010, "
        "\"name\": \"f\", \"cat\": \"FEE\"}, "
        "{\"pid\": 1, \"tid\": 2, \"ts\": 0.010, \"ph\": \"X\", \"dur\": 0.020, "
        "\"name\": \"f\", \"cat\": \"FEE\"}, "
        "{\"pid\": 1, \"tid\": 2, \"ts\": 7.000, \"ph\": \"X\", \"dur\": 1.000, "
        "\"name\": \"f\", \"cat\": \"FEE\"}");
}

static void slices_that_would_lose_something_are_kept_as_they_stand(void **state) {
    (void)state;
    static const char *const members[] = {
        /* one is missing */
        "\"ph\":\"X\",\"cat\":\"FEE\",\"pid\":1,\"tid\":2,\"ts\":7,\"dur\":1",
        "\"ph\":\"X\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"tid\":2,\"ts\":7,\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"ts\":7,\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7",
        /* one too many */
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1,\"x\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1,\"args\":null",
        /* another category */
        "\"ph\":\"X\",\"cat\":\"FEEX\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEX\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1",
        /* a name that is no text, or one that no cstr can be */
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":5,\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"a\\u0000\",\"pid\":1,\"tid\":2,"
        "\"ts\":7,\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"\\udc80\",\"pid\":1,\"tid\":2,"
        "\"ts\":7,\"dur\":1",
        /* pid and tid that are no whole numbers as they stand */
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":\"1\",\"tid\":2,\"ts\":7,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":-1,\"tid\":2,\"ts\":7,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2.5,\"ts\":7,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2e1,\"ts\":7,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":"
        "123456789012345678901234,\"tid\":2,\"ts\":7,\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":0."
        "00000000000000000000000000000000000001,\"tid\":2,\"ts\":7,\"dur\":1",
        /* times that are texts, negative, or beyond 64 bits */
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":\"7\","
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":\"1\"",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":-1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1e30",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":1e30,"
        "\"dur\":1",
        "\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,"
        "\"ts\":9223372036854775,\"dur\":9223372036854775",
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        char event[500];
        snprintf(event, sizeof event, "{%s}", members[i]);
        check_kept(event);
    }
}

/* A name of `size` times "n". */
static char *event_with_name(const char *format, size_t size) {
    char name[2001], *event;
    memset(name, 'n', size);
    name[size] = '\0';
    assert_true(asprintf(&event, format, name) > 0);
    return event;
}

static void names_beyond_1000_bytes_do_not_make_groups(void **state) {
    (void)state;
    static const char *const formats[] = {
        "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"%s\",\"pid\":1,\"tid\":2,\"ts\":7,"
        "\"dur\":1}",
        "{\"ph\":\"C\",\"name\":\"%s\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{}}",
        "{\"ph\":\"C\",\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"%s\":1}"
        "}",
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *event = event_with_name(formats[i], 1001), *twice;
        check_kept(event);
        assert_true(asprintf(&twice, "%s, %s", event, event) > 0);
        check_kept(twice);
        free(twice);
        free(event);
        event = event_with_name(formats[i], 900);
        char *got = round_trip(event);
        assert_null(strstr(got, event)); /* in the form of a group */
        free(got);
        free(event);
    }
}

static void many_groups_keep_their_events_apart(void **state) {
    (void)state;
    enum { GROUPS = 300 };
    struct vt_buf report = {0};
    for (int i = 0; i < GROUPS; i++)
        vt_buf_printf(&report,
                      "%s{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f%d\",\"pid\":1,"
                      "\"tid\":2,\"ts\":%d,\"dur\":1},{\"ph\":\"C\",\"name\":\"c%d\","
                      "\"pid\":1,\"tid\":2,\"ts\":%d,\"args\":{\"k\":%d}}",
                      i ? "," : "[", i, i, i, i, i);
    vt_buf_append_text(&report, "]");
    char *got = round_trip(report.data);
    for (int i = 0; i < GROUPS; i++) {
        char slice[200], counter[200];
        snprintf(slice, sizeof slice,
                 "\"ts\": %d.000, \"ph\": \"X\", \"dur\": 1.000, \"name\": \"f%d\"", i,
                 i);
        snprintf(counter, sizeof counter,
                 "\"ts\": %d.000, \"ph\": \"C\", \"name\": \"c%d\", \"args\": {\"k\": "
                 "%d}",
                 i, i, i);
        assert_non_null(strstr(got, slice));
        assert_non_null(strstr(got, counter));
    }
    free(got);
    vt_buf_fini(&report);
}

/* ---- counters */

/* Counters of these ts and args, in the form `format` of both. */
static void render_counters(char *to, size_t capacity, const char *format,
                            const char *const (*counters)[2], size_t count) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(to + used, capacity - used, "%s", i ? ", " : "");
        used += (size_t)snprintf(to + used, capacity - used, format, counters[i][0],
                                 counters[i][1]);
    }
}

static const char counter_in[] = "{\"ph\":\"C\",\"name\":\"c\",\"pid\":1,\"tid\":2,"
                                 "\"ts\":%s,\"args\":{%s}}";
static const char counter_out[] = "{\"pid\": 1, \"tid\": 2, \"ts\": %s.000, \"ph\": "
                                  "\"C\", \"name\": \"c\", \"args\": {%s}}";

/* Counters that come back with these args, sorted as `order` says. */
static void check_counters(const char *const (*counters)[2], const int *order,
                           size_t count) {
    const char *sorted[8][2];
    char events[2000], expected[2000];
    for (size_t i = 0; i < count; i++)
        memcpy(sorted[i], counters[order[i]], sizeof *sorted);
    render_counters(events, sizeof events, counter_in, counters, count);
    render_counters(expected, sizeof expected, counter_out,
                    (const char *const(*)[2])sorted, count);
    check_events(events, expected);
}

static void counters_are_sorted_and_keep_each_value(void **state) {
    (void)state;
    static const char *const counters[][2] = {
        {"2", "\"a\": 1, \"b\": 0.5"},
        {"1", "\"b\": 123456789012345678901"},
        {"3", "\"a\": 1, \"b\": 0.5"},
        {"3", "\"a\": 1.0, \"b\": 0.25"},
        {"0", "\"a\": -7"},
    };
    check_counters(counters, (const int[]){4, 1, 0, 2, 3}, 5);
}

static void digits_that_repeat_are_told_from_others_of_their_length(void **state) {
    (void)state;
    static const char *const counters[][2] = {
        {"0", "\"a\": 123456789012345678901"},
        {"1", "\"a\": 123456789012345678901"},
        {"2", "\"a\": 123456789012345678902"},
        {"3", "\"a\": 1234567890123456789012"},
    };
    check_counters(counters, (const int[]){0, 1, 2, 3}, 4);
}

static void counters_that_would_lose_something_are_kept_as_they_stand(void **state) {
    (void)state;
    static const char *const members[] = {
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"args\":{}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{},\"x\":1",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":1e30,\"args\":{}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":\"7\",\"args\":{}",
        "\"name\":5,\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":[]",
        "\"name\":\"c\",\"pid\":-1,\"tid\":2,\"ts\":7,\"args\":{}",
        "\"name\":\"c\",\"pid\":1,\"tid\":\"2\",\"ts\":7,\"args\":{}",
        "\"name\":\"c\\u0000\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"a\":\"1\"}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"a\":-0}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"a\":{\"b\":1}}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"a\":{\"b\":{\"c\":1}}"
        "}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"\\u0000\":1}",
        "\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"a\":1,\"b\":2,"
        "\"\\u0061\":3}",
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        char event[300];
        snprintf(event, sizeof event, "{\"ph\":\"C\",%s}", members[i]);
        check_kept(event);
    }
}

static void a_group_has_at_most_64_keys(void **state) {
    (void)state;
    struct vt_buf report = {0};
    for (int i = 0; i < 66; i++)
        vt_buf_printf(&report,
                      "%s{\"ph\":\"C\",\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":%d,"
                      "\"args\":{\"k%d\":%d}}",
                      i ? "," : "[", i, i, i);
    vt_buf_append_text(&report, "]");
    char *got = round_trip(report.data);
    assert_non_null(strstr(got, "\"args\": {\"k63\": 63}"));
    assert_non_null(strstr(got, "\"args\":{\"k64\":64}"));
    assert_non_null(strstr(got, "\"args\":{\"k65\":65}"));
    free(got);
    vt_buf_fini(&report);
}

/* ---- names of processes and threads */

static void names_of_processes_and_threads_have_records(void **state) {
    (void)state;
    check_events("{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"process_name\","
                 "\"args\":{\"name\":\"\\u00fc\"}},"
                 "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":"
                 "{\"name\":\"\"}}",
                 "{\"ph\": \"M\", \"pid\": 1, \"tid\": 2, \"name\": \"process_name\", "
                 "\"args\": {\"name\": \"\\u00fc\"}}, "
                 "{\"ph\": \"M\", \"pid\": 1, \"tid\": 2, \"name\": \"thread_name\", "
                 "\"args\": {\"name\": \"\"}}");
}

static void names_that_would_lose_something_are_kept_as_they_stand(void **state) {
    (void)state;
    static const char *const members[] = {
        "\"tid\":2,\"x\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"x\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"x\":1,\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"x\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\"",
        "\"pid\":-1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":-2,\"name\":\"thread_name\",\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_labl\",\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"process_labels\",\"args\":{\"name\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":[\"t\"]",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":5}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"nome\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"names\":\"t\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"t\","
        "\"name\":\"u\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"t\\u0000\"}",
        "\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":{\"a\":{\"b\":"
        "1}}}",
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        char event[300];
        snprintf(event, sizeof event, "{\"ph\":\"M\",%s}", members[i]);
        check_kept(event);
    }
}

/* ---- what stands beside the events */

static void what_stands_beside_the_events_comes_back(void **state) {
    (void)state;
    check_report("{\"traceEvents\":[]}", "{\"traceEvents\": []}");
    check_report("{\"traceEvents\":[],\"viztracer_metadata\":{}}",
                 "{\"traceEvents\": [], \"viztracer_metadata\": {}}");
    check_report("{\"traceEvents\":[],\"viztracer_metadata\":{\"a\":[1]},\"x\":{}}",
                 "{\"traceEvents\": [], \"viztracer_metadata\": {\"a\": [1]}, \"x\": "
                 "{}}");
    check_report("{\"traceEvents\":[],\"x\":1,\"y\":2}",
                 "{\"traceEvents\": [], \"x\": 1, \"y\": 2}");
    check_report("{\"traceEvents\":[],\"file_info\":{\"x\":1}}",
                 "{\"traceEvents\": [], \"file_info\": {\"files\": {}, \"functions\": "
                 "{}, \"x\": 1}}");
}

static void an_event_that_looks_like_the_metadata_stays_an_event(void **state) {
    (void)state;
    static const char *const events[] = {
        "{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"viztracer_metadata\"}",
        "{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"viztracer_metadata\",\"args\":{}"
        "}",
        "{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"viztracer_metadata\",\"report\":"
        "{\"a\":1}}",
        "{\"ph\":\"M\",\"pid\":0,\"tid\":0,\"name\":\"viztracer_metadata\",\"report\":"
        "{\"traceEvents\":[]},\"args\":{}}",
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        check_kept(events[i]);
}

/* ---- what fails */

/* Something of everything. */
static const char everything[] =
    "{\"traceEvents\":["
    "{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"process_name\",\"args\":{\"name\":"
    "\"p\"}},"
    "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":7,"
    "\"dur\":1,\"args\":{\"a\":1}},"
    "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"f\",\"pid\":1,\"tid\":2,\"ts\":8,"
    "\"dur\":1,\"args\":{\"a\":2}},"
    "{\"ph\":\"X\",\"cat\":\"FEE\",\"name\":\"g\",\"pid\":1,\"tid\":2,\"ts\":8,"
    "\"dur\":1,\"args\":{}},"
    "{\"ph\":\"C\",\"name\":\"c\",\"pid\":1,\"tid\":2,\"ts\":7,\"args\":{\"a\":1}},"
    "{\"ph\":\"i\",\"pid\":1,\"ts\":1},{\"ph\":\"i\",\"pid\":1,\"ts\":2}],"
    "\"viztracer_metadata\":{\"a\":1},\"x\":1,\"file_info\":{\"files\":{}}}";

/* A packer and a sink in which the n-th call fails. */
static struct {
    int left; /* calls before that one */
    int open; /* states that are not closed */
} fault;

static enum vt_status count_call(struct vt_error *why) {
    return fault.left-- == 0 ? vt_error_set(why, VT_ERR_IO, "call") : VT_OK;
}

static enum vt_status open_failing(struct vt_buf *out, void **state,
                                   struct vt_error *why) {
    enum vt_status status = count_call(why);
    if (status != VT_OK)
        return status;
    fault.open++;
    return vt_zblock_packer().open(out, state, why);
}

static enum vt_status write_failing(void *state, const void *bytes, size_t size,
                                    struct vt_error *why) {
    enum vt_status status = count_call(why);
    return status == VT_OK ? vt_zblock_packer().write(state, bytes, size, why) : status;
}

static enum vt_status finish_failing(void *state, struct vt_error *why) {
    enum vt_status status = count_call(why);
    return status == VT_OK ? vt_zblock_packer().finish(state, why) : status;
}

static void close_failing(void *state) {
    fault.open -= state != NULL;
    vt_zblock_packer().close(state);
}

static enum vt_status write_sink(void *state, const void *bytes, size_t size,
                                 struct vt_error *why) {
    enum vt_status status = count_call(why);
    if (status == VT_OK)
        vt_buf_append(state, bytes, size);
    return status;
}

static void every_failure_of_packer_and_sink_is_passed_on(void **state) {
    (void)state;
    struct vt_cvf_packer packer = {open_failing, write_failing, finish_failing,
                                   close_failing};
    for (int n = 0;; n++) {
        struct vt_buf file = {0};
        fault.left = n;
        enum vt_status status = pack(
            everything, &packer, (struct vt_sink){.write = write_sink, .state = &file});
        vt_buf_fini(&file);
        assert_int_equal(fault.open, 0);
        if (fault.left >= 0) {
            assert_int_equal(status, VT_OK);
            assert_true(n > 20);
            return;
        }
        assert_int_equal(status, VT_ERR_IO);
        assert_string_equal(err.text, "call");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_sorted_and_cut_at_both_ends),
        cmocka_unit_test(slices_that_would_lose_something_are_kept_as_they_stand),
        cmocka_unit_test(names_beyond_1000_bytes_do_not_make_groups),
        cmocka_unit_test(many_groups_keep_their_events_apart),
        cmocka_unit_test(counters_are_sorted_and_keep_each_value),
        cmocka_unit_test(digits_that_repeat_are_told_from_others_of_their_length),
        cmocka_unit_test(counters_that_would_lose_something_are_kept_as_they_stand),
        cmocka_unit_test(a_group_has_at_most_64_keys),
        cmocka_unit_test(names_of_processes_and_threads_have_records),
        cmocka_unit_test(names_that_would_lose_something_are_kept_as_they_stand),
        cmocka_unit_test(what_stands_beside_the_events_comes_back),
        cmocka_unit_test(an_event_that_looks_like_the_metadata_stays_an_event),
        cmocka_unit_test(every_failure_of_packer_and_sink_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

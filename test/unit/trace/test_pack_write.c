/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports packed and read back. The text that comes back is compared as it stands: all
 * texts here are written with the separators of our own.
 */
#include "core/trace/pack_write.h"
#include "core/trace/pack_layout.h"
#include "core/trace/pack_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_error err;

static enum vt_status pack(const char *json, size_t size, size_t step,
                           const struct vt_pack_write_options *options,
                           struct vt_buf *packed) {
    struct vt_pack_write *write;
    assert_int_equal(
        vt_pack_write_create(vt_sink_to_buf(packed), options, &write, &err), VT_OK);
    struct vt_sink sink = vt_pack_write_sink(write);
    enum vt_status status = VT_OK;
    for (size_t at = 0; at < size && status == VT_OK; at += step) {
        size_t n = size - at < step ? size - at : step;
        status = sink.write(sink.state, json + at, n, &err);
    }
    if (status == VT_OK)
        status = vt_pack_write_finish(write, &err);
    vt_pack_write_destroy(write);
    return status;
}

static enum vt_status unpack(const struct vt_buf *packed, size_t step,
                             struct vt_buf *json) {
    struct vt_pack_read *read;
    assert_int_equal(vt_pack_read_create(vt_sink_to_buf(json), &read, &err), VT_OK);
    enum vt_status status = VT_OK;
    for (size_t at = 0; at < packed->size && status == VT_OK; at += step) {
        size_t n = packed->size - at < step ? packed->size - at : step;
        status = vt_pack_read_feed(read, packed->data + at, n, &err);
    }
    if (status == VT_OK)
        status = vt_pack_read_finish(read, &err);
    vt_pack_read_destroy(read);
    return status;
}

/* Packs `json`, which must come back as `expected`. */
static void expect_back(const char *json, const char *expected) {
    static const size_t steps[] = {1, 7, 1 << 20};
    struct vt_pack_write_options options = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct vt_buf packed = {0}, back = {0};
        assert_int_equal(pack(json, strlen(json), steps[i], &options, &packed), VT_OK);
        assert_int_equal(unpack(&packed, steps[i], &back), VT_OK);
        assert_string_equal(back.data, expected);
        vt_buf_fini(&packed);
        vt_buf_fini(&back);
    }
}

static void expect_same(const char *json) {
    expect_back(json, json);
}

static void expect_event(const char *event) {
    char json[1024];
    snprintf(json, sizeof json, "{\"traceEvents\": [%s, %s]}", event, event);
    expect_same(json);
}

static void events_come_back_as_they_stood(void **state) {
    (void)state;
    expect_event(
        "{\"ph\": \"X\", \"cat\": \"FEE\", \"pid\": 1, \"tid\": 2, \"ts\": 12.345, "
        "\"dur\": 0.001, \"name\": \"f (a.py:1)\"}");
    expect_event("{\"ph\": \"X\", \"dur\": 5, \"args\": {\"a\": [1, {}]}, \"ts\": 7}");
    expect_event("{\"ph\": \"i\", \"ts\": 1, \"s\": \"g\", \"name\": null}");
    expect_event("{\"ph\": \"C\", \"ts\": 1.5, \"args\": {}, \"zz\\u0041\": true}");
    expect_event("{\"ph\": \"X\", \"ph\": \"B\", \"ts\": 1}"); /* twice the same name */
    expect_event("{\"ph\": \"X\", \"ts\": \"12.5\", \"pid\": \"a\", \"name\": 5}");
}

static void every_way_to_write_a_time_comes_back(void **state) {
    (void)state;
    static const char *const times[] = {"0",
                                        "0.0",
                                        "0.000",
                                        "-0",
                                        "-0.0",
                                        "-0.000",
                                        "1",
                                        "-1",
                                        "1.5",
                                        "-0.5",
                                        "1.50",
                                        "1.500",
                                        "1.5000",
                                        "1e3",
                                        "1.5e3",
                                        "2.1e5",
                                        "1E2",
                                        "1.12e5",
                                        "-1.5e-3",
                                        "0.0001",
                                        "12345678901234.567",
                                        "99999999999999999999.125",
                                        "1152921504606846.976",
                                        "1152921504606846.977",
                                        "-1152921504606846.976",
                                        "9007199254740993",
                                        "1e300",
                                        "0.1234567890123456789"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char event[200];
        snprintf(event, sizeof event, "{\"ph\": \"X\", \"ts\": %s, \"dur\": 1.250}",
                 times[i]);
        expect_event(event);
        snprintf(event, sizeof event, "{\"ph\": \"X\", \"dur\": %s, \"ts\": 5.125}",
                 times[i]);
        expect_event(event);
        snprintf(event, sizeof event, "{\"ph\": \"C\", \"dur\": 1, \"ts\": %s}",
                 times[i]);
        expect_event(event);
    }
}

static void what_stands_beside_events_comes_back(void **state) {
    (void)state;
    expect_same("{\"traceEvents\": []}");
    expect_same("{}");
    expect_same("{\"a\": 1, \"b\": [2, {\"c\": \"</script>\"}], \"traceEvents\": []}");
    /* of containers without anything in them only the order may change */
    expect_back("{\"traceEvents\": [], \"viztracer_metadata\": {}, \"file_info\": {}}",
                "{\"viztracer_metadata\": {}, \"file_info\": {}, \"traceEvents\": []}");
    expect_same(
        "{\"traceEvents\": [{\"ph\": \"M\"}], \"viztracer_metadata\": "
        "{\"version\": \"1\", \"overflow\": false}, \"file_info\": {\"files\": "
        "{\"a.py\": [\"x\\n\", 1]}, \"functions\": {\"f (a.py:1)\": [\"a.py\", 1], "
        "\"g\": [\"b\", 2]}, \"more\": {}}}");
    expect_same("{\"file_info\": {\"files\": {}, \"functions\": {}}, \"traceEvents\": "
                "[{\"ph\": \"M\"}], \"z\": null}");
    expect_same("{\"file_info\": {\"functions\": {}}, \"traceEvents\": []}");
}

static void a_list_of_events_becomes_a_report(void **state) {
    (void)state;
    expect_back("[{\"ph\":\"M\"},{\"ph\" : \"M\" }]",
                "{\"traceEvents\": [{\"ph\": \"M\"}, {\"ph\": \"M\"}]}");
    expect_back("[{\"ph\":\"M\"},", "{\"traceEvents\": [{\"ph\": \"M\"}]}");
    expect_back("[]", "{\"traceEvents\": []}");
}

/* More members, names and kinds than have columns and shapes. */
static void what_has_no_shape_is_kept_as_it_stands(void **state) {
    (void)state;
    struct vt_buf json = {0}, packed = {0}, back = {0};
    struct vt_pack_write_options options = {0};
    vt_buf_append_text(&json, "{\"traceEvents\": [");
    for (int i = 0; i < 3000; i++)
        vt_buf_printf(&json, "%s{\"ph\": \"X\", \"member%d\": %d}", i ? ", " : "", i,
                      i);
    for (int i = 0; i < 6000; i++) {
        vt_buf_append_text(&json, ", {\"ph\": \"M\"");
        for (int bit = 0; bit < 13; bit++)
            if (i >> bit & 1)
                vt_buf_printf(&json, ", \"member%d\": %d", bit, i);
        vt_buf_append_text(&json, "}");
    }
    vt_buf_append_text(&json, ", {\"ph\": \"M\"");
    for (int i = 0; i < 40; i++)
        vt_buf_printf(&json, ", \"m%d\": %d", i, i);
    vt_buf_append_text(&json, "}]}");
    assert_int_equal(pack(json.data, json.size, 5000, &options, &packed), VT_OK);
    assert_int_equal(unpack(&packed, 999, &back), VT_OK);
    assert_string_equal(back.data, json.data);
    vt_buf_fini(&json);
    vt_buf_fini(&packed);
    vt_buf_fini(&back);
}

static void batches_and_forgotten_words_join_up(void **state) {
    (void)state;
    struct vt_buf json = {0}, packed = {0}, back = {0};
    struct vt_pack_write_options options = {0};
    char *name = malloc(4001);
    memset(name, 'n', 4000);
    name[4000] = '\0';
    vt_buf_append_text(&json, "{\"traceEvents\": [{\"ph\": \"M\"}");
    for (int i = 0; i < 40000; i++) /* 70 MB of names */
        vt_buf_printf(&json, ", {\"ph\": \"X\", \"ts\": %d.%03d, \"name\": \"%s%d\"}",
                      i * 3, i % 1000, i % 2 ? "" : name, i % 39000);
    vt_buf_append_text(&json, "]}");
    assert_int_equal(pack(json.data, json.size, 1 << 18, &options, &packed), VT_OK);
    assert_int_equal(unpack(&packed, 1 << 16, &back), VT_OK);
    assert_int_equal(back.size, json.size);
    assert_memory_equal(back.data, json.data, json.size);
    free(name);
    vt_buf_fini(&json);
    vt_buf_fini(&packed);
    vt_buf_fini(&back);
}

static void usual_events_take_few_bytes(void **state) {
    (void)state;
    struct vt_buf json = {0}, packed = {0};
    struct vt_pack_write_options options = {0};
    vt_buf_append_text(&json, "{\"traceEvents\": [{\"ph\": \"M\"}");
    for (int i = 0; i < 100000; i++)
        vt_buf_printf(&json,
                      ", {\"ph\": \"X\", \"ts\": %d.%03d, \"dur\": 0.%03d, \"pid\": 9, "
                      "\"name\": \"f%d\"}",
                      i * 2, i * 7 % 1000, i * 3 % 1000, i * 11 % 100);
    vt_buf_append_text(&json, "]}");
    assert_int_equal(pack(json.data, json.size, 1 << 18, &options, &packed), VT_OK);
    assert_in_range(packed.size, 0, 100000 * 9);
    vt_buf_fini(&json);
    vt_buf_fini(&packed);
}

static void more_events_than_allowed_are_refused(void **state) {
    (void)state;
    static const char json[] = "{\"traceEvents\": [{\"ph\": \"M\"}, {\"ph\": \"M\"}]}";
    struct vt_pack_write_options options = {.most_events = 2};
    struct vt_buf packed = {0};
    assert_int_equal(pack(json, strlen(json), 100, &options, &packed), VT_OK);
    options.most_events = 1;
    assert_int_equal(pack(json, strlen(json), 100, &options, &packed), VT_ERR_LIMIT);
    assert_string_equal(err.text, "more than 1 events");
    vt_buf_fini(&packed);
}

static void text_that_is_no_trace_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "{", "{\"traceEvents\": 1}", "[1]", "{} x"};
    struct vt_pack_write_options options = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct vt_buf packed = {0};
        assert_int_equal(pack(wrong[i], strlen(wrong[i]), 100, &options, &packed),
                         VT_ERR_FORMAT);
        vt_buf_fini(&packed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back_as_they_stood),
        cmocka_unit_test(every_way_to_write_a_time_comes_back),
        cmocka_unit_test(what_stands_beside_events_comes_back),
        cmocka_unit_test(a_list_of_events_becomes_a_report),
        cmocka_unit_test(what_has_no_shape_is_kept_as_it_stands),
        cmocka_unit_test(batches_and_forgotten_words_join_up),
        cmocka_unit_test(usual_events_take_few_bytes),
        cmocka_unit_test(more_events_than_allowed_are_refused),
        cmocka_unit_test(text_that_is_no_trace_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/reader.h"
#include "core/base/buf.h"
#include "test/support/shared_dir.h"
#include "test/support/temp_dir.h"

#include <dirent.h>
#include <limits.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct vt_reader_limits no_limits = {0, 0};

/* What handlers got, one line each. */
struct listing {
    struct vt_buf text;
    bool fails; /* the handler refuses everything */
};

static void list_field(struct listing *listing, const struct vt_reader_event *event,
                       enum vt_reader_field field, const char *name) {
    if (!event->fields[field])
        return;
    size_t size;
    const char *value = vt_reader_value(event, event->fields[field], &size);
    vt_buf_printf(&listing->text, " %s=%.*s", name, (int)size, value);
}

static enum vt_status list_event(void *state, const struct vt_reader_event *event,
                                 struct vt_error *err) {
    static const char *const names[] = {"ph",  "name", "cat", "ts", "dur",
                                        "pid", "tid",  "id",  "s",  "args"};
    struct listing *listing = state;
    if (listing->fails)
        return vt_error_set(err, VT_ERR_REFUSED, "enough");
    vt_buf_printf(&listing->text, "%llu %.*s\n", (unsigned long long)event->offset,
                  (int)event->size, event->text);
    vt_buf_printf(&listing->text,
                  " %zu members, ts %lld%s, dur %lld, phase %d:", event->member_count,
                  (long long)event->ts_ns, event->ts_fits ? "" : " far",
                  (long long)event->dur_ns, event->phase);
    for (int field = 0; field < VT_READER_FIELD_COUNT; field++)
        list_field(listing, event, field, names[field]);
    vt_buf_append_char(&listing->text, '\n');
    return VT_OK;
}

static enum vt_status list_member(void *state, const struct vt_reader_member *member,
                                  struct vt_error *err) {
    static const char *const places[] = {"top", "metadata", "file", "function",
                                         "file_info"};
    struct listing *listing = state;
    if (listing->fails)
        return vt_error_set(err, VT_ERR_REFUSED, "enough");
    vt_buf_printf(&listing->text, "%s %.*s%s = %.*s (%d)\n", places[member->place],
                  (int)member->name_size, member->name,
                  member->name_escaped ? " (escaped)" : "", (int)member->value_size,
                  member->value, member->kind);
    return VT_OK;
}

/* Feeds copies, so that a sanitizer sees any step outside a piece. */
static enum vt_status feed(struct vt_reader *reader, const char *bytes, size_t size,
                           struct vt_error *err) {
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    enum vt_status status = vt_reader_feed(reader, copy, size, err);
    free(copy);
    return status;
}

/* Reads the text as `first` bytes and then pieces of `step`; what was read, and what it
 * ended with. Owned by the caller. */
static char *read_text(const char *text, size_t size, size_t first, size_t step,
                       struct vt_reader_stats *stats) {
    struct listing listing = {.fails = false};
    struct vt_reader_handler handler = {list_event, list_member, &listing};
    struct vt_reader *reader;
    struct vt_error err = {.text = "fine"};
    assert_int_equal(vt_reader_create(&no_limits, &handler, &reader, NULL), VT_OK);
    enum vt_status status = feed(reader, text, first, &err);
    for (size_t at = first; at < size && status == VT_OK; at += step)
        status = feed(reader, text + at, size - at < step ? size - at : step, &err);
    if (status == VT_OK)
        status = vt_reader_finish(reader, &err);
    assert_int_equal(status == VT_OK, strcmp(err.text, "fine") == 0);
    vt_buf_append_text(&listing.text, err.text);
    if (stats)
        *stats = *vt_reader_stats(reader);
    vt_reader_destroy(reader);
    return vt_buf_steal(&listing.text);
}

static void check(const char *text, const char *expected) {
    size_t size = strlen(text);
    char *got = read_text(text, size, size, 1, NULL);
    assert_string_equal(got, expected);
    free(got);
}

/* Only how it ends. */
static void check_end(const char *text, const char *expected) {
    size_t size = strlen(text);
    char *got = read_text(text, size, size, 1, NULL);
    const char *end = strrchr(got, '\n');
    assert_string_equal(end ? end + 1 : got, expected);
    free(got);
}

static void events_come_with_their_bytes_and_fields(void **state) {
    (void)state;
    check(
        "{\"traceEvents\": [{\"ph\":\"X\",\"ts\":1.5,\"dur\":2,\"pid\":7,\"tid\":\"t\","
        "\"name\":\"f\",\"cat\":\"c\",\"args\":{\"a\":[1]},\"more\":[{}]},"
        "\n{\"id\":1,\"s\":\"g\",\"ph\":\"i\",\"args\":null}]}",
        "17 {\"ph\":\"X\",\"ts\":1.5,\"dur\":2,\"pid\":7,\"tid\":\"t\",\"name\":\"f\","
        "\"cat\":\"c\",\"args\":{\"a\":[1]},\"more\":[{}]}\n"
        " 9 members, ts 1500, dur 2000, phase 88: ph=\"X\" name=\"f\" cat=\"c\" ts=1.5 "
        "dur=2 pid=7 tid=\"t\" args={\"a\":[1]}\n"
        "114 {\"id\":1,\"s\":\"g\",\"ph\":\"i\",\"args\":null}\n"
        " 4 members, ts 0, dur 0, phase 105: ph=\"i\" id=1 s=\"g\"\n"
        "fine");
}

static void an_array_of_events_is_a_trace_too(void **state) {
    (void)state;
    check(" [ {\"ph\":\"B\"} , {\"ph\":\"async\"} ] ",
          "3 {\"ph\":\"B\"}\n 1 members, ts 0, dur 0, phase 66: ph=\"B\"\n"
          "16 {\"ph\":\"async\"}\n 1 members, ts 0, dur 0, phase 0: ph=\"async\"\n"
          "fine");
    check_end("[]", "fine");
    check_end("[{\"ph\":\"B\"},", "fine");
    check_end("[{\"ph\":\"B\"", "not a trace: the text ends too early (byte 10)");
    check_end("{\"traceEvents\":[{\"ph\":\"B\"}]",
              "not a trace: the text ends too early (byte 27)");
}

static void the_last_member_of_a_name_counts_however_it_is_spelled(void **state) {
    (void)state;
    check("[{\"ph\":\"B\",\"ts\":1,\"\\u0074s\":2,\"ts2\":3,\"ph\":\"E\"}]",
          "1 {\"ph\":\"B\",\"ts\":1,\"\\u0074s\":2,\"ts2\":3,\"ph\":\"E\"}\n"
          " 5 members, ts 2000, dur 0, phase 69: ph=\"E\" ts=2\nfine");
}

static void what_stands_beside_the_events_is_given_raw(void **state) {
    (void)state;
    check("{\"displayTimeUnit\":\"ns\", \"samples\" : [ {\"ts\":1}, [2] ],"
          "\"viztracer_metadata\": {\"version\":\"1\",\"x\":{\"y\":[]},\"n\":-1.5},"
          "\"traceEvents\":[], \"n\":null,"
          "\"file_info\":{\"files\":{\"/a\\n.py\":[\"text\",2]},\"z\":{\"files\":[0]},"
          "\"functions\":{\"f\":[\"/a\", 3, {\"later\":[]}]},\"q\":0},"
          "\"\\u0073tackFrames\":{}}",
          "top displayTimeUnit = \"ns\" (0)\n"
          "top samples = [ {\"ts\":1}, [2] ] (6)\n"
          "metadata version = \"1\" (0)\n"
          "metadata x = {\"y\":[]} (5)\n"
          "metadata n = -1.5 (1)\n"
          "top n = null (4)\n"
          "file /a\\n.py (escaped) = [\"text\",2] (6)\n"
          "file_info z = {\"files\":[0]} (5)\n"
          "function f = [\"/a\", 3, {\"later\":[]}] (6)\n"
          "file_info q = 0 (1)\n"
          "top \\u0073tackFrames (escaped) = {} (5)\n"
          "fine");
}

static void a_name_with_escapes_is_one_of_ours_only_when_it_spells_it(void **state) {
    (void)state;
    struct vt_buf text = {0};
    vt_buf_append_text(&text, "{\"\\u0074raceEventz\": {}, \"");
    for (int i = 0; i < 40; i++)
        vt_buf_append_text(&text, "\\u0074");
    vt_buf_append_text(&text, "\": {}, \"\\u0074\": {}}");
    check_end(text.data, "fine");
    vt_buf_fini(&text);
    check_end("{\"\\u0074raceEvents\": {}}",
              "not a trace: traceEvents is an object (byte 21)");
}

static void what_is_no_trace_is_refused_with_its_place(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\"x\"", "the top level is a string (byte 0)"},
        {"5", "the top level is a number (byte 0)"},
        {" null", "the top level is null (byte 1)"},
        {"{\"traceEvents\":{}}", "traceEvents is an object (byte 15)"},
        {"{\"traceEvents\":\"x\"}", "traceEvents is a string (byte 15)"},
        {"{\"traceEvents\":[5]}", "an event is a number (byte 16)"},
        {"[[]]", "an event is an array (byte 1)"},
        {"[{\"ph\":\"X\"},5,", "an event is a number (byte 12)"},
        {"[{}]", "an event has no ph (byte 1)"},
        {"[{\"ph\":5}]", "ph of an event is a number (byte 7)"},
        {"[{\"ph\":null}]", "ph of an event is null (byte 7)"},
        {"[{\"ph\":\"X\",\"ts\":null}]", "ts of an event is null (byte 16)"},
        {"[{\"ph\":\"X\",\"ts\":true}]", "ts of an event is true (byte 16)"},
        {"[{\"ph\":\"X\",\"ts\":{}}]", "ts of an event is an object (byte 16)"},
        {"[{\"ph\":\"X\",\"ts\":\"abc\"}]", "ts of an event is not a number (byte 16)"},
        {"[{\"ph\":\"X\",\"ts\":\"\"}]", "ts of an event is not a number (byte 16)"},
        {"[{\"ph\":\"X\",\"ts\":\"1e999\"}]",
         "ts of an event is not a number (byte 16)"},
        {"[{\"ph\":\"X\",\"dur\":\"x\"}]", "dur of an event is not a number (byte 17)"},
        {"[{\"ph\":\"X\",\"dur\":[]}]", "dur of an event is an array (byte 17)"},
        {"[{\"ph\":\"X\",\"name\":{}}]", "name of an event is an object (byte 18)"},
        {"[{\"ph\":\"X\",\"name\":true}]", "name of an event is true (byte 18)"},
        {"[{\"ph\":\"X\",\"pid\":[]}]", "pid of an event is an array (byte 17)"},
        {"[{\"ph\":\"X\",\"tid\":false}]", "tid of an event is false (byte 17)"},
        {"{\"viztracer_metadata\":\"x\"}", "viztracer_metadata is a string (byte 22)"},
        {"{\"file_info\":[]}", "file_info is an array (byte 13)"},
        {"{\"file_info\":{\"files\":5}}", "files of file_info is a number (byte 22)"},
        {"{\"file_info\":{\"functions\":[]}}",
         "functions of file_info is an array (byte 26)"},
        {"{\"file_info\":{\"files\":{\"a\":1}}}",
         "an entry of file_info is a number (byte 27)"},
        {"{\"file_info\":{\"files\":{\"a\":[]}}}",
         "an entry of file_info is too short (byte 28)"},
        {"{\"file_info\":{\"files\":{\"a\":[1,2]}}}",
         "the text in an entry of file_info is a number (byte 28)"},
        {"{\"file_info\":{\"functions\":{\"a\":[\"b\",\"c\"]}}}",
         "the number in an entry of file_info is a string (byte 36)"},
        {"{\"a\":1,}", "unexpected '}' (byte 7)"},
        {"", "there is nothing in it (byte 0)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[200];
        snprintf(expected, sizeof expected, "not a trace: %s", cases[i][1]);
        check_end(cases[i][0], expected);
    }
}

static void what_others_write_is_read(void **state) {
    (void)state;
    static const char *const cases[] = {
        "{}",
        "[{\"ph\":\"X\",\"ts\":\"12.5\",\"dur\":\"1\",\"tid\":\"-1\"}]",
        "[{\"ph\":\"X\",\"name\":5,\"pid\":null,\"tid\":null,\"name\":null}]",
        "[{\"ph\":\"\",\"cat\":5,\"args\":\"str\",\"id\":{},\"s\":[]}]",
        "[{\"ph\":\"X\",\"pid\":9223372036854775808,\"ts\":1e300}]",
        "{\"traceEvents\":[{\"ph\":\"X\"}],\"traceEvents\":[]}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_end(cases[i], "fine");
}

static void what_is_odd_is_counted(void **state) {
    (void)state;
    const char *text = "[{\"ph\":\"M\"},{\"ph\":\"X\",\"pid\":1},"
                       "{\"ph\":\"X\",\"pid\":1,\"ts\":1,\"dur\":-1},"
                       "{\"ph\":\"X\",\"pid\":1,\"ts\":1e40,\"dur\":0},"
                       "{\"ph\":\"i\",\"ts\":-1e40},";
    struct vt_reader_stats stats;
    free(read_text(text, strlen(text), strlen(text), 1, &stats));
    assert_int_equal(stats.bytes, strlen(text));
    assert_int_equal(stats.events, 5);
    assert_int_equal(stats.without_pid, 2);
    assert_int_equal(stats.without_ts, 1);
    assert_int_equal(stats.without_dur, 1);
    assert_int_equal(stats.with_minus_dur, 1);
    assert_int_equal(stats.with_distant_ts, 2);
    assert_true(stats.was_open_array);
    assert_true(stats.has_events);
    free(read_text("{\"a\":1}", 7, 7, 1, &stats));
    assert_false(stats.has_events);
    assert_false(stats.was_open_array);
}

static const char rich[] =
    "\xEF\xBB\xBF{\"samples\":[{\"ts\":1},\"\\\"\"],\"traceEvents\":[\n"
    "{\"ph\":\"X\",\"ts\":986155916.764,\"dur\":9.097,\"na\\u006de\":\"caf\xC3\xA9\"},"
    "{\"ph\":\"M\",\"args\":{\"name\":[{}]}}],\"x\":12,"
    "\"viztracer_metadata\":{\"a\":1,\"b\":[2]},"
    "\"file_info\":{\"files\":{\"/a\":[\"t\\n\",1],\"/b\":[\"\",0]},"
    "\"functions\":{},\"z\":[[]]},\"last\":null}";

static void pieces_of_any_size_give_the_same(void **state) {
    (void)state;
    size_t size = sizeof rich - 1;
    char *whole = read_text(rich, size, size, 1, NULL);
    assert_string_equal(strrchr(whole, '\n') + 1, "fine");
    for (size_t cut = 0; cut <= size; cut++) {
        char *halves = read_text(rich, size, cut, size, NULL);
        assert_string_equal(halves, whole);
        free(halves);
    }
    for (size_t step = 1; step < 40; step++) {
        char *pieces = read_text(rich, size, 0, step, NULL);
        assert_string_equal(pieces, whole);
        free(pieces);
    }
    free(whole);
}

/* More members than the reader first has tokens for, in pieces and as a whole. */
static void an_event_may_have_any_number_of_members(void **state) {
    (void)state;
    struct vt_buf text = {0};
    vt_buf_append_text(&text, "[{\"ph\":\"X\"");
    for (int i = 0; i < 5000; i++)
        vt_buf_printf(&text, ",\"m%d\":%d", i, i);
    vt_buf_append_text(&text, ",\"ts\":7},{\"ph\":\"E\"}]");
    char *whole = read_text(text.data, text.size, text.size, 1, NULL);
    char *pieces = read_text(text.data, text.size, 0, 997, NULL);
    assert_string_equal(pieces, whole);
    assert_non_null(strstr(whole, " 5002 members, ts 7000, "));
    assert_non_null(strstr(whole, " 1 members, ts 0, dur 0, phase 69"));
    free(whole);
    free(pieces);
    vt_buf_fini(&text);
}

static void a_large_member_that_nobody_wants_costs_no_memory(void **state) {
    (void)state;
    struct listing listing = {.fails = false};
    struct vt_reader_handler handler = {list_event, NULL, &listing};
    struct vt_reader *reader;
    static char piece[64 * 1024];
    memset(piece, ' ', sizeof piece);
    assert_int_equal(vt_reader_create(&no_limits, &handler, &reader, NULL), VT_OK);
    assert_int_equal(feed(reader, "{\"samples\":[", 12, NULL), VT_OK);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < 128; i++)
        assert_int_equal(feed(reader, piece, sizeof piece, NULL), VT_OK);
    assert_true(mallinfo2().uordblks + mallinfo2().hblkhd < before + 1000000);
    assert_int_equal(feed(reader, "]}", 2, NULL), VT_OK);
    assert_int_equal(vt_reader_finish(reader, NULL), VT_OK);
    vt_reader_destroy(reader);
}

static void limits_are_the_callers(void **state) {
    (void)state;
    struct listing listing = {.fails = false};
    struct vt_reader_handler handler = {list_event, list_member, &listing};
    struct vt_reader_limits limits = {.depth = 4, .string_bytes = 3};
    static const char *const texts[] = {"[{\"ph\":\"X\",\"a\":[[[]]]}]",
                                        "[{\"ph\":\"Xyza\"}]"};
    for (size_t i = 0; i < 2; i++) {
        struct vt_reader *reader;
        assert_int_equal(vt_reader_create(&limits, &handler, &reader, NULL), VT_OK);
        assert_int_equal(feed(reader, texts[i], strlen(texts[i]), NULL), VT_ERR_LIMIT);
        vt_reader_destroy(reader);
    }
}

static void what_the_handler_says_ends_the_reading(void **state) {
    (void)state;
    static const char *const texts[] = {"[{\"ph\":\"X\"},{}]", "{\"a\":1,\"b\":x}"};
    for (size_t i = 0; i < 2; i++) {
        struct listing listing = {.fails = true};
        struct vt_reader_handler handler = {list_event, list_member, &listing};
        struct vt_reader *reader;
        struct vt_error err;
        assert_int_equal(vt_reader_create(&no_limits, &handler, &reader, NULL), VT_OK);
        struct vt_sink sink = vt_reader_sink(reader);
        assert_int_equal(sink.write(sink.state, texts[i], strlen(texts[i]), &err),
                         VT_ERR_REFUSED);
        assert_string_equal(err.text, "enough");
        assert_int_equal(feed(reader, "]", 1, NULL), VT_ERR_REFUSED);
        assert_int_equal(vt_reader_finish(reader, NULL), VT_ERR_REFUSED);
        vt_reader_destroy(reader);
    }
}

/* ---- what lies beside the repository */

static void check_file(const char *path, bool accepted) {
    size_t size;
    char *text = temp_dir_read(path, &size);
    assert_non_null(text);
    char *whole = read_text(text, size, size, 1, NULL);
    char *pieces = read_text(text, size, 0, 1021, NULL);
    assert_string_equal(pieces, whole);
    const char *end = strrchr(whole, '\n');
    end = end ? end + 1 : whole;
    if ((strcmp(end, "fine") == 0) != accepted)
        fail_msg("%s: %s", path, end);
    if (!accepted && !strstr(end, "(byte "))
        fail_msg("%s: no place: %s", path, end);
    free(whole);
    free(pieces);
    free(text);
}

static void malformed_traces_get_what_the_manifest_says(void **state) {
    (void)state;
    char folder[PATH_MAX], path[PATH_MAX + 300];
    if (!shared_dir_find("badinputs", folder, sizeof folder)) {
        print_message("skipped: no ../shared/badinputs\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", folder);
    char *manifest = temp_dir_read(path, NULL);
    assert_non_null(manifest);
    int cases = 0;
    for (char *rest = manifest, *line; (line = strsep(&rest, "\n"));) {
        char *name = strsep(&line, "\t");
        strsep(&line, "\t");
        if (strncmp(name, "json/", 5) != 0 || !line)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        check_file(path, strncmp(line, "accept", 6) == 0);
        cases++;
    }
    free(manifest);
    assert_true(cases > 80);
}

static void the_traces_of_others_are_read(void **state) {
    (void)state;
    char folder[PATH_MAX], path[PATH_MAX + 300];
    if (!shared_dir_find("traces", folder, sizeof folder)) {
        print_message("skipped: no ../shared/traces\n");
        skip();
    }
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int cases = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path, true);
        cases++;
    }
    closedir(dir);
    assert_true(cases > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_with_their_bytes_and_fields),
        cmocka_unit_test(an_array_of_events_is_a_trace_too),
        cmocka_unit_test(the_last_member_of_a_name_counts_however_it_is_spelled),
        cmocka_unit_test(what_stands_beside_the_events_is_given_raw),
        cmocka_unit_test(a_name_with_escapes_is_one_of_ours_only_when_it_spells_it),
        cmocka_unit_test(what_is_no_trace_is_refused_with_its_place),
        cmocka_unit_test(what_others_write_is_read),
        cmocka_unit_test(what_is_odd_is_counted),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(an_event_may_have_any_number_of_members),
        cmocka_unit_test(a_large_member_that_nobody_wants_costs_no_memory),
        cmocka_unit_test(limits_are_the_callers),
        cmocka_unit_test(what_the_handler_says_ends_the_reading),
        cmocka_unit_test(malformed_traces_get_what_the_manifest_says),
        cmocka_unit_test(the_traces_of_others_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

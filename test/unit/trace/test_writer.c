/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/writer.h"

#include "core/base/jcheck.h"
#include "test/support/log_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* The whole text of a report of one log; owned by the caller. */
static char *text_of(struct log_builder *log, struct vt_writer_options options,
                     struct vt_writer_counts *counts) {
    struct vt_buf text = {0};
    struct vt_log_reader *reader;
    struct vt_writer *writer;
    struct vt_clock_pair none = {0, 0};
    assert_int_equal(vt_log_reader_open(log_builder_image(log), none, &reader, NULL),
                     VT_OK);
    assert_int_equal(vt_writer_create(vt_sink_to_buf(&text), &options, &writer, NULL),
                     VT_OK);
    vt_writer_begin(writer);
    assert_int_equal(vt_writer_log(writer, reader, NULL), VT_OK);
    vt_writer_end_events(writer);
    assert_int_equal(vt_writer_finish(writer, NULL), VT_OK);
    if (counts)
        *counts = *vt_writer_counts(writer);
    vt_log_reader_close(reader);
    vt_writer_destroy(writer);
    return vt_buf_steal(&text);
}

#define PROCESS                                                                        \
    "{\"traceEvents\": [{\"ph\": \"M\", \"pid\": 100, \"tid\": 100, "                  \
    "\"name\": \"process_name\", \"args\": {\"name\": \"MainProcess\"}}, "             \
    "{\"ph\": \"M\", \"pid\": 100, \"tid\": 100, \"name\": \"thread_name\", "          \
    "\"args\": {\"name\": \"MainThread\"}}"
#define RAW_PROCESS                                                                    \
    "{\"traceEvents\":[{\"ph\":\"M\",\"pid\":100,\"tid\":100,"                         \
    "\"name\":\"process_name\",\"args\":{\"name\":\"MainProcess\"}},"                  \
    "{\"ph\":\"M\",\"pid\":100,\"tid\":100,\"name\":\"thread_name\","                  \
    "\"args\":{\"name\":\"MainThread\"}}"

struct kind_case {
    enum vt_event_kind kind;
    uint64_t extra;
    const char *payload;
    const char *normal; /* behind ts */
    const char *raw;
};

/* Events at 5.001 us of the C function "lib.f" (id 0); behaviour.md 7.4 and 7.5. */
static const struct kind_case kind_cases[] = {
    {VT_EVENT_CALL, 9097, NULL,
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"X\", \"dur\": 9.097, "
     "\"name\": \"lib.f\", \"cat\": \"FEE\"}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"X\",\"cat\":\"fee\",\"dur\":9.097,"
     "\"name\":\"lib.f\"}"},
    {VT_EVENT_CALL, 0, " {\"a\": 1} ",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"X\", \"dur\": 0.000, "
     "\"name\": \"lib.f\", \"cat\": \"FEE\", \"args\": {\"a\": 1}}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"X\",\"cat\":\"fee\",\"dur\":0.000,"
     "\"name\":\"lib.f\",\"args\":{\"a\": 1}}"},
    {VT_EVENT_CALL, 1, "{\"cut",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"X\", \"dur\": 0.001, "
     "\"name\": \"lib.f\", \"cat\": \"FEE\", \"args\": {\"unreadable\": true}}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"X\",\"cat\":\"fee\",\"dur\":0.001,"
     "\"name\":\"lib.f\",\"args\":{\"unreadable\":true}}"},
    {VT_EVENT_OPEN, 9000, NULL,
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"B\", "
     "\"name\": \"lib.f\", \"cat\": \"FEE\"}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"B\",\"cat\":\"fee\",\"dur\":0.000,"
     "\"name\":\"lib.f\"}"},
    {VT_EVENT_INSTANT, 'p', "{\"q\": 1}",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"i\", \"cat\": \"INSTANT\", "
     "\"name\": \"lib.f\", \"args\": {\"q\": 1}, \"s\": \"p\"}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"i\",\"cat\":\"instant\","
     "\"name\":\"lib.f\",\"args\":{\"q\": 1},\"s\":\"p\"}"},
    {VT_EVENT_INSTANT, 't', NULL,
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"i\", \"cat\": \"INSTANT\", "
     "\"name\": \"lib.f\", \"args\": null, \"s\": \"t\"}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"i\",\"cat\":\"instant\","
     "\"name\":\"lib.f\",\"s\":\"t\"}"},
    {VT_EVENT_COUNTER, 0, "{\"a\": 1, \"b\": 2.5}",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"C\", \"name\": \"lib.f\", "
     "\"args\": {\"a\": 1, \"b\": 2.5}}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"C\",\"name\":\"lib.f\","
     "\"args\":{\"a\": 1, \"b\": 2.5}}"},
    {VT_EVENT_COUNTER, 0, NULL,
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"C\", \"name\": \"lib.f\", "
     "\"args\": {}}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"C\",\"name\":\"lib.f\","
     "\"args\":{}}"},
    {VT_EVENT_OBJECT, 'N', "{\"id\": \"140060697333456\"}",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"N\", "
     "\"id\": \"140060697333456\", \"name\": \"lib.f\"}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"N\","
     "\"id\":\"140060697333456\",\"name\":\"lib.f\"}"},
    {VT_EVENT_OBJECT, 'O', "{\"id\": \"1\", \"args\": {\"snapshot\": {\"s\": \"x\"}}}",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"O\", \"id\": \"1\", "
     "\"name\": \"lib.f\", \"args\": {\"snapshot\": {\"s\": \"x\"}}}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"O\",\"id\":\"1\","
     "\"name\":\"lib.f\",\"args\":{\"snapshot\": {\"s\": \"x\"}}}"},
    {VT_EVENT_OBJECT, 'D', "not json",
     "{\"pid\": 100, \"tid\": 100, \"ts\": 5.001, \"ph\": \"D\", \"id\": \"\", "
     "\"name\": \"lib.f\"}",
     "{\"pid\":100,\"tid\":100,\"ts\":5.001,\"ph\":\"D\",\"id\":\"\","
     "\"name\":\"lib.f\"}"},
    {VT_EVENT_RAW, 0, "{\"ph\": \"X\", \"n\": \"\xC3\xA9\"}",
     "{\"ph\": \"X\", \"n\": \"\\u00e9\", \"pid\": 100, \"tid\": 100}",
     "{\"ph\": \"X\", \"n\": \"\\u00e9\",\"pid\":100,\"tid\":100}"},
    {VT_EVENT_RAW, 0, "{ }", "{ \"pid\": 100, \"tid\": 100}",
     "{ \"pid\":100,\"tid\":100}"},
    {VT_EVENT_DURATION, 57500, NULL,
     "{\"ph\": \"X\", \"name\": \"lib.f\", \"ts\": 5.001, \"dur\": 57.500, "
     "\"cat\": \"FEE\", \"pid\": 100, \"tid\": 100}",
     "{\"ph\":\"X\",\"name\":\"lib.f\",\"ts\":5.001,\"dur\":57.500,"
     "\"cat\":\"FEE\",\"pid\":100,\"tid\":100}"},
};

static void expect_text(const struct kind_case *c, bool raw) {
    struct log_builder log;
    log_builder_init(&log, 10);
    log_builder_c(&log, "lib.f");
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    if (c->payload)
        log_builder_payload(&log, block, c->payload);
    log_builder_event(&log, block, c->kind, (struct vt_event){5001, c->extra, 0, 0});
    log_builder_view(&log, 0).head->state = VT_LOG_STOPPED;
    struct vt_writer_counts counts;
    char *text = text_of(&log, (struct vt_writer_options){.raw = raw}, &counts);
    struct vt_buf expected = {0};
    vt_buf_printf(&expected, "%s%s%s]}", raw ? RAW_PROCESS : PROCESS, raw ? "," : ", ",
                  raw ? c->raw : c->normal);
    assert_string_equal(text, expected.data);
    assert_int_equal(counts.entries, 3);
    assert_int_equal(counts.events, 1);
    vt_buf_fini(&expected);
    free(text);
    log_builder_fini(&log);
}

static void each_kind_of_event_has_its_normal_form(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kind_cases / sizeof *kind_cases; i++)
        expect_text(&kind_cases[i], false);
}

static void each_kind_of_event_has_its_raw_form(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kind_cases / sizeof *kind_cases; i++)
        expect_text(&kind_cases[i], true);
}

struct named_case {
    enum vt_event_kind kind;
    const char *payload;
    const char *text; /* behind ts, for an instant; else from the name on */
};

static const struct named_case named_cases[] = {
    {VT_EVENT_INSTANT, "\"a = 1\"",
     "\"name\": \"a = 1\", \"args\": null, \"s\": \"g\"}"},
    {VT_EVENT_INSTANT, "\"q\\\"\" [1]",
     "\"name\": \"q\\\"\", \"args\": [1], \"s\": \"g\"}"},
    {VT_EVENT_COUNTER, "\"n\"{\"v\": 1}", "\"name\": \"n\", \"args\": {\"v\": 1}}"},
    {VT_EVENT_OBJECT, "\"o\"{\"id\": \"7\"}", "\"id\": \"7\", \"name\": \"o\"}"},
    {VT_EVENT_DURATION, "\"d (f.py:1)\"", "\"name\": \"d (f.py:1)\", \"ts\": 5.001"},
    {VT_EVENT_INSTANT, "{\"no\": \"name\"}", "\"args\": {\"no\": \"name\"}"},
};

static void a_name_may_stand_in_the_payload(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof named_cases / sizeof *named_cases; i++) {
        struct log_builder log;
        log_builder_init(&log, 10);
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        log_builder_payload(&log, block, named_cases[i].payload);
        log_builder_event(&log, block, named_cases[i].kind,
                          (struct vt_event){5001, 'g', VT_EVENT_ID_MASK, 0});
        char *text = text_of(&log, (struct vt_writer_options){0}, NULL);
        assert_non_null(strstr(text, named_cases[i].text));
        assert_ptr_equal(vt_jcheck_value(text, text + strlen(text)),
                         text + strlen(text));
        free(text);
        log_builder_fini(&log);
    }
}

static void a_raw_event_that_is_not_an_object_is_left_out_and_counted(void **state) {
    (void)state;
    static const char *const bad[] = {"[1]", "{\"a\": }", "{\"a\": NaN}", "", "1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct log_builder log;
        log_builder_init(&log, 10);
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        log_builder_payload(&log, block, bad[i]);
        log_builder_event(&log, block, VT_EVENT_RAW, (struct vt_event){.start = 1});
        struct vt_writer_counts counts;
        char *text = text_of(&log, (struct vt_writer_options){0}, &counts);
        assert_string_equal(text, PROCESS "]}");
        assert_int_equal(counts.unreadable, 1);
        assert_int_equal(counts.events, 0);
        free(text);
        log_builder_fini(&log);
    }
}

static void python_functions_are_named_with_file_and_line(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t id = log_builder_python(&log, "A.\xC3\xA9<locals>", "/h/\"q\"\\\n.py", 8);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_call(&log, block, 0, id, 1, 2);
    log_builder_call(&log, block, 0, 12345, 2, 3); /* no such symbol */
    char *text = text_of(&log, (struct vt_writer_options){0}, NULL);
    assert_non_null(
        strstr(text, "\"A.\\u00e9<locals> (/h/\\\"q\\\"\\\\\\n.py:8)\", \"cat\""));
    assert_non_null(strstr(text, "\"name\": \"<unknown>\""));
    free(text);
    log_builder_fini(&log);
}

static void a_name_of_a_megabyte_is_written_whole(void **state) {
    (void)state;
    enum { N = 1 << 20 };
    char *name = malloc(N + 1);
    memset(name, 'n', N);
    name[N] = '\0';
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t id = log_builder_python(&log, name, "f.py", 1);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_call(&log, block, 0, id, 1, 2);
    log_builder_call(&log, block, 0, id, 2, 3);
    char *text = text_of(&log, (struct vt_writer_options){0}, NULL);
    const char *first = strstr(text, name);
    assert_non_null(first);
    static const char after[] = " (f.py:1)\", \"cat\": \"FEE\"}, {";
    assert_memory_equal(first + N, after, sizeof after - 1);
    assert_non_null(strstr(first + N, name));
    free(text);
    free(name);
    log_builder_fini(&log);
}

static void unprintable_c_names_are_left_out_on_request_in_raw_form(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_call(&log, block, 0, log_builder_c(&log, "mod.\x01\x02"), 1, 2);
    log_builder_call(&log, block, 0, log_builder_c(&log, "\x03.f"), 2, 3);
    log_builder_call(&log, block, 0, log_builder_c(&log, "mod.fine"), 3, 4);
    char *text = text_of(
        &log, (struct vt_writer_options){.raw = true, .sanitize_function_name = true},
        NULL);
    assert_null(strstr(text, "\\u00"));
    assert_non_null(strstr(text, "\"name\":\"mod\"}"));
    assert_non_null(strstr(text, "\"name\":\"\"}"));
    assert_non_null(strstr(text, "\"name\":\"mod.fine\"}"));
    free(text);
    text =
        text_of(&log, (struct vt_writer_options){.sanitize_function_name = true}, NULL);
    assert_non_null(strstr(text, "mod.\\u0001\\u0002"));
    free(text);
    log_builder_fini(&log);
}

static void the_newest_thread_is_listed_first_and_the_main_thread_last(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    log_builder_thread(&log, 1, 101, 0, "first");
    log_builder_thread(&log, 2, 102, 0, "second");
    log_builder_thread(&log, 3, 7777, VT_THREAD_IS_TASK, "Task-1");
    log_builder_thread(&log, 1, 101, 0, "renamed");
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_call(&log, block, 3, log_builder_c(&log, "f"), 1, 2);
    log_builder_call(&log, block, 9, 0, 2, 3); /* no such thread */
    char *text = text_of(&log, (struct vt_writer_options){0}, NULL);
    const char *second = strstr(text, "\"second\""),
               *renamed = strstr(text, "\"renamed\""),
               *main_thread = strstr(text, "\"MainThread\""),
               *event = strstr(text, "\"tid\": 7777, \"ts\""),
               *task = strstr(text, "\"Task-1\"");
    assert_non_null(second);
    assert_true(second < renamed && renamed < main_thread && main_thread < event &&
                event < task);
    assert_null(strstr(text, "\"first\""));
    assert_non_null(strstr(text, "\"tid\": 0, \"ts\""));
    free(text);
    log_builder_fini(&log);
}

static void open_calls_of_a_dead_program_are_marked(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t id = log_builder_c(&log, "f"), args = log_builder_c(&log, "g");
    uint32_t stack = log_builder_block(&log, VT_BLOCK_STACK, 1);
    uint32_t side = log_builder_block(&log, VT_BLOCK_SIDE, 1);
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    struct log_builder_view view = log_builder_view(&log, side);
    struct vt_side *entry = (struct vt_side *)(void *)view.frames;
    entry->size_bytes = 8;
    memcpy(entry + 1, "{\"k\": 3}", 8);
    view.block->committed = 16;
    log_builder_frame(&log, stack, id, 1000);
    log_builder_frame(&log, stack, args, 2000);
    log_builder_view(&log, stack).frames[1].side = 1;
    log_builder_call(&log, block, 0, id, 3000, 4000);
    struct vt_writer_counts counts;
    char *text = text_of(&log, (struct vt_writer_options){0}, &counts);
    assert_string_equal(
        strstr(text, ", {\"pid\": 100, \"tid\": 100, \"ts\": 3.000"),
        ", {\"pid\": 100, \"tid\": 100, \"ts\": 3.000, \"ph\": \"X\", \"dur\": 1.000, "
        "\"name\": \"f\", \"cat\": \"FEE\"}"
        ", {\"pid\": 100, \"tid\": 100, \"ts\": 2.000, \"ph\": \"X\", \"dur\": 2.000, "
        "\"name\": \"g\", \"cat\": \"FEE\", \"args\": {\"k\": 3, \"unfinished\": true}}"
        ", {\"pid\": 100, \"tid\": 100, \"ts\": 1.000, \"ph\": \"X\", \"dur\": 3.000, "
        "\"name\": \"f\", \"cat\": \"FEE\", \"args\": {\"unfinished\": true}}]}");
    assert_int_equal(counts.open_calls, 2);
    assert_int_equal(counts.events, 3);
    free(text);
    log_builder_view(&log, 0).head->state = VT_LOG_STOPPED;
    text = text_of(&log, (struct vt_writer_options){0}, &counts);
    assert_null(strstr(text, "unfinished"));
    free(text);
    log_builder_fini(&log);
}

static void note_progress(void *state, uint64_t done, uint64_t total) {
    uint64_t *last = state;
    assert_true(done > *last && done <= total);
    *last = done;
}

static void progress_is_told_now_and_then(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 1000000);
    uint32_t block = 0, total = 50000;
    for (uint32_t i = 0; i < total; i++) {
        if (i % 2000 == 0)
            block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        log_builder_call(&log, block, 0, 0, i, i + 1);
    }
    uint64_t last = 0;
    free(text_of(&log,
                 (struct vt_writer_options){.progress = note_progress,
                                            .progress_state = &last,
                                            .total = total},
                 NULL));
    assert_true(last > total / 2);
    log_builder_fini(&log);
}

/* ---- hostile logs */

static void fill_with_payloads(struct log_builder *log) {
    static const char *const payloads[] = {
        "{\"id\": \"7\", \"args\": {\"a\": [1, \"\xC3\xA9\"]}}", "{}", "[1, 2]",
        "{\"a\": \"\\\"}\"}", "null"};
    log_builder_init(log, 100);
    log_builder_python(log, "f<\xC3\xA9>", "/tmp/\\x\"y.py", 3);
    log_builder_c(log, "m.\x01g");
    uint32_t block = log_builder_block(log, VT_BLOCK_EVENTS, 1);
    for (uint32_t i = 0; i < 35; i++) {
        if (i % 3)
            log_builder_payload(log, block, payloads[i % 5]);
        log_builder_event(log, block, (enum vt_event_kind)(i % 7),
                          (struct vt_event){i, (uint64_t) "gptNOD"[i % 6], i % 2, 0});
    }
}

/* One byte, where it hurts: in the texts and payloads. */
static void mutate(struct log_builder *log) {
    static const char bytes[] = "\"\\{}[],: \0\n\x1F\x80\xED\xFFu";
    size_t block = 1 + (size_t)random() % 2;
    size_t place = block * VT_LOG_BLOCK_BYTES + 64 + (size_t)random() % 2000;
    log->bytes[place] = (unsigned char)bytes[(size_t)random() % sizeof bytes];
}

static void whatever_a_log_says_the_text_is_json(void **state) {
    (void)state;
    struct log_builder good, log;
    fill_with_payloads(&good);
    log = good;
    log.bytes = malloc(good.capacity);
    srandom(815);
    for (int round = 0; round < 5000; round++) {
        memcpy(log.bytes, good.bytes, good.size);
        for (int i = 0; i < 4; i++)
            mutate(&log);
        char *text = text_of(&log, (struct vt_writer_options){.raw = round % 2}, NULL);
        const char *end = text + strlen(text);
        if (vt_jcheck_value(text, end) != end)
            fail_msg("round %d: %s", round, text);
        for (const char *p = text; p < end; p++)
            assert_true((*p >= 0x20 && *p < 0x7F) || *p == '\n');
        free(text);
    }
    log_builder_fini(&log);
    log_builder_fini(&good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_event_has_its_normal_form),
        cmocka_unit_test(each_kind_of_event_has_its_raw_form),
        cmocka_unit_test(a_name_may_stand_in_the_payload),
        cmocka_unit_test(a_raw_event_that_is_not_an_object_is_left_out_and_counted),
        cmocka_unit_test(python_functions_are_named_with_file_and_line),
        cmocka_unit_test(a_name_of_a_megabyte_is_written_whole),
        cmocka_unit_test(unprintable_c_names_are_left_out_on_request_in_raw_form),
        cmocka_unit_test(the_newest_thread_is_listed_first_and_the_main_thread_last),
        cmocka_unit_test(open_calls_of_a_dead_program_are_marked),
        cmocka_unit_test(progress_is_told_now_and_then),
        cmocka_unit_test(whatever_a_log_says_the_text_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

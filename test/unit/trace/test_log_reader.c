/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_reader.h"
#include "test/support/log_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct vt_clock_pair no_clock = {0, 0};

static struct vt_log_reader *open_log(struct log_builder *log) {
    struct vt_log_reader *reader;
    struct vt_error err = {0};
    if (vt_log_reader_open(log_builder_image(log), no_clock, &reader, &err) != VT_OK)
        fail_msg("%s", err.text);
    return reader;
}

static bool next(struct vt_log_reader *reader, struct vt_trace_event *event) {
    bool found;
    assert_int_equal(vt_log_reader_next(reader, event, &found, NULL), VT_OK);
    return found;
}

/* A log with `threads` threads that end one call each in turn, `events` in all, the
 * i-th from i * 10 to i * 10 + 5. */
static void fill(struct log_builder *log, uint64_t capacity, uint32_t threads,
                 uint32_t events) {
    log_builder_init(log, capacity);
    uint32_t id = log_builder_c(log, "f");
    uint32_t *blocks = calloc(threads, sizeof *blocks);
    for (uint64_t i = 0; i < events; i++) {
        uint32_t *block = &blocks[i % threads];
        if (!*block || log_builder_view(log, *block).block->committed == 100)
            *block = log_builder_block(log, VT_BLOCK_EVENTS, 1);
        log_builder_call(log, *block, (uint32_t)(i % threads), id, i * 10, i * 10 + 5);
    }
    free(blocks);
}

static void the_newest_events_over_all_threads_are_kept_exactly(void **state) {
    (void)state;
    enum { N = 1000 };
    static const uint64_t capacities[] = {1, 2, 10, N - 1, N, N + 1, 1u << 30};
    for (size_t i = 0; i < sizeof capacities / sizeof *capacities; i++) {
        struct log_builder log;
        fill(&log, capacities[i], 7, N);
        struct vt_log_reader *reader = open_log(&log);
        uint64_t kept = capacities[i] < N ? capacities[i] : N, given = 0;
        assert_int_equal(vt_log_reader_info(reader)->events, kept);
        struct vt_trace_event event;
        while (next(reader, &event))
            assert_int_equal(event.start_ns, (N - kept + given++) * 10);
        assert_int_equal(given, kept);
        assert_int_equal(vt_log_reader_lost(reader), N - kept);
        vt_log_reader_close(reader);
        log_builder_fini(&log);
    }
}

static void lost_counts_what_the_recorder_counted_too(void **state) {
    (void)state;
    struct log_builder log;
    fill(&log, 10, 1, 25);
    log_builder_view(&log, 0).head->recycled_events = 100;
    log_builder_view(&log, 0).head->dropped_events = 7;
    struct vt_log_reader *reader = open_log(&log);
    assert_int_equal(vt_log_reader_lost(reader), 122);
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void cleared_sessions_are_not_there(void **state) {
    (void)state;
    struct log_builder log;
    fill(&log, 1000, 1, 250);
    log_builder_view(&log, 0).head->first_session = 1;
    log_builder_view(&log, log_builder_view(&log, 0).head->block_count - 1)
        .block->session = 1;
    struct vt_log_reader *reader = open_log(&log);
    struct vt_trace_event event;
    uint64_t given = 0;
    while (next(reader, &event))
        assert_int_equal(event.start_ns, (200 + given++) * 10);
    assert_int_equal(given, 50);
    assert_int_equal(vt_log_reader_lost(reader), 0);
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void calls_open_at_the_stop_come_last_and_are_kept(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 2);
    uint32_t id = log_builder_c(&log, "f");
    uint32_t one = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    uint32_t two = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    for (uint64_t i = 0; i < 10; i++)
        log_builder_call(&log, one, 0, id, 100 + i, 101 + i);
    log_builder_event(&log, two, VT_EVENT_OPEN, (struct vt_event){50, 200, id, 1});
    log_builder_event(&log, two, VT_EVENT_OPEN, (struct vt_event){40, 200, id, 1});
    struct vt_log_reader *reader = open_log(&log);
    struct vt_trace_event event;
    assert_true(next(reader, &event));
    assert_int_equal(event.kind, VT_EVENT_OPEN);
    assert_int_equal(event.start_ns, 50);
    assert_true(next(reader, &event));
    assert_int_equal(event.start_ns, 40);
    assert_false(next(reader, &event));
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void an_override_replaces_the_payload_of_its_event(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 100);
    uint32_t id = log_builder_name(&log, "o"),
             block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    for (uint64_t i = 0; i < 4; i++) {
        log_builder_payload(&log, block, "{}");
        log_builder_event(&log, block, i == 3 ? VT_EVENT_CALL : VT_EVENT_OBJECT,
                          (struct vt_event){10 + i, 'O', id, i % 2});
    }
    static const struct vt_log_override overrides[] = {
        {10, 1, 1, "a"}, {11, 1, 1, "b"}, {12, 0, 2, "cc"}, {13, 1, 1, "d"}};
    static const char *const expected[] = {"{}", "b", "cc", "{}"};
    struct vt_log_reader *reader = open_log(&log);
    vt_log_reader_override(reader, overrides, 4);
    struct vt_trace_event event;
    for (size_t i = 0; i < 4; i++) {
        assert_true(next(reader, &event));
        assert_int_equal(event.payload_bytes, strlen(expected[i]));
        assert_memory_equal(event.payload, expected[i], event.payload_bytes);
    }
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void nested_calls_stay_nested_in_ns(void **state) {
    (void)state;
    struct log_builder log;
    log_builder_init(&log, 100000);
    uint32_t id = log_builder_c(&log, "f"), block = 0;
    struct vt_log_header *head = log_builder_view(&log, 0).head;
    head->flags = 0;
    head->start = (struct vt_clock_pair){1000000, 777};
    head->stop = (struct vt_clock_pair){1000000 + 2893000000, 1000000777};
    uint64_t ticks = 1000000;
    for (int i = 0; i < 2000; i++) {
        if (i % 500 == 0)
            block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        log_builder_call(&log, block, 0, id, ticks + 1, ticks + 2);
        log_builder_call(&log, block, 0, id, ticks + 2, ticks + 4);
        log_builder_call(&log, block, 0, id, ticks + 1, ticks + 4);
        ticks += 5;
    }
    struct vt_log_reader *reader = open_log(&log);
    struct vt_trace_event first, second, outer;
    uint64_t last_end = 0;
    while (next(reader, &first)) {
        assert_true(next(reader, &second) && next(reader, &outer));
        assert_true(first.start_ns >= last_end);
        assert_true(second.start_ns >= first.start_ns + first.dur_ns);
        assert_true(outer.start_ns <= first.start_ns);
        last_end = outer.start_ns + outer.dur_ns;
        assert_true(last_end >= second.start_ns + second.dur_ns);
        assert_true(outer.dur_ns < 5);
    }
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void a_dead_log_takes_the_clocks_of_now_and_a_stopped_one_its_own(void **state) {
    (void)state;
    struct log_builder log;
    fill(&log, 10, 1, 1);
    struct vt_log_header *head = log_builder_view(&log, 0).head;
    head->flags = 0;
    head->start = (struct vt_clock_pair){1, 1000};
    head->stop = (struct vt_clock_pair){1000001, 2001000}; /* 2 ns per tick */
    struct vt_clock_pair now = {2000001, 10002000};
    static const struct {
        uint32_t state;
        struct vt_clock_pair stop;
        uint64_t dur_ns;
    } cases[] = {
        {VT_LOG_STOPPED, {1000001, 2001000}, 10},
        {VT_LOG_RECORDING, {0, 0}, 25},
    };
    for (size_t i = 0; i < 2; i++) {
        head->state = cases[i].state;
        head->stop = cases[i].stop;
        struct vt_log_reader *reader;
        assert_int_equal(
            vt_log_reader_open(log_builder_image(&log), now, &reader, NULL), VT_OK);
        struct vt_trace_event event;
        assert_true(next(reader, &event));
        assert_in_range(event.dur_ns, cases[i].dur_ns - 1, cases[i].dur_ns + 1);
        vt_log_reader_close(reader);
    }
    log_builder_fini(&log);
}

static void open_calls_over_several_segments_come_innermost_first(void **state) {
    (void)state;
    enum { DEPTH = 10000 };
    struct log_builder log;
    log_builder_init(&log, 10);
    uint32_t id = log_builder_c(&log, "f"), block = 0, first = 0;
    for (uint32_t i = 0; i < DEPTH; i++) {
        if (i % VT_BLOCK_FRAMES == 0) {
            block = log_builder_block(&log, VT_BLOCK_STACK, 1);
            log_builder_view(&log, block).block->segment =
                i / (uint32_t)VT_BLOCK_FRAMES;
        }
        if (!first)
            first = block;
        log_builder_frame(&log, block, i == 5 ? id | 1u << 31 : id, 100 + i);
    }
    log_builder_view(&log, first).block->committed = DEPTH;
    struct vt_log_reader *reader = open_log(&log);
    assert_int_equal(vt_log_reader_info(reader)->open_calls, DEPTH - 1);
    struct vt_trace_event event;
    for (uint64_t i = DEPTH; i-- > 0;) {
        if (i == 5)
            continue; /* a frame that is not shown */
        assert_true(next(reader, &event));
        assert_true(event.is_unfinished);
        assert_int_equal(event.start_ns, 100 + i);
        assert_int_equal(event.start_ns + event.dur_ns, 100 + DEPTH - 1);
    }
    assert_false(next(reader, &event));
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void what_the_header_says_is_told(void **state) {
    (void)state;
    struct log_builder log;
    fill(&log, 10, 1, 3);
    log_builder_text(&log, VT_SYMBOL_PROCESS, "kid");
    log_builder_text(&log, VT_SYMBOL_CONFIG, "output_path=/x\n");
    struct vt_log_header *head = log_builder_view(&log, 0).head;
    head->sync_marker_set = 1;
    head->sync_marker_ticks = 4711;
    struct vt_log_reader *reader = open_log(&log);
    const struct vt_log_info *info = vt_log_reader_info(reader);
    assert_int_equal(info->pid, 100);
    assert_int_equal(info->ppid, 99);
    assert_int_equal(info->base_time_ns, 1000000000000000000);
    assert_int_equal(info->state, VT_LOG_RECORDING);
    assert_true(info->has_sync_marker);
    assert_int_equal(info->sync_marker_ns, 4711);
    const struct vt_symbol_table *symbols = vt_log_reader_symbols(reader);
    assert_int_equal(symbols->process_name.size, 3);
    assert_memory_equal(symbols->process_name.bytes, "kid", 3);
    assert_memory_equal(symbols->config.bytes, "output_path=/x\n", 15);
    vt_log_reader_close(reader);
    log_builder_fini(&log);
}

static void expect_refusal(struct log_builder *log, const char *text) {
    struct vt_log_reader *reader = NULL;
    struct vt_error err = {0};
    assert_int_equal(
        vt_log_reader_open(log_builder_image(log), no_clock, &reader, &err),
        VT_ERR_FORMAT);
    assert_null(reader);
    if (!strstr(err.text, text))
        fail_msg("'%s' does not say '%s'", err.text, text);
}

static void what_is_not_a_log_of_ours_is_refused_by_name(void **state) {
    (void)state;
    struct log_builder log;
    fill(&log, 10, 1, 3);
    struct vt_log_header *head = log_builder_view(&log, 0).head;
    head->magic[7] = 'x';
    expect_refusal(&log, "not a log");
    head->magic[7] = '\n';
    head->version = 2;
    expect_refusal(&log, "version 2; this viztracer reads version 1");
    head->version = VT_LOG_VERSION;
    head->block_bytes = 4096;
    expect_refusal(&log, "blocks of 4096 bytes");
    head->block_bytes = VT_LOG_BLOCK_BYTES;
    head->capacity = 0;
    expect_refusal(&log, "keeps no events");
    head->capacity = 10;
    size_t size = log.size;
    log.size = 40;
    expect_refusal(&log, "ends in its header");
    log.size = 0;
    expect_refusal(&log, "not a log");
    log.size = size;
    vt_log_reader_close(open_log(&log));
    log_builder_fini(&log);
}

/* ---- hostile logs */

/* Something of everything. */
static void fill_with_all_kinds(struct log_builder *log) {
    log_builder_init(log, 50);
    log_builder_view(log, 0).head->flags = 0;
    log_builder_view(log, 0).head->start = (struct vt_clock_pair){1, 1};
    uint32_t f = log_builder_python(log, "f", "/tmp/f.py", 3);
    uint32_t g = log_builder_c(log, "g");
    log_builder_thread(log, 1, 101, 0, "Thread-1");
    log_builder_text(log, VT_SYMBOL_COMMAND, "python");
    char long_name[70000];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    log_builder_name(log, long_name);
    uint32_t stack = log_builder_block(log, VT_BLOCK_STACK, 1);
    uint32_t side = log_builder_block(log, VT_BLOCK_SIDE, 1);
    for (uint64_t i = 0; i < 6; i++)
        log_builder_frame(log, stack, g, 10 + i);
    struct log_builder_view view = log_builder_view(log, side);
    ((struct vt_side *)(void *)view.frames)->size_bytes = 2;
    memcpy((struct vt_side *)(void *)view.frames + 1, "{}", 2);
    view.block->committed = 16;
    log_builder_view(log, stack).frames[3].side = 1;
    for (uint32_t b = 0; b < 3; b++) {
        uint32_t block = log_builder_block(log, VT_BLOCK_EVENTS, 1);
        log_builder_view(log, block).block->opened =
            (struct vt_clock_pair){1 + b * UINT64_C(100), 1 + b * UINT64_C(90000000)};
        for (uint32_t i = 0; i < 30; i++) {
            if (i % 3 == 0)
                log_builder_payload(log, block,
                                    "{\"id\": \"1\", \"args\": {\"a\": 1}}");
            log_builder_event(
                log, block, (enum vt_event_kind)(i % 7),
                (struct vt_event){i * UINT64_C(5), i * UINT64_C(2), i % 2 ? f : g, b});
        }
    }
}

static void read_all(struct log_builder *log) {
    struct vt_log_reader *reader;
    struct vt_error err;
    if (vt_log_reader_open(log_builder_image(log), no_clock, &reader, &err) != VT_OK)
        return;
    struct vt_trace_event event;
    bool found = true;
    uint64_t sum = 0;
    while (found && vt_log_reader_next(reader, &event, &found, &err) == VT_OK) {
        for (uint32_t i = 0; found && event.payload && i < event.payload_bytes; i++)
            sum += (unsigned char)event.payload[i];
    }
    assert_true(sum < UINT64_MAX); /* keeps the reads of the payloads */
    vt_log_reader_close(reader);
}

/* The places of a log that mean something: headers and the first bytes of bodies. */
static size_t random_place(const struct log_builder *log) {
    size_t block = (size_t)random() % (log->size / VT_LOG_BLOCK_BYTES);
    return block * VT_LOG_BLOCK_BYTES + (size_t)random() % 700;
}

static void mutate(struct log_builder *log) {
    static const uint32_t edges[] = {
        0, 1, 2, 15, 16, 24, 63, 64, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    size_t place = random_place(log) / 4 * 4;
    if (place + 4 > log->size)
        return;
    uint32_t value = edges[(size_t)random() % (sizeof edges / sizeof *edges)];
    if (random() % 2) {
        memcpy(&value, log->bytes + place, sizeof value);
        value ^= 1u << (random() % 32);
    }
    memcpy(log->bytes + place, &value, sizeof value);
}

static void no_mutation_of_a_log_harms_the_reader(void **state) {
    (void)state;
    struct log_builder good, log;
    fill_with_all_kinds(&good);
    log = good;
    log.bytes = malloc(good.capacity);
    srandom(4711);
    for (int round = 0; round < 20000; round++) {
        memcpy(log.bytes, good.bytes, good.size);
        log.size = good.size;
        int count = 1 + (int)(random() % 4);
        for (int i = 0; i < count; i++)
            mutate(&log);
        if (random() % 8 == 0)
            log.size = (size_t)random() % good.size;
        read_all(&log);
    }
    log_builder_fini(&log);
    log_builder_fini(&good);
}

static void every_failing_read_is_an_error_and_nothing_else(void **state) {
    (void)state;
    struct log_builder log;
    fill_with_all_kinds(&log);
    for (uint64_t fail_at = 1;; fail_at++) {
        log.reads = 0;
        log.fail_at = fail_at;
        struct vt_log_reader *reader = NULL;
        struct vt_error err;
        enum vt_status status =
            vt_log_reader_open(log_builder_image(&log), no_clock, &reader, &err);
        bool found = true;
        while (status == VT_OK && found) {
            struct vt_trace_event event;
            status = vt_log_reader_next(reader, &event, &found, &err);
        }
        vt_log_reader_close(reader);
        assert_int_equal(status, log.reads >= fail_at ? VT_ERR_IO : VT_OK);
        if (status == VT_OK)
            break;
    }
    log_builder_fini(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_events_over_all_threads_are_kept_exactly),
        cmocka_unit_test(lost_counts_what_the_recorder_counted_too),
        cmocka_unit_test(cleared_sessions_are_not_there),
        cmocka_unit_test(calls_open_at_the_stop_come_last_and_are_kept),
        cmocka_unit_test(an_override_replaces_the_payload_of_its_event),
        cmocka_unit_test(nested_calls_stay_nested_in_ns),
        cmocka_unit_test(a_dead_log_takes_the_clocks_of_now_and_a_stopped_one_its_own),
        cmocka_unit_test(open_calls_over_several_segments_come_innermost_first),
        cmocka_unit_test(what_the_header_says_is_told),
        cmocka_unit_test(what_is_not_a_log_of_ours_is_refused_by_name),
        cmocka_unit_test(no_mutation_of_a_log_harms_the_reader),
        cmocka_unit_test(every_failing_read_is_an_error_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

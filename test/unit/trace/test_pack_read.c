/* SPDX-License-Identifier: Apache-2.0
 *
 * Packed reports that are damaged.
 */
#include "core/trace/pack_read.h"
#include "core/trace/pack_layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vt_error err;

static enum vt_status read_bytes(const char *bytes, size_t size, struct vt_buf *json) {
    struct vt_pack_read *read;
    vt_buf_clear(json);
    assert_int_equal(vt_pack_read_create(vt_sink_to_buf(json), &read, &err), VT_OK);
    enum vt_status status = vt_pack_read_feed(read, bytes, size, &err);
    if (status == VT_OK)
        status = vt_pack_read_finish(read, &err);
    else
        assert_int_equal(vt_pack_read_feed(read, "x", 1, NULL), status); /* it sticks */
    vt_pack_read_destroy(read);
    return status;
}

/* A whole report: one column "ph" of words, one shape, two events. */
#define HEAD    "VTPACK01"
#define COLUMNS "C\3\2ph"
#define WORDS   "W\4\3\"X\""
#define SHAPES  "S\3\1\2\4"
#define EVENTS  "E\x9\2\0\2\1\1\2\2\0\0"
#define END     "Z\1\2"

static void the_smallest_report_is_read(void **state) {
    (void)state;
    struct vt_buf json = {0};
    static const char whole[] = HEAD COLUMNS WORDS SHAPES EVENTS END;
    assert_int_equal(read_bytes(whole, sizeof whole - 1, &json), VT_OK);
    assert_string_equal(json.data,
                        "{\"traceEvents\": [{\"ph\": \"X\"}, {\"ph\": \"X\"}]}");
    vt_buf_fini(&json);
}

static void an_event_without_members_is_read(void **state) {
    (void)state;
    struct vt_buf json = {0};
    static const char whole[] = HEAD "S\1\0E\4\1\0\1\1Z\1\1";
    assert_int_equal(read_bytes(whole, sizeof whole - 1, &json), VT_OK);
    assert_string_equal(json.data, "{\"traceEvents\": [{}]}");
    vt_buf_fini(&json);
}

/* A section with `count` items of one text. */
static void append_section(struct vt_buf *pack, char kind, size_t count,
                           const char *item, size_t item_size) {
    size_t size = count * item_size;
    vt_buf_append_char(pack, kind);
    for (; size > 127; size >>= 7)
        vt_buf_append_char(pack, (char)(0x80 | (size & 0x7F)));
    vt_buf_append_char(pack, (char)size);
    for (size_t i = 0; i < count; i++)
        vt_buf_append(pack, item, item_size);
}

static void more_columns_and_shapes_than_there_may_be_are_refused(void **state) {
    (void)state;
    static const size_t counts[] = {100, 100000};
    for (size_t i = 0; i < 4; i++) {
        struct vt_buf pack = {0}, json = {0};
        size_t count = counts[i % 2];
        vt_buf_append_text(&pack, HEAD);
        if (i < 2)
            append_section(&pack, 'C', count, "\1x", 2);
        else
            append_section(&pack, 'S', count, "\0", 1);
        vt_buf_append(&pack, "Z\1\0", 3);
        assert_int_equal(read_bytes(pack.data, pack.size, &json),
                         count > 1000 ? VT_ERR_FORMAT : VT_OK);
        vt_buf_fini(&pack);
        vt_buf_fini(&json);
    }
}

static void one_that_ends_early_is_refused(void **state) {
    (void)state;
    struct vt_buf json = {0};
    static const char whole[] = HEAD COLUMNS WORDS SHAPES EVENTS END;
    for (size_t size = 0; size < sizeof whole - 1; size++)
        assert_int_equal(read_bytes(whole, size, &json), VT_ERR_FORMAT);
    assert_int_equal(read_bytes(whole, sizeof whole, &json), VT_ERR_FORMAT); /* + NUL */
    vt_buf_fini(&json);
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
#define CASE(text)                                                                     \
    { text, sizeof(text) - 1 }
    static const struct {
        const char *bytes;
        size_t size;
    } wrong[] = {
        CASE("VTPACK02"),
        CASE(HEAD "Q\1x"),  /* an unknown section */
        CASE(HEAD "O\1\6"), /* an unknown place */
        CASE(HEAD "O\0"),
        CASE(HEAD "O\2\0\0"),
        CASE(HEAD "M\2\5\0"), /* a member among events */
        CASE(HEAD "M\2\0\5"), /* its name is not there */
        CASE(HEAD "W\2\5x"),
        CASE(HEAD "C\2\5x"),
        CASE(HEAD "F\1x"),
        CASE(HEAD "S\3\1\2\4"), /* a column that is not there */
        CASE(HEAD COLUMNS "S\3\1\1\4"),
        CASE(HEAD COLUMNS "S\3\1\2\6"),
        CASE(HEAD COLUMNS "S\3\1\2\0"),                   /* a time that is none */
        CASE(HEAD COLUMNS "S\1\x21"),                     /* too many members */
        CASE(HEAD COLUMNS SHAPES "E\7\1\0\1\1\2\1\0"),    /* a word that is not there */
        CASE(HEAD COLUMNS WORDS SHAPES "E\x5\1\0\1\1\2"), /* a column cut short */
        CASE(HEAD COLUMNS WORDS SHAPES "E\4\1\0\1\1"),    /* none of values */
        CASE(HEAD COLUMNS WORDS SHAPES "E\4\1\0\1\2"),    /* an unknown shape */
        CASE(HEAD COLUMNS WORDS SHAPES "E\x8\1\0\1\1\2\2\0\0"), /* values left over */
        CASE(HEAD COLUMNS WORDS SHAPES "E\x5\1\0\1\1\x9"),      /* an unknown column */
        CASE(HEAD COLUMNS WORDS SHAPES "E\xa\1\0\1\1\0\1\1\2\1\0"), /* one twice */
        CASE(HEAD COLUMNS WORDS SHAPES EVENTS "Z\1\3"), /* the wrong number */
        CASE(HEAD COLUMNS WORDS SHAPES EVENTS END END),
        CASE(HEAD "W\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
        CASE(HEAD "Z\0"),
        CASE(HEAD "S\1\xff"),                /* a number cut short */
        CASE(HEAD COLUMNS "S\2\1\xff"),      /* a column cut short */
        CASE(HEAD COLUMNS "S\2\1\2"),        /* no form */
        CASE(HEAD "O\1\xff"),                /* a place cut short */
        CASE(HEAD COLUMNS SHAPES "E\1\xff"), /* a column's number cut short */
    };
    struct vt_buf json = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_bytes(wrong[i].bytes, wrong[i].size, &json),
                         VT_ERR_FORMAT);
        assert_memory_equal(err.text, "damaged: ", 9);
    }
    vt_buf_fini(&json);
}

static void a_section_beyond_the_limit_is_refused(void **state) {
    (void)state;
    struct vt_buf json = {0};
    static const char huge[] = HEAD "W\x81\x80\x80\x80\x08";
    assert_int_equal(read_bytes(huge, sizeof huge - 1, &json), VT_ERR_LIMIT);
    vt_buf_fini(&json);
}

/* Whatever a byte is changed to, it is read or refused; the rest is ASan's. */
static void no_byte_changed_does_harm(void **state) {
    (void)state;
    struct vt_buf json = {0};
    static const char whole[] = HEAD "O\1\4C\7\2ts\3dur" SHAPES "S\x5\2\2\3\3\2" WORDS
                                     "E\xe\2\0\2\2\2\2\2\x80\1\3\3\x81\7" END;
    char bytes[sizeof whole];
    size_t taken = 0;
    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (int value = 0; value < 256; value++) {
            memcpy(bytes, whole, sizeof whole);
            bytes[at] = (char)value;
            taken += read_bytes(bytes, sizeof whole - 1, &json) == VT_OK;
        }
    }
    assert_in_range(taken, 0, 256 * sizeof whole);
    vt_buf_fini(&json);
}

/* ---- a shortcut */

struct taker {
    struct vt_buf *json;
    int offered, written;
    size_t seen; /* of the text, when the event that is now offered was */
    struct vt_pack_plain events[4];
    bool takes[4];
};

static enum vt_status take(void *state, const struct vt_pack_plain *event, bool *taken,
                           struct vt_error *error) {
    struct taker *taker = state;
    (void)error;
    taker->seen = taker->json->size;
    taker->events[taker->offered] = *event;
    *taken = taker->takes[taker->offered++];
    return VT_OK;
}

static void written(void *state, const struct vt_pack_plain *event) {
    struct taker *taker = state;
    assert_memory_equal(event, &taker->events[taker->offered - 1], sizeof *event);
    assert_true(taker->json->size > taker->seen);
    taker->written++;
}

/* Columns ph, ts, dur; words "X" and "Y"; shapes {ph, ts, dur} with 3 and 1 decimals,
 * and {ph}. */
#define PLAIN                                                                          \
    HEAD "C\xa\2ph\2ts\3dur"                                                           \
         "W\x8\3\"X\"\3\"Y\""                                                          \
         "S\x11\3\2\4\3\3\4\3\3\2\4\3\1\4\1\1\2\4"
/* ends at 2000, 4000, 4400 ns; durations 1000, 500, 350 */
#define EVENTS_OF_TIMES                                                                \
    "E\x1d\4\0\4\1\3\1\2\2\4\1\0\0\0\3\6\xa0\x1f\xa0\x1f\xa0\x6"                       \
    "\4\6\xd0\xf\xe8\x7\xbc\x5"

static void a_shortcut_is_offered_events_of_words_and_times(void **state) {
    (void)state;
    static const char whole[] = PLAIN EVENTS_OF_TIMES "Z\1\4";
    struct vt_buf json = {0};
    struct taker taker = {.json = &json, .takes = {false, true, false}};
    struct vt_pack_shortcut shortcut = {take, written, &taker};
    struct vt_pack_read *read;
    assert_int_equal(vt_pack_read_create(vt_sink_to_buf(&json), &read, &err), VT_OK);
    vt_pack_read_shorten(read, &shortcut);
    assert_int_equal(vt_pack_read_feed(read, whole, sizeof whole - 1, &err), VT_OK);
    assert_int_equal(vt_pack_read_finish(read, &err), VT_OK);
    vt_pack_read_destroy(read);
    assert_int_equal(taker.offered, 3); /* not the one without times */
    assert_int_equal(taker.written, 2);
    assert_string_equal(
        json.data, "{\"traceEvents\": [{\"ph\": \"Y\", \"ts\": 1.000, \"dur\": 1.000}, "
                   "{\"ph\": \"X\"}, {\"ph\": \"X\", \"ts\": 4.0, \"dur\": 0.3}]}");
    assert_int_equal(taker.events[0].words[0], 1);
    assert_int_equal(taker.events[1].words[0], 0);
    assert_int_equal(taker.events[1].ts_ns, 3500);
    assert_int_equal(taker.events[1].dur_ns, 500);
    assert_int_equal(taker.events[1].shape, taker.events[0].shape);
    assert_true(taker.events[2].shape != taker.events[0].shape);
    assert_int_equal(taker.events[2].ts_ns, 4000); /* as its text has it */
    assert_int_equal(taker.events[2].dur_ns, 300);
    vt_buf_fini(&json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_report_is_read),
        cmocka_unit_test(an_event_without_members_is_read),
        cmocka_unit_test(more_columns_and_shapes_than_there_may_be_are_refused),
        cmocka_unit_test(one_that_ends_early_is_refused),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_section_beyond_the_limit_is_refused),
        cmocka_unit_test(no_byte_changed_does_harm),
        cmocka_unit_test(a_shortcut_is_offered_events_of_words_and_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

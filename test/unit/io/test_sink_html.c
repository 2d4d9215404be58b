/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports as html files, written and read.
 */
#include "core/io/sink_html.h"
#include "core/base/base64.h"
#include "core/io/html_layout.h"
#include "core/io/html_text.h"
#include "core/io/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define EVIL                                                                           \
    "</script><script>alert(1)</script><!-- " VT_HTML_TRAILER VT_HTML_BEGIN            \
    "\xe2\x80\xa8"

static struct vt_error err;

static enum vt_status write_html(const char *json, uint64_t most_events,
                                 struct vt_buf *file) {
    struct vt_sink_html *html;
    assert_int_equal(vt_sink_html_open(vt_sink_to_buf(file), most_events, &html, &err),
                     VT_OK);
    struct vt_sink sink = vt_sink_html_sink(html);
    enum vt_status status = sink.write(sink.state, json, strlen(json), &err);
    if (status == VT_OK)
        status = vt_sink_html_finish(html, &err);
    vt_sink_html_close(html);
    return status;
}

static enum vt_status read_html(const char *file, size_t size, size_t step,
                                struct vt_buf *json) {
    struct vt_html_text *html;
    vt_buf_clear(json);
    assert_int_equal(vt_html_text_open(vt_sink_to_buf(json), 0, &html, &err), VT_OK);
    struct vt_sink sink = vt_html_text_sink(html);
    enum vt_status status = VT_OK;
    for (size_t at = 0; at < size && status == VT_OK; at += step)
        status = sink.write(sink.state, file + at, size - at < step ? size - at : step,
                            &err);
    if (status == VT_OK)
        status = vt_html_text_finish(html, &err);
    vt_html_text_close(html);
    return status;
}

static size_t count(const struct vt_buf *file, const char *text) {
    size_t found = 0;
    for (const char *p = file->data; (p = strstr(p, text)); p++)
        found++;
    return found;
}

/* `json` with a string of quotes and backslashes escaped. */
static void append_escaped(struct vt_buf *json, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            vt_buf_append_char(json, '\\');
        if (*text == '\n')
            vt_buf_append_text(json, "\\n");
        else
            vt_buf_append_char(json, *text);
    }
}

static void make_report(struct vt_buf *json, int events) {
    vt_buf_append_text(json, "{\"traceEvents\": [");
    for (int i = 0; i < events; i++) {
        vt_buf_printf(json,
                      "%s{\"ph\": \"X\", \"ts\": %d.%03d, \"dur\": %u.5, \"name\": \"",
                      i ? ", " : "", i, i % 1000, (unsigned)random() >> 4);
        append_escaped(json, EVIL);
        vt_buf_append_text(json, "\"}");
    }
    vt_buf_append_text(json, "]}");
}

static void a_report_comes_back_in_any_steps(void **state) {
    (void)state;
    struct vt_buf json = {0}, file = {0}, back = {0};
    make_report(&json, 1000);
    assert_int_equal(write_html(json.data, 1000, &file), VT_OK);
    for (size_t step = 1; step < 100000; step = step * 7 + 1) {
        assert_int_equal(read_html(file.data, file.size, step, &back), VT_OK);
        assert_string_equal(back.data, json.data);
    }
    vt_buf_fini(&json);
    vt_buf_fini(&file);
    vt_buf_fini(&back);
}

static void large_reports_come_back_from_several_pieces(void **state) {
    (void)state;
    struct vt_buf json = {0}, file = {0}, back = {0};
    make_report(&json, 400000);
    assert_int_equal(write_html(json.data, UINT64_MAX, &file), VT_OK);
    assert_true(count(&file, VT_HTML_BEGIN) > 1);
    assert_int_equal(read_html(file.data, file.size, 262144, &back), VT_OK);
    assert_int_equal(back.size, json.size);
    assert_memory_equal(back.data, json.data, json.size);
    vt_buf_fini(&json);
    vt_buf_fini(&file);
    vt_buf_fini(&back);
}

/* The page first, then base64 only. */
static void nothing_of_a_trace_is_markup(void **state) {
    (void)state;
    struct vt_buf json = {0}, file = {0};
    make_report(&json, 10);
    assert_int_equal(write_html(json.data, 10, &file), VT_OK);
    size_t page = (size_t)(vt_page_end - vt_page);
    assert_true(file.size > page);
    assert_memory_equal(file.data, vt_page, page);
    const char *p = file.data + page;
    assert_memory_equal(p, VT_HTML_BEGIN, strlen(VT_HTML_BEGIN));
    p += strlen(VT_HTML_BEGIN);
    p += strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
    assert_string_equal(p, VT_HTML_END VT_HTML_TRAILER);
    vt_buf_fini(&json);
    vt_buf_fini(&file);
}

static void the_page_is_small_and_allows_no_network(void **state) {
    (void)state;
    size_t size = (size_t)(vt_page_end - vt_page);
    struct vt_buf page = {0};
    vt_buf_append(&page, vt_page, size);
    assert_in_range(size, 50000, 300000);
    assert_true(vt_html_text_knows(page.data, size));
    assert_int_equal(count(&page, "Content-Security-Policy"), 1);
    assert_int_equal(count(&page, "default-src 'none'; script-src 'sha256-"), 1);
    assert_int_equal(count(&page, "unsafe-inline"), 0);
    assert_int_equal(count(&page, "unsafe-eval'"), 1); /* wasm-unsafe-eval */
    assert_int_equal(count(&page, "src=\"http"), 0);
    assert_int_equal(count(&page, "<script src"), 0);
    assert_int_equal(count(&page, "<link rel=\"stylesheet\""), 0);
    assert_int_equal(count(&page, VT_HTML_BEGIN), 0);
    vt_buf_fini(&page);
}

static void more_events_than_a_page_takes_are_refused_with_what_to_do(void **state) {
    (void)state;
    struct vt_buf json = {0}, file = {0};
    make_report(&json, 11);
    assert_int_equal(write_html(json.data, 10, &file), VT_ERR_LIMIT);
    assert_string_equal(err.text, "too much for an html page, save it as .json.gz and "
                                  "open that with vizviewer: more than 10 events");
    vt_buf_fini(&json);
    vt_buf_fini(&file);
}

struct refusing {
    int writes; /* before the one that is refused */
    struct vt_buf file;
};

static enum vt_status refuse_at_last(void *state, const void *bytes, size_t size,
                                     struct vt_error *e) {
    struct refusing *refusing = state;
    if (refusing->writes-- == 0)
        return vt_error_set(e, VT_ERR_IO, "no more");
    vt_buf_append(&refusing->file, bytes, size);
    return VT_OK;
}

static enum vt_status write_refused(const struct vt_buf *json,
                                    struct refusing *refusing) {
    struct vt_sink_html *html = NULL;
    enum vt_status status = vt_sink_html_open(
        (struct vt_sink){refuse_at_last, refusing}, UINT64_MAX, &html, &err);
    if (status == VT_OK) {
        struct vt_sink sink = vt_sink_html_sink(html);
        status = sink.write(sink.state, json->data, json->size, &err);
    }
    if (status == VT_OK)
        status = vt_sink_html_finish(html, &err);
    vt_sink_html_close(html);
    return status;
}

static void whatever_cannot_be_written_is_told(void **state) {
    (void)state;
    struct vt_buf json = {0};
    make_report(&json, 100);
    int refused = 0;
    for (;; refused++) {
        struct refusing refusing = {.writes = refused};
        enum vt_status status = write_refused(&json, &refusing);
        bool is_whole = refusing.writes >= 0;
        vt_buf_fini(&refusing.file);
        assert_int_equal(status, is_whole ? VT_OK : VT_ERR_IO);
        if (is_whole)
            break;
    }
    assert_int_equal(refused, 5); /* the page, a piece in three, its end */
    vt_buf_clear(&json);
    make_report(&json, 200000);
    struct refusing before_the_second_piece = {.writes = 3};
    assert_int_equal(write_refused(&json, &before_the_second_piece), VT_ERR_IO);
    vt_buf_fini(&before_the_second_piece.file);
    vt_buf_clear(&json);
    vt_buf_append_text(&json, "{\"traceEvents\": [");
    struct refusing nothing = {.writes = 99};
    assert_int_equal(write_refused(&json, &nothing), VT_ERR_FORMAT);
    vt_buf_fini(&nothing.file);
    vt_buf_fini(&json);
}

/* A piece of exactly as much as is decoded at a time, padded: the name in the head of
 * the gzip data does not end. */
static void a_piece_may_end_where_it_was_decoded(void **state) {
    (void)state;
    enum { BYTES = 16384 / 4 * 3 - 1 };
    unsigned char gzip[BYTES];
    char text[16384 + 1] = {0};
    struct vt_buf file = {0}, back = {0};
    memset(gzip, 'n', sizeof gzip);
    memcpy(gzip, "\x1F\x8B\x08\x08\0\0\0\0\0\0", 10);
    vt_base64_encode(gzip, sizeof gzip, text);
    assert_int_equal(text[16383], '=');
    vt_buf_printf(&file, "<!doctype html>" VT_HTML_BEGIN "%s" VT_HTML_END, text);
    assert_int_equal(read_html(file.data, file.size, 4096, &back), VT_ERR_FORMAT);
    assert_non_null(strstr(err.text, "gzip data"));
    vt_buf_clear(&file);
    vt_buf_printf(&file, "<!doctype html>" VT_HTML_BEGIN "%sAAAA" VT_HTML_END, text);
    assert_int_equal(read_html(file.data, file.size, 4096, &back), VT_ERR_FORMAT);
    assert_string_equal(err.text, "damaged: base64 behind its end");
    vt_buf_fini(&file);
    vt_buf_fini(&back);
}

static void nobody_need_ask_why(void **state) {
    (void)state;
    struct vt_buf json = {0}, file = {0};
    struct vt_sink_html *html;
    make_report(&json, 3);
    assert_int_equal(vt_sink_html_open(vt_sink_to_buf(&file), 2, &html, NULL), VT_OK);
    struct vt_sink sink = vt_sink_html_sink(html);
    assert_int_equal(sink.write(sink.state, json.data, json.size, NULL), VT_ERR_LIMIT);
    vt_sink_html_close(html);
    vt_html_text_close(NULL);
    vt_sink_html_close(NULL);
    vt_buf_fini(&json);
    vt_buf_fini(&file);
}

static void html_files_are_told_by_their_first_bytes(void **state) {
    (void)state;
    assert_true(vt_html_text_knows("<!DOCTYPE html>", 15));
    assert_true(vt_html_text_knows("<!doctype", 9));
    assert_false(vt_html_text_knows("<!DOCTY", 7));
    assert_false(vt_html_text_knows("<html><body>", 12));
    assert_false(vt_html_text_knows("{\"traceEv", 9));
}

static void damaged_files_are_refused(void **state) {
    (void)state;
#define PAGE "<!DOCTYPE html><script>x</script>"
    static const char *const wrong[] = {
        PAGE,
        PAGE VT_HTML_BEGIN,
        PAGE VT_HTML_BEGIN VT_HTML_END VT_HTML_TRAILER,
        PAGE VT_HTML_BEGIN "AAA" VT_HTML_END,
        PAGE VT_HTML_BEGIN "Z?==" VT_HTML_END,
        PAGE VT_HTML_BEGIN "Zm9v" VT_HTML_END,
        PAGE VT_HTML_BEGIN "Z\nm9v" VT_HTML_END,
        PAGE VT_HTML_BEGIN "Zg==" VT_HTML_END VT_HTML_BEGIN "Zg==Zg==" VT_HTML_END,
    };
    struct vt_buf json = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        for (size_t step = 1; step < 100; step += 49)
            assert_int_equal(read_html(wrong[i], strlen(wrong[i]), step, &json),
                             VT_ERR_FORMAT);
    assert_int_equal(read_html(PAGE, sizeof PAGE - 1, 99, &json), VT_ERR_FORMAT);
    assert_string_equal(err.text, "an html file that holds no report");
    vt_buf_fini(&json);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    struct vt_buf json = {0}, file = {0}, back = {0};
    make_report(&json, 50);
    assert_int_equal(write_html(json.data, 50, &file), VT_OK);
    size_t page = (size_t)(vt_page_end - vt_page);
    size_t end = file.size - strlen(VT_HTML_END VT_HTML_TRAILER);
    for (size_t size = page; size <= end; size += end - size > 200 ? 14u : 1u)
        assert_int_equal(read_html(file.data, size, 4096, &back), VT_ERR_FORMAT);
    /* Some bits do not matter: those of the time in gzip's head, or which of two equal
     * texts is repeated. */
    size_t refused = 0;
    for (size_t at = page + strlen(VT_HTML_BEGIN); at < end; at += 5) {
        char kept = file.data[at];
        file.data[at] = kept == 'A' ? 'B' : 'A';
        if (read_html(file.data, file.size, 4096, &back) == VT_OK)
            assert_string_equal(back.data, json.data);
        else
            refused++;
        file.data[at] = kept;
    }
    assert_true(refused > (end - page) / 10);
    vt_buf_fini(&json);
    vt_buf_fini(&file);
    vt_buf_fini(&back);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_comes_back_in_any_steps),
        cmocka_unit_test(large_reports_come_back_from_several_pieces),
        cmocka_unit_test(nothing_of_a_trace_is_markup),
        cmocka_unit_test(the_page_is_small_and_allows_no_network),
        cmocka_unit_test(more_events_than_a_page_takes_are_refused_with_what_to_do),
        cmocka_unit_test(whatever_cannot_be_written_is_told),
        cmocka_unit_test(a_piece_may_end_where_it_was_decoded),
        cmocka_unit_test(nobody_need_ask_why),
        cmocka_unit_test(html_files_are_told_by_their_first_bytes),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

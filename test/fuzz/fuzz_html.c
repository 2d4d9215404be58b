/* SPDX-License-Identifier: Apache-2.0
 *
 * Html reports: whatever a trace holds, only base64 of it is in the file; and any bytes
 * in the place of an html file are taken or refused.
 */
#include "core/io/html_layout.h"
#include "core/io/html_text.h"
#include "core/io/page.h"
#include "core/io/sink_html.h"
#include "test/fuzz/fuzz_target.h"

#include <string.h>

static enum vt_status read_back(const void *file, size_t size, struct vt_buf *text,
                                struct vt_error *err) {
    struct vt_html_text *html;
    VT_REQUIRE(vt_html_text_open(vt_sink_to_buf(text), 16, &html, NULL) == VT_OK);
    struct vt_sink sink = vt_html_text_sink(html);
    enum vt_status status = sink.write(sink.state, file, size, err);
    if (status == VT_OK)
        status = vt_html_text_finish(html, err);
    vt_html_text_close(html);
    return status;
}

static enum vt_status write_html(const void *json, size_t size, struct vt_buf *file) {
    struct vt_sink_html *html;
    VT_REQUIRE(vt_sink_html_open(vt_sink_to_buf(file), 1000, &html, NULL) == VT_OK);
    struct vt_sink sink = vt_sink_html_sink(html);
    enum vt_status status = sink.write(sink.state, json, size, NULL);
    if (status == VT_OK)
        status = vt_sink_html_finish(html, NULL);
    vt_sink_html_close(html);
    return status;
}

static void require_only_base64(const struct vt_buf *file) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789+/=";
    const char *p = file->data + (vt_page_end - vt_page);
    while (strncmp(p, VT_HTML_BEGIN, strlen(VT_HTML_BEGIN)) == 0) {
        p += strlen(VT_HTML_BEGIN);
        p += strspn(p, digits);
        VT_REQUIRE(strncmp(p, VT_HTML_END, strlen(VT_HTML_END)) == 0);
        p += strlen(VT_HTML_END);
    }
    VT_REQUIRE(strcmp(p, VT_HTML_TRAILER) == 0);
    VT_REQUIRE(strlen(file->data) == file->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct vt_buf file = {0}, text = {0}, again = {0}, text_again = {0};
    struct vt_error err = {0};
    if (write_html(data, size, &file) == VT_OK) {
        require_only_base64(&file);
        VT_REQUIRE(read_back(file.data, file.size, &text, NULL) == VT_OK);
        VT_REQUIRE(write_html(text.data, text.size, &again) == VT_OK);
        VT_REQUIRE(read_back(again.data, again.size, &text_again, NULL) == VT_OK);
        VT_REQUIRE(text.size == text_again.size &&
                   memcmp(text.data, text_again.data, text.size) == 0);
    }
    vt_buf_clear(&text);
    VT_REQUIRE(read_back(data, size, &text, &err) == VT_OK || err.text[0]);
    vt_buf_fini(&file);
    vt_buf_fini(&text);
    vt_buf_fini(&again);
    vt_buf_fini(&text_again);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 *   JSON → pack_write → sink_gzip → pieces of base64 → the inner sink
 */
#include "core/io/sink_html.h"

#include "core/base/base64.h"
#include "core/io/html_layout.h"
#include "core/io/page.h"
#include "core/io/sink_gzip.h"
#include "core/trace/pack_write.h"

#include <stdlib.h>
#include <string.h>

struct vt_sink_html {
    struct vt_sink inner;
    struct vt_pack_write *pack;
    struct vt_sink_gzip *gzip;
    unsigned char *piece; /* owned; VT_HTML_PIECE_BYTES */
    size_t piece_size;
    char *text; /* owned; the base64 of a piece */
};

/* ---- pieces */

static enum vt_status give(struct vt_sink_html *html, const void *bytes, size_t size,
                           struct vt_error *err) {
    return html->inner.write(html->inner.state, bytes, size, err);
}

static enum vt_status give_piece(struct vt_sink_html *html, struct vt_error *err) {
    size_t size = html->piece_size;
    if (!size)
        return VT_OK;
    html->piece_size = 0;
    vt_base64_encode(html->piece, size, html->text);
    enum vt_status status = give(html, VT_HTML_BEGIN, strlen(VT_HTML_BEGIN), err);
    if (status == VT_OK)
        status = give(html, html->text, VT_BASE64_CHARS(size), err);
    if (status == VT_OK)
        status = give(html, VT_HTML_END, strlen(VT_HTML_END), err);
    return status;
}

static enum vt_status take_packed(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    struct vt_sink_html *html = state;
    const char *p = bytes;
    enum vt_status status = VT_OK;
    while (size && status == VT_OK) {
        size_t room = VT_HTML_PIECE_BYTES - html->piece_size;
        size_t n = size < room ? size : room;
        memcpy(html->piece + html->piece_size, p, n);
        html->piece_size += n;
        p += n;
        size -= n;
        if (html->piece_size == VT_HTML_PIECE_BYTES)
            status = give_piece(html, err);
    }
    return status;
}

/* ---- life */

static enum vt_status open_parts(struct vt_sink_html *html, uint64_t most_events,
                                 struct vt_error *err) {
    /* What writes to us has its own limits; ours is how much a page can take. */
    struct vt_pack_write_options options = {
        .limits = {.depth = VT_READER_MOST_DEPTH, .string_bytes = UINT32_MAX},
        .most_events = most_events,
    };
    struct vt_sink sink = {take_packed, html};
    html->piece = malloc(VT_HTML_PIECE_BYTES);
    html->text = malloc(VT_BASE64_CHARS(VT_HTML_PIECE_BYTES));
    if (!html->piece || !html->text)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status =
        vt_sink_gzip_open(sink, vt_deflate_best(), &html->gzip, err);
    if (status == VT_OK)
        status = vt_pack_write_create(vt_sink_gzip_sink(html->gzip), &options,
                                      &html->pack, err);
    if (status == VT_OK)
        status = give(html, vt_page, (size_t)(vt_page_end - vt_page), err);
    return status;
}

enum vt_status vt_sink_html_open(struct vt_sink inner, uint64_t most_events,
                                 struct vt_sink_html **html, struct vt_error *err) {
    struct vt_sink_html *opened = calloc(1, sizeof *opened);
    if (!opened)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    opened->inner = inner;
    enum vt_status status = open_parts(opened, most_events, err);
    if (status == VT_OK)
        *html = opened;
    else
        vt_sink_html_close(opened);
    return status;
}

void vt_sink_html_close(struct vt_sink_html *html) {
    if (!html)
        return;
    vt_pack_write_destroy(html->pack);
    vt_sink_gzip_close(html->gzip);
    free(html->piece);
    free(html->text);
    free(html);
}

/* ---- writing */

/* A page has the only limit that a report of ours can go beyond. */
static enum vt_status explain(enum vt_status status, struct vt_error *err) {
    if (status != VT_ERR_LIMIT || !err)
        return status;
    vt_error_prefix(err, "too much for an html page, save it as .json.gz and open that "
                         "with vizviewer");
    return status;
}

static enum vt_status take_json(void *state, const void *bytes, size_t size,
                                struct vt_error *err) {
    struct vt_sink_html *html = state;
    struct vt_sink sink = vt_pack_write_sink(html->pack);
    return explain(sink.write(sink.state, bytes, size, err), err);
}

struct vt_sink vt_sink_html_sink(struct vt_sink_html *html) {
    return (struct vt_sink){take_json, html};
}

enum vt_status vt_sink_html_finish(struct vt_sink_html *html, struct vt_error *err) {
    enum vt_status status = explain(vt_pack_write_finish(html->pack, err), err);
    if (status == VT_OK)
        status = vt_sink_gzip_finish(html->gzip, err);
    if (status == VT_OK)
        status = give_piece(html, err);
    if (status == VT_OK)
        status = give(html, VT_HTML_TRAILER, strlen(VT_HTML_TRAILER), err);
    return status;
}

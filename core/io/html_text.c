/* SPDX-License-Identifier: Apache-2.0
 *
 *   html → pieces of base64 → gunzip → pack_read → the inner sink
 */
#include "core/io/html_text.h"

#include "core/base/base64.h"
#include "core/io/gunzip.h"
#include "core/io/html_layout.h"
#include "core/trace/pack_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { QUAD_BYTES = 16 * 1024 }; /* of base64 that is decoded at a time */

struct vt_html_text {
    struct vt_sink inner;
    uint32_t expansion;
    uint64_t packed_bytes, text_bytes;
    struct vt_pack_read *pack;
    struct vt_gunzip *gunzip;
    size_t matched; /* bytes of VT_HTML_BEGIN that were just seen */
    bool in_piece, had_piece;
    bool padded; /* nothing may follow in this piece */
    char text[QUAD_BYTES];
    size_t text_size;
};

bool vt_html_text_knows(const char *bytes, size_t size) {
    static const char magic[] = "<!doctyp";
    if (size < sizeof magic - 1)
        return false;
    for (size_t i = 0; i < sizeof magic - 1; i++)
        if ((bytes[i] | (i > 1 ? 0x20 : 0)) != magic[i])
            return false;
    return true;
}

/* ---- what comes out */

static enum vt_status take_text(void *state, const void *bytes, size_t size,
                                struct vt_error *err) {
    struct vt_html_text *html = state;
    html->text_bytes += size;
    if (html->text_bytes > VT_HTML_FREE_BYTES &&
        html->text_bytes / html->expansion > html->packed_bytes)
        return vt_error_set(err, VT_ERR_LIMIT,
                            "the report in it expands more than %" PRIu32 " times",
                            html->expansion);
    return html->inner.write(html->inner.state, bytes, size, err);
}

/* ---- base64 */

static enum vt_status decode(struct vt_html_text *html, struct vt_error *err) {
    struct vt_sink sink = vt_gunzip_sink(html->gunzip);
    size_t count;
    if (!vt_base64_decode(html->text, html->text_size, html->text, &count))
        return vt_error_set(err, VT_ERR_FORMAT, "damaged: a piece that is not base64");
    html->padded = html->text_size && count < html->text_size / 4 * 3;
    html->text_size = 0;
    html->packed_bytes += count;
    return count ? sink.write(sink.state, html->text, count, err) : VT_OK;
}

static enum vt_status take_piece(struct vt_html_text *html, const char **p,
                                 const char *end, struct vt_error *err) {
    while (*p < end) {
        const char *stop = memchr(*p, '<', (size_t)(end - *p));
        size_t have = (size_t)((stop ? stop : end) - *p);
        size_t room = QUAD_BYTES - html->text_size;
        size_t n = have < room ? have : room;
        if (n && html->padded)
            return vt_error_set(err, VT_ERR_FORMAT, "damaged: base64 behind its end");
        memcpy(html->text + html->text_size, *p, n);
        html->text_size += n;
        *p += n;
        html->in_piece = *p != stop;
        enum vt_status status = VT_OK;
        if (!html->in_piece || html->text_size == QUAD_BYTES)
            status = decode(html, err);
        if (status != VT_OK || !html->in_piece)
            return status;
    }
    return VT_OK;
}

/* ---- the page around it */

/* Passes the page until the next piece begins. Only its first byte is a '<' in
 * VT_HTML_BEGIN, so a match that fails can begin anew at most at this byte. */
static void skip_page(struct vt_html_text *html, const char **p, const char *end) {
    static const char begin[] = VT_HTML_BEGIN;
    while (*p < end) {
        if (!html->matched) {
            const char *next = memchr(*p, '<', (size_t)(end - *p));
            *p = next ? next : end;
            if (!next)
                return;
        }
        char c = *(*p)++;
        html->matched = c == begin[html->matched] ? html->matched + 1 : c == '<';
        if (html->matched < sizeof begin - 1)
            continue;
        html->matched = 0;
        html->in_piece = html->had_piece = true;
        html->padded = false;
        return;
    }
}

static enum vt_status take_html(void *state, const void *bytes, size_t size,
                                struct vt_error *err) {
    struct vt_html_text *html = state;
    const char *p = bytes, *end = p + size;
    enum vt_status status = VT_OK;
    while (p < end && status == VT_OK) {
        if (html->in_piece)
            status = take_piece(html, &p, end, err);
        else
            skip_page(html, &p, end);
    }
    return status;
}

struct vt_sink vt_html_text_sink(struct vt_html_text *html) {
    return (struct vt_sink){take_html, html};
}

enum vt_status vt_html_text_finish(struct vt_html_text *html, struct vt_error *err) {
    if (!html->had_piece)
        return vt_error_set(err, VT_ERR_FORMAT, "an html file that holds no report");
    if (html->in_piece)
        return vt_error_set(err, VT_ERR_FORMAT, "damaged: it ends too early");
    enum vt_status status = vt_gunzip_finish(html->gunzip, err);
    return status == VT_OK ? vt_pack_read_finish(html->pack, err) : status;
}

/* ---- life */

enum vt_status vt_html_text_open(struct vt_sink inner, uint32_t expansion,
                                 struct vt_html_text **html, struct vt_error *err) {
    struct vt_html_text *opened = calloc(1, sizeof *opened);
    if (!opened)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    opened->inner = inner;
    opened->expansion = expansion ? expansion : VT_HTML_EXPANSION;
    enum vt_status status =
        vt_pack_read_create((struct vt_sink){take_text, opened}, &opened->pack, err);
    /* how much all of it expands is counted at its end */
    if (status == VT_OK)
        status = vt_gunzip_create(vt_pack_read_sink(opened->pack), UINT32_MAX,
                                  &opened->gunzip, err);
    if (status == VT_OK)
        *html = opened;
    else
        vt_html_text_close(opened);
    return status;
}

void vt_html_text_close(struct vt_html_text *html) {
    if (!html)
        return;
    vt_gunzip_destroy(html->gunzip);
    vt_pack_read_destroy(html->pack);
    free(html);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A report as one html file: the viewer's page, then the report in pieces that the page
 * takes out of itself.
 *
 *   the page (core/io/page.h)
 *   <script type="text/plain" class="trace">base64</script>       once or more
 *   <script type="text/plain" id="trace-end"></script>            it is whole
 *   </body></html>
 *
 * The base64 of each piece stands by itself, padded; the bytes of all pieces are one
 * gzip member, and what is in it is a packed report (core/trace/pack_layout.h). Base64
 * cannot end a script element, so nothing that a trace contains becomes markup.
 *
 * Pages whose text has VT_HTML_BEGIN in it would be misread; cmake/make_page.py refuses
 * to make one.
 */
#ifndef VT_IO_HTML_LAYOUT_H
#define VT_IO_HTML_LAYOUT_H

#define VT_HTML_BEGIN "<script type=\"text/plain\" class=\"trace\">"
#define VT_HTML_END   "</script>\n"
#define VT_HTML_TRAILER                                                                \
    "<script type=\"text/plain\" id=\"trace-end\"></script>\n</body></html>\n"

/* Bytes in a piece, a multiple of 3: 1 MiB of base64. */
#define VT_HTML_PIECE_BYTES (768u << 10)

/* What a page is given at most: VIZTRACER_MAX_HTML_EVENTS (core/io/limits.h). */
#define VT_HTML_MOST_EVENTS UINT64_C(20000000)

/* How many times a report may expand, from the bytes that base64 holds to its JSON,
 * once VT_HTML_FREE_BYTES have gone out: VIZTRACER_MAX_EXPANSION, 0: VT_HTML_EXPANSION.
 * Real ones expand 20 to 60 times. */
#define VT_HTML_EXPANSION  256u
#define VT_HTML_FREE_BYTES (UINT64_C(1) << 30)

#endif

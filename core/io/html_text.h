/* SPDX-License-Identifier: Apache-2.0
 *
 * An html file that we wrote (core/io/html_layout.h), written to it in pieces, as the
 * JSON of its report in another sink. Of the page itself nothing is looked at.
 *
 * Threads:   one at a time.
 * Ownership: borrows the inner sink's state.
 */
#ifndef VT_IO_HTML_TEXT_H
#define VT_IO_HTML_TEXT_H

#include "core/base/error.h"
#include "core/base/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct vt_html_text;

/* Whether the first bytes of a file are those of an html file. */
bool vt_html_text_knows(const char *bytes, size_t size);

/* `expansion` 0: VT_HTML_EXPANSION. */
VT_NODISCARD enum vt_status vt_html_text_open(struct vt_sink inner, uint32_t expansion,
                                              struct vt_html_text **html,
                                              struct vt_error *err);
void vt_html_text_close(struct vt_html_text *html); /* NULL is allowed */

/* VT_ERR_FORMAT, VT_ERR_LIMIT: what it holds is damaged. */
struct vt_sink vt_html_text_sink(struct vt_html_text *html);

/* VT_ERR_FORMAT: there is no report in it, or not all of it. */
VT_NODISCARD enum vt_status vt_html_text_finish(struct vt_html_text *html,
                                                struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Which container of a report's JSON is open, while a packed report is turned back into
 * it (core/trace/pack_read.h): opens and closes what lies between two places.
 *
 * Threads:   one at a time.
 * Ownership: borrows the writer.
 */
#ifndef VT_TRACE_PACK_TEXT_H
#define VT_TRACE_PACK_TEXT_H

#include "core/base/jwrite.h"

#include <stdbool.h>

struct vt_pack_text {
    struct vt_jwrite out;
    unsigned place;   /* enum vt_reader_place or VT_PACK_EVENTS */
    bool began;       /* the brace of the whole stands */
    bool has_item[3]; /* something stands in the container at this depth */
};

#define VT_PACK_TEXT_PLACES 6u

/* `place` is open, and its next item may be written: separators stand. */
void vt_pack_text_item(struct vt_pack_text *text, unsigned place);

/* `place` is open, perhaps for the first time; no item follows. */
void vt_pack_text_open(struct vt_pack_text *text, unsigned place);

/* The end of the whole. */
void vt_pack_text_end(struct vt_pack_text *text);

/* ns as us with 0 to 3 decimals, at most VT_PACK_TEXT_US_BYTES; the place behind. */
#define VT_PACK_TEXT_US_BYTES 26u
char *vt_pack_text_us(char *p, int64_t ns, unsigned decimals);

#endif

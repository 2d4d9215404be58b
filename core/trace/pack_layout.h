/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a packed report: the events of a report as columns, in their order, and
 * all that stands beside them; deflated it is 20 to 40 times smaller than its JSON. The
 * report that is read from it has the same JSON values, member by member.
 *
 *   8 bytes "VTPACK01", then sections: u8 kind, varint size, `size` bytes
 *
 *   O open      u8 place                 the container is there (it may stay empty)
 *   M member    u8 place, varint, name, value      a member of that container
 *   W words     n times varint, text     JSON values that events repeat, numbered on
 *   F forget    nothing                  words are numbered from 0 again
 *   C columns   n times varint, name     names of members, numbered on from 2
 *   S shapes    n times: varint m, m times varint column and u8 form
 *                                        what members events have, numbered on from 1
 *   E events    varint n, then for each column that has any: varint column, varint
 *               size, bytes
 *   Z end       varint, how many events there were
 *
 *   place:   enum vt_reader_place, or VT_PACK_EVENTS
 *   varint:  7 bits a byte, the low ones first; at most 64 bits
 *   signed:  zigzag (0, -1, 1, -2…) as varint
 *
 * Column 0 has the shape of each event, a varint; shape 0 is an event as it stands,
 * whose text is in column 1. An event of another shape has in each of its columns a
 *
 *   VT_PACK_US + d   signed: ns; the text is us with d decimals
 *   VT_PACK_WORD     varint: the number of a word
 *   VT_PACK_TEXT     varint, text
 *
 * In the column `ts` stands, instead of the time, the end of the event (ts + dur, if
 * both are numbers of that kind) less the end of the last event that had a ts: reports
 * have events in the order of their ends, so these are small.
 *
 * Names and values are JSON as they stood in the report; names without their quotes.
 */
#ifndef VT_TRACE_PACK_LAYOUT_H
#define VT_TRACE_PACK_LAYOUT_H

#include <stdint.h>

#define VT_PACK_MAGIC       "VTPACK01"
#define VT_PACK_MAGIC_BYTES 8u

#define VT_PACK_EVENTS 5 /* a place, behind those of enum vt_reader_place */

enum vt_pack_form { VT_PACK_US, VT_PACK_WORD = 4, VT_PACK_TEXT };

#define VT_PACK_FIRST_COLUMN 2u
#define VT_PACK_MOST_MEMBERS 32u /* of an event that has a shape */
#define VT_PACK_MOST_SHAPES  4096u
#define VT_PACK_MOST_COLUMNS 1024u
#define VT_PACK_WORD_BYTES   4096u       /* the longest word */
#define VT_PACK_MOST_WORDS   (64u << 20) /* bytes, then they are forgotten */
#define VT_PACK_BATCH_EVENTS 16384u      /* in one section */
#define VT_PACK_BATCH_BYTES  (1u << 20)  /* likewise, about */
#define VT_PACK_MOST_SECTION (UINT64_C(1) << 30)
#define VT_PACK_MOST_NS      (INT64_C(1) << 60) /* beyond: as text */

#endif

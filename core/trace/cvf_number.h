/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of counters: JSON numbers as the 64 bits that a compressed report has for
 * them, and back, without the least change; the program's locale must be C.
 *
 * Threads: pure functions.
 */
#ifndef VT_TRACE_CVF_NUMBER_H
#define VT_TRACE_CVF_NUMBER_H

#include "core/base/jscan.h"
#include "core/trace/cvf_layout.h"

struct vt_cvf_number {
    enum vt_cvf_value kind; /* INTEGER, REAL, DIGITS */
    union {
        int64_t integer;
        double real;
    } value; /* DIGITS: none, its text is the number */
};

/* The longest text of DIGITS that is written. */
#define VT_CVF_NUMBER_DIGITS 100u

/* False: none of the kinds has exactly this value. */
bool vt_cvf_number_read(const struct vt_jscan_token *token, const char *text,
                        size_t size, struct vt_cvf_number *number);

/* A double as the shortest JSON number that is read back as the same one, with a point
 * or exponent. It must be finite. */
#define VT_CVF_NUMBER_TEXT_BYTES 32u
size_t vt_cvf_number_print(double real, char text[VT_CVF_NUMBER_TEXT_BYTES]);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether bytes are JSON (RFC 8259), and where a value ends: for small texts that are
 * put into a report as they are.
 *
 * Strict but for two things that Python's json also lets through: a lone surrogate as
 * \uXXXX, and bytes above 7F in strings, which are not looked at.
 *
 * Threads: pure functions.
 */
#ifndef VT_BASE_JCHECK_H
#define VT_BASE_JCHECK_H

/* Arrays and objects may nest this deep; more is not accepted (reliability.md F2). */
#define VT_JCHECK_DEPTH 1024

/* Each takes the place to look at and the end of the text, and returns the place behind
 * what it found, or NULL when it is not there. */
const char *vt_jcheck_value(const char *p, const char *end);
const char *vt_jcheck_string(const char *p, const char *end);

/* Skips blanks, tabs and line ends; never NULL. */
const char *vt_jcheck_blanks(const char *p, const char *end);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts of single values: numbers as Python's int() and float() read them, times,
 * and texts as Python's repr() shows them.
 *
 * Threads: no global state; the process's locale must be "C" (it is in the command).
 */
#ifndef VT_CMD_VALUE_H
#define VT_CMD_VALUE_H

#include "core/base/buf.h"
#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Reads what int() reads, in ASCII: blanks around, a sign, digits with single
 * underscores between them. Numbers beyond int64_t become its nearest end. False for
 * other texts. */
bool vt_value_read_int(const char *text, int64_t *number);

/* Reads what float() reads, in ASCII. False for other texts. */
bool vt_value_read_real(const char *text, double *number);

/* Reads a time, <number>[s|ms|us|ns], without unit in microseconds; fractions of a
 * nanosecond are rounded up, so that "shorter than" stays exact. VT_ERR_REFUSED with
 * the text of behaviour.md 3 for anything else. */
VT_NODISCARD enum vt_status
vt_value_read_duration(const char *text, int64_t *duration_ns, struct vt_error *err);

/* Appends the text in quotes as repr() writes it; bytes that are not UTF-8 as the lone
 * surrogates that Python's command line makes of them. */
void vt_value_append_repr(struct vt_buf *out, const char *text);

#endif

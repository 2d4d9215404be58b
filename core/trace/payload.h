/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON texts that events carry, checked before they are put into a report.
 *
 * Threads:   pure functions.
 * Ownership: results point into the text that was given.
 */
#ifndef VT_TRACE_PAYLOAD_H
#define VT_TRACE_PAYLOAD_H

#include "core/trace/symbol_table.h"

#include <stddef.h>

/* The text without blanks around it when it is one JSON value; else size 0. `json` may
 * be NULL. */
struct vt_text vt_payload_value(const char *json, size_t size);

/* The same for an object. */
struct vt_text vt_payload_object(const char *json, size_t size);

/* The value of the first member of that name in an object that vt_payload_object gave
 * (size 0 is allowed); size 0 when there is none. `quoted_name` has its quotes. */
struct vt_text vt_payload_member(struct vt_text object, const char *quoted_name);

#endif

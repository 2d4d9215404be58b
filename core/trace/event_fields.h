/* SPDX-License-Identifier: Apache-2.0
 *
 * What an event must have: finds its members and checks their types (the reader's part
 * that looks at one event).
 *
 * Threads:   pure functions.
 * Hot path:  vt_event_fields_read().
 */
#ifndef VT_TRACE_EVENT_FIELDS_H
#define VT_TRACE_EVENT_FIELDS_H

#include "core/trace/reader.h"

/* Fills what is behind `member_count`, and counts what is odd. VT_ERR_FORMAT: it is no
 * event. */
VT_NODISCARD enum vt_status vt_event_fields_read(struct vt_reader_event *event,
                                                 struct vt_reader_stats *stats,
                                                 struct vt_error *err);

/* Both return VT_ERR_FORMAT. "not a trace: <what> (byte 17)" */
enum vt_status vt_event_fields_wrong(uint64_t at, const char *what,
                                     struct vt_error *err);

/* "not a trace: <what> is an array (byte 17)" */
enum vt_status vt_event_fields_wrong_kind(const char *what,
                                          const struct vt_jscan_token *token,
                                          struct vt_error *err);

#endif

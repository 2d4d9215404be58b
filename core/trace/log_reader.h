/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a log (core/base/log_layout.h) as events in the order in which they ended.
 *
 * Opening goes over the block headers, the symbols, the clocks and the open calls; the
 * events follow one by one, in ns, the newest `capacity` of the log, then the calls
 * that were open when the program died, innermost first. Memory grows with the
 * functions and threads, not with the events.
 *
 * A log is not trusted: a wrong beginning is refused, anything else is read as far as
 * it is whole. It may be written while it is read.
 *
 * Threads:   one at a time.
 * Hot path:  vt_log_reader_next().
 * Ownership: the reader owns what it returns: valid until vt_log_reader_close; payloads
 *            until the next event. It borrows the image.
 */
#ifndef VT_TRACE_LOG_READER_H
#define VT_TRACE_LOG_READER_H

#include "core/base/error.h"
#include "core/base/log_layout.h"
#include "core/trace/log_image.h"
#include "core/trace/symbol_table.h"

#include <stdbool.h>
#include <stdint.h>

struct vt_log_info {
    int32_t pid, ppid, main_tid;
    int64_t base_time_ns;
    enum vt_log_state state;
    uint64_t capacity;
    uint64_t events;     /* that vt_log_reader_next will give, open calls not counted */
    uint64_t open_calls; /* that it gives after them */
    bool has_sync_marker;
    uint64_t sync_marker_ns;
};

struct vt_trace_event {
    enum vt_event_kind kind;
    bool is_unfinished; /* a CALL that was open when the program died */
    uint32_t id;        /* vt_symbol_table_function */
    uint32_t thread;    /* vt_symbol_table_thread */
    uint64_t start_ns;
    uint64_t dur_ns;     /* CALL, DURATION */
    uint64_t extra;      /* INSTANT, OBJECT: the letter */
    struct vt_text name; /* a JSON string, checked, that is the name in place of that of
                            `id`; size 0: none */
    const char *payload; /* JSON text, not checked; NULL: none */
    uint32_t payload_bytes;
};

/* Another payload for the event of a thread that began at `start`. */
struct vt_log_override {
    uint64_t start; /* ticks */
    uint32_t thread;
    uint32_t payload_bytes;
    const char *payload;
};

struct vt_log_reader;

/* `now`: as struct vt_report_options has it. VT_ERR_FORMAT: not a log, or one of
 * another version. */
VT_NODISCARD enum vt_status vt_log_reader_open(struct vt_log_image image,
                                               struct vt_clock_pair now,
                                               struct vt_log_reader **reader,
                                               struct vt_error *err);
void vt_log_reader_close(struct vt_log_reader *reader); /* NULL is allowed */

/* Before the first event. `overrides` are in the order of (start, thread), none twice;
 * borrowed. Calls are not looked up. */
void vt_log_reader_override(struct vt_log_reader *reader,
                            const struct vt_log_override *overrides, size_t count);

const struct vt_log_info *vt_log_reader_info(const struct vt_log_reader *reader);
const struct vt_symbol_table *vt_log_reader_symbols(const struct vt_log_reader *reader);

/* *found tells whether there was another event. */
VT_NODISCARD enum vt_status vt_log_reader_next(struct vt_log_reader *reader,
                                               struct vt_trace_event *event,
                                               bool *found, struct vt_error *err);

/* After the last event: how many events of the log are not among those given: forgotten
 * by the ring, without room, beyond the capacity, or gone while they were read. */
uint64_t vt_log_reader_lost(const struct vt_log_reader *reader);

#endif

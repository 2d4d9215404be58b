/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a trace in the Trace Event Format: JSON text that comes in pieces, as events.
 *
 *   vt_reader_feed      the next piece (or vt_reader_sink, and write to it)
 *   vt_reader_finish    after the last
 *
 * The text is an object with traceEvents, or an array of events whose bracket may be
 * missing. Each event goes to the handler with the bytes that it has in the text and
 * the members that everybody needs decoded; whatever else stands in the text goes to
 * the handler as raw JSON, so that nothing is lost that we do not know.
 *
 * Nothing is believed: the JSON is checked to the last byte (core/base/jscan.h), and so
 * are the types of what a trace must have. What the format lets pass but a viewer may
 * stumble over is counted (struct vt_reader_stats).
 *
 * Threads:   one at a time; handlers run inside vt_reader_feed and _finish.
 * Hot path:  an event costs its bytes once through the scanner, and one look at each
 *            member.
 * Ownership: handlers borrow what they get: valid until they return.
 */
#ifndef VT_TRACE_READER_H
#define VT_TRACE_READER_H

#include "core/base/jscan.h"
#include "core/base/sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Documented defaults; 0 in vt_reader_limits means them. */
#define VT_READER_STRING_BYTES (64u << 20)
#define VT_READER_MOST_DEPTH   1000000u

struct vt_reader_limits {
    uint32_t depth; /* containers may nest this deep: up to VT_READER_MOST_DEPTH */
    uint32_t string_bytes; /* the longest string */
};

enum vt_reader_field {
    VT_READER_PH,   /* a string; there in every event */
    VT_READER_NAME, /* a string or number */
    VT_READER_CAT,
    VT_READER_TS,  /* a number, or a string that holds one */
    VT_READER_DUR, /* likewise */
    VT_READER_PID, /* a number or string */
    VT_READER_TID, /* likewise */
    VT_READER_ID,
    VT_READER_SCOPE,
    VT_READER_ARGS,
    VT_READER_FIELD_COUNT
};

struct vt_reader_event {
    uint64_t offset;  /* of its first byte in the text */
    const char *text; /* with its braces */
    size_t size;
    const struct vt_jscan_token *members; /* all of them, as they stand in the text */
    size_t member_count;
    /* The member of that name, the last when there are several; NULL when there is none
     * or it is null. */
    const struct vt_jscan_token *fields[VT_READER_FIELD_COUNT];
    int64_t ts_ns, dur_ns; /* to the nearest; 0: none; beyond 64 bits the limit */
    bool ts_fits;          /* ts is within 64 bits, or there is none */
    char phase;            /* ph if it is one byte, else 0 */
};

/* Where a raw member stands. */
enum vt_reader_place {
    VT_READER_TOP,       /* beside traceEvents */
    VT_READER_METADATA,  /* in viztracer_metadata */
    VT_READER_FILE,      /* in file_info.files: [text, line count] by path */
    VT_READER_FUNCTION,  /* in file_info.functions: [path, line] by event name */
    VT_READER_FILE_INFO, /* in file_info, beside these two */
};

struct vt_reader_member {
    enum vt_reader_place place;
    const char *name; /* as it stands between its quotes */
    size_t name_size;
    bool name_escaped;
    const char *value; /* JSON */
    size_t value_size;
    enum vt_jscan_kind kind;  /* of the value; containers: OBJECT, ARRAY */
    struct vt_decimal number; /* NUMBER */
};

struct vt_reader_handler {
    enum vt_status (*event)(void *state, const struct vt_reader_event *event,
                            struct vt_error *err);
    /* May be NULL: then large members cost no memory. */
    enum vt_status (*member)(void *state, const struct vt_reader_member *member,
                             struct vt_error *err);
    void *state;
};

/* What was read so far. */
struct vt_reader_stats {
    uint64_t bytes;
    uint64_t events;
    bool has_events;    /* the text has a place for events, though maybe empty */
    bool has_metadata;  /* viztracer_metadata, though maybe empty */
    bool has_file_info; /* likewise */
    bool has_files, has_functions; /* of file_info, likewise */
    bool was_open_array;           /* it lacked its bracket */
    uint64_t without_pid;          /* events, also below */
    uint64_t without_ts;           /* other than metadata */
    uint64_t without_dur;          /* X */
    uint64_t with_minus_dur;       /* X */
    uint64_t with_distant_ts;      /* beyond 64 bits of ns */
};

struct vt_reader;

VT_NODISCARD enum vt_status vt_reader_create(const struct vt_reader_limits *limits,
                                             const struct vt_reader_handler *handler,
                                             struct vt_reader **reader,
                                             struct vt_error *err);
void vt_reader_destroy(struct vt_reader *reader); /* NULL is allowed */

/* VT_ERR_FORMAT, VT_ERR_LIMIT: the text is wrong; the sentence has the byte. A status
 * of the handler is passed on. After a failure nothing more is read. */
VT_NODISCARD enum vt_status vt_reader_feed(struct vt_reader *reader, const void *bytes,
                                           size_t size, struct vt_error *err);
VT_NODISCARD enum vt_status vt_reader_finish(struct vt_reader *reader,
                                             struct vt_error *err);

/* Feeds what is written to it. */
struct vt_sink vt_reader_sink(struct vt_reader *reader);

const struct vt_reader_stats *vt_reader_stats(const struct vt_reader *reader);

/* Whether what was fed ends behind an event, among events. */
bool vt_reader_is_between_events(const struct vt_reader *reader);

/* The JSON of a member's value. */
static inline const char *vt_reader_value(const struct vt_reader_event *event,
                                          const struct vt_jscan_token *member,
                                          size_t *size) {
    *size = (size_t)(member->end - member->at);
    return event->text + (member->at - event->offset);
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine consists of: the inside that its parts share.
 *
 *   ingest     events of the JSON text → stacks and lists of each track, as they come
 *   settle     at the end: begin and end marks become slices, flows find their slices
 *   nest       the slices of a track → rows
 *   compact    the same store to and from a compact index
 *   the others answer queries
 *
 * While events come, times are absolute; vt_settle makes them relative to the origin.
 *
 * Ownership: the store owns everything in it.
 */
#ifndef VT_VIEWER_ENGINE_STORE_H
#define VT_VIEWER_ENGINE_STORE_H

#include "core/base/strtab.h"
#include "viewer/engine/blocks.h"
#include "viewer/engine/buckets.h"

#define VT_STORE_NONE UINT32_MAX
/* Times and durations beyond this are not shown: nothing that is added up overflows. */
#define VT_STORE_MOST_NS (INT64_C(1) << 60)

/* A list that grows; items are plain data. */
#define VT_STORE_LIST(type)                                                            \
    struct {                                                                           \
        type *items;                                                                   \
        size_t count, capacity;                                                        \
    }

struct vt_store_name {
    uint32_t category; /* a name, or NONE */
    uint64_t calls;
    uint32_t function; /* NONE: nothing is known of where it stands */
};

/* Where a function stands in its source. */
struct vt_store_function {
    uint32_t name, path; /* words */
    int64_t line;
};

struct vt_store_process {
    uint32_t pid, name; /* words; name may be NONE */
    int64_t sort;
};

enum vt_store_track_kind { VT_STORE_THREAD, VT_STORE_ASYNC };

struct vt_store_track {
    enum vt_store_track_kind kind;
    uint32_t process;
    uint32_t tid, name; /* words; name may be NONE */
    uint32_t lane;
    uint32_t first_row, depth;
    uint64_t slices, instants;
    uint64_t busy_ns;
    int64_t sort;
};

struct vt_store_row {
    uint32_t first, count; /* slices */
    uint32_t track, depth;
};

/* Where a payload stands and what it is. */
struct vt_store_payload {
    struct vt_text_place place;
    bool is_event; /* the whole event, not only its args */
};

struct vt_store_instant {
    int64_t time;
    uint32_t track, name, payload; /* payload 0: none */
    char scope;
};

struct vt_store_sample {
    int64_t time;
    double value;
};

struct vt_store_counter {
    uint32_t process, name, series; /* name: a name; series: a word */
    VT_STORE_LIST(struct vt_store_sample) samples;
    double *low, *high; /* of every 16 samples */
};

struct vt_store_flow { /* an arrow */
    int64_t start, end;
    uint32_t from, to, name;
    uint32_t id; /* a word */
};

struct vt_store_object {
    uint32_t process, id, name; /* id: a word */
    int64_t created, deleted;   /* INT64_MIN: not told */
    uint32_t first_snapshot, snapshots;
};

struct vt_store_snapshot {
    int64_t time;
    uint32_t object, payload;
};

struct vt_store_counts {
    uint64_t events, instants, samples, flows, objects, metadata;
};

/* What is not shown, or not as it was meant. */
struct vt_store_problems {
    uint64_t unfinished, end_without_begin, without_ts, without_dur, minus_dur, bad_ts,
        unknown_phase, bad_counter, unbound_flow, unplaced;
};

struct vt_store_source {
    uint32_t path;             /* a word */
    struct vt_text_place text; /* JSON string */
    int64_t lines;
};

struct vt_store {
    struct vt_strtab name_texts; /* text, then its category as 4 bytes */
    VT_STORE_LIST(struct vt_store_name) names;
    struct vt_strtab words;
    VT_STORE_LIST(struct vt_store_process) processes;
    VT_STORE_LIST(struct vt_store_track) tracks;
    VT_STORE_LIST(struct vt_store_row) rows;
    struct vt_buckets *buckets; /* of each row; NULL before vt_settle_derive */
    struct vt_columns columns;
    VT_STORE_LIST(struct vt_store_instant) instants; /* by (track, time) */
    VT_STORE_LIST(struct vt_store_counter) counters;
    VT_STORE_LIST(struct vt_store_flow) flows; /* by start */
    VT_STORE_LIST(struct vt_store_object) objects;
    VT_STORE_LIST(struct vt_store_snapshot) snapshots; /* by (object, time) */
    VT_STORE_LIST(struct vt_store_payload) payloads;   /* payload 1 is the first */
    VT_STORE_LIST(struct vt_store_source) sources;
    VT_STORE_LIST(struct vt_store_function) functions;
    struct vt_blocks blocks;
    struct vt_buf metadata; /* members of viztracer_metadata: "a":1,"b":2 */
    bool overflow, has_base_time;
    uint64_t lost_events;
    int64_t base_time_ns;
    int64_t origin_ns, span_ns;
    uint64_t bytes;
    struct vt_store_counts counts;
    struct vt_store_problems problems;
};

void vt_store_fini(struct vt_store *store);

/* Makes room for one more item of `size` bytes. */
VT_NODISCARD enum vt_status vt_store_grow(void **items, size_t count, size_t *capacity,
                                          size_t size, struct vt_error *err);

/* Sorts; what is equal stays in its order. */
VT_NODISCARD enum vt_status vt_store_sort(void *items, size_t count, size_t size,
                                          int (*compare)(const void *, const void *),
                                          struct vt_error *err);

/* vt_store_push(&store->rows, row, err): appends a copy. */
#define vt_store_push(list, item, err)                                                 \
    (vt_store_grow((void **)&(list)->items, (list)->count, &(list)->capacity,          \
                   sizeof *(list)->items, err) == VT_OK                                \
         ? ((list)->items[(list)->count++] = (item), (enum vt_status)VT_OK)            \
         : (enum vt_status)VT_ERR_NO_MEMORY)

/* The number of the name with this category (NONE: none). NONE: memory ran out. */
uint32_t vt_store_name(struct vt_store *store, const char *text, size_t size,
                       uint32_t category, struct vt_error *err);
const char *vt_store_name_text(const struct vt_store *store, uint32_t name,
                               size_t *size);

uint32_t vt_store_word(struct vt_store *store, const char *text, size_t size,
                       struct vt_error *err);

/* Keeps a payload; *number is above 0. */
VT_NODISCARD enum vt_status vt_store_add_payload(struct vt_store *store,
                                                 const char *text, size_t size,
                                                 bool is_event, uint32_t *number,
                                                 struct vt_error *err);

/* The row that slice is in. */
uint32_t vt_store_row_of(const struct vt_store *store, uint32_t slice);

/* The slice of `row` in which the time `start` to `end` lies, or NONE. */
uint32_t vt_store_enclosing(const struct vt_store *store, uint32_t row, int64_t start,
                            int64_t end);

/* NONE for one of depth 0. */
uint32_t vt_store_parent(const struct vt_store *store, uint32_t slice);

#endif

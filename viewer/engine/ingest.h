/* SPDX-License-Identifier: Apache-2.0
 *
 * The events of a report, sorted into tracks as they come.
 *
 * Complete events (X) go into chunks of 16 bytes each; what must be paired first (B, E,
 * b, e, s, t, f, N, D) is kept as marks until vt_settle. Nothing here knows the order
 * of times.
 *
 * Threads:   one at a time.
 * Hot path:  the event handler: two looks into small caches for the track and the name.
 * Ownership: the ingest owns its lists and borrows the store.
 */
#ifndef VT_VIEWER_ENGINE_INGEST_H
#define VT_VIEWER_ENGINE_INGEST_H

#include "core/trace/reader.h"
#include "viewer/engine/store.h"

struct vt_ingest_chunk {
    uint32_t count, capacity;
    int64_t *start;
    uint32_t *dur, *name, *payload; /* payload: NULL when none of them has any */
};

/* Slices of one track in the order in which they came. */
struct vt_ingest_slices {
    VT_STORE_LIST(struct vt_ingest_chunk) chunks;
    uint64_t count;
    VT_STORE_LIST(struct vt_columns_odd) odd; /* `slice`: which of them, ascending */
    int64_t last_end;                         /* the latest end of any */
    int64_t previous_end;
    bool is_unordered; /* an end came before an earlier one */
};

struct vt_ingest_slice {
    int64_t start, dur;
    uint32_t name, payload;
};

/* B, E, b, e and their like. */
struct vt_ingest_mark {
    int64_t time;
    uint32_t name; /* NONE: an end without name */
    uint32_t payload;
    uint32_t id; /* a word; of threads 0 */
    bool is_end;
};

struct vt_ingest_track {
    struct vt_ingest_slices slices;
    VT_STORE_LIST(struct vt_ingest_mark) marks;
};

struct vt_ingest_flow {
    int64_t time;
    uint32_t key; /* a word: category and id */
    uint32_t track, name;
    uint32_t seq;
    char phase;       /* s, t, f */
    bool is_enclosed; /* binds to the slice around it, not to the next */
};

struct vt_ingest_object {
    int64_t time;
    uint32_t process, id, name, payload;
    uint32_t seq;
    char phase; /* N, O, D */
};

struct vt_ingest_name_slot { /* of the cache of names */
    uint64_t hash;
    uint32_t name, size;
    uint32_t category;
};

#define VT_INGEST_SLOTS 4096u

struct vt_ingest {
    struct vt_store *store;
    VT_STORE_LIST(struct vt_ingest_track) tracks; /* as store->tracks */
    VT_STORE_LIST(struct vt_ingest_flow) flows;
    VT_STORE_LIST(struct vt_ingest_object) objects;
    struct vt_strtab track_keys; /* number: that of the track */
    struct vt_strtab process_keys, counter_keys;
    struct vt_buf scratch, key;
    struct vt_buf last_ids; /* pid and tid of the event before, as they stood */
    uint32_t last_track;
    struct vt_buf last_category; /* as it stood */
    uint32_t last_category_name;
    struct vt_ingest_name_slot slots[VT_INGEST_SLOTS];
    int64_t first_time, last_time;
    bool has_time, has_payload;
    /* The last event became a slice of this track and name, and nothing else. */
    bool was_plain_slice;
    uint32_t slice_track, slice_name;
};

void vt_ingest_init(struct vt_ingest *ingest, struct vt_store *store);
void vt_ingest_fini(struct vt_ingest *ingest);

/* For vt_reader_create; `state` is the ingest. */
struct vt_reader_handler vt_ingest_handler(struct vt_ingest *ingest);

VT_NODISCARD enum vt_status vt_ingest_add_slice(struct vt_ingest_slices *slices,
                                                const struct vt_ingest_slice *slice,
                                                struct vt_error *err);
VT_NODISCARD enum vt_status vt_ingest_add_odd(struct vt_ingest_slices *slices,
                                              const struct vt_ingest_slice *slice,
                                              uint32_t end_payload, bool unfinished,
                                              struct vt_error *err);
/* An event that is such a slice, of which only the times are told: `start` and `dur`
 * within VT_STORE_MOST_NS, `dur` not below 0. */
VT_NODISCARD enum vt_status vt_ingest_slice_of(struct vt_ingest *ingest, uint32_t track,
                                               uint32_t name, int64_t start,
                                               int64_t dur, struct vt_error *err);
void vt_ingest_drop_slices(struct vt_ingest_slices *slices);

/* A new track, in both lists. NONE: memory ran out. */
uint32_t vt_ingest_new_track(struct vt_ingest *ingest, struct vt_store_track track,
                             struct vt_error *err);

/* ---- ingest_event.c: the parts of an event */

/* The text of a string or number; strings without quotes and escapes. Borrowed: valid
 * until the next call; NULL when memory ran out. */
const char *vt_ingest_text(struct vt_ingest *ingest,
                           const struct vt_reader_event *event,
                           const struct vt_jscan_token *member, size_t *size);

uint32_t vt_ingest_process(struct vt_ingest *ingest,
                           const struct vt_reader_event *event, struct vt_error *err);
uint32_t vt_ingest_track(struct vt_ingest *ingest, const struct vt_reader_event *event,
                         struct vt_error *err);
/* The name with its category. */
uint32_t vt_ingest_name(struct vt_ingest *ingest, const struct vt_reader_event *event,
                        struct vt_error *err);
/* The event's id, id2 or bind_id with its scope as a word; NONE: it has none, or
 * memory ran out. */
uint32_t vt_ingest_id(struct vt_ingest *ingest, const struct vt_reader_event *event,
                      const char *member, struct vt_error *err);
/* The member with this name, or NULL. */
const struct vt_jscan_token *vt_ingest_member(const struct vt_reader_event *event,
                                              const char *name);

/* ---- ingest_rare.c: counters, names of threads, objects, flows, the members of the
 * report */

VT_NODISCARD enum vt_status vt_ingest_counter(struct vt_ingest *ingest,
                                              const struct vt_reader_event *event,
                                              struct vt_error *err);
VT_NODISCARD enum vt_status vt_ingest_metadata(struct vt_ingest *ingest,
                                               const struct vt_reader_event *event,
                                               struct vt_error *err);
enum vt_status vt_ingest_report_member(void *state,
                                       const struct vt_reader_member *member,
                                       struct vt_error *err);

#endif

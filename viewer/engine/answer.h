/* SPDX-License-Identifier: Apache-2.0
 *
 * What all queries need: the request decoded, the range, the tracks, and columns and
 * records into the reply. Every vt_answer_* of a query writes the body for the kind
 * that query.h describes.
 *
 * Threads:   one answer per thread.
 * Ownership: the answer owns its scratch; the store, request and reply are borrowed.
 */
#ifndef VT_VIEWER_ENGINE_ANSWER_H
#define VT_VIEWER_ENGINE_ANSWER_H

#include "core/base/jwrite.h"
#include "viewer/engine/query.h"
#include "viewer/engine/store.h"

struct vt_answer {
    const struct vt_store *store;
    struct vt_buf *reply;
    struct vt_blocks_view view;
    struct vt_error err; /* status VT_OK: nothing is wrong */
    uint32_t count;      /* of the reply's head */
    double total;

    /* the request */
    uint32_t kind, flags, a, b, level, limit;
    double d0, d1;
    int64_t t0, t1; /* "everything" is turned into a range around all */
    const uint32_t *list;
    uint32_t list_count;
    const char *text;
    uint32_t text_size;

    bool *tracks;        /* owned: which tracks are asked for; NULL: all */
    uint32_t *list_copy; /* owned */
};

/* ---- the reply */

/* A column of `count` items, filled by the caller at once; NULL: memory ran out. */
void *vt_answer_column(struct vt_answer *answer, size_t count, size_t item_bytes);
void vt_answer_bytes(struct vt_answer *answer, const void *bytes, size_t size);

/* One R. */
void vt_answer_slice_record(struct vt_answer *answer, uint32_t slice);

/* The answer becomes an error. */
void vt_answer_fail(struct vt_answer *answer, enum vt_status status, const char *text);

/* ---- the request */

bool vt_answer_has_slice(struct vt_answer *answer, uint32_t slice); /* else fails */
bool vt_answer_has_name(struct vt_answer *answer, uint32_t name);
/* Takes `count` words from the list's `first` on as tracks. */
bool vt_answer_read_tracks(struct vt_answer *answer, uint32_t first, uint32_t count);
static inline bool vt_answer_wants(const struct vt_answer *answer, uint32_t track) {
    return !answer->tracks || answer->tracks[track];
}

/* The part of a slice within the range, ns. */
static inline int64_t vt_answer_within(const struct vt_answer *answer, int64_t start,
                                       int64_t dur) {
    int64_t end = start + dur;
    start = start < answer->t0 ? answer->t0 : start;
    end = end > answer->t1 ? answer->t1 : end;
    return end > start ? end - start : 0;
}

/* ---- JSON */

struct vt_jwrite; /* into the reply */
VT_NODISCARD bool vt_answer_json_begin(struct vt_answer *answer, struct vt_jwrite *out);
void vt_answer_json_end(struct vt_answer *answer, struct vt_jwrite *out);
void vt_answer_json_name(struct vt_answer *answer, struct vt_jwrite *out,
                         uint32_t name);
void vt_answer_json_word(struct vt_answer *answer, struct vt_jwrite *out,
                         uint32_t word);
/* ", \"args\": {…}" and ", \"event\": …", if there are some. */
void vt_answer_json_payload(struct vt_answer *answer, struct vt_jwrite *out,
                            uint32_t payload);
/* ", \"ts_ns\": \"…\", \"wall_ns\": …" of a time since the origin. */
void vt_answer_json_times(struct vt_answer *answer, struct vt_jwrite *out,
                          int64_t time);
/* In digits that are read back as the same, whole numbers below 2^53 without a point;
 * null: no finite number. */
void vt_answer_json_double(struct vt_jwrite *out, double number);

/* ---- the queries */

void vt_answer_meta(struct vt_answer *answer);    /* outline.c */
void vt_answer_names(struct vt_answer *answer);   /* outline.c */
void vt_answer_tiles(struct vt_answer *answer);   /* tiles.c */
void vt_answer_profile(struct vt_answer *answer); /* tiles.c */
void vt_answer_counter(struct vt_answer *answer); /* lists.c */
void vt_answer_instants(struct vt_answer *answer);
void vt_answer_flows(struct vt_answer *answer);
void vt_answer_at(struct vt_answer *answer); /* select.c */
void vt_answer_next(struct vt_answer *answer);
void vt_answer_children(struct vt_answer *answer);
void vt_answer_slice(struct vt_answer *answer); /* details.c */
void vt_answer_instant(struct vt_answer *answer);
void vt_answer_source(struct vt_answer *answer);
void vt_answer_objects(struct vt_answer *answer);
void vt_answer_object(struct vt_answer *answer);
void vt_answer_search(struct vt_answer *answer); /* search.c */
void vt_answer_agg(struct vt_answer *answer);    /* stats.c */
void vt_answer_histogram(struct vt_answer *answer);
void vt_answer_flame(struct vt_answer *answer);  /* flame.c */
void vt_answer_export(struct vt_answer *answer); /* export.c */

/* Children of a slice: [*first, *end) in the row below; false: none. */
bool vt_select_children(const struct vt_store *store, uint32_t slice, uint32_t *first,
                        uint32_t *end);

#endif

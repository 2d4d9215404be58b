/* SPDX-License-Identifier: Apache-2.0
 *
 * The questions that a viewer asks, as bytes: the same natively, over HTTP and in
 * WebAssembly. This page is the contract; nothing else describes the layouts.
 *
 * All numbers are little-endian. Times are f64 ns since the trace's origin (its first
 * time stamp; META tells it), exact as long as a trace spans less than 2^53 ns, 104
 * days. Ids are u32, NONE is 0xFFFFFFFF.
 *
 *   row      one depth of one track: its slices never overlap. The rows of a track
 *            follow one another: first_row + depth
 *   slice    its number in the trace: row by row, within a row by time
 *   name     a function: a name with its category (NAMES)
 *
 * A request is 64 bytes, then the list, then the text; what a query does not use is 0:
 *
 *    0 u32 kind       VT_QUERY_*
 *    4 u32 flags
 *    8 f64 t0        16 f64 t1           a range [t0, t1); both 0: everything
 *   24 f64 d0        32 f64 d1
 *   40 u32 a         44 u32 b
 *   48 u32 level      buckets of 2^level ns, aligned to the origin: 0 to 62
 *   52 u32 limit      how many answers at most; 0: as many as each query says
 *   56 u32 list_count
 *   60 u32 text_size
 *   64 u32 list[list_count]; char text[text_size] (UTF-8, no NUL)
 *
 * A reply is 16 bytes and a body, both aligned to 8:
 *
 *    0 u32 status     VT_REPLY_*
 *    4 u32 count      n: how many records the body has
 *    8 f64 total      what the query says
 *   16 body           JSON (UTF-8), or columns: each an array, padded to 8 bytes,
 *                     beginning where the one before ended
 *
 * A slice record (R below) is 40 bytes:
 *    0 u32 slice, 4 u32 row, 8 u32 name, 12 u32 track, 16 u32 depth,
 *   20 u32 payload (0: it has no arguments), 24 f64 start, 32 f64 duration
 *
 * A slice is in a range when it overlaps it; one without duration when it starts in it.
 * "tracks": the list names tracks; an empty list means all.
 *
 * Threads:   after vt_engine_finish any number of threads may ask at a time.
 * Hot path:  TILES, COUNTER, INSTANTS: their cost grows with pixels, not with events.
 * Ownership: the reply is the caller's buffer; it is overwritten.
 */
#ifndef VT_VIEWER_ENGINE_QUERY_H
#define VT_VIEWER_ENGINE_QUERY_H

#include "core/base/buf.h"
#include "viewer/engine/engine.h"

enum vt_query_kind {
    /* JSON. The whole trace in outline:
     * {"origin_ns": "1234", "span_ns": 5, "rows": n, "slices": n, "names": n,
     *  "processes": [{"id": 0, "pid": "12", "name": "MainProcess" | null,
     *     "sort": 0}],
     *  "tracks": [{"id": 0, "process": 0, "kind": "thread" | "async", "tid": "12",
     *     "name": "MainThread", "lane": 0, "first_row": 0, "depth": 3, "slices": n,
     *     "instants": n, "busy_ns": n, "sort": 0}],   lane > 0: what overlaps without
     *                                            nesting; follows the track it is of
     *  "counters": [{"id": 0, "process": 0, "name": "mem", "series": "used",
     *     "samples": n, "min": n, "max": n}],
     *  "counts": {"events": n, "slices": n, "instants": n, "samples": n, "flows": n,
     *     "objects": n, "metadata": n},
     *  "problems": {"unfinished": n, "end_without_begin": n, "without_ts": n,
     *     "without_dur": n, "minus_dur": n, "bad_ts": n, "unknown_phase": n,
     *     "bad_counter": n, "unbound_flow": n, "unplaced": n},      what is not shown,
     *                                                  or not as it was meant
     *  "bytes": n, "overflow": bool, "lost_events": n, "has_sources": bool,
     *  "metadata": {…}}                       viztracer_metadata as it stands */
    VT_QUERY_META = 1,

    /* The names table. n names; total: n. Columns: u32 begin[n + 1] (into the bytes),
     * u32 category[n] (NONE, or a name's number whose text it is), f64 calls[n],
     * char bytes[begin[n]]. Categories are in the table as names without calls. */
    VT_QUERY_NAMES = 2,

    /* What to draw: list = rows; [t0, t1) and `level`. n items; columns: u32
     * first[list_count + 1] (items of a row), f64 start[n], f64 duration[n],
     * u32 name[n], u32 slice[n], u32 count[n], f32 busy[n].
     * count 1: the slice exactly, not clipped. count > 1: a bucket in which so many
     * slices start that are shorter than it; `slice` and `name` are its longest's,
     * start and duration the bucket's, busy the share of it that they fill (0 to 1).
     * Items of a row are in the order of time. */
    VT_QUERY_TILES = 3,

    /* JSON, everything about the slice `a`:
     * {"slice": n, "row": n, "track": n, "depth": n, "name": n, "text": "f (a.py:3)",
     *  "category": "FEE", "start": ns, "duration": ns, "self": ns, "ts_ns": "1234",
     *  "wall_ns": "1795…" | null, "unfinished": bool, "args": any | absent,
     *  "end_args": any | absent (of the end event, if both have some),
     *  "event": {…} | absent (the event as it stood, if it had members beyond these),
     *  "stack": [{"slice", "name"}…], outermost first, at most 1000; "stack_depth": n,
     *  "children": n, "flows": [{"dir": "in" | "out", "slice": n, "name": n,
     *  "id": "7"}…],
     *  "path": "a.py" | null, "line": 3 | null} */
    VT_QUERY_SLICE = 4,

    /* One R or none: the slice of row `a` at t0, or the nearest to it that is not
     * further away than d0 ns. */
    VT_QUERY_AT = 5,

    /* One R or none: from slice `a`, b = VT_NEXT_*. */
    VT_QUERY_NEXT = 6,

    /* n R: the children of slice `a`, from the `b`th on, in the order of time; limit
     * (0: 1000). total: all of them. */
    VT_QUERY_CHILDREN = 7,

    /* Slices in [t0, t1) of tracks, of which all that is asked for is true:
     *   text     the first `level` bytes of it stand in the name; without regard to
     *            ASCII case unless flags & VT_SEARCH_CASE
     *   NAMES    flags & VT_SEARCH_NAMES: the name's bit is set in the words that stand
     *            in the list behind the tracks (bit name % 32 of word name / 32), so
     *            that a page may use any rule for names
     *   arg      the rest of the text, if any, stands in the arguments as JSON has them
     *   d0, d1   lasts at least d0 and, unless d1 is 0, at most d1 ns
     * list: b tracks (0: all), then words. total: hits. u32 histogram[256] of their
     * starts over [t0, t1), then n R: at most `limit` (0: 100) hits in the order of
     * (start, slice) behind slice `a` (NONE: from t0 on), or with flags &
     * VT_SEARCH_BACKWARD before it (NONE: from t1 back), the nearest first. */
    VT_QUERY_SEARCH = 8,

    /* Functions in [t0, t1) of tracks. n functions, those with the largest self time
     * first. Columns: u32 name[n], then f64 each: calls, total, self, min, mean, p50,
     * p95, p99, max. total and self: the time within the range, every call counted
     * also when it is recursive; the others: of whole durations. Percentiles: nearest
     * rank, exact. total (of the reply): slices. */
    VT_QUERY_AGG = 9,

    /* Durations of the function `a` in [t0, t1) of tracks. n buckets, 4 per octave:
     * f64 from[n], f64 to[n], f64 count[n]; total: calls. */
    VT_QUERY_HISTOGRAM = 10,

    /* A flame graph of [t0, t1) of tracks. a: VT_FLAME_*; b: the function of CALLERS
     * and CALLEES. n nodes, parents before their children, siblings as `a` says.
     * Columns: u32 parent[n] (NONE: a root), u32 name[n], f64 calls[n], f64 total[n],
     * f64 self[n], f64 first[n] (start of the first). Times within the range.
     * total: slices that are in no node because there are more than `limit` nodes
     * (0: 1000000). */
    VT_QUERY_FLAME = 11,

    /* Counter `a` in [t0, t1) at `level`: one n per bucket that has samples, and the
     * last sample before t0: f64 time[n] (of its first), f64 min[n], f64 max[n],
     * f64 last[n]; total: samples. */
    VT_QUERY_COUNTER = 12,

    /* Instants of tracks in [t0, t1) at `level`: one n per track and bucket that has
     * some: u32 track[n], u32 name[n], u32 instant[n] (of the first), u32 count[n],
     * f64 time[n]. total: instants. */
    VT_QUERY_INSTANTS = 13,

    /* JSON: {"instant", "track", "name", "text", "category", "start", "ts_ns",
     * "wall_ns", "scope": "g" | "p" | "t", "args", "event"} of the instant `a`. */
    VT_QUERY_INSTANT = 14,

    /* Arrows that overlap [t0, t1): n: u32 from[n], u32 to[n] (slices), u32 name[n],
     * f64 start[n], f64 end[n] (the times of their ends). limit (0: 2000); total: all
     * that overlap. */
    VT_QUERY_FLOWS = 15,

    /* JSON: {"objects": [{"object": 0, "process": 0, "id": "0x1", "name": n, "text",
     *  "created": ns | null, "deleted": ns | null, "snapshots": n}…]}, from `a` on,
     * limit (0: 1000); total: all. */
    VT_QUERY_OBJECTS = 16,

    /* JSON: {"object", …as above, "list": [{"start": ns, "args": any}…]}: snapshots of
     * object `a` from the `b`th on, limit (0: 100). */
    VT_QUERY_OBJECT = 17,

    /* JSON: {"path": "a.py", "line": 3, "text": "…" | null} or {} of the function `a`
     */
    VT_QUERY_SOURCE = 18,

    /* JSON text that is a piece of a trace file of what is in [t0, t1) of tracks:
     * pieces in a row are the file. `a` = 0 begins; count: `a` of the next piece, 0:
     * this was the last. */
    VT_QUERY_EXPORT = 19,

    /* Load profile for a minimap: [t0, t1) of tracks in `a` (1 to 4096) equal columns:
     * f32 busy[a]: the share of time in which outermost slices run, averaged over the
     * tracks. */
    VT_QUERY_PROFILE = 20,
};

enum vt_query_next {
    VT_NEXT_IN_ROW = 1,
    VT_NEXT_BEFORE_IN_ROW,
    VT_NEXT_PARENT,
    VT_NEXT_FIRST_CHILD,
    VT_NEXT_SAME_NAME,        /* in the track, by start */
    VT_NEXT_BEFORE_SAME_NAME, /* in the track, by start */
};

enum vt_query_flame {
    VT_FLAME_TIME = 0,    /* siblings in the order in which they first began */
    VT_FLAME_HEAVY = 1,   /* the longest first */
    VT_FLAME_CALLERS = 2, /* root: the function; children: who called it. HEAVY order */
    VT_FLAME_CALLEES = 3, /* root: the function; children: whom it called. HEAVY */
    /* In both the outermost calls of the function count, not those within itself. */
};

enum vt_query_search {
    VT_SEARCH_CASE = 1,
    VT_SEARCH_NAMES = 2,
    VT_SEARCH_BACKWARD = 4,
};

enum vt_reply_status {
    VT_REPLY_OK = 0,
    VT_REPLY_ERROR = 1, /* body: the sentence, UTF-8, `count` bytes */
    /* Arguments are packed and the engine cannot unpack them by itself (in the page):
     * count: the block's number; body: its bytes, raw deflate. Give the unpacked bytes
     * to vt_engine_provide and ask again. total: how many unpacked bytes these are. */
    VT_REPLY_NEEDS_BLOCK = 2,
};

#define VT_QUERY_NONE          UINT32_MAX
#define VT_QUERY_REQUEST_BYTES 64u
#define VT_QUERY_REPLY_BYTES   16u

/* Answers one request. Whatever the bytes are, `reply` gets a reply; only when memory
 * runs out for it is it empty. */
void vt_query_answer(const struct vt_engine *engine, const void *request, size_t size,
                     struct vt_buf *reply);

#endif

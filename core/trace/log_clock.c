/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_clock.h"

#include <stdlib.h>
#include <string.h>

void vt_log_clock_init(struct vt_log_clock *clock, bool ticks_are_ns) {
    *clock = (struct vt_log_clock){.ticks_are_ns = ticks_are_ns};
}

void vt_log_clock_fini(struct vt_log_clock *clock) {
    free(clock->knots);
    free(clock->segments);
    *clock = (struct vt_log_clock){0};
}

enum vt_status vt_log_clock_add(struct vt_log_clock *clock, struct vt_clock_pair knot,
                                struct vt_error *err) {
    if (knot.ticks == 0 || knot.mono_ns > INT64_MAX)
        return VT_OK;
    if (clock->knot_count == clock->knot_capacity) {
        size_t capacity = clock->knot_capacity ? clock->knot_capacity * 2 : 64;
        struct vt_clock_pair *knots = realloc(clock->knots, capacity * sizeof *knots);
        if (!knots)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        clock->knots = knots;
        clock->knot_capacity = capacity;
    }
    clock->knots[clock->knot_count++] = knot;
    return VT_OK;
}

static int by_ticks(const void *left, const void *right) {
    const struct vt_clock_pair *a = left, *b = right;
    if (a->ticks != b->ticks)
        return a->ticks < b->ticks ? -1 : 1;
    return (a->mono_ns > b->mono_ns) - (a->mono_ns < b->mono_ns);
}

/* Sorts the knots and keeps those that rise in both clocks; returns how many. */
static size_t keep_rising(struct vt_clock_pair *knots, size_t count) {
    if (!count)
        return 0;
    qsort(knots, count, sizeof *knots, by_ticks);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++) {
        if (knots[i].ticks > knots[kept - 1].ticks &&
            knots[i].mono_ns > knots[kept - 1].mono_ns)
            knots[kept++] = knots[i];
    }
    return kept;
}

/* Leaves out knots that are close to the one before; the last takes the place of a
 * close one that is not the first. */
static size_t thin(struct vt_clock_pair *knots, size_t count) {
    if (count < 3)
        return count;
    size_t kept = 1;
    for (size_t i = 1; i + 1 < count; i++) {
        if (knots[i].mono_ns - knots[kept - 1].mono_ns >= VT_LOG_CLOCK_KNOT_NS)
            knots[kept++] = knots[i];
    }
    struct vt_clock_pair last = knots[count - 1];
    if (kept > 1 && last.mono_ns - knots[kept - 1].mono_ns < VT_LOG_CLOCK_KNOT_NS)
        kept--;
    knots[kept++] = last;
    return kept;
}

/* Rounded down, so that a segment never ends above the next one's beginning. */
static uint64_t slope_between(struct vt_clock_pair from, struct vt_clock_pair to) {
    __extension__ typedef unsigned __int128 wide;
    wide slope = ((wide)(to.mono_ns - from.mono_ns) << VT_LOG_CLOCK_SLOPE_BITS) /
                 (to.ticks - from.ticks);
    return slope > UINT64_MAX ? UINT64_MAX : (uint64_t)slope;
}

enum vt_status vt_log_clock_seal(struct vt_log_clock *clock, struct vt_error *err) {
    size_t count = thin(clock->knots, keep_rising(clock->knots, clock->knot_count));
    size_t segments = count > 1 ? count - 1 : 1;
    clock->segments = calloc(segments, sizeof *clock->segments);
    if (!clock->segments)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    clock->segment_count = segments;
    clock->segments[0].slope = UINT64_C(1) << VT_LOG_CLOCK_SLOPE_BITS;
    for (size_t i = 0; i < segments && i < count; i++) {
        clock->segments[i].ticks = clock->knots[i].ticks;
        clock->segments[i].ns = clock->knots[i].mono_ns;
        if (i + 1 < count)
            clock->segments[i].slope =
                slope_between(clock->knots[i], clock->knots[i + 1]);
    }
    return VT_OK;
}

void vt_log_clock_seek(struct vt_log_clock *clock, uint64_t ticks) {
    size_t low = 0, high = clock->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (clock->segments[middle].ticks <= ticks)
            low = middle;
        else
            high = middle;
    }
    clock->current = low;
}

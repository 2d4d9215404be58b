/* SPDX-License-Identifier: Apache-2.0
 *
 * Ticks of a log to CLOCK_MONOTONIC ns: a line that is bent at the moments at which
 * both clocks were read (knots).
 *
 * Between two knots the line is straight, before the first and after the last it goes
 * on with the nearest slope. It never falls, so what is nested in ticks is nested in
 * ns. Knots that are closer together than VT_LOG_CLOCK_KNOT_NS say more about the noise
 * of reading a clock than about its speed: of those only the first and the last are
 * used.
 *
 * Threads:   one at a time (a place in the line is remembered).
 * Hot path:  vt_log_clock_ns() is one multiplication.
 * Ownership: the clock owns its knots.
 */
#ifndef VT_TRACE_LOG_CLOCK_H
#define VT_TRACE_LOG_CLOCK_H

#include "core/base/error.h"
#include "core/base/log_layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_LOG_CLOCK_KNOT_NS 50000000u

struct vt_log_clock_segment {
    uint64_t ticks; /* from here on */
    uint64_t ns;
    uint64_t slope; /* ns per tick * 2^VT_LOG_CLOCK_SLOPE_BITS */
};

#define VT_LOG_CLOCK_SLOPE_BITS 48

struct vt_log_clock {
    bool ticks_are_ns;
    struct vt_clock_pair *knots; /* until seal: as they were added */
    size_t knot_count, knot_capacity;
    struct vt_log_clock_segment *segments; /* ascending; at least one after seal */
    size_t segment_count;
    size_t current; /* the segment of the last answer */
};

void vt_log_clock_init(struct vt_log_clock *clock, bool ticks_are_ns);
void vt_log_clock_fini(struct vt_log_clock *clock);

/* In any order. (0, 0) is ignored, and so are knots that contradict earlier ones. */
VT_NODISCARD enum vt_status vt_log_clock_add(struct vt_log_clock *clock,
                                             struct vt_clock_pair knot,
                                             struct vt_error *err);

/* After the last knot, before the first answer. With one knot only, ticks are taken for
 * ns from there on: nobody knows better. */
VT_NODISCARD enum vt_status vt_log_clock_seal(struct vt_log_clock *clock,
                                              struct vt_error *err);

/* Goes to the segment of `ticks`. */
void vt_log_clock_seek(struct vt_log_clock *clock, uint64_t ticks);

static inline uint64_t vt_log_clock_ns(struct vt_log_clock *clock, uint64_t ticks) {
    if (clock->ticks_are_ns)
        return ticks;
    const struct vt_log_clock_segment *s = &clock->segments[clock->current];
    if (VT_UNLIKELY(ticks < s->ticks || (clock->current + 1 < clock->segment_count &&
                                         ticks >= s[1].ticks))) {
        vt_log_clock_seek(clock, ticks);
        s = &clock->segments[clock->current];
    }
    __extension__ typedef unsigned __int128 wide;
    if (VT_UNLIKELY(ticks < s->ticks)) { /* before the first knot */
        wide back = (wide)(s->ticks - ticks) * s->slope >> VT_LOG_CLOCK_SLOPE_BITS;
        return back < s->ns ? s->ns - (uint64_t)back - 1 : 0;
    }
    wide ns = s->ns + ((wide)(ticks - s->ticks) * s->slope >> VT_LOG_CLOCK_SLOPE_BITS);
    return VT_LIKELY(ns <= INT64_MAX) ? (uint64_t)ns : (uint64_t)INT64_MAX;
}

#endif

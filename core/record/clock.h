/* SPDX-License-Identifier: Apache-2.0
 *
 * The two clocks of a log: ticks (cheap, read at every event) and CLOCK_MONOTONIC (what
 * a report is in). Ticks are the time stamp counter where it is invariant, else
 * CLOCK_MONOTONIC itself.
 *
 * Threads:   any, after vt_clock_init.
 * Hot path:  vt_clock_ticks() is one rdtsc, or one clock_gettime.
 */
#ifndef VT_RECORD_CLOCK_H
#define VT_RECORD_CLOCK_H

#include "core/base/log_layout.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/* CLOCK_MONOTONIC in ns. */
static inline uint64_t vt_clock_mono_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

extern bool vt_clock_uses_tsc; /* set once by vt_clock_init */

/* Decides which clock ticks are. VIZTRACER_CLOCK=monotonic in the environment forces
 * the slow one. May be called again. */
void vt_clock_init(void);

static inline uint64_t vt_clock_ticks(void) {
#if defined(__x86_64__)
    if (__builtin_expect(vt_clock_uses_tsc, 1))
        return __rdtsc();
#endif
    return vt_clock_mono_ns();
}

/* Reads both clocks at one moment: the try of `tries` with the smallest latency. 200
 * tries give an error <= 1 ns over 2 s (design/recording.md), 1 try about 20 ns. */
struct vt_clock_pair vt_clock_pair(int tries);

/* Ticks in `ns`, measured against CLOCK_MONOTONIC for at least 1 ms after `since` was
 * read: spins when called earlier. */
uint64_t vt_clock_ns_to_ticks(uint64_t ns, struct vt_clock_pair since);

/* CLOCK_REALTIME - CLOCK_MONOTONIC, ns. */
int64_t vt_clock_base_time_ns(void);

#endif

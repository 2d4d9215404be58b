/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/clock.h"

#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

bool vt_clock_uses_tsc;

/* Intel SDM 17.17.1, AMD APM E.4.7: CPUID 80000007h EDX bit 8 = invariant TSC. */
static bool tsc_is_invariant(void) {
#if defined(__x86_64__)
    unsigned eax, ebx, ecx, edx;
    if (__get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx))
        return (edx >> 8) & 1u;
#endif
    return false;
}

void vt_clock_init(void) {
    const char *forced = getenv("VIZTRACER_CLOCK");
    vt_clock_uses_tsc =
        tsc_is_invariant() && !(forced && strcmp(forced, "monotonic") == 0);
}

struct vt_clock_pair vt_clock_pair(int tries) {
    struct vt_clock_pair best = {0, 0};
    uint64_t best_latency = UINT64_MAX;
    for (int i = 0; i < tries; i++) {
        uint64_t before = vt_clock_ticks();
        uint64_t mono_ns = vt_clock_mono_ns();
        uint64_t latency = vt_clock_ticks() - before;
        if (latency < best_latency) {
            best_latency = latency;
            best.ticks = before + latency / 2;
            best.mono_ns = mono_ns;
        }
    }
    return best;
}

uint64_t vt_clock_ns_to_ticks(uint64_t ns, struct vt_clock_pair since) {
    if (!vt_clock_uses_tsc)
        return ns;
    struct vt_clock_pair now = vt_clock_pair(10);
    while (now.mono_ns - since.mono_ns < 1000000u)
        now = vt_clock_pair(10);
    double rate =
        (double)(now.ticks - since.ticks) / (double)(now.mono_ns - since.mono_ns);
    return (uint64_t)((double)ns * rate);
}

int64_t vt_clock_base_time_ns(void) {
    struct timespec real;
    clock_gettime(CLOCK_REALTIME, &real);
    int64_t real_ns = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec;
    return real_ns - (int64_t)vt_clock_mono_ns();
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Columns to compare searches in them with looking at each slice.
 */
#ifndef VT_TEST_UNIT_ENGINE_RANDOM_COLUMNS_H
#define VT_TEST_UNIT_ENGINE_RANDOM_COLUMNS_H

#include "viewer/engine/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static inline uint32_t next_random(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* One row of slices, some with gaps, some without duration, few odd ones. */
static inline struct vt_columns random_columns(uint32_t count, uint64_t seed) {
    struct vt_columns columns;
    struct vt_error err;
    int64_t now = 0;
    assert_int_equal(vt_columns_init(&columns, count, false, &err), VT_OK);
    for (uint32_t i = 0; i < count; i++) {
        int64_t dur = next_random(&seed) % 3 ? next_random(&seed) % 50 : 0;
        bool is_odd = next_random(&seed) % 40 == 0;
        now += next_random(&seed) % 4 ? 0 : next_random(&seed) % 90;
        if (is_odd && next_random(&seed) % 2)
            dur += 5000000000;
        columns.start[i] = now;
        columns.dur[i] = is_odd ? VT_COLUMNS_ODD : (uint32_t)dur;
        columns.name[i] = i % 5;
        struct vt_columns_odd odd = {.dur = dur, .slice = i};
        if (is_odd)
            assert_int_equal(vt_columns_add_odd(&columns, odd, &err), VT_OK);
        now += dur;
    }
    assert_int_equal(vt_columns_index(&columns, &err), VT_OK);
    return columns;
}

#endif

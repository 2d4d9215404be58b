/* SPDX-License-Identifier: Apache-2.0
 *
 * Every bucket of every level compared with looking at each slice.
 */
#include "test/unit/engine/random_columns.h"
#include "viewer/engine/buckets.h"

/* The bucket `number` of the slices [from, to) of a row. */
static void check_bucket(const struct vt_columns *c, uint32_t from, uint32_t to,
                         uint32_t level, int64_t number,
                         const struct vt_bucket *bucket) {
    int64_t width = INT64_C(1) << level;
    uint32_t first = from, end, longest = VT_BUCKETS_NONE;
    double sum = 0;
    while (first < to && c->start[first] < number * width)
        first++;
    for (end = first; end < to && c->start[end] < (number + 1) * width; end++) {
        sum += (double)vt_columns_dur(c, end);
        if (longest == VT_BUCKETS_NONE ||
            vt_columns_dur(c, end) > vt_columns_dur(c, longest))
            longest = end;
    }
    assert_int_equal(bucket->first, first);
    assert_int_equal(bucket[1].first, end);
    if (longest == VT_BUCKETS_NONE || vt_columns_dur(c, longest) >= width) {
        assert_int_equal(bucket->longest, VT_BUCKETS_NONE);
        return;
    }
    assert_int_equal(bucket->longest, longest);
    assert_int_equal(bucket->name, c->name[longest]);
    double busy = sum < (double)width ? sum / (double)width : 1;
    assert_true(busy - 1e-6 < bucket->busy && bucket->busy < busy + 1e-6);
}

/* Returns how many buckets could be drawn as they are. */
static uint32_t check_levels(const struct vt_columns *c, uint32_t from, uint32_t to,
                             const struct vt_buckets *buckets) {
    uint32_t ready = 0;
    for (uint32_t level = 0; level < 63; level++) {
        int64_t number;
        uint32_t count;
        const struct vt_bucket *items =
            vt_buckets_level(buckets, level, &number, &count);
        assert_int_equal(items != NULL,
                         level >= buckets->finest &&
                             level < buckets->finest + buckets->level_count);
        if (!items)
            continue;
        assert_int_equal(number, c->start[from] >> level);
        assert_int_equal(number + count - 1, c->start[to - 1] >> level);
        for (uint32_t k = 0; k < count; k++) {
            check_bucket(c, from, to, level, number + k, &items[k]);
            ready += items[k].longest != VT_BUCKETS_NONE;
        }
    }
    return ready;
}

static void buckets_have_what_looking_at_each_slice_finds(void **state) {
    (void)state;
    uint32_t ready = 0, built = 0;
    for (uint64_t seed = 1; seed < 80; seed++) {
        struct vt_columns c = random_columns((uint32_t)seed * 23, seed);
        struct vt_buckets buckets;
        struct vt_error err;
        uint32_t from = (uint32_t)seed % 7, to = c.count - (uint32_t)seed % 5;
        assert_int_equal(vt_buckets_build(&c, from, to, &buckets, &err), VT_OK);
        ready += check_levels(&c, from, to, &buckets);
        built += buckets.level_count > 0;
        assert_int_equal(vt_buckets_memory(&buckets) > 0, buckets.level_count > 0);
        assert_true(vt_buckets_memory(&buckets) <= c.count * 4);
        vt_buckets_fini(&buckets);
        vt_columns_fini(&c);
    }
    assert_true(built > 60);
    assert_true(ready > 500);
}

static void few_slices_and_slices_at_one_time_have_no_or_few_buckets(void **state) {
    (void)state;
    struct vt_columns c;
    struct vt_buckets buckets;
    struct vt_error err;
    int64_t number;
    uint32_t count;
    assert_int_equal(vt_columns_init(&c, 100, false, &err), VT_OK);
    for (uint32_t i = 0; i < c.count; i++) {
        c.start[i] = 1000;
        c.dur[i] = 0;
        c.name[i] = i;
    }
    assert_int_equal(vt_columns_index(&c, &err), VT_OK);
    assert_int_equal(vt_buckets_build(&c, 0, 5, &buckets, &err), VT_OK);
    assert_int_equal(buckets.level_count, 0);
    assert_int_equal(vt_buckets_memory(&buckets), 0);
    assert_null(vt_buckets_level(&buckets, 0, &number, &count));
    assert_int_equal(vt_buckets_build(&c, 0, 100, &buckets, &err), VT_OK);
    assert_int_equal(buckets.level_count, 1);
    check_levels(&c, 0, 100, &buckets);
    vt_buckets_fini(&buckets);
    vt_columns_fini(&c);
}

static void a_bucket_ends_behind_each_of_its_times(void **state) {
    (void)state;
    assert_int_equal(vt_bucket_end(0, 0), 1);
    assert_int_equal(vt_bucket_end(1023, 10), 1024);
    assert_int_equal(vt_bucket_end(1024, 10), 2048);
    assert_int_equal(vt_bucket_end(-1, 10), 0);
    assert_int_equal(vt_bucket_end(-1025, 10), -1024);
    assert_int_equal(vt_bucket_end(INT64_C(1) << 62, 62), INT64_MAX);
    assert_int_equal(vt_bucket_end(INT64_MIN, 62), INT64_MIN / 2);
    assert_int_equal(vt_bucket_end(INT64_MAX - 1, 1), INT64_MAX);
}

/* As far apart as an index may have them: the widest bucket has no end. */
static void the_widest_buckets_have_their_slices(void **state) {
    (void)state;
    struct vt_columns c;
    struct vt_buckets buckets;
    struct vt_error err;
    assert_int_equal(vt_columns_init(&c, 40, false, &err), VT_OK);
    for (uint32_t i = 0; i < c.count; i++) {
        c.start[i] = i < 20 ? i : INT64_C(1) << 62;
        c.dur[i] = 0;
        c.name[i] = i;
    }
    assert_int_equal(vt_columns_index(&c, &err), VT_OK);
    assert_int_equal(vt_buckets_build(&c, 0, 40, &buckets, &err), VT_OK);
    assert_int_equal(buckets.finest, 62);
    assert_int_equal(buckets.items[1].first, 20);
    assert_int_equal(buckets.items[1].longest, 20);
    assert_int_equal(buckets.items[2].first, 40);
    vt_buckets_fini(&buckets);
    vt_columns_fini(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_have_what_looking_at_each_slice_finds),
        cmocka_unit_test(a_bucket_ends_behind_each_of_its_times),
        cmocka_unit_test(the_widest_buckets_have_their_slices),
        cmocka_unit_test(few_slices_and_slices_at_one_time_have_no_or_few_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

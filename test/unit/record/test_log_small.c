/* SPDX-License-Identifier: Apache-2.0
 *
 * The log of a short child is small, and grows into what any log is.
 */
#include "core/record/log_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

enum { NEVER_FULL = 1 << 30 };

static char folder[] = "/tmp/test_log_small-XXXXXX";
static char path[sizeof folder + 8];

static int set_up(void **state) {
    (void)state;
    memcpy(strrchr(folder, '-'), "-XXXXXX", 8);
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a.log", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static uint64_t bytes_on_disk(void) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_blocks * 512;
}

static struct vt_log *short_log(struct vt_thread **thread) {
    struct vt_log *log = vt_test_log(path, NEVER_FULL, 0);
    assert_true(vt_log_is_file(log));
    *thread = vt_test_thread(log);
    vt_test_calls(*thread, 0, 100);
    return log;
}

static void a_short_log_takes_little_space(void **state) {
    (void)state;
    struct vt_thread *thread;
    struct vt_log *log = short_log(&thread);
    assert_in_range(bytes_on_disk(), 4096, 48 << 10);
    vt_test_newest_are_kept(log, 100, 100);
    vt_log_destroy(log);
}

static void reading_it_takes_no_more(void **state) {
    (void)state;
    struct vt_thread *thread;
    struct vt_log *log = short_log(&thread);
    uint64_t before = bytes_on_disk();
    size_t size = 4 * (size_t)VT_LOG_BLOCK_BYTES;
    char *bytes = malloc(size), *filed = malloc(size);
    assert_true(bytes && filed);
    memset(bytes, 'x', size);
    assert_int_equal(vt_log_read_at(log, 0, bytes, size), size);
    FILE *f = fopen(path, "rb");
    assert_int_equal(fread(filed, 1, size, f), size);
    fclose(f);
    assert_memory_equal(bytes, filed, size);
    assert_int_equal(vt_log_read_at(log, 60000, bytes, 100000), 100000);
    assert_memory_equal(bytes, filed + 60000, 100000);
    assert_int_equal(bytes_on_disk(), before);
    free(bytes);
    free(filed);
    vt_log_destroy(log);
}

static void each_part_grows_when_it_is_full(void **state) {
    (void)state;
    enum { CALLS = 5000, DEEP = 2 * VT_BLOCK_FRAMES, NAMES = 2000 };
    struct vt_thread *thread;
    struct vt_log *log = short_log(&thread);
    vt_test_calls(thread, 100, CALLS - 100);
    for (int i = 0; i < NAMES; i++)
        assert_int_not_equal(
            vt_log_add_name(log, VT_SYMBOL_NAME, vt_test_text("a name of some length")),
            VT_LOG_NO_ID);
    for (uint32_t i = 0; i < DEEP; i++)
        vt_thread_enter(thread, i, false);
    assert_int_equal(vt_thread_depth(thread), DEEP);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.frame_count, DEEP);
    assert_true(walk.symbol_count >= NAMES);
    vt_log_walk_fini(&walk);
    for (uint32_t i = DEEP; i > 0; i--)
        (void)vt_thread_leave(thread, i - 1);
    assert_int_equal(vt_thread_depth(thread), 0);
    assert_int_equal(vt_log_usage(log).dropped_events, 0);
    vt_log_destroy(log);
}

static void many_threads_begin_anywhere(void **state) {
    (void)state;
    enum { THREADS = 9, CALLS = 1000 };
    struct vt_thread *first;
    struct vt_log *log = short_log(&first);
    for (uint32_t i = 0; i < THREADS; i++) {
        struct vt_thread *thread = vt_test_thread(log);
        for (uint32_t depth = 0; depth < CALLS; depth++)
            vt_thread_enter(thread, depth, false);
        for (uint32_t depth = CALLS; depth > 0; depth--)
            (void)vt_thread_leave(thread, depth - 1);
        if (i % 2)
            vt_thread_end(thread);
    }
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_int_equal(walk.event_count, 100 + THREADS * CALLS);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
}

static void a_long_text_gets_whole_blocks(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(path, NEVER_FULL, 0);
    size_t size = 2 * (size_t)VT_LOG_BLOCK_BYTES;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'n', size);
    assert_int_not_equal(
        vt_log_add_name(log, VT_SYMBOL_NAME, (struct vt_log_text){text, size}),
        VT_LOG_NO_ID);
    assert_true(bytes_on_disk() >= size);
    free(text);
    vt_log_destroy(log);
}

/* The file cannot be found again, so there is no space for the rest of its blocks. */
static void what_cannot_grow_is_counted(void **state) {
    (void)state;
    enum { CALLS = 20000, DEEP = 5000 };
    struct vt_thread *thread;
    struct vt_log *log = short_log(&thread);
    char other[sizeof path + 8];
    snprintf(other, sizeof other, "%s.moved", path);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(mkdir(path, 0700), 0); /* EISDIR, for ever */
    vt_test_calls(thread, 100, CALLS - 100);
    for (uint32_t i = 0; i < DEEP; i++)
        vt_thread_enter(thread, i, false);
    struct vt_log_usage usage = vt_log_usage(log);
    uint64_t cut = DEEP - vt_thread_depth(thread);
    assert_true(vt_thread_depth(thread) > 400);
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    assert_true(walk.event_count > 0);
    assert_int_equal(walk.event_count + usage.recycled_events + usage.dropped_events,
                     CALLS + cut);
    vt_log_walk_fini(&walk);
    vt_log_destroy(log);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(rmdir(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_short_log_takes_little_space, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(reading_it_takes_no_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_part_grows_when_it_is_full, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(many_threads_begin_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_text_gets_whole_blocks, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_grow_is_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

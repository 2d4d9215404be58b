/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a log lies, and that nothing that happens to its file reaches the program.
 */
#include "core/record/log_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "test/unit/record/log_walk.h"

enum { CALLS = 300000, NEVER_FULL = 1 << 30, SKIPPED = 77 };

struct place {
    char folder[64];
    char path[96]; /* of the log */
};

static int set_up(void **state) {
    struct place *place = calloc(1, sizeof *place);
    if (!place)
        return -1;
    snprintf(place->folder, sizeof place->folder, "/tmp/test_log_store-XXXXXX");
    if (!mkdtemp(place->folder)) {
        free(place);
        return -1;
    }
    snprintf(place->path, sizeof place->path, "%s/a.log", place->folder);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    unlink(place->path);
    int left = rmdir(place->folder);
    free(place);
    return left;
}

static struct vt_log *create(const char *path, struct vt_error *why) {
    struct vt_error err;
    struct vt_log_options options = {.path = path, .capacity = NEVER_FULL};
    return vt_log_create(&options, why, &err);
}

/* In a child, where cmocka cannot catch a failure: ends it with the line's number. */
#define CHECK(condition)                                                               \
    do {                                                                               \
        if (!(condition)) {                                                            \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                    \
            _exit(1);                                                                  \
        }                                                                              \
    } while (0)

/* Runs `body` in a child; it passes when the child ends by itself with status 0. */
static void in_a_child(void (*body)(struct place *place), struct place *place) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        body(place);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        fail_msg("ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Nothing is lost without being counted. */
static bool calls_are_accounted_for(struct vt_log *log, uint64_t written) {
    struct vt_log_usage usage = vt_log_usage(log);
    uint64_t kept = 0;
    for (uint32_t i = 1; i < vt_log_head(log)->block_count; i++) {
        struct vt_block_header head;
        vt_log_read_at(log, (uint64_t)i * VT_LOG_BLOCK_BYTES, &head, sizeof head);
        if (head.kind == VT_BLOCK_EVENTS)
            kept += head.committed;
    }
    return kept && kept + usage.recycled_events + usage.dropped_events == written;
}

static uint64_t size_of(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (uint64_t)st.st_size;
}

static void the_file_holds_what_the_log_holds(void **state) {
    struct place *place = *state;
    struct vt_log *log = vt_test_log(place->path, NEVER_FULL, 0);
    vt_test_calls(vt_test_thread(log), 0, CALLS);
    size_t size = (size_t)vt_log_head(log)->block_count * VT_LOG_BLOCK_BYTES;
    char *seen = malloc(size), *filed = malloc(size);
    assert_true(seen && filed);
    assert_int_equal(vt_log_read_at(log, 0, seen, size), size);
    int fd = open(place->path, O_RDONLY);
    assert_int_equal(read(fd, filed, size), size);
    assert_memory_equal(seen, filed, size);
    assert_true(size >= CALLS * sizeof(struct vt_event));
    close(fd);
    vt_log_destroy(log);
    free(seen);
    free(filed);
}

static void read_at_crosses_mappings_and_ends_at_the_end(void **state) {
    (void)state;
    struct vt_log *log = vt_test_log(NULL, NEVER_FULL, 0);
    vt_test_calls(vt_test_thread(log), 0, CALLS);
    size_t size = (size_t)vt_log_head(log)->block_count * VT_LOG_BLOCK_BYTES;
    char *whole = malloc(size), part[70000];
    assert_non_null(whole);
    assert_int_equal(vt_log_read_at(log, 0, whole, size), size);
    for (size_t at = 0; at + sizeof part <= size; at += 33333) {
        assert_int_equal(vt_log_read_at(log, at, part, sizeof part), sizeof part);
        assert_memory_equal(part, whole + at, sizeof part);
    }
    assert_int_equal(vt_log_read_at(log, UINT64_C(1) << 40, part, 10), 0);
    assert_int_equal(vt_log_read_at(log, 0, part, 0), 0);
    free(whole);
    vt_log_destroy(log);
}

static void steps_of_2_mb_end_at_multiples_of_2_mb(void **state) {
    (void)state;
    enum { HUGE_BLOCKS = (2 << 20) / VT_LOG_BLOCK_BYTES };
    struct vt_log_store store;
    struct vt_error err;
    assert_int_equal(vt_log_store_open(&store, NULL, 0, &err), VT_OK);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t span = i % 300 == 50 ? 47 : 1; /* now and then a long name */
        struct vt_block_header *block = vt_log_store_take(&store, span);
        assert_non_null(block);
        vt_log_store_publish(block, VT_BLOCK_SYMBOLS);
    }
    assert_int_equal(store.steps[0].block_count, 4);
    uint32_t end = 4;
    int whole = 0;
    for (uint32_t i = 1; i < store.step_count; i++) {
        const struct vt_log_step *step = &store.steps[i];
        assert_int_equal(step->first_block, end);
        end += step->block_count;
        if (step->block_count == 47)
            continue;
        assert_true(step->block_count <= HUGE_BLOCKS);
        assert_true(step->first_block < HUGE_BLOCKS || end % HUGE_BLOCKS == 0);
        whole += step->block_count == HUGE_BLOCKS;
    }
    assert_true(whole > 20);
    vt_log_store_close(&store);
}

static void max_bytes_bounds_the_file_and_the_loss_is_exact(void **state) {
    struct place *place = *state;
    static const uint64_t bounds[] = {256 << 10, 1 << 20, 3 << 20, (3 << 20) + 4711};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        struct vt_log *log = vt_test_log(place->path, NEVER_FULL, bounds[i]);
        vt_test_calls(vt_test_thread(log), 0, CALLS);
        uint64_t recycled = vt_log_usage(log).recycled_events;
        assert_true(recycled > 0);
        vt_test_newest_are_kept(log, CALLS, (uint32_t)(CALLS - recycled));
        assert_true(size_of(place->path) <= bounds[i]);
        /* the bound is used but for the blocks of header, names, stack, one to reuse */
        assert_true((CALLS - recycled) * sizeof(struct vt_event) +
                        UINT64_C(5) * VT_LOG_BLOCK_BYTES >=
                    bounds[i]);
        vt_log_destroy(log);
        unlink(place->path);
    }
}

static void without_a_usable_path_the_log_is_anonymous_and_says_why(void **state) {
    struct place *place = *state;
    struct vt_error why;
    struct vt_log *log = create("/nonexistent/folder/a.log", &why);
    assert_non_null(log);
    assert_false(vt_log_is_file(log));
    assert_int_equal(why.status, VT_ERR_NOT_FOUND);
    assert_string_equal(why.text,
                        "/nonexistent/folder/a.log: No such file or directory");
    vt_test_calls(vt_test_thread(log), 0, 10000);
    vt_test_newest_are_kept(log, 10000, 10000);
    vt_log_destroy(log);

    log = create(place->path, &why);
    assert_true(vt_log_is_file(log));
    assert_int_equal(why.status, VT_OK);
    struct vt_log *second = create(place->path, &why);
    assert_false(vt_log_is_file(second)); /* never somebody else's file */
    assert_non_null(strstr(why.text, strerror(EEXIST)));
    vt_log_destroy(second);
    assert_memory_equal(vt_log_head(log)->magic, VT_LOG_MAGIC, 8);
    assert_true(size_of(place->path) > 0);
    vt_log_destroy(log);

    log = create(NULL, &why);
    assert_false(vt_log_is_file(log));
    assert_int_equal(why.status, VT_OK);
    vt_log_destroy(log);
    log = create("/nonexistent/folder/a.log", NULL);
    assert_non_null(log);
    vt_log_destroy(log);
}

static void a_link_is_not_followed(void **state) {
    struct place *place = *state;
    char target[128];
    snprintf(target, sizeof target, "%s/target", place->folder);
    assert_int_equal(symlink(target, place->path), 0);
    struct vt_error why;
    struct vt_log *log = create(place->path, &why);
    assert_false(vt_log_is_file(log));
    assert_int_equal(access(target, F_OK), -1);
    vt_log_destroy(log);
}

static int open_descriptors(void) {
    DIR *stream = opendir("/proc/self/fd");
    assert_non_null(stream);
    int count = 0;
    while (readdir(stream))
        count++;
    closedir(stream);
    return count;
}

static void no_descriptor_stays_open(void **state) {
    struct place *place = *state;
    int before = open_descriptors();
    struct vt_log *log = vt_test_log(place->path, NEVER_FULL, 0);
    assert_int_equal(open_descriptors(), before);
    vt_test_calls(vt_test_thread(log), 0, CALLS);
    assert_int_equal(open_descriptors(), before);
    vt_log_destroy(log);
    assert_int_equal(open_descriptors(), before);
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void
a_file_that_took_the_name_is_never_written_and_nothing_is_lost(void **state) {
    struct place *place = *state;
    struct vt_log *log = vt_test_log(place->path, NEVER_FULL, 0);
    struct vt_thread *thread = vt_test_thread(log);
    vt_test_calls(thread, 0, 100);
    unlink(place->path);
    write_file(place->path, "not yours");
    vt_test_calls(thread, 100, CALLS - 100);
    assert_false(vt_log_is_file(log));
    vt_test_newest_are_kept(log, CALLS, CALLS);
    vt_log_destroy(log);
    char text[16] = {0};
    int fd = open(place->path, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof text), 9);
    assert_string_equal(text, "not yours");
    close(fd);
}

static void a_log_whose_file_is_gone_goes_on_in_memory(void **state) {
    struct place *place = *state;
    struct vt_log *log = vt_test_log(place->path, NEVER_FULL, 0);
    struct vt_thread *thread = vt_test_thread(log);
    unlink(place->path);
    vt_test_calls(thread, 0, CALLS);
    assert_int_equal(access(place->path, F_OK), -1);
    vt_test_newest_are_kept(log, CALLS,
                            (uint32_t)(CALLS - vt_log_usage(log).recycled_events));
    vt_log_destroy(log);
}

/* Mappings of this process whose line in maps ends like that. */
static int count_mappings(const char *name) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int count = 0;
    while (maps && fgets(line, sizeof line, maps))
        count += strstr(line, name) != NULL;
    if (maps)
        fclose(maps);
    return count;
}

/* Whether the 8 bytes at `address` can be read and are a log's first: a sanitizer may
 * have put something else there since. */
static bool is_log(const void *address) {
    char bytes[8];
    int ends[2];
    if (pipe(ends) != 0)
        return true;
    bool readable = write(ends[1], address, sizeof bytes) == (ssize_t)sizeof bytes &&
                    read(ends[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes;
    close(ends[0]);
    close(ends[1]);
    return readable && memcmp(bytes, VT_LOG_MAGIC, sizeof bytes) == 0;
}

static void a_forked_child_does_not_have_the_log(void **state) {
    struct place *place = *state;
    const char *paths[] = {place->path, NULL};
    for (int i = 0; i < 2; i++) {
        struct vt_log *log = vt_test_log(paths[i], NEVER_FULL, 0);
        vt_test_calls(vt_test_thread(log), 0, CALLS);
        const void *head = vt_log_head(log);
        assert_true(is_log(head));
        assert_int_equal(count_mappings(place->path) > 1, paths[i] != NULL);
        pid_t child = fork();
        if (child == 0)
            _exit(is_log(head) ? 100 : count_mappings(place->path));
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        vt_log_destroy(log);
        assert_int_equal(count_mappings(place->path), 0);
    }
}

/* The flags of the mapping that begins at `address`, as smaps writes them. */
static void read_vm_flags(const void *address, char *flags, int size) {
    char begin[32];
    snprintf(begin, sizeof begin, "%lx-", (unsigned long)(uintptr_t)address);
    FILE *smaps = fopen("/proc/self/smaps", "r");
    assert_non_null(smaps);
    bool inside = false;
    flags[0] = '\0';
    while (fgets(flags, size, smaps)) {
        inside = inside || strncmp(flags, begin, strlen(begin)) == 0;
        if (inside && strncmp(flags, "VmFlags:", 8) == 0)
            break;
    }
    fclose(smaps);
}

static void core_dumps_leave_the_log_out(void **state) {
    struct place *place = *state;
    struct vt_log *log = vt_test_log(place->path, NEVER_FULL, 0);
    char flags[512];
    read_vm_flags(vt_log_head(log), flags, sizeof flags);
    assert_non_null(strstr(flags, " dd"));
    assert_non_null(strstr(flags, " dc"));
    vt_log_destroy(log);
}

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit = {bytes, bytes};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void reach_the_limit_of_file_size(struct place *place) {
    limit_file_size(1 << 20);
    struct vt_log *log = create(place->path, NULL);
    CHECK(log && vt_log_is_file(log));
    vt_test_calls(vt_test_thread(log), 0, CALLS);
    CHECK(vt_log_usage(log).recycled_events > 0);
    CHECK(vt_log_usage(log).dropped_events == 0);
    CHECK(calls_are_accounted_for(log, CALLS));
    vt_log_destroy(log);
}

static void begin_beyond_the_limit_of_file_size(struct place *place) {
    limit_file_size(1000);
    struct vt_error why;
    struct vt_log *log = create(place->path, &why);
    CHECK(log && !vt_log_is_file(log));
    CHECK(why.status == VT_ERR_IO && strstr(why.text, place->path));
    CHECK(access(place->path, F_OK) != 0);
    vt_test_calls(vt_test_thread(log), 0, CALLS);
    CHECK(vt_log_usage(log).recycled_events == 0);
    CHECK(calls_are_accounted_for(log, CALLS));
    vt_log_destroy(log);
}

static void the_limit_of_file_size_never_becomes_a_signal(void **state) {
    in_a_child(reach_the_limit_of_file_size, *state);
    unlink(((struct place *)*state)->path);
    in_a_child(begin_beyond_the_limit_of_file_size, *state);
}

/* A file system of our own in a mount namespace of our own, gone with the process. */
static void mount_small_disk(struct place *place, const char *size) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", place->folder, "tmpfs", 0, size) != 0) {
        fprintf(stderr, "skipped: a small disk cannot be mounted: %s\n",
                strerror(errno));
        _exit(SKIPPED);
    }
}

static void fill_disk(const struct place *place) {
    char name[96], zeros[65536] = {0};
    snprintf(name, sizeof name, "%s/filler", place->folder);
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0);
    for (size_t n = sizeof zeros; n;) {
        if (write(fd, zeros, n) <= 0)
            n /= 2;
    }
    CHECK(errno == ENOSPC);
    close(fd);
}

static void record_on_a_disk_that_fills(struct place *place) {
    mount_small_disk(place, "size=24m");
    struct vt_log *log = create(place->path, NULL);
    CHECK(log && vt_log_is_file(log));
    struct vt_thread *thread = vt_test_thread(log);
    vt_test_calls(thread, 0, 100000);
    fill_disk(place);
    vt_test_calls(thread, 0, CALLS);
    uint32_t id = vt_log_add_name(log, VT_SYMBOL_NAME, vt_test_text("still here"));
    CHECK(id != VT_LOG_NO_ID);
    CHECK(vt_log_usage(log).recycled_events > 0);
    CHECK(calls_are_accounted_for(log, 100000 + CALLS));
    vt_log_destroy(log);
}

static void begin_on_a_full_disk(struct place *place) {
    mount_small_disk(place, "size=1m");
    fill_disk(place);
    struct vt_error why;
    struct vt_log *log = create(place->path, &why);
    CHECK(log && !vt_log_is_file(log));
    CHECK(strstr(why.text, strerror(ENOSPC)));
    vt_test_calls(vt_test_thread(log), 0, CALLS);
    CHECK(calls_are_accounted_for(log, CALLS));
    vt_log_destroy(log);
}

static void a_disk_that_fills_never_becomes_a_signal(void **state) {
    in_a_child(record_on_a_disk_that_fills, *state);
}

static void on_a_full_disk_the_log_is_anonymous(void **state) {
    in_a_child(begin_on_a_full_disk, *state);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(the_file_holds_what_the_log_holds),
        IN_A_FOLDER(read_at_crosses_mappings_and_ends_at_the_end),
        IN_A_FOLDER(steps_of_2_mb_end_at_multiples_of_2_mb),
        IN_A_FOLDER(max_bytes_bounds_the_file_and_the_loss_is_exact),
        IN_A_FOLDER(without_a_usable_path_the_log_is_anonymous_and_says_why),
        IN_A_FOLDER(a_link_is_not_followed),
        IN_A_FOLDER(no_descriptor_stays_open),
        IN_A_FOLDER(a_file_that_took_the_name_is_never_written_and_nothing_is_lost),
        IN_A_FOLDER(a_log_whose_file_is_gone_goes_on_in_memory),
        IN_A_FOLDER(a_forked_child_does_not_have_the_log),
        IN_A_FOLDER(core_dumps_leave_the_log_out),
        IN_A_FOLDER(the_limit_of_file_size_never_becomes_a_signal),
        IN_A_FOLDER(a_disk_that_fills_never_becomes_a_signal),
        IN_A_FOLDER(on_a_full_disk_the_log_is_anonymous),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/log_layout.h"
#include "core/io/log_file.h"
#include "core/record/clock.h"
#include "core/record/log.h"
#include "test/support/temp_dir.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    struct temp_dir dir;
    struct vt_log_file file;
};

/* A log that says that this very process wrote it. */
static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    struct vt_log_header head = {.magic = VT_LOG_MAGIC, .pid = (int32_t)getpid()};
    temp_dir_init(&f->dir);
    temp_dir_write(temp_dir_join(&f->dir, "a log"), &head, sizeof head);
    f->file.fd = -1;
    *state = f;
    return vt_log_file_open(&f->file, AT_FDCWD, temp_dir_join(&f->dir, "a log"), NULL);
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    vt_log_file_close(&f->file);
    temp_dir_fini(&f->dir);
    free(f);
    return 0;
}

static void a_log_that_nobody_has_is_ours(void **state) {
    struct fixture *f = *state;
    assert_true(vt_log_file_lock(&f->file));
}

static void a_log_that_somebody_locked_is_not(void **state) {
    struct fixture *f = *state;
    int other = open(temp_dir_join(&f->dir, "a log"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(other, LOCK_EX), 0);
    assert_false(vt_log_file_lock(&f->file));
    close(other);
    assert_true(vt_log_file_lock(&f->file));
}

static void a_log_that_its_process_has_mapped_is_not_even_without_a_lock(void **state) {
    struct fixture *f = *state;
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, f->file.fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_false(vt_log_file_lock(&f->file));
    munmap(map, 4096);
    assert_true(vt_log_file_lock(&f->file));
}

static void a_log_that_is_being_recorded_is_not(void **state) {
    struct fixture *f = *state;
    vt_clock_init();
    struct vt_log_options options = {.path = temp_dir_join(&f->dir, "recording"),
                                     .capacity = 1000,
                                     .pid = (int32_t)getpid()};
    struct vt_log *log = vt_log_create(&options, NULL, NULL);
    assert_true(vt_log_is_file(log));
    vt_log_file_close(&f->file);
    assert_int_equal(vt_log_file_open(&f->file, AT_FDCWD, options.path, NULL), VT_OK);
    assert_false(vt_log_file_lock(&f->file));
    vt_log_destroy(log);
    assert_true(vt_log_file_lock(&f->file));
}

/* What is no log of a process is nobody's, whoever has mapped it. */
static void only_a_log_is_asked_for_its_process(void **state) {
    struct fixture *f = *state;
    static const struct vt_log_header heads[] = {
        {.magic = "another", .pid = 1},
        {.magic = VT_LOG_MAGIC, .pid = 0},
        {.magic = VT_LOG_MAGIC, .pid = -1},
        {.magic = VT_LOG_MAGIC, .pid = INT32_MAX}};
    const char *path = temp_dir_join(&f->dir, "no log");
    void *map = NULL;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        vt_log_file_close(&f->file);
        temp_dir_write(path, &heads[i], sizeof heads[i]);
        assert_int_equal(vt_log_file_open(&f->file, AT_FDCWD, path, NULL), VT_OK);
        map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, f->file.fd, 0);
        assert_ptr_not_equal(map, MAP_FAILED);
        assert_true(vt_log_file_lock(&f->file));
        munmap(map, 4096);
    }
}

/* A path that ends like the log's is another one. */
static void a_mapping_of_a_longer_path_does_not_count(void **state) {
    struct fixture *f = *state;
    char longer[8192];
    snprintf(longer, sizeof longer, "%s/dir%s", f->dir.path,
             temp_dir_join(&f->dir, "a log"));
    for (char *p = longer + strlen(f->dir.path) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        assert_int_equal(mkdir(longer, 0700), 0);
        *p = '/';
    }
    temp_dir_write(longer, "x", 1);
    int other = open(longer, O_RDONLY | O_CLOEXEC);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_true(vt_log_file_lock(&f->file));
    munmap(map, 4096);
    close(other);
}

static void a_mapping_of_another_file_does_not_count(void **state) {
    struct fixture *f = *state;
    temp_dir_write(temp_dir_join(&f->dir, "not a log"), "x", 1);
    int other = open(temp_dir_join(&f->dir, "not a log"), O_RDONLY | O_CLOEXEC);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, other, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    assert_true(vt_log_file_lock(&f->file));
    munmap(map, 4096);
    close(other);
}

static void bytes_are_read_anywhere_and_end_where_the_file_ends(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *path = temp_dir_join(&dir, "log");
    temp_dir_write(path, "0123456789", 10);
    struct vt_log_file file;
    assert_int_equal(vt_log_file_open(&file, AT_FDCWD, path, NULL), VT_OK);
    struct vt_log_image image = vt_log_file_image(&file);
    char bytes[16];
    assert_int_equal(image.read_at(image.state, 3, bytes, 4), 4);
    assert_memory_equal(bytes, "3456", 4);
    assert_int_equal(image.read_at(image.state, 8, bytes, 4), 2);
    assert_int_equal(image.read_at(image.state, 10, bytes, 4), 0);
    assert_int_equal(image.read_at(image.state, UINT64_C(1) << 48, bytes, 4), 0);
    /* A file that shrinks gives fewer bytes, never a signal. */
    assert_int_equal(truncate(path, 5), 0);
    assert_int_equal(image.read_at(image.state, 3, bytes, 4), 2);
    vt_log_file_close(&file);
    size_t got;
    struct vt_error err;
    assert_int_equal(vt_log_image_read(image, 0, bytes, 4, &got, &err), VT_ERR_IO);
    assert_non_null(strstr(err.text, "the log cannot be read"));
    temp_dir_fini(&dir);
}

static void only_a_file_closed_to_others_is_private(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *path = temp_dir_join(&dir, "log");
    temp_dir_write(path, "", 0);
    if (geteuid() == 0) {
        struct vt_log_file file;
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_int_equal(vt_log_file_open(&file, AT_FDCWD, path, NULL), VT_OK);
        assert_false(file.is_private);
        vt_log_file_close(&file);
        assert_int_equal(chown(path, 0, 0), 0);
    }
    static const mode_t modes[] = {0600, 0400, 0644, 0602, 0660};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct vt_log_file file;
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(vt_log_file_open(&file, AT_FDCWD, path, NULL), VT_OK);
        assert_int_equal(file.is_private, !(modes[i] & 077));
        vt_log_file_close(&file);
    }
    temp_dir_fini(&dir);
}

static void what_is_no_regular_file_is_refused_at_once(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *fifo = temp_dir_join(&dir, "fifo"), *link = temp_dir_join(&dir, "link");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    struct vt_log_file file;
    struct vt_error err;
    assert_int_equal(vt_log_file_open(&file, AT_FDCWD, fifo, &err), VT_ERR_FORMAT);
    assert_int_equal(vt_log_file_open(&file, AT_FDCWD, dir.path, &err), VT_ERR_FORMAT);
    assert_int_equal(vt_log_file_open(&file, AT_FDCWD, link, &err), VT_ERR_IO);
    const char *none = temp_dir_join(&dir, "none");
    assert_int_equal(vt_log_file_open(&file, AT_FDCWD, none, &err), VT_ERR_NOT_FOUND);
    assert_int_equal(file.fd, -1);
    temp_dir_fini(&dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_read_anywhere_and_end_where_the_file_ends),
        cmocka_unit_test(only_a_file_closed_to_others_is_private),
        cmocka_unit_test(what_is_no_regular_file_is_refused_at_once),
        cmocka_unit_test_setup_teardown(a_log_that_nobody_has_is_ours, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_somebody_locked_is_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_log_that_its_process_has_mapped_is_not_even_without_a_lock, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_is_being_recorded_is_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_a_log_is_asked_for_its_process, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_mapping_of_a_longer_path_does_not_count,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_mapping_of_another_file_does_not_count,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/target.h"
#include "test/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static int enter(void **state) {
    (void)state;
    scratch_empty();
    return 0;
}

/* Where the path leads to: the folder below the scratch folder, and the name there. */
static void expect_target(const char *path, const char *folder, const char *name) {
    struct vt_target target;
    struct vt_error err;
    if (vt_target_init(&target, path, &err) != VT_OK)
        fail_msg("%s", err.text);
    struct stat there, expected;
    assert_int_equal(fstat(target.dir_fd, &there), 0);
    assert_int_equal(stat(scratch_path(folder), &expected), 0);
    assert_int_equal(there.st_ino, expected.st_ino);
    assert_string_equal(target.name, name);
    assert_false(target.is_direct);
    vt_target_fini(&target);
    assert_int_equal(target.dir_fd, -1);
}

static void expect_refused(const char *path, const char *why) {
    struct vt_target target;
    struct vt_error err;
    assert_int_not_equal(vt_target_init(&target, path, &err), VT_OK);
    assert_int_equal(target.dir_fd, -1);
    assert_non_null(strstr(err.text, why));
}

static void folders_that_are_missing_are_made(void **state) {
    (void)state;
    expect_target(scratch_path("a/b/c.json"), "a/b", "c.json");
    expect_target(scratch_path("a/b/c.json"), "a/b", "c.json");
}

static void links_are_followed_to_where_the_file_is_or_will_be(void **state) {
    (void)state;
    scratch_write("real/file", "x", 0600);
    scratch_link("by/name", "../real/file");
    scratch_link("by/new", "../real/new");
    scratch_link("by/two", "name");
    expect_target(scratch_path("by/name"), "real", "file");
    expect_target(scratch_path("by/new"), "real", "new");
    expect_target(scratch_path("by/two"), "real", "file");
}

static void what_is_no_file_is_written_to_directly(void **state) {
    (void)state;
    struct vt_target target;
    assert_int_equal(vt_target_init(&target, "/dev/null", NULL), VT_OK);
    assert_true(target.is_direct);
    vt_target_fini(&target);
    assert_int_equal(vt_target_init(&target, "/proc/self/fd/1", NULL), VT_OK);
    assert_true(target.is_direct); /* a link that does not say where it leads */
    vt_target_fini(&target);
}

static void folders_loops_and_nothing_are_refused(void **state) {
    (void)state;
    scratch_write("d/file", "x", 0600);
    scratch_link("loop", "loop");
    expect_refused("", "No such file");
    expect_refused(scratch_path("d"), "Is a directory");
    expect_refused(scratch_path("d/"), "Is a directory");
    expect_refused(scratch_path("d/.."), "Is a directory");
    expect_refused(scratch_path("loop"), "Too many levels");
    expect_refused(scratch_path("d/file/below"), "Not a directory");
    scratch_link("to-nowhere", "missing/file");
    expect_refused(scratch_path("to-nowhere"), "No such file");
}

static void a_strangers_link_in_a_shared_folder_is_not_followed(void **state) {
    (void)state;
    if (geteuid() != 0) {
        skip(); /* only root can make another user's link */
    }
    scratch_write("shared/file", "x", 0600);
    const char *link = scratch_link("shared/link", "file");
    assert_int_equal(chmod(scratch_path("shared"), 01777), 0);
    expect_target(link, "shared", "file");
    assert_int_equal(lchown(link, 1, 1), 0);
    expect_refused(link, "Permission denied");
    assert_int_equal(chmod(scratch_path("shared"), 0755), 0);
    expect_target(link, "shared", "file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(folders_that_are_missing_are_made, enter),
        cmocka_unit_test_setup(links_are_followed_to_where_the_file_is_or_will_be,
                               enter),
        cmocka_unit_test(what_is_no_file_is_written_to_directly),
        cmocka_unit_test_setup(folders_loops_and_nothing_are_refused, enter),
        cmocka_unit_test_setup(a_strangers_link_in_a_shared_folder_is_not_followed,
                               enter),
    };
    scratch_create();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

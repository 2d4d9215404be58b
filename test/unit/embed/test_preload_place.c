/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/preload_place.h"

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

#include "embed/core_api.h"
#include "test/support/scratch.h"

static int enter(void **state) {
    (void)state;
    scratch_empty();
    scratch_write("tmp/file", "", 0600);
    setenv("TMPDIR", scratch_path("tmp"), 1);
    unsetenv("XDG_RUNTIME_DIR");
    return 0;
}

/* The place of the library in the folder of this name. */
static char *place_of(const char *folder) {
    struct vt_buf path = {0};
    struct vt_error err;
    if (vt_preload_place(&path, scratch_path(folder), &err) != VT_OK)
        fail_msg("%s", err.text);
    return vt_buf_steal(&path);
}

static void expect_content(const char *path, const char *expected) {
    char text[64] = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text, expected);
}

static void a_plain_path_is_taken_as_it_is(void **state) {
    (void)state;
    const char *library = scratch_write("lib/" VT_PRELOAD_FILE_NAME, "plain", 0600);
    char *place = place_of("lib");
    assert_string_equal(place, library);
    free(place);
}

static void other_paths_get_a_link_that_the_loader_can_read(void **state) {
    (void)state;
    static const char *const folders[] = {"a b", "a:b", "a;b", "$ORIGIN", "a\tb"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char library[128];
        snprintf(library, sizeof library, "%s/" VT_PRELOAD_FILE_NAME, folders[i]);
        scratch_write(library, folders[i], 0600);
        char *place = place_of(folders[i]), *again = place_of(folders[i]);
        assert_string_equal(place, again);
        assert_int_equal(strncmp(place, getenv("TMPDIR"), strlen(getenv("TMPDIR"))), 0);
        assert_null(strpbrk(place, " :;$\t"));
        expect_content(place, folders[i]);
        free(place);
        free(again);
    }
}

static void a_link_that_leads_elsewhere_is_replaced(void **state) {
    (void)state;
    scratch_write("a b/" VT_PRELOAD_FILE_NAME, "ours", 0600);
    char *place = place_of("a b");
    assert_int_equal(unlink(place), 0);
    assert_int_equal(symlink("/etc/passwd", place), 0);
    char *again = place_of("a b");
    assert_string_equal(place, again);
    expect_content(place, "ours");
    free(place);
    free(again);
}

static void a_folder_that_others_may_write_to_is_not_used(void **state) {
    (void)state;
    scratch_write("a b/" VT_PRELOAD_FILE_NAME, "ours", 0600);
    setenv("XDG_RUNTIME_DIR", scratch_path("run"), 1);
    scratch_write("run/file", "", 0600);
    char *place = place_of("a b");
    assert_int_equal(strncmp(place, scratch_path("run"), strlen(scratch_path("run"))),
                     0);
    *strrchr(place, '/') = '\0';
    assert_int_equal(chmod(place, 0777), 0);
    char *other = place_of("a b");
    assert_int_equal(strncmp(other, getenv("TMPDIR"), strlen(getenv("TMPDIR"))), 0);
    free(place);
    free(other);
}

static void a_library_that_is_not_there_is_an_error(void **state) {
    (void)state;
    struct vt_buf path = {0};
    struct vt_error err;
    assert_int_equal(vt_preload_place(&path, "/no where", &err), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/no where/" VT_PRELOAD_FILE_NAME));
    assert_int_equal(path.size, 0);
    vt_buf_fini(&path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_plain_path_is_taken_as_it_is, enter),
        cmocka_unit_test_setup(other_paths_get_a_link_that_the_loader_can_read, enter),
        cmocka_unit_test_setup(a_link_that_leads_elsewhere_is_replaced, enter),
        cmocka_unit_test_setup(a_folder_that_others_may_write_to_is_not_used, enter),
        cmocka_unit_test_setup(a_library_that_is_not_there_is_an_error, enter),
    };
    scratch_create();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

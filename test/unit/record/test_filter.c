/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct vt_filter filter_of(struct vt_filter_options options) {
    struct vt_filter filter;
    struct vt_error err;
    if (!options.cwd)
        options.cwd = "/home/me";
    assert_int_equal(vt_filter_init(&filter, &options, &err), VT_OK);
    return filter;
}

static struct vt_filter including(const char *entry, const char *cwd) {
    char *list[] = {(char *)(uintptr_t)entry};
    return filter_of((struct vt_filter_options){
        .include_files = list, .include_count = 1, .cwd = cwd});
}

static bool hides(const struct vt_filter *filter, const char *path) {
    return vt_filter_hides(filter, path, strlen(path));
}

static void without_settings_nothing_is_hidden(void **state) {
    (void)state;
    struct vt_filter filter = filter_of((struct vt_filter_options){0});
    assert_false(hides(&filter, "/home/me/a.py"));
    assert_false(hides(&filter, "<frozen importlib._bootstrap>"));
    assert_false(hides(&filter, "<string>"));
    assert_false(hides(&filter, ""));
    vt_filter_fini(&filter);
}

static void an_include_is_a_prefix_of_the_text_and_no_path_logic(void **state) {
    (void)state;
    struct vt_filter filter = including("/usr/lib/py", NULL);
    assert_false(hides(&filter, "/usr/lib/py"));
    assert_false(hides(&filter, "/usr/lib/python3/os.py"));
    assert_true(hides(&filter, "/usr/lib/p"));
    assert_true(hides(&filter, "/usr/local/lib/python3/os.py"));
    assert_true(hides(&filter, "/usr/./lib/python3/os.py"));
    vt_filter_fini(&filter);
}

static void a_relative_include_means_its_absolute_path_too(void **state) {
    (void)state;
    struct vt_filter filter = including("./src/../lib/", NULL);
    assert_false(hides(&filter, "./src/../lib/a.py"));
    assert_false(hides(&filter, "/home/me/lib/a.py"));
    assert_false(hides(&filter, "/home/me/library.py")); /* the slash is lost */
    assert_true(hides(&filter, "/home/me/src/a.py"));
    assert_true(hides(&filter, "lib/a.py"));
    vt_filter_fini(&filter);
}

static void absolute_paths_are_made_as_python_makes_them(void **state) {
    (void)state;
    static const struct {
        const char *cwd, *entry, *absolute;
    } rows[] = {
        {"/home/me", "./", "/home/me"},
        {"/home/me", ".", "/home/me"},
        {"/home/me", "", "/home/me"},
        {"/home/me", "a", "/home/me/a"},
        {"/home/me", "a//b///c/", "/home/me/a/b/c"},
        {"/home/me", "a/./b/.", "/home/me/a/b"},
        {"/home/me", "..", "/home"},
        {"/home/me", "../you/x.py", "/home/you/x.py"},
        {"/home/me", "../../../../etc", "/etc"},
        {"/home/me", "../..", "/"},
        {"/home/me", "...", "/home/me/..."},
        {"/home/me", ".hidden/..x", "/home/me/.hidden/..x"},
        {"/home/me", "a/../../b", "/home/b"},
        {"/", "lib", "/lib"},
        {"/", ".", "/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vt_filter filter = including(rows[i].entry, rows[i].cwd);
        assert_string_equal(filter.include[0], rows[i].entry);
        assert_string_equal(filter.include[1], rows[i].absolute);
        assert_null(filter.include[2]);
        vt_filter_fini(&filter);
    }
}

static void an_absolute_include_is_taken_as_it_is_written(void **state) {
    (void)state;
    struct vt_filter filter = including("/home/me/../you/", NULL);
    assert_string_equal(filter.include[0], "/home/me/../you/");
    assert_null(filter.include[1]);
    assert_true(hides(&filter, "/home/you/a.py"));
    vt_filter_fini(&filter);
}

static void any_entry_of_a_list_decides(void **state) {
    (void)state;
    char one[] = "/one/", two[] = "two/";
    char *list[] = {one, two};
    struct vt_filter filter = filter_of(
        (struct vt_filter_options){.include_files = list, .include_count = 2});
    assert_false(hides(&filter, "/one/a.py"));
    assert_false(hides(&filter, "two/a.py"));
    assert_false(hides(&filter, "/home/me/two/a.py"));
    assert_true(hides(&filter, "/three/a.py"));
    vt_filter_fini(&filter);

    filter = filter_of(
        (struct vt_filter_options){.exclude_files = list, .exclude_count = 2});
    assert_true(hides(&filter, "/one/a.py"));
    assert_true(hides(&filter, "two/a.py"));
    assert_true(hides(&filter, "/home/me/two/a.py"));
    assert_false(hides(&filter, "/three/a.py"));
    assert_false(hides(&filter, "<string>"));
    vt_filter_fini(&filter);
}

static void both_lists_at_once_are_refused(void **state) {
    (void)state;
    char entry[] = "a";
    char *list[] = {entry};
    struct vt_filter_options options = {.include_files = list,
                                        .include_count = 1,
                                        .exclude_files = list,
                                        .exclude_count = 1,
                                        .cwd = "/"};
    struct vt_filter filter;
    struct vt_error err;
    assert_int_equal(vt_filter_init(&filter, &options, &err), VT_ERR_REFUSED);
    assert_string_equal(err.text,
                        "include_files and exclude_files can't be both specified!");
    vt_filter_fini(&filter); /* nothing to free, but allowed */
}

static void our_own_package_is_hidden_also_when_it_is_included(void **state) {
    (void)state;
    char include[] = "/usr/lib/";
    char *list[] = {include};
    struct vt_filter filter = filter_of((struct vt_filter_options){
        .include_files = list,
        .include_count = 1,
        .own_package = "/usr/lib/viztracer/python/viztracer"});
    assert_true(hides(&filter, "/usr/lib/viztracer/python/viztracer/tracer.py"));
    assert_true(hides(&filter, "/usr/lib/viztracer/python/viztracer/a/b.py"));
    assert_false(hides(&filter, "/usr/lib/viztracer/python/viztracer2/tracer.py"));
    assert_false(hides(&filter, "/usr/lib/viztracer/python/viztracer.py"));
    vt_filter_fini(&filter);
}

static void frozen_modules_are_hidden_on_demand_and_strings_are_not(void **state) {
    (void)state;
    struct vt_filter filter =
        filter_of((struct vt_filter_options){.ignore_frozen = true});
    assert_true(hides(&filter, "<frozen importlib._bootstrap>"));
    assert_true(hides(&filter, "<frozen runpy>"));
    assert_false(hides(&filter, "<string>"));
    assert_false(hides(&filter, "<froze"));
    assert_false(hides(&filter, "/x/<frozen y>"));
    vt_filter_fini(&filter);
}

static void the_size_counts_and_not_a_nul_byte(void **state) {
    (void)state;
    struct vt_filter filter = including("/ab", NULL);
    assert_false(vt_filter_hides(&filter, "/ab", 3));
    assert_true(vt_filter_hides(&filter, "/abc", 2));
    assert_true(vt_filter_hides(&filter, "", 0));
    assert_false(vt_filter_hides(&filter, "/ab\0c", 5));
    vt_filter_fini(&filter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_nothing_is_hidden),
        cmocka_unit_test(an_include_is_a_prefix_of_the_text_and_no_path_logic),
        cmocka_unit_test(a_relative_include_means_its_absolute_path_too),
        cmocka_unit_test(absolute_paths_are_made_as_python_makes_them),
        cmocka_unit_test(an_absolute_include_is_taken_as_it_is_written),
        cmocka_unit_test(any_entry_of_a_list_decides),
        cmocka_unit_test(both_lists_at_once_are_refused),
        cmocka_unit_test(our_own_package_is_hidden_also_when_it_is_included),
        cmocka_unit_test(frozen_modules_are_hidden_on_demand_and_strings_are_not),
        cmocka_unit_test(the_size_counts_and_not_a_nul_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

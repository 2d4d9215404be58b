/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/session_env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "embed/core_api.h"
#include "test/support/temp_dir.h"

static struct temp_dir folder;

static int enter(void **state) {
    (void)state;
    temp_dir_init(&folder);
    temp_dir_write(temp_dir_join(&folder, VT_PRELOAD_FILE_NAME), "", 0);
    unsetenv(VT_SESSION_VARIABLE);
    unsetenv("LD_PRELOAD");
    unsetenv("ASAN_OPTIONS");
    unsetenv("PYTHONPATH");
    return 0;
}

static int leave(void **state) {
    (void)state;
    vt_session_env_clear();
    temp_dir_fini(&folder);
    return 0;
}

static enum vt_status set(char *lib_dir, struct vt_error *err) {
    char python_dir[] = "/cores";
    struct vt_config config;
    vt_config_init(&config);
    config.lib_dir = lib_dir;
    config.python_dir = python_dir;
    return vt_session_env_set(&config, err);
}

static enum vt_status set_path(char *python_dir, struct vt_error *err) {
    char hook[] = "sitecustomize";
    struct vt_config config;
    vt_config_init(&config);
    config.lib_dir = folder.path;
    config.python_dir = python_dir;
    config.child_hook = hook;
    return vt_session_env_set(&config, err);
}

static void set_well(void) {
    struct vt_error err;
    assert_int_equal(set(folder.path, &err), VT_OK);
}

static const char *library(void) {
    return temp_dir_join(&folder, VT_PRELOAD_FILE_NAME);
}

static void the_session_tells_the_folder_of_the_cores_first(void **state) {
    (void)state;
    set_well();
    assert_int_equal(strncmp(getenv(VT_SESSION_VARIABLE), "/cores\n", 7), 0);
    assert_string_equal(getenv("LD_PRELOAD"), library());
    assert_null(getenv("ASAN_OPTIONS"));
}

static void what_was_preloaded_before_stays_before_ours(void **state) {
    (void)state;
    char expected[8192];
    setenv("LD_PRELOAD", "liba.so /lib/b.so", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    set_well();
    set_well(); /* ours is there once only */
    snprintf(expected, sizeof expected, "liba.so /lib/b.so:%s", library());
    assert_string_equal(getenv("LD_PRELOAD"), expected);
    assert_string_equal(getenv("ASAN_OPTIONS"),
                        "detect_leaks=0:verify_asan_link_order=0");
    vt_session_env_clear();
    assert_string_equal(getenv("LD_PRELOAD"), "liba.so /lib/b.so");
    assert_string_equal(getenv("ASAN_OPTIONS"), "detect_leaks=0");
    assert_null(getenv(VT_SESSION_VARIABLE));
}

static void an_empty_list_stays_empty(void **state) {
    (void)state;
    setenv("LD_PRELOAD", "", 1);
    set_well();
    assert_string_equal(getenv("LD_PRELOAD") + 1, library());
    vt_session_env_clear();
    assert_string_equal(getenv("LD_PRELOAD"), "");
    unsetenv("LD_PRELOAD");
    set_well();
    vt_session_env_clear();
    assert_null(getenv("LD_PRELOAD"));
}

static void clearing_leaves_a_foreign_environment_alone(void **state) {
    (void)state;
    setenv("LD_PRELOAD", "liba.so", 1);
    vt_session_env_clear();
    assert_string_equal(getenv("LD_PRELOAD"), "liba.so");
}

static void what_the_program_took_away_is_put_back(void **state) {
    (void)state;
    set_well();
    unsetenv(VT_SESSION_VARIABLE);
    setenv("LD_PRELOAD", "mine.so", 1);
    vt_session_env_keep();
    assert_non_null(getenv(VT_SESSION_VARIABLE));
    assert_non_null(strstr(getenv("LD_PRELOAD"), "mine.so:/"));
}

static void another_environment_gets_the_same_values(void **state) {
    (void)state;
    set_well();
    for (int i = 0; i < VT_SESSION_ENV_VARIABLES; i++) {
        struct vt_buf value = {0};
        const char *ours = getenv(vt_session_env_name(i));
        assert_int_equal(vt_session_env_value(i, NULL, &value), ours != NULL);
        if (ours)
            assert_string_equal(value.data, ours);
        vt_buf_fini(&value);
    }
}

static void a_library_that_is_not_there_is_refused(void **state) {
    (void)state;
    struct vt_error err;
    char missing[] = "/nowhere";
    assert_int_equal(set(missing, &err), VT_ERR_NOT_FOUND);
    assert_null(getenv(VT_SESSION_VARIABLE));
    vt_session_env_keep();
    assert_null(getenv("LD_PRELOAD"));
}

static void a_sitecustomize_comes_first_and_nothing_is_preloaded(void **state) {
    (void)state;
    struct vt_error err;
    char cores[] = "/co res";
    setenv("PYTHONPATH", "/a b::/c", 1);
    setenv("ASAN_OPTIONS", "x", 1);
    assert_int_equal(set_path(cores, &err), VT_OK);
    assert_int_equal(set_path(cores, &err), VT_OK); /* ours is there once only */
    assert_string_equal(getenv("PYTHONPATH"),
                        "/co res" VT_CHILD_HOOK_FOLDER ":/a b::/c");
    assert_non_null(
        strstr(getenv(VT_SESSION_VARIABLE), "\nchild_hook=sitecustomize\n"));
    assert_null(getenv("LD_PRELOAD"));
    assert_string_equal(getenv("ASAN_OPTIONS"), "x");
    vt_session_env_clear();
    assert_string_equal(getenv("PYTHONPATH"), "/a b::/c");
}

static void an_empty_path_gets_no_current_folder(void **state) {
    (void)state;
    struct vt_error err;
    char cores[] = "/cores";
    setenv("PYTHONPATH", "", 1);
    assert_int_equal(set_path(cores, &err), VT_OK);
    assert_string_equal(getenv("PYTHONPATH"), "/cores" VT_CHILD_HOOK_FOLDER);
}

static void a_folder_with_a_colon_is_refused(void **state) {
    (void)state;
    struct vt_error err;
    char cores[] = "/co:res";
    assert_int_equal(set_path(cores, &err), VT_ERR_UNSUPPORTED);
    assert_null(getenv("PYTHONPATH"));
    assert_null(getenv(VT_SESSION_VARIABLE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_session_tells_the_folder_of_the_cores_first,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(what_was_preloaded_before_stays_before_ours,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(an_empty_list_stays_empty, enter, leave),
        cmocka_unit_test_setup_teardown(clearing_leaves_a_foreign_environment_alone,
                                        enter, leave),
        cmocka_unit_test_setup_teardown(what_the_program_took_away_is_put_back, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(another_environment_gets_the_same_values, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_library_that_is_not_there_is_refused, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(
            a_sitecustomize_comes_first_and_nothing_is_preloaded, enter, leave),
        cmocka_unit_test_setup_teardown(an_empty_path_gets_no_current_folder, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(a_folder_with_a_colon_is_refused, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/home.h"

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

static char root[] = "/tmp/test_home.XXXXXX";
static const char *const folders[] = {"built",
                                      "built/lib",
                                      "built/python",
                                      "built/bin",
                                      "opt",
                                      "opt/bin",
                                      "opt/lib",
                                      "opt/lib/viztracer",
                                      "opt/lib/viztracer/python",
                                      "site",
                                      "site/viztracer",
                                      "site/viztracer/native",
                                      "site/viztracer/native/bin",
                                      "site/viztracer/native/lib"};
enum { FOLDERS = sizeof folders / sizeof *folders };

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(root) || chdir(root) != 0)
        return 1;
    for (size_t i = 0; i < FOLDERS; i++)
        if (mkdir(folders[i], 0700) != 0)
            return 1;
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    for (size_t i = FOLDERS; i-- > 0;)
        rmdir(folders[i]);
    return rmdir(root);
}

static void assert_home(const char *dir, const char *lib, const char *python) {
    char path[200];
    struct vt_config config;
    struct vt_error err;
    vt_config_init(&config);
    snprintf(path, sizeof path, "%s/%s", root, dir);
    assert_int_equal(vt_home_find_from(path, &config, &err), VT_OK);
    snprintf(path, sizeof path, "%s/%s", root, lib);
    assert_string_equal(config.lib_dir, path);
    snprintf(path, sizeof path, "%s/%s", root, python);
    assert_string_equal(config.python_dir, path);
    vt_config_fini(&config);
}

static void every_layout_is_found(void **state) {
    (void)state;
    assert_home("built", "built/lib", "built/python");
    assert_home("opt/bin", "opt/lib/viztracer", "opt/lib/viztracer/python");
    assert_home("site/viztracer/native/bin", "site/viztracer/native/lib", "site");
}

static void a_half_installation_is_named(void **state) {
    (void)state;
    char path[200];
    struct vt_config config;
    struct vt_error err;
    vt_config_init(&config);
    snprintf(path, sizeof path, "%s/built/bin", root);
    assert_int_equal(vt_home_find_from(path, &config, &err), VT_ERR_NOT_FOUND);
    assert_memory_equal(err.text, "the installation is incomplete: ", 32);
    assert_int_equal(vt_home_find_from("/", &config, &err), VT_ERR_NOT_FOUND);
    vt_config_fini(&config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_is_found),
        cmocka_unit_test(a_half_installation_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}

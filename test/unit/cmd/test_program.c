/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/test_program.XXXXXX";
static struct vt_error err;

static const char *const files[] = {
    "x.py", "a.json", "bin/tool", "pkg/__main__.py", "both/other", "bin/both"};
static const char *const folders[] = {"bin", "pkg", "both", "bin/folder"};
enum {
    FILES = sizeof files / sizeof *files,
    FOLDERS = sizeof folders / sizeof *folders
};

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return 1;
    for (size_t i = 0; i < FOLDERS; i++)
        if (mkdir(folders[i], 0700) != 0)
            return 1;
    for (size_t i = 0; i < FILES; i++) {
        int fd = open(files[i], O_CREAT | O_WRONLY, 0600);
        if (fd < 0 || close(fd) != 0)
            return 1;
    }
    char path[200];
    snprintf(path, sizeof path, "/nowhere::%s/bin", folder);
    return setenv("PATH", path, 1);
}

static int clean_up(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        unlink(files[i]);
    for (size_t i = FOLDERS; i-- > 0;)
        rmdir(folders[i]);
    return rmdir(folder);
}

static void assert_found(const char *name, const char *expected) {
    char *path;
    assert_int_equal(vt_program_find(name, &path, &err), VT_OK);
    assert_string_equal(path, expected);
    free(path);
}

static void assert_refused(const char *name, const char *sentence) {
    char *path;
    assert_int_equal(vt_program_find(name, &path, &err), VT_ERR_REFUSED);
    assert_string_equal(err.text, sentence);
    assert_null(path);
}

static void
files_folders_that_run_and_standard_input_are_taken_as_they_are(void **state) {
    (void)state;
    assert_found("x.py", "x.py");
    assert_found("./x.py", "./x.py");
    assert_found("pkg", "pkg");
    assert_found("pkg/", "pkg/");
    assert_found("/dev/null", "/dev/null");
    assert_found("-", "-");
}

static void other_names_are_looked_up_on_path(void **state) {
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/bin/tool", folder);
    assert_found("tool", path);
    snprintf(path, sizeof path, "%s/bin/both", folder);
    assert_found("both", path);
}

static void what_is_nowhere_is_refused(void **state) {
    (void)state;
    assert_refused("nope.py", "No such file as nope.py");
    assert_refused("--unknown", "No such file as --unknown");
    assert_refused("", "No such file as ");
    assert_refused("folder", "No such file as folder");
    assert_refused("bin/folder", "No such file as bin/folder");
    assert_refused("../tool", "No such file as ../tool");
}

static void json_files_are_refused_if_they_are_there(void **state) {
    (void)state;
    assert_refused("a.json",
                   "viztracer can't run json file, did you mean \"vizviewer a.json\"?");
    assert_refused("b.json", "No such file as b.json");
}

static void no_path_is_no_place(void **state) {
    (void)state;
    assert_int_equal(unsetenv("PATH"), 0);
    assert_refused("tool", "No such file as tool");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            files_folders_that_run_and_standard_input_are_taken_as_they_are),
        cmocka_unit_test(other_names_are_looked_up_on_path),
        cmocka_unit_test(what_is_nowhere_is_refused),
        cmocka_unit_test(json_files_are_refused_if_they_are_there),
        cmocka_unit_test(no_path_is_no_place),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}

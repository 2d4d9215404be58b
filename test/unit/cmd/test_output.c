/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

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

static struct vt_config config;
static struct vt_error err;

/* The report's path for the settings in `text` (core/record/config.h), started in
 * /home/me as process 123 at 2026-01-02 03:04:05; NULL when it is refused. */
static const char *resolve(const char *text, const char *program) {
    vt_config_fini(&config);
    assert_int_equal(vt_config_from_text(&config, text, &err), VT_OK);
    assert_int_equal(vt_config_set_text(&config.launch_cwd, "/home/me", &err), VT_OK);
    struct tm tm = {.tm_year = 126,
                    .tm_mon = 0,
                    .tm_mday = 2,
                    .tm_hour = 3,
                    .tm_min = 4,
                    .tm_sec = 5,
                    .tm_isdst = -1};
    struct vt_output_source source = {
        .program = program, .now = mktime(&tm), .pid = 123};
    return vt_output_resolve(&config, &source, &err) == VT_OK ? config.output_path
                                                              : NULL;
}

static int clean_up(void **state) {
    (void)state;
    vt_config_fini(&config);
    return 0;
}

static void the_path_is_absolute_and_plain(void **state) {
    (void)state;
    assert_string_equal(resolve("", "x.py"), "/home/me/result.json");
    assert_string_equal(resolve("output_file=a.json.gz", "x"), "/home/me/a.json.gz");
    assert_string_equal(resolve("output_file=.//b/../../c.json", "x"), "/home/c.json");
    assert_string_equal(resolve("output_file=../../../../c.json", "x"), "/c.json");
    assert_string_equal(resolve("output_file=/tmp/./c.json", "x"), "/tmp/c.json");
    assert_string_equal(resolve("output_dir=d/e/\noutput_file=c.json", "x"),
                        "/home/me/d/e/c.json");
    assert_string_equal(resolve("output_dir=/var\noutput_file=/tmp/c.json", "x"),
                        "/tmp/c.json");
    assert_string_equal(resolve("output_dir=/", "x"), "/result.json");
}

static void a_unique_name_tells_program_time_and_process(void **state) {
    (void)state;
    static const struct {
        const char *program;
        const char *stem;
    } cases[] = {{"/a/b.c/my.prog.py", "my"},
                 {"json.tool", "json"},
                 {NULL, "python"},
                 {"dir/", "dir"},
                 {".", "python"},
                 {"-", "python"},
                 {".hidden", "python"},
                 {"-x.py", "-x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[100];
        snprintf(path, sizeof path, "/home/me/%s_20260102_030405_123.json",
                 cases[i].stem);
        assert_string_equal(resolve("unique_output_file=1", cases[i].program), path);
    }
    assert_string_equal(resolve("unique_output_file=1\noutput_dir=d", "x.py"),
                        "/home/me/d/x_20260102_030405_123.json");
}

static void pid_suffix_stands_before_the_last_extension_and_beats_unique(void **state) {
    (void)state;
    assert_string_equal(resolve("pid_suffix=1", "x"), "/home/me/result_123.json");
    assert_string_equal(resolve("pid_suffix=1\noutput_file=a.b/c.json.gz", "x"),
                        "/home/me/a.b/c.json_123.gz");
    assert_string_equal(resolve("pid_suffix=1\nunique_output_file=1", "x"),
                        "/home/me/result_123.json");
}

static void other_extensions_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"a.txt",   "json",   "",
                                        "a.json/", "a.gzip", "a.cvf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[100];
        snprintf(text, sizeof text, "output_file=%s", names[i]);
        assert_null(resolve(text, "x"));
        assert_int_equal(err.status, VT_ERR_REFUSED);
        assert_string_equal(err.text, "Only html, json and gz are supported");
    }
    assert_null(resolve("pid_suffix=1\noutput_file=a.b/c", "x"));
}

static void make_dir_makes_every_level_and_names_what_stops_it(void **state) {
    (void)state;
    char folder[] = "/tmp/test_output.XXXXXX";
    char path[100];
    struct stat info;
    assert_non_null(mkdtemp(folder));
    assert_non_null(resolve("output_dir=a/b/../c/d", "x"));
    assert_int_equal(vt_config_set_text(&config.launch_cwd, folder, &err), VT_OK);
    assert_int_equal(vt_output_make_dir(&config, &err), VT_OK);
    assert_int_equal(vt_output_make_dir(&config, &err), VT_OK);
    snprintf(path, sizeof path, "%s/a/c/d", folder);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(vt_config_set_text(&config.output_dir, "a/c/d/e", &err), VT_OK);
    assert_int_equal(vt_output_make_dir(&config, &err), VT_ERR_NOT_FOUND);
    assert_memory_equal(err.text, "--output_dir: ", 14);
    assert_int_equal(unlink(path), 0);
    for (size_t size = strlen(path) - 2; size >= strlen(folder); size -= 2) {
        path[size] = '\0';
        assert_int_equal(rmdir(path), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_is_absolute_and_plain),
        cmocka_unit_test(a_unique_name_tells_program_time_and_process),
        cmocka_unit_test(pid_suffix_stands_before_the_last_extension_and_beats_unique),
        cmocka_unit_test(other_extensions_are_refused),
        cmocka_unit_test(make_dir_makes_every_level_and_names_what_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}

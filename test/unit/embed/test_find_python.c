/* SPDX-License-Identifier: Apache-2.0
 *
 * Which file is chosen shows in facts.executable: every python3 here is a script that
 * answers with its own name. */
#include "embed/find_python.h"

#include "embed/ask_python.h"
#include "test/support/scratch.h"

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

static struct vt_python_facts facts;
static struct vt_error err;

static const char *make_python(const char *name) {
    return scratch_write(
        name,
        "#!/bin/sh\n"
        "printf 'viztracer-answer-1\\ncpython\\n3.11.7\\n\\n%s\\n/x\\n' "
        "\"$0\"\n",
        0700);
}

static void set_path(const char *first, const char *second) {
    char list[1024];
    snprintf(list, sizeof list, "/nowhere:%s:%s:/usr/bin:/bin", scratch_path(first),
             scratch_path(second));
    setenv("PATH", list, 1);
}

static int set_up(void **state) {
    (void)state;
    unsetenv("VIZTRACER_PYTHON");
    unsetenv("VIZTRACER_CALLER");
    unsetenv("VIRTUAL_ENV");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME"); /* no cache */
    make_python("a/python3");
    make_python("b/python3");
    make_python("venv/bin/python3");
    set_path("a", "b");
    return chdir(scratch_path(""));
}

static int clean_up(void **state) {
    (void)state;
    vt_python_facts_fini(&facts);
    scratch_empty();
    return 0;
}

static void assert_found(const char *executable) {
    vt_python_facts_fini(&facts);
    assert_int_equal(vt_find_python(&facts, &err), VT_OK);
    assert_string_equal(facts.executable, executable);
}

static void assert_refused(const char *sentence) {
    vt_python_facts_fini(&facts);
    assert_int_equal(vt_find_python(&facts, &err), VT_ERR_UNSUPPORTED);
    assert_string_equal(err.text, sentence);
}

static void the_first_on_path_is_taken(void **state) {
    (void)state;
    assert_found(scratch_path("a/python3"));
    set_path("b", "a");
    assert_found(scratch_path("b/python3"));
}

static void what_cannot_be_run_is_passed_over(void **state) {
    (void)state;
    scratch_write("x/python3", "#!/bin/sh\n", 0600);
    mkdir(scratch_path("y"), 0700);
    mkdir(scratch_path("y/python3"), 0700);
    if (geteuid() != 0) { /* for root X_OK needs one x bit, too */
        set_path("x", "a");
        assert_found(scratch_path("a/python3"));
    }
    set_path("y", "a");
    assert_found(scratch_path("a/python3"));
    set_path("x", "b");
    assert_found(scratch_path("b/python3"));
}

static void an_active_virtual_environment_beats_path(void **state) {
    (void)state;
    setenv("VIRTUAL_ENV", scratch_path("venv"), 1);
    assert_found(scratch_path("venv/bin/python3"));
    setenv("VIRTUAL_ENV", scratch_path("deleted"), 1);
    assert_found(scratch_path("a/python3"));
    setenv("VIRTUAL_ENV", "", 1);
    assert_found(scratch_path("a/python3"));
}

static void the_setting_beats_everything(void **state) {
    (void)state;
    char expected[512];
    make_python("b/mypython");
    setenv("VIRTUAL_ENV", scratch_path("venv"), 1);
    setenv("VIZTRACER_PYTHON", scratch_path("b/python3"), 1);
    assert_found(scratch_path("b/python3"));
    setenv("VIZTRACER_PYTHON", "mypython", 1);
    assert_found(scratch_path("b/mypython"));
    setenv("VIZTRACER_PYTHON", "./b/mypython", 1);
    assert_found(scratch_path("b/mypython"));
    setenv("VIZTRACER_PYTHON", "nopython", 1);
    assert_refused("VIZTRACER_PYTHON: no program nopython on PATH");
    setenv("VIZTRACER_PYTHON", "nowhere/python3", 1);
    snprintf(expected, sizeof expected,
             "VIZTRACER_PYTHON: %s: No such file or directory",
             scratch_path("nowhere/python3"));
    assert_refused(expected);
    setenv("VIZTRACER_PYTHON", "/usr/bin", 1);
    assert_refused("VIZTRACER_PYTHON: /usr/bin: Permission denied");
    setenv("VIZTRACER_PYTHON", "", 1);
    assert_found(scratch_path("venv/bin/python3"));
}

static void the_caller_beats_the_setting_once(void **state) {
    (void)state;
    setenv("VIZTRACER_PYTHON", scratch_path("b/python3"), 1);
    setenv("VIZTRACER_CALLER", scratch_path("a/python3"), 1);
    assert_found(scratch_path("a/python3"));
    assert_null(getenv("VIZTRACER_CALLER"));
    assert_found(scratch_path("b/python3"));
    setenv("VIZTRACER_PYTHON", "", 1);
}

static void our_own_program_behind_a_link_is_passed_over(void **state) {
    (void)state;
    char ourselves[512], expected[1024];
    ssize_t size = readlink("/proc/self/exe", ourselves, sizeof ourselves - 1);
    assert_true(size > 0);
    ourselves[size] = '\0';
    const char *link = scratch_link("links/python3", ourselves);
    set_path("links", "b");
    assert_found(scratch_path("b/python3"));
    scratch_link("linkenv/bin/python3", ourselves);
    setenv("VIRTUAL_ENV", scratch_path("linkenv"), 1);
    assert_found(scratch_path("b/python3"));
    setenv("VIZTRACER_PYTHON", link, 1);
    snprintf(expected, sizeof expected, "VIZTRACER_PYTHON: %s is viztracer itself",
             scratch_path("links/python3"));
    assert_refused(expected);
}

static void a_python3_that_runs_us_does_not_go_round_for_ever(void **state) {
    (void)state;
    setenv(VT_ASK_PYTHON_GUARD, "1", 1);
    assert_refused("the python3 that was found leads back to viztracer itself; "
                   "VIZTRACER_PYTHON=/path/to/python3 names another");
    unsetenv(VT_ASK_PYTHON_GUARD);
}

static void without_any_the_one_of_the_build_is_taken(void **state) {
    (void)state;
    setenv("PATH", "/nowhere", 1);
    enum vt_status status = vt_find_python(&facts, &err);
    if (access(VT_DEFAULT_PYTHON, X_OK) == 0) {
        assert_int_equal(status, VT_OK);
        assert_string_equal(facts.executable, VT_DEFAULT_PYTHON);
    } else {
        assert_int_equal(status, VT_ERR_UNSUPPORTED);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)

int main(void) {
    scratch_create();
    const struct CMUnitTest tests[] = {
        CASE(the_first_on_path_is_taken),
        CASE(what_cannot_be_run_is_passed_over),
        CASE(an_active_virtual_environment_beats_path),
        CASE(the_setting_beats_everything),
        CASE(the_caller_beats_the_setting_once),
        CASE(our_own_program_behind_a_link_is_passed_over),
        CASE(a_python3_that_runs_us_does_not_go_round_for_ever),
        CASE(without_any_the_one_of_the_build_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Shims are scripts here that write down each call and give a prepared answer. */
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

static int set_up(void **state) {
    (void)state;
    scratch_write("bin/python3.11", "#!/bin/sh\n", 0700);
    scratch_write("work/here", "", 0600);
    setenv("HOME", scratch_path("home"), 1);
    mkdir(scratch_path("home"), 0700);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("PYENV_VERSION");
    unsetenv("PYENV_ROOT");
    unsetenv("PYENV_DIR");
    return chdir(scratch_path("work"));
}

static int clean_up(void **state) {
    (void)state;
    vt_python_facts_fini(&facts);
    scratch_empty();
    return 0;
}

/* A shim that answers with `lines` and counts how often it was run. */
static const char *make_shim(const char *lines) {
    char text[4096];
    snprintf(text, sizeof text,
             "#!/bin/sh\necho x >>'%s'\necho noise of the shim\ncat <<'END'\n%s\nEND\n",
             scratch_path("calls"), lines);
    return scratch_write("shims/python3", text, 0700);
}

static const char *answer(const char *version) {
    static char text[2048];
    snprintf(text, sizeof text, "viztracer-answer-1\ncpython\n%s\n\n%s\n%s\n", version,
             scratch_path("bin/python3.11"), scratch_path(""));
    return text;
}

static int calls(void) {
    struct stat now;
    return stat(scratch_path("calls"), &now) == 0 ? (int)now.st_size / 2 : 0;
}

static void assert_asked(const char *shim, int micro, int expected_calls) {
    vt_python_facts_fini(&facts);
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_OK);
    assert_int_equal(facts.major, 3);
    assert_int_equal(facts.minor, 11);
    assert_int_equal(facts.micro, micro);
    assert_int_equal(calls(), expected_calls);
}

static void a_shim_is_asked_once(void **state) {
    (void)state;
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    assert_string_equal(facts.executable, scratch_path("bin/python3.11"));
    assert_string_equal(facts.implementation, "cpython");
    assert_string_equal(facts.abiflags, "");
    assert_asked(shim, 7, 1);
}

static void whatever_a_shim_decides_by_makes_it_asked_again(void **state) {
    (void)state;
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    setenv("PYENV_VERSION", "3.11.2", 1);
    assert_asked(shim, 7, 2);
    assert_asked(shim, 7, 2);
    unsetenv("PYENV_VERSION"); /* one time in 64 both had the same slot: asked or not */
    assert_int_equal(chdir(scratch_path("bin")), 0);
    assert_asked(shim, 7, 3);
    assert_int_equal(chdir(scratch_path("work")), 0);
    scratch_write(".python-version", "3.11.2\n", 0600); /* above the current folder */
    assert_asked(shim, 7, 4);
    scratch_write("work/.tool-versions", "python 3.11.2\n", 0600);
    assert_asked(shim, 7, 5);
    setenv("PYENV_ROOT", scratch_path("pyenv"), 1);
    assert_asked(shim, 7, 6);
    scratch_write("pyenv/version", "3.11.2\n", 0600);
    assert_asked(shim, 7, 7);
    shim = make_shim(answer("3.11.2"));
    assert_asked(shim, 2, 8);
}

static void an_answer_whose_interpreter_is_gone_is_asked_for_again(void **state) {
    (void)state;
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    unlink(scratch_path("bin/python3.11"));
    vt_python_facts_fini(&facts);
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_ERR_UNSUPPORTED);
    assert_int_equal(calls(), 2);
}

/* The one file of the cache. */
static const char *cache_file(void) {
    static char path[512];
    for (unsigned slot = 0; slot < 100; slot++) {
        snprintf(path, sizeof path, "%s/.cache/viztracer/python-%02u", getenv("HOME"),
                 slot);
        if (access(path, F_OK) == 0)
            return path;
    }
    fail_msg("there is no cache file");
    return NULL;
}

static void the_cache_is_private(void **state) {
    (void)state;
    struct stat now;
    assert_asked(make_shim(answer("3.11.7")), 7, 1);
    assert_int_equal(stat(scratch_path("home/.cache/viztracer"), &now), 0);
    assert_int_equal(now.st_mode & 0777, 0700);
    assert_int_equal(stat(cache_file(), &now), 0);
    assert_int_equal(now.st_mode & 0777, 0600);
}

static void a_cache_that_others_could_have_written_is_passed_over(void **state) {
    (void)state;
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    assert_int_equal(chmod(cache_file(), 0620), 0);
    assert_asked(shim, 7, 2);
    assert_int_equal(chmod(scratch_path("home/.cache/viztracer"), 0770), 0);
    assert_asked(shim, 7, 3);
    assert_asked(shim, 7, 4);
    assert_int_equal(chmod(scratch_path("home/.cache/viztracer"), 0700), 0);
    char name[256];
    snprintf(name, sizeof name, "%s", cache_file());
    assert_int_equal(rename(name, scratch_path("moved")), 0);
    assert_int_equal(symlink(scratch_path("moved"), name), 0);
    assert_asked(shim, 7, 5);
}

static void a_cache_folder_behind_a_link_is_passed_over(void **state) {
    (void)state;
    scratch_write("elsewhere/x", "", 0600);
    scratch_link("home/.cache/viztracer", scratch_path("elsewhere"));
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    assert_asked(shim, 7, 2);
}

static void a_damaged_cache_is_passed_over(void **state) {
    (void)state;
    static const char *const damages[] = {
        "",
        "\n",
        "x",
        "\nviztracer-answer-1\ncpython\n3.11.9\n",
        "\nviztracer-answer-1\ncpython\n9.9.9.9\n\n/bin/sh\n/\n",
        "\nviztracer-answer-1\ncpython\n3.11.9\n\nsh\n/\n",
        "\nviztracer-answer-1\ncpython\n3.11.9\n\n/nowhere/python3\n/\n",
        "\nviztracer-answer-1\ncpython\n3.11.999999\n\n/bin/sh\n/\n",
        "\nviztracer-answer-1\na-very-long-implementation\n3.11.9\n\n/bin/sh\n/\n"};
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    for (int i = 0; i < (int)(sizeof damages / sizeof *damages); i++) {
        /* Behind the key, so that it is this answer that is refused. */
        char content[8192];
        FILE *f = fopen(cache_file(), "r+e");
        assert_non_null(f);
        size_t size = fread(content, 1, sizeof content - 1, f);
        content[size] = '\0';
        char *mark = strchr(content, '\n');
        assert_non_null(mark);
        assert_int_equal(fseek(f, mark - content, SEEK_SET), 0);
        assert_int_equal(ftruncate(fileno(f), mark - content), 0);
        assert_true(fputs(damages[i], f) >= 0);
        assert_int_equal(fclose(f), 0);
        assert_asked(shim, 7, i + 2);
    }
}

static void without_a_home_every_start_asks(void **state) {
    (void)state;
    unsetenv("HOME");
    const char *shim = make_shim(answer("3.11.7"));
    assert_asked(shim, 7, 1);
    assert_asked(shim, 7, 2);
    setenv("XDG_CACHE_HOME", scratch_path("home/cache"), 1);
    assert_asked(shim, 7, 3);
    assert_asked(shim, 7, 3);
}

static void a_shim_that_fails_or_is_no_python_is_named(void **state) {
    (void)state;
    const char *shim = scratch_write("shims/python3", "#!/bin/sh\nexit 127\n", 0700);
    char expected[512];
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_ERR_UNSUPPORTED);
    snprintf(expected, sizeof expected,
             "%s: asked for its version, it ended with status 127", shim);
    assert_string_equal(err.text, expected);
    shim = scratch_write("shims/python3", "#!/bin/sh\nkill -9 $$\n", 0700);
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_ERR_UNSUPPORTED);
    snprintf(expected, sizeof expected,
             "%s: asked for its version, it ended with signal 9", shim);
    assert_string_equal(err.text, expected);
    shim = scratch_write("shims/python3", "#!/bin/sh\necho hello\n", 0700);
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_ERR_UNSUPPORTED);
    snprintf(expected, sizeof expected, "%s: not a Python 3", shim);
    assert_string_equal(err.text, expected);
    shim = scratch_write("shims/python3", "#!/nowhere/sh\n", 0700);
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_ERR_UNSUPPORTED);
}

static void the_one_that_is_asked_has_the_guard_and_no_standard_input(void **state) {
    (void)state;
    char text[4096];
    snprintf(text, sizeof text,
             "#!/bin/sh\necho \"$" VT_ASK_PYTHON_GUARD " $(readlink /proc/self/fd/0)\" "
             ">'%s'\ncat <<'END'\n%s\nEND\n",
             scratch_path("seen"), answer("3.11.7"));
    const char *shim = scratch_write("shims/python3", text, 0700);
    assert_int_equal(vt_ask_python(&facts, shim, &err), VT_OK);
    char seen[64] = "";
    FILE *f = fopen(scratch_path("seen"), "re");
    assert_non_null(f);
    assert_non_null(fgets(seen, sizeof seen, f));
    assert_int_equal(fclose(f), 0);
    assert_string_equal(seen, "1 /dev/null\n");
    assert_null(getenv(VT_ASK_PYTHON_GUARD));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, clean_up)

int main(void) {
    scratch_create();
    const struct CMUnitTest tests[] = {
        CASE(a_shim_is_asked_once),
        CASE(whatever_a_shim_decides_by_makes_it_asked_again),
        CASE(an_answer_whose_interpreter_is_gone_is_asked_for_again),
        CASE(the_cache_is_private),
        CASE(a_cache_that_others_could_have_written_is_passed_over),
        CASE(a_cache_folder_behind_a_link_is_passed_over),
        CASE(a_damaged_cache_is_passed_over),
        CASE(without_a_home_every_start_asks),
        CASE(a_shim_that_fails_or_is_no_python_is_named),
        CASE(the_one_that_is_asked_has_the_guard_and_no_standard_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

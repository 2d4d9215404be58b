/* SPDX-License-Identifier: Apache-2.0
 *
 * Installations made of files that look like interpreters (fake_python.c). */
#include "embed/python_facts.h"

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

static int clean_up(void **state) {
    (void)state;
    vt_python_facts_fini(&facts);
    unsetenv("LD_LIBRARY_PATH");
    scratch_empty();
    return 0;
}

/* p/bin/python3 -> pythonX.Y, p/lib/pythonX.Y/os.py. */
static const char *install(const char *version, const char *fake) {
    char name[64];
    snprintf(name, sizeof name, "p/bin/python%s", version);
    scratch_copy(name, fake, 0700);
    snprintf(name, sizeof name, "p/lib/python%s/os.py", version);
    scratch_write(name, "", 0600);
    snprintf(name, sizeof name, "python%s", version);
    return scratch_link("p/bin/python3", name);
}

static void assert_version(int minor, int micro, const char *flags) {
    assert_int_equal(facts.major, 3);
    assert_int_equal(facts.minor, minor);
    assert_int_equal(facts.micro, micro);
    assert_string_equal(facts.abiflags, flags);
    assert_string_equal(facts.implementation, "cpython");
}

static void an_installation_tells_all_without_being_run(void **state) {
    (void)state;
    const char *python = install("3.11", FAKES "static_3_11_2");
    const char *library =
        scratch_copy("p/lib/libpython3.11.so.1.0", FAKES "static_3_11_2", 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_version(11, 2, "");
    assert_string_equal(facts.executable, python);
    assert_string_equal(facts.base_prefix, scratch_path("p"));
    assert_string_equal(facts.libpython, library);
    assert_false(facts.privileged);
}

static void a_library_of_another_patch_level_is_not_taken(void **state) {
    (void)state;
    const char *python = install("3.11", FAKES "static_3_11_2");
    scratch_copy("p/lib/libpython3.11.so.1.0", FAKES "static_3_11_7", 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_version(11, 2, "");
    assert_null(facts.libpython);
}

static void a_library_that_is_no_library_is_not_taken(void **state) {
    (void)state;
    const char *python = install("3.11", FAKES "static_3_11_2");
    scratch_write("p/lib/libpython3.11.so.1.0", "INPUT(-lpython3.11)", 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_null(facts.libpython);
}

static void the_library_is_found_in_the_folder_of_the_machine(void **state) {
    (void)state;
    const char *python = install("3.11", FAKES "static_3_11_2");
    const char *library = scratch_copy("p/lib/" VT_MULTIARCH "/libpython3.11.so.1.0",
                                       FAKES "static_3_11_2", 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_string_equal(facts.libpython, library);
}

static void what_needs_its_library_has_its_version(void **state) {
    (void)state;
    const char *python = install("3.9", FAKES "shared_3_9");
    const char *library =
        scratch_copy("p/lib/libpython3.9.so.1.0", FAKES "static_3_9", 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_version(9, VT_PYTHON_MICRO_UNKNOWN, "");
    assert_string_equal(facts.libpython, library);
}

static void ld_library_path_may_give_python3_another_library(void **state) {
    (void)state;
    char list[1024];
    const char *python = install("3.9", FAKES "shared_3_9");
    const char *library =
        scratch_copy("p/lib/libpython3.9.so.1.0", FAKES "static_3_9", 0600);
    snprintf(list, sizeof list, "/nowhere:%s", scratch_path("p/lib"));
    setenv("LD_LIBRARY_PATH", list, 1);
    assert_true(vt_python_facts_read(&facts, python));
    assert_string_equal(facts.libpython, library);
    vt_python_facts_fini(&facts);
    scratch_copy("other/libpython3.9.so.1.0", FAKES "static_3_9", 0600);
    snprintf(list, sizeof list, "/nowhere:%s", scratch_path("other"));
    setenv("LD_LIBRARY_PATH", list, 1);
    assert_true(vt_python_facts_read(&facts, python));
    assert_null(facts.libpython);
}

static void a_version_that_no_file_tells_has_to_be_asked_for(void **state) {
    (void)state;
    /* Neither Py_Version nor a needed library. */
    assert_false(vt_python_facts_read(&facts, install("3.9", FAKES "static_3_9")));
    scratch_empty();
    /* No standard library where it should be. */
    install("3.11", FAKES "static_3_11_2");
    unlink(scratch_path("p/lib/python3.11/os.py"));
    assert_false(vt_python_facts_read(&facts, scratch_path("p/bin/python3")));
}

static void names_and_files_that_are_not_plain_have_to_be_asked(void **state) {
    (void)state;
    static const char *const names[] = {
        "python3", "python3.11-dbg", "python3.11x",       "mypython3.11",
        "python",  "pypy3.11",       "python3.11tdtdtdtd"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        install("3.11", FAKES "static_3_11_2");
        snprintf(name, sizeof name, "p/bin/%s", names[i]);
        const char *path = scratch_copy(name, FAKES "static_3_11_2", 0700);
        assert_false(vt_python_facts_read(&facts, path));
    }
    assert_false(vt_python_facts_read(&facts, scratch_path("nowhere/python3.11")));
    const char *shim = scratch_write("p/bin/python3.11", "#!/bin/sh\n", 0700);
    assert_false(vt_python_facts_read(&facts, shim));
}

static void the_link_of_a_virtual_environment_stays_its_executable(void **state) {
    (void)state;
    install("3.11", FAKES "static_3_11_2");
    const char *python =
        scratch_link("venv/bin/python3", scratch_path("p/bin/python3"));
    char config[1024];
    snprintf(config, sizeof config, "home = %s\n", scratch_path("p/bin"));
    scratch_write("venv/pyvenv.cfg", config, 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_version(11, 2, "");
    assert_string_equal(facts.executable, python);
    assert_string_equal(facts.base_prefix, scratch_path("p"));
}

static void the_copy_in_a_virtual_environment_belongs_to_its_home(void **state) {
    (void)state;
    install("3.11", FAKES "static_3_11_2");
    const char *library =
        scratch_copy("p/lib/libpython3.11.so.1.0", FAKES "static_3_11_2", 0600);
    const char *python = scratch_copy("venv/bin/python3", FAKES "static_3_11_2", 0700);
    char config[1024];
    snprintf(config, sizeof config, "include = x\nHOME=%s  \nversion = 3.11.2\n",
             scratch_path("p/bin"));
    scratch_write("venv/pyvenv.cfg", config, 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_string_equal(facts.executable, python);
    assert_string_equal(facts.base_prefix, scratch_path("p"));
    assert_string_equal(facts.libpython, library);
}

static void a_free_threaded_build_is_known_by_what_it_exports(void **state) {
    (void)state;
    assert_true(vt_python_facts_read(&facts, install("3.13t", FAKES "free_threaded")));
    assert_version(13, 0, "t");
    vt_python_facts_fini(&facts);
    const char *python = install("3.13", FAKES "free_threaded");
    scratch_write("p/lib/python3.13t/os.py", "", 0600);
    assert_true(vt_python_facts_read(&facts, python));
    assert_version(13, 0, "t");
}

static void set_user_id_and_set_group_id_are_told(void **state) {
    (void)state;
    const char *python = install("3.11", FAKES "static_3_11_2");
    assert_int_equal(chmod(scratch_path("p/bin/python3.11"), 04755), 0);
    assert_true(vt_python_facts_read(&facts, python));
    assert_true(facts.privileged);
    vt_python_facts_fini(&facts);
    assert_int_equal(chmod(scratch_path("p/bin/python3.11"), 02755), 0);
    assert_true(vt_python_facts_read(&facts, python));
    assert_true(facts.privileged);
}

#define CASE(name) cmocka_unit_test_teardown(name, clean_up)

int main(void) {
    scratch_create();
    const struct CMUnitTest tests[] = {
        CASE(an_installation_tells_all_without_being_run),
        CASE(a_library_of_another_patch_level_is_not_taken),
        CASE(a_library_that_is_no_library_is_not_taken),
        CASE(the_library_is_found_in_the_folder_of_the_machine),
        CASE(what_needs_its_library_has_its_version),
        CASE(ld_library_path_may_give_python3_another_library),
        CASE(a_version_that_no_file_tells_has_to_be_asked_for),
        CASE(names_and_files_that_are_not_plain_have_to_be_asked),
        CASE(the_link_of_a_virtual_environment_stays_its_executable),
        CASE(the_copy_in_a_virtual_environment_belongs_to_its_home),
        CASE(a_free_threaded_build_is_known_by_what_it_exports),
        CASE(set_user_id_and_set_group_id_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

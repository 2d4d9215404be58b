/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/pyproc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct vt_pyproc process;
static struct vt_error err;

static void a_process_that_is_not_there_is_not_found(void **state) {
    (void)state;
    assert_int_equal(vt_pyproc_open(&process, 99999999, &err), VT_ERR_NOT_FOUND);
    assert_string_equal(err.text, "pid 99999999 does not exist");
    assert_int_equal(vt_pyproc_open(&process, -1, &err), VT_ERR_NOT_FOUND);
}

static void a_process_without_an_interpreter_is_refused(void **state) {
    (void)state;
    assert_int_equal(vt_pyproc_open(&process, getpid(), &err), VT_ERR_REFUSED);
    assert_non_null(strstr(err.text, "is not a Python"));
}

static void a_zombie_is_refused(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(vt_pyproc_open(&process, child, &err), VT_ERR_REFUSED);
    assert_non_null(strstr(err.text, "has ended"));
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void the_signals_that_it_catches_are_told(void **state) {
    (void)state;
    assert_false(vt_pyproc_catches(getpid(), SIGUSR2));
    signal(SIGUSR2, SIG_IGN);
    assert_false(vt_pyproc_catches(getpid(), SIGUSR2));
    signal(SIGUSR2, (void (*)(int))(void (*)(void))abort);
    assert_true(vt_pyproc_catches(getpid(), SIGUSR2));
    signal(SIGUSR2, SIG_DFL);
    assert_false(vt_pyproc_catches(99999999, SIGUSR2));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_is_not_there_is_not_found),
        cmocka_unit_test(a_process_without_an_interpreter_is_refused),
        cmocka_unit_test(a_zombie_is_refused),
        cmocka_unit_test(the_signals_that_it_catches_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

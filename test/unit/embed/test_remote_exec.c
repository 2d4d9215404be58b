/* SPDX-License-Identifier: Apache-2.0
 *
 * The interpreter is a shell script that is called as a Python 3.14 would be, and that
 * runs the text by a Python of any version, at once, later or not at all. */
#include "embed/remote_exec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64], interpreter[80], mark[80];
static struct vt_error err;
static unsigned count;

static const char CHECK[] = "[ \"$1 $2 $3\" = '-I -S -c' ] && [ \"$5\" = " /* … PID */
                            "\"$PPID\" ] || exit 9\n";

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/remote-exec-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(interpreter, sizeof interpreter, "%s/interpreter", folder);
    snprintf(mark, sizeof mark, "%s/mark", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command); // NOLINT(cert-env33-c): a folder of our own
}

static void write_interpreter(const char *text) {
    FILE *file = fopen(interpreter, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s%s", CHECK, text);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(interpreter, 0700), 0);
}

static enum vt_status run(const char *text, int limit_ms, bool *ran) {
    char name[24], source[160];
    snprintf(name, sizeof name, "request%u", count++);
    snprintf(source, sizeof source,
             "with open('%s', 'a') as out:\n    out.write('x')\n", mark);
    struct vt_remote_exec request = {
        .pid = getpid(), .interpreter = interpreter, .folder = folder, .name = name};
    write_interpreter(text);
    return vt_remote_exec_run(&request, source, limit_ms, ran, &err);
}

/* How often the text ran since the last time. */
static long runs(void) {
    struct stat st = {0};
    long size = stat(mark, &st) == 0 ? (long)st.st_size : 0;
    unlink(mark);
    return size;
}

static void a_text_runs_once_and_is_waited_for(void **state) {
    (void)state;
    bool ran;
    assert_int_equal(run("python3 \"$6\"; python3 \"$6\"; exit 0", 5000, &ran), VT_OK);
    assert_true(ran);
    assert_int_equal(runs(), 1);
    assert_int_equal(run("(sleep 0.2; python3 \"$6\") & exit 0", 20000, &ran), VT_OK);
    assert_true(ran);
    assert_int_equal(runs(), 1);
}

static void an_interpreter_that_cannot_is_told(void **state) {
    (void)state;
    bool ran;
    assert_int_equal(run("exit 1", 5000, &ran), VT_OK);
    assert_false(ran);
    assert_int_equal(runs(), 0);
}

static void a_text_that_came_too_late_never_runs(void **state) {
    (void)state;
    bool ran;
    char kept[160];
    snprintf(kept, sizeof kept, "cp \"$6\" '%s/late.py'; exit 0", folder);
    assert_int_equal(run(kept, 20, &ran), VT_OK);
    assert_false(ran);
    snprintf(kept, sizeof kept, "python3 '%s/late.py'", folder);
    assert_int_equal(system(kept), 0); // NOLINT(cert-env33-c): as above
    assert_int_equal(runs(), 0);
}

static void a_folder_that_is_gone_is_an_error(void **state) {
    (void)state;
    bool ran;
    struct vt_remote_exec request = {.pid = getpid(),
                                     .interpreter = "/bin/true",
                                     .folder = "/no/where",
                                     .name = "a"};
    assert_int_equal(vt_remote_exec_run(&request, "pass", 10, &ran, &err), VT_ERR_IO);
    assert_non_null(strstr(err.text, "/no/where/a.py"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_runs_once_and_is_waited_for),
        cmocka_unit_test(an_interpreter_that_cannot_is_told),
        cmocka_unit_test(a_text_that_came_too_late_never_runs),
        cmocka_unit_test(a_folder_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

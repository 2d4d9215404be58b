/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/lineage.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* A child that waits until the pipe is closed, and its own child, which does too. */
struct family {
    int pipe[2];
    pid_t child, grandchild;
};

static void sit(struct family *family) {
    char byte;
    close(family->pipe[1]);
    _exit(read(family->pipe[0], &byte, 1) < 0);
}

static struct family make_family(void) {
    struct family family;
    int told[2];
    assert_int_equal(pipe(family.pipe), 0);
    assert_int_equal(pipe(told), 0);
    family.child = fork();
    if (family.child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0)
            sit(&family);
        if (write(told[1], &grandchild, sizeof grandchild) < 0)
            _exit(1);
        sit(&family);
    }
    assert_true(family.child > 0);
    assert_int_equal(read(told[0], &family.grandchild, sizeof family.grandchild),
                     sizeof family.grandchild);
    close(told[0]);
    close(told[1]);
    return family;
}

static void end_family(struct family *family) {
    close(family->pipe[0]);
    close(family->pipe[1]);
    assert_int_equal(waitpid(family->child, NULL, 0), family->child);
}

struct seen {
    int32_t pids[8];
    size_t count;
};

static void note(void *state, int32_t pid) {
    struct seen *seen = state;
    if (seen->count < 8)
        seen->pids[seen->count++] = pid;
}

static void descendants_are_found_parents_first(void **state) {
    (void)state;
    struct family family = make_family();
    struct seen seen = {.count = 0};
    vt_lineage_each(note, &seen);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.pids[0], family.child);
    assert_int_equal(seen.pids[1], family.grandchild);
    end_family(&family);
}

static void a_grandchild_descends_from_us_and_others_do_not(void **state) {
    (void)state;
    struct family family = make_family();
    assert_true(vt_lineage_is_descendant(family.child));
    assert_true(vt_lineage_is_descendant(family.grandchild));
    assert_false(vt_lineage_is_descendant(getpid()));
    assert_false(vt_lineage_is_descendant(getppid()));
    assert_false(vt_lineage_is_descendant(1));
    end_family(&family);
    assert_false(vt_lineage_is_descendant(family.child));
}

static void a_process_that_ended_is_not_visited(void **state) {
    (void)state;
    struct seen seen = {.count = 0};
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    vt_lineage_each(note, &seen);
    assert_int_equal(seen.count, 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Our own executable counts as a Python: on the embedding way it is one. */
static void a_fork_of_ours_is_a_young_python_unless_it_watches(void **state) {
    (void)state;
    struct family family = make_family();
    assert_true(vt_lineage_is_young_python(family.child));
    end_family(&family);
    assert_false(vt_lineage_is_young_python(family.child));
    prctl(PR_SET_NAME, "viztracer-watch");
    assert_false(vt_lineage_is_young_python(getpid()));
    prctl(PR_SET_NAME, "test_lineage");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descendants_are_found_parents_first),
        cmocka_unit_test(a_grandchild_descends_from_us_and_others_do_not),
        cmocka_unit_test(a_process_that_ended_is_not_visited),
        cmocka_unit_test(a_fork_of_ours_is_a_young_python_unless_it_watches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

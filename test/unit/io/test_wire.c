/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

static int ours, theirs;

static int set_up(void **state) {
    (void)state;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    ours = pair[0];
    theirs = pair[1];
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close(ours);
    close(theirs);
    return 0;
}

static void put(const char *text) {
    assert_int_equal(write(theirs, text, strlen(text)), strlen(text));
}

static void lines_are_told_apart_and_the_rest_stays(void **state) {
    (void)state;
    char line[VT_WIRE_LINE_BYTES], rest[8];
    struct vt_error err;
    put("one\n\ntwo three\nrest");
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_OK);
    assert_string_equal(line, "one");
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_OK);
    assert_string_equal(line, "");
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_OK);
    assert_string_equal(line, "two three");
    assert_int_equal(read(ours, rest, sizeof rest), 4);
}

static void the_longest_line_is_taken_and_a_longer_one_is_not(void **state) {
    (void)state;
    char text[VT_WIRE_LINE_BYTES + 1], line[VT_WIRE_LINE_BYTES];
    struct vt_error err;
    memset(text, 'x', sizeof text);
    text[VT_WIRE_LINE_BYTES - 1] = '\n';
    text[VT_WIRE_LINE_BYTES] = '\0';
    put(text);
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_OK);
    assert_int_equal(strlen(line), VT_WIRE_LINE_BYTES - 1);
    text[VT_WIRE_LINE_BYTES - 1] = 'x';
    put(text);
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_ERR_FORMAT);
    assert_string_equal(err.text, "the answer is too long");
}

static void an_end_in_the_middle_is_an_error(void **state) {
    (void)state;
    char line[VT_WIRE_LINE_BYTES];
    struct vt_error err;
    put("half");
    shutdown(theirs, SHUT_WR);
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_ERR_IO);
    assert_string_equal(err.text, "the connection was closed");
}

static void silence_is_not_waited_for_without_end(void **state) {
    (void)state;
    char line[VT_WIRE_LINE_BYTES];
    struct vt_error err;
    struct timeval brief = {.tv_usec = 1000};
    setsockopt(ours, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
    assert_int_equal(vt_wire_receive_line(ours, line, &err), VT_ERR_IO);
    assert_string_equal(err.text, "no answer");
}

static void nobody_who_listens_is_an_error_and_no_signal(void **state) {
    (void)state;
    struct vt_error err;
    assert_int_equal(vt_wire_send(ours, "hello", 5, &err), VT_OK);
    shutdown(theirs, SHUT_RD);
    assert_int_equal(vt_wire_send(ours, "hello", 5, &err), VT_ERR_IO);
    assert_string_equal(err.text, "Broken pipe");
}

static void the_boot_is_known_and_the_clock_runs(void **state) {
    (void)state;
    char one[VT_WIRE_BOOT_ID_BYTES], two[VT_WIRE_BOOT_ID_BYTES];
    vt_wire_boot_id(one);
    vt_wire_boot_id(two);
    assert_string_equal(one, two);
    assert_true(strlen(one) == 36 || strcmp(one, "-") == 0);
    int64_t before = vt_wire_clock_ns();
    assert_true(before > 0 && vt_wire_clock_ns() >= before);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(lines_are_told_apart_and_the_rest_stays),
        TEST(the_longest_line_is_taken_and_a_longer_one_is_not),
        TEST(an_end_in_the_middle_is_an_error),
        TEST(silence_is_not_waited_for_without_end),
        TEST(nobody_who_listens_is_an_error_and_no_signal),
        cmocka_unit_test(the_boot_is_known_and_the_clock_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/depot_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* A client of a made-up server, and the other end of its connection. */
static struct vt_depot_client client;
static struct vt_depot_rules rules;
static struct vt_error err;
static int theirs;

static int set_up(void **state) {
    (void)state;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return -1;
    theirs = pair[1];
    rules = (struct vt_depot_rules){
        .boot_id = "boot", .spool_dir = "/tmp", .max_bytes = 1 << 20};
    err = (struct vt_error){0};
    vt_depot_client_open(&client, pair[0]);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    vt_depot_client_close(&client);
    vt_depot_client_close(&client); /* closed is closed */
    close(theirs);
    return 0;
}

static enum vt_status put(const void *bytes, size_t size) {
    assert_int_equal(write(theirs, bytes, size), size);
    return vt_depot_client_read(&client, &rules, &err);
}

static enum vt_status say(const char *text) {
    return put(text, strlen(text));
}

static void expect_answer(const char *text) {
    char answer[1024] = "";
    ssize_t n = recv(theirs, answer, sizeof answer - 1, MSG_DONTWAIT);
    answer[n > 0 ? n : 0] = '\0';
    assert_string_equal(answer, text);
}

static void expect_gone(enum vt_status status, enum vt_status expected,
                        const char *text) {
    assert_int_equal(status, expected);
    assert_non_null(strstr(err.text, text));
    assert_int_equal(client.stage, VT_DEPOT_GONE);
}

static void begin_report(const char *line) {
    assert_int_equal(say("HELLO -\n"), VT_OK);
    assert_int_equal(say(line), VT_OK);
    assert_int_equal(client.stage, VT_DEPOT_SENDING);
}

static void a_report_comes_in_pieces(void **state) {
    (void)state;
    char text[8] = "";
    expect_answer(VT_WIRE_GREETING);
    begin_report("REPORT other -7 3 42 some.host\n");
    expect_answer("WELCOME\n");
    assert_int_equal(put("\0\0\0\4ab", 6), VT_OK);
    assert_int_equal(put("cd\0\0\0\1e\0\0", 9), VT_OK);
    assert_int_equal(client.stage, VT_DEPOT_SENDING);
    assert_int_equal(put("\0\0", 2), VT_OK);
    assert_int_equal(client.stage, VT_DEPOT_DONE);
    expect_answer("OK\n");
    assert_string_equal(client.report.name, "some.host:42");
    assert_int_equal(client.report.size_bytes, 5);
    assert_int_equal(client.report.shift_ns, -7);
    assert_int_equal(client.report.uncertainty_ns, 3);
    assert_int_equal(pread(client.report.spool.fd, text, sizeof text, 0), 5);
    assert_memory_equal(text, "abcde", 5);
}

static void a_line_may_come_byte_by_byte(void **state) {
    (void)state;
    for (const char *c = "HELLO -\nCLOCK\n"; *c; c++)
        assert_int_equal(put(c, 1), VT_OK);
    char answer[100] = "";
    assert_true(recv(theirs, answer, sizeof answer - 1, MSG_DONTWAIT) > 0);
    const char *clock = strstr(answer, "WELCOME\n") + strlen("WELCOME\n");
    assert_true(strtoll(clock, NULL, 10) > 0);
}

static void the_token_must_be_whole(void **state) {
    (void)state;
    static const char *const wrong[] = {"HELLO -\n", "HELLO secre\n", "HELLO secrets\n",
                                        "HELLO \n", "HELLO Secret\n"};
    rules.token = "secret";
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        client.stage = VT_DEPOT_STRANGER;
        expect_gone(say(wrong[i]), VT_ERR_REFUSED, "its token is wrong");
    }
    client.stage = VT_DEPOT_STRANGER;
    assert_int_equal(say("HELLO secret\n"), VT_OK);
    assert_int_equal(client.stage, VT_DEPOT_KNOWN);
}

static void a_line_has_no_nul(void **state) {
    (void)state;
    static const char hello[] = "HELLO secret\0rest\n";
    rules.token = "secret";
    expect_gone(put(hello, sizeof hello - 1), VT_ERR_FORMAT, "a NUL in it");
}

static void who_speaks_another_language_is_sent_away(void **state) {
    (void)state;
    expect_gone(say("GET / HTTP/1.1\r\n"), VT_ERR_FORMAT, "does not speak");
}

static void a_line_has_a_limit(void **state) {
    (void)state;
    char line[VT_WIRE_LINE_BYTES];
    memset(line, 'x', sizeof line);
    expect_gone(put(line, sizeof line), VT_ERR_LIMIT, "too long a line");
}

static void a_piece_has_a_limit(void **state) {
    (void)state;
    begin_report("REPORT other 1 1 1 h\n");
    expect_gone(put("\0\20\0\1", 4), VT_ERR_LIMIT, "h:1: it sends too long a piece");
}

static void a_report_has_a_limit(void **state) {
    (void)state;
    rules.max_bytes = 5;
    begin_report("REPORT other 1 1 1 h\n");
    assert_int_equal(put("\0\0\0\3abc", 7), VT_OK);
    expect_gone(put("\0\0\0\3", 4), VT_ERR_LIMIT, "VIZTRACER_MAX_REPORT_BYTES");
}

static void the_name_of_a_host_chooses_no_path(void **state) {
    (void)state;
    begin_report("REPORT other 1 1 1 ../e\x1b[1m/\xc3\xa9\n");
    assert_string_equal(client.report.name, ".._e__1m___:1");
}

static void on_our_own_boot_the_clocks_are_one(void **state) {
    (void)state;
    begin_report("REPORT boot 99 99 1 h\n");
    assert_int_equal(client.report.shift_ns, 0);
    assert_int_equal(client.report.uncertainty_ns, 0);
}

static void a_description_is_whole_and_possible(void **state) {
    (void)state;
    static const char *const wrong[] = {"REPORT\n",
                                        "REPORT b 1 1 1\n",
                                        "REPORT b x 1 1 h\n",
                                        "anything\n",
                                        "REPORT b 1 -1 1 h\n",
                                        "REPORT b 9223372036854775807 1 1 h\n",
                                        "REPORT b -9223372036854775807 1 1 h\n",
                                        "REPORT b 1 9223372036854775807 1 h\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        client.stage = VT_DEPOT_KNOWN;
        expect_gone(say(wrong[i]), VT_ERR_FORMAT, "no description");
    }
}

static void an_end_before_the_end_is_told(void **state) {
    (void)state;
    begin_report("REPORT other 1 1 77 h\n");
    shutdown(theirs, SHUT_WR);
    expect_gone(vt_depot_client_read(&client, &rules, &err), VT_ERR_IO,
                "h:77: its report is not whole");
}

static void who_holds_a_place_may_go(void **state) {
    (void)state;
    assert_int_equal(say("HELLO -\n"), VT_OK);
    assert_int_equal(vt_depot_client_read(&client, &rules, &err), VT_OK); /* nothing */
    assert_int_equal(client.stage, VT_DEPOT_KNOWN);
    shutdown(theirs, SHUT_WR);
    assert_int_equal(vt_depot_client_read(&client, &rules, &err), VT_OK);
    assert_int_equal(client.stage, VT_DEPOT_GONE);
}

static void what_comes_behind_a_report_is_refused(void **state) {
    (void)state;
    begin_report("REPORT other 1 1 1 h\n");
    assert_int_equal(put("\0\0\0\0x", 5), VT_ERR_FORMAT);
    assert_non_null(strstr(err.text, "more than its report"));
}

static void a_folder_that_takes_no_file_is_an_error(void **state) {
    (void)state;
    rules.spool_dir = "/nowhere";
    assert_int_equal(say("HELLO -\n"), VT_OK);
    assert_int_equal(say("REPORT other 1 1 1 h\n"), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nowhere"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_report_comes_in_pieces),
        TEST(a_line_may_come_byte_by_byte),
        TEST(the_token_must_be_whole),
        TEST(a_line_has_no_nul),
        TEST(who_speaks_another_language_is_sent_away),
        TEST(a_line_has_a_limit),
        TEST(a_piece_has_a_limit),
        TEST(a_report_has_a_limit),
        TEST(the_name_of_a_host_chooses_no_path),
        TEST(on_our_own_boot_the_clocks_are_one),
        TEST(a_description_is_whole_and_possible),
        TEST(an_end_before_the_end_is_told),
        TEST(who_holds_a_place_may_go),
        TEST(what_comes_behind_a_report_is_refused),
        TEST(a_folder_that_takes_no_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

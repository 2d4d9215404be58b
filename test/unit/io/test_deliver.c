/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's side, against a server that says what a test makes it say. */
#include "core/io/deliver.h"
#include "core/io/endpoint.h"
#include "core/io/wire.h"

#include <pthread.h>
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

#define CLOCK_AHEAD_NS INT64_C(3600000000000)

static struct {
    int listener;
    char address[300];
    pthread_t thread;
    const char *greeting, *welcome; /* NULL: hangs up instead */
    char heard[VT_WIRE_LINE_BYTES * 2];
    size_t pieces, largest, bytes;
} server;

static void talk(int fd, const char *text) {
    struct vt_error err;
    (void)!vt_wire_send(fd, text, strlen(text), &err);
}

/* The pieces of a report up to the empty one. */
static void take_pieces(int fd) {
    unsigned char head[4], bytes[4096];
    while (recv(fd, head, 4, MSG_WAITALL) == 4) {
        size_t left = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
                      (size_t)head[2] << 8 | head[3];
        if (!left) {
            talk(fd, "OK\n");
            return;
        }
        server.pieces++;
        server.largest = left > server.largest ? left : server.largest;
        server.bytes += left;
        while (left) {
            ssize_t n = recv(fd, bytes, left < sizeof bytes ? left : sizeof bytes, 0);
            if (n <= 0)
                return;
            left -= (size_t)n;
        }
    }
}

static void serve(int fd) {
    char line[VT_WIRE_LINE_BYTES], answer[64];
    struct vt_error err;
    if (server.greeting)
        talk(fd, server.greeting);
    if (vt_wire_receive_line(fd, line, &err) != VT_OK || !server.welcome)
        return;
    snprintf(server.heard, sizeof server.heard, "%s", line);
    talk(fd, server.welcome);
    while (vt_wire_receive_line(fd, line, &err) == VT_OK) {
        if (strcmp(line, "CLOCK") != 0) {
            snprintf(server.heard, sizeof server.heard, "%s", line);
            take_pieces(fd);
            return;
        }
        snprintf(answer, sizeof answer, "%lld\n",
                 (long long)(vt_wire_clock_ns() + CLOCK_AHEAD_NS));
        talk(fd, answer);
    }
}

static void *accept_one(void *unused) {
    int fd = accept(server.listener, NULL, NULL);
    serve(fd);
    close(fd);
    return unused;
}

static int set_up(void **state) {
    (void)state;
    struct vt_endpoint endpoint = {.host = "127.0.0.1", .port = "0"};
    struct vt_error err;
    bool is_loopback;
    memset(&server, 0, sizeof server);
    unsetenv(VT_DELIVER_TOKEN_VARIABLE);
    if (vt_endpoint_listen(&endpoint, &server.listener, &is_loopback, &err) != VT_OK)
        return -1;
    snprintf(server.address, sizeof server.address, "127.0.0.1:%s", endpoint.port);
    server.greeting = VT_WIRE_GREETING;
    server.welcome = "WELCOME\n";
    return 0;
}

static void start(void) {
    assert_int_equal(pthread_create(&server.thread, NULL, accept_one, NULL), 0);
}

static void end(struct vt_deliver *deliver) {
    vt_deliver_close(deliver);
    vt_deliver_close(deliver); /* closed is closed */
    assert_int_equal(pthread_join(server.thread, NULL), 0);
}

static int tear_down(void **state) {
    (void)state;
    close(server.listener);
    return 0;
}

static void a_report_is_delivered_in_pieces_with_its_shift(void **state) {
    (void)state;
    struct vt_deliver deliver;
    struct vt_error err;
    enum { BYTES = 2 * VT_WIRE_PIECE_BYTES + 5 };
    char *text = calloc(1, BYTES), boot_id[40], host[65];
    long long shift, uncertainty;
    int pid;
    start();
    assert_int_equal(vt_deliver_open(&deliver, server.address, &err), VT_OK);
    assert_int_equal(vt_deliver_begin(&deliver, 4711, &err), VT_OK);
    struct vt_sink sink = vt_deliver_sink(&deliver);
    assert_int_equal(sink.write(sink.state, text, BYTES, &err), VT_OK);
    assert_int_equal(sink.write(sink.state, text, 0, &err), VT_OK);
    assert_int_equal(vt_deliver_end(&deliver, &err), VT_OK);
    end(&deliver);
    free(text);
    assert_int_equal(server.pieces, 3);
    assert_int_equal(server.largest, VT_WIRE_PIECE_BYTES);
    assert_int_equal(server.bytes, BYTES);
    assert_int_equal(sscanf(server.heard, "REPORT %39s %lld %lld %d %64s", boot_id,
                            &shift, &uncertainty, &pid, host),
                     5);
    assert_int_equal(pid, 4711);
    assert_true(uncertainty >= 0);
    assert_true(llabs(shift - CLOCK_AHEAD_NS) <= uncertainty + 1);
}

static void the_token_of_the_environment_is_shown(void **state) {
    (void)state;
    struct vt_error err;
    int fd;
    setenv(VT_DELIVER_TOKEN_VARIABLE, "secret", 1);
    start();
    assert_int_equal(vt_report_hold_place(server.address, &fd, &err), VT_OK);
    end(&(struct vt_deliver){fd});
    assert_string_equal(server.heard, "HELLO secret");
}

static void without_a_token_there_is_a_dash(void **state) {
    (void)state;
    struct vt_deliver deliver;
    struct vt_error err;
    start();
    assert_int_equal(vt_deliver_open(&deliver, server.address, &err), VT_OK);
    end(&deliver);
    assert_string_equal(server.heard, "HELLO -");
}

static void open_fails(enum vt_status status, const char *text) {
    struct vt_deliver deliver;
    struct vt_error err;
    start();
    assert_int_equal(vt_deliver_open(&deliver, server.address, &err), status);
    assert_non_null(strstr(err.text, text));
    assert_int_equal(deliver.fd, -1);
    end(&deliver);
}

static void a_refusal_names_the_token(void **state) {
    (void)state;
    server.welcome = NULL;
    open_fails(VT_ERR_REFUSED, VT_DELIVER_TOKEN_VARIABLE);
}

static void another_kind_of_server_is_recognised(void **state) {
    (void)state;
    server.greeting = "220 mail\n";
    open_fails(VT_ERR_FORMAT, "not a report server");
}

static void a_token_with_a_blank_is_none(void **state) {
    (void)state;
    setenv(VT_DELIVER_TOKEN_VARIABLE, "a b", 1);
    open_fails(VT_ERR_USAGE, "not a token");
}

static void a_server_that_goes_is_an_error(void **state) {
    (void)state;
    struct vt_deliver deliver;
    struct vt_error err;
    start();
    assert_int_equal(vt_deliver_open(&deliver, server.address, &err), VT_OK);
    shutdown(deliver.fd, SHUT_WR);
    assert_int_equal(vt_deliver_begin(&deliver, 1, &err), VT_ERR_IO);
    end(&deliver);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_delivered_in_pieces_with_its_shift),
        TEST(the_token_of_the_environment_is_shown),
        TEST(without_a_token_there_is_a_dash),
        TEST(a_refusal_names_the_token),
        TEST(another_kind_of_server_is_recognised),
        TEST(a_token_with_a_blank_is_none),
        TEST(a_server_that_goes_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static void host_and_port_are_told_apart(void **state) {
    (void)state;
    struct vt_endpoint endpoint;
    struct vt_error err;
    assert_int_equal(vt_endpoint_parse(&endpoint, "some.host:8080", &err), VT_OK);
    assert_string_equal(endpoint.host, "some.host");
    assert_string_equal(endpoint.port, "8080");
    assert_int_equal(vt_endpoint_parse(&endpoint, "[::1]:0", &err), VT_OK);
    assert_string_equal(endpoint.host, "::1");
    assert_string_equal(endpoint.port, "0");
}

static void what_is_not_host_and_port_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "",        "host",     ":80",  "host:", "h:-1",
        "h:65536", "h:123456", "h:8o", "h:80 ", "h: 80"};
    struct vt_endpoint endpoint;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct vt_error err;
        assert_int_equal(vt_endpoint_parse(&endpoint, wrong[i], &err), VT_ERR_REFUSED);
        assert_non_null(strstr(err.text, "host:port format"));
    }
    char text[400] = "";
    memset(text, 'h', 300);
    memcpy(text + 300, ":80", 4);
    assert_int_equal(vt_endpoint_parse(&endpoint, text, NULL), VT_ERR_REFUSED);
}

static void a_free_port_is_taken_and_reached(void **state) {
    (void)state;
    struct vt_endpoint endpoint;
    struct vt_error err;
    bool is_loopback = false;
    int listener, fd;
    char address[300];
    assert_int_equal(vt_endpoint_parse(&endpoint, "127.0.0.1:0", &err), VT_OK);
    assert_int_equal(vt_endpoint_listen(&endpoint, &listener, &is_loopback, &err),
                     VT_OK);
    assert_true(is_loopback);
    assert_string_not_equal(endpoint.port, "0");
    snprintf(address, sizeof address, "127.0.0.1:%s", endpoint.port);
    assert_int_equal(vt_endpoint_connect(address, &fd, &err), VT_OK);
    close(fd);
    close(listener);
    assert_int_equal(vt_endpoint_connect(address, &fd, &err), VT_ERR_IO);
    assert_non_null(strstr(err.text, address));
}

static void an_address_for_all_is_no_loopback(void **state) {
    (void)state;
    struct vt_endpoint endpoint = {.host = "0.0.0.0", .port = "0"};
    struct vt_error err;
    bool is_loopback = true;
    int listener;
    assert_int_equal(vt_endpoint_listen(&endpoint, &listener, &is_loopback, &err),
                     VT_OK);
    assert_false(is_loopback);
    close(listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_and_port_are_told_apart),
        cmocka_unit_test(what_is_not_host_and_port_is_refused),
        cmocka_unit_test(a_free_port_is_taken_and_reached),
        cmocka_unit_test(an_address_for_all_is_no_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

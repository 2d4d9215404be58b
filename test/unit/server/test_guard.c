/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct vt_guard plain = {0};

/* A request that is answered; tests change what they are about. */
static struct vt_guard_request usual(void) {
    return (struct vt_guard_request){
        .method = "GET",
        .version = "HTTP/1.1",
        .target = "/",
        .host = "localhost:9001",
        .host_count = 1,
    };
}

static unsigned check(const struct vt_guard *guard,
                      const struct vt_guard_request *request) {
    char path[VT_GUARD_PATH_BYTES];
    return vt_guard_check(guard, request, path).status;
}

static unsigned check_host(const struct vt_guard *guard, const char *host) {
    struct vt_guard_request request = usual();
    request.host = host;
    return check(guard, &request);
}

static void only_names_of_this_machine_are_answered(void **state) {
    (void)state;
    static const char *const good[] = {"localhost", "LOCALHOST:1", "127.0.0.1:65535",
                                       "[::1]", "[::1]:8"};
    static const char *const bad[] = {
        "",          "evil.example", "localhost.",  "localhost:", "localhost:1x",
        "127.0.0.2", "[::1",         "[::1]9",      "[::2]",      "localhost:123456",
        "0.0.0.0",   "a@localhost",  "localhost@a", "localhost/", "127.0.0.1.a",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(check_host(&plain, good[i]), 0);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(check_host(&plain, bad[i]), 421);
}

static void a_given_host_is_answered_and_all_addresses_only_literally(void **state) {
    (void)state;
    struct vt_guard named = {.host = "box.lan"};
    struct vt_guard v6 = {.host = "fe80::1"};
    struct vt_guard any = {.host = "0.0.0.0", .is_any = true};
    assert_int_equal(check_host(&named, "BOX.lan:9001"), 0);
    assert_int_equal(check_host(&named, "box.lan.evil"), 421);
    assert_int_equal(check_host(&named, "10.0.0.1"), 421);
    assert_int_equal(check_host(&v6, "[fe80::1]:9001"), 0);
    assert_int_equal(check_host(&v6, "[fe80::2]:9001"), 421);
    assert_int_equal(check_host(&any, "10.0.0.1:9001"), 0);
    assert_int_equal(check_host(&any, "[2001:db8::1]"), 0);
    assert_int_equal(check_host(&any, "rebound.example"), 421);
    assert_int_equal(check_host(&any, "10.0.0.1.evil"), 421);
}

static void a_request_has_one_host_and_one_origin(void **state) {
    (void)state;
    struct vt_guard_request request = usual();
    request.host_count = 2;
    assert_int_equal(check(&plain, &request), 400);
    request = usual();
    request.host = NULL;
    request.host_count = 0;
    assert_int_equal(check(&plain, &request), 400);
    request = usual();
    request.origin = "http://localhost:9001";
    request.origin_count = 2;
    assert_int_equal(check(&plain, &request), 400);
}

static void only_our_own_origin_is_answered(void **state) {
    (void)state;
    static const char *const bad[] = {"null",
                                      "",
                                      "https://localhost:9001",
                                      "http://localhost:9002",
                                      "http://localhost:9001/",
                                      "http://127.0.0.1:9001",
                                      "https://evil.example"};
    struct vt_guard_request request = usual();
    request.origin_count = 1;
    request.origin = "http://localhost:9001";
    assert_int_equal(check(&plain, &request), 0);
    for (size_t i = 0; i < COUNT(bad); i++) {
        request.origin = bad[i];
        assert_int_equal(check(&plain, &request), 403);
    }
}

static void a_link_may_be_followed_from_anywhere_but_nothing_included(void **state) {
    (void)state;
    struct vt_guard_request request = usual();
    request.fetch_site = "cross-site";
    assert_int_equal(check(&plain, &request), 403);
    request.fetch_mode = "navigate";
    request.fetch_dest = "iframe";
    assert_int_equal(check(&plain, &request), 403);
    request.fetch_dest = "document";
    assert_int_equal(check(&plain, &request), 0);
    request.method = "POST";
    assert_int_equal(check(&plain, &request), 403);
}

static void perfetto_is_let_in_when_it_is_asked_for(void **state) {
    (void)state;
    struct vt_guard open = {.allow_perfetto = true};
    char path[VT_GUARD_PATH_BYTES];
    struct vt_guard_request request = usual();
    request.target = "/localtrace";
    request.origin = VT_GUARD_PERFETTO;
    request.origin_count = 1;
    request.fetch_site = "cross-site";
    assert_int_equal(check(&plain, &request), 403);
    struct vt_guard_verdict verdict = vt_guard_check(&open, &request, path);
    assert_int_equal(verdict.status, 0);
    assert_true(verdict.is_perfetto);
    request.method = "OPTIONS";
    assert_int_equal(check(&open, &request), 0);
    request.method = "POST";
    assert_int_equal(check(&open, &request), 403);
}

static void paths_are_decoded_once(void **state) {
    (void)state;
    char path[VT_GUARD_PATH_BYTES];
    struct vt_guard_request request = usual();
    request.target = "/a%20b/%252e%c3%a4/..c\\";
    assert_int_equal(vt_guard_check(&plain, &request, path).status, 0);
    assert_string_equal(path, "a b/%2e\xc3\xa4/..c\\");
    request.target = "http://127.0.0.1:9001/x";
    assert_int_equal(vt_guard_check(&plain, &request, path).status, 0);
    assert_string_equal(path, "x");
    request.target = "http://localhost";
    assert_int_equal(vt_guard_check(&plain, &request, path).status, 0);
    assert_string_equal(path, "");
}

static void paths_that_lead_elsewhere_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "/..",       "/../x",
        "/a/..",     "/a/../b",
        "/%2e%2e",   "/.%2e/x",
        "/.",        "/a/./",
        "//",        "/a//b",
        "/%2f",      "/a%2F..",
        "/%00",      "/a%00.html",
        "/%",        "/%4",
        "/%zz",      "",
        "*",         "a",
        "file:///x", "http://evil.example/",
        "http:///",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct vt_guard_request request = usual();
        request.target = bad[i];
        assert_int_equal(check(&plain, &request), 400);
    }
}

static void a_path_has_a_limit(void **state) {
    (void)state;
    char target[VT_GUARD_PATH_BYTES + 2];
    struct vt_guard_request request = usual();
    request.target = target;
    memset(target, 'a', sizeof target);
    target[0] = '/';
    target[VT_GUARD_PATH_BYTES] = '\0';
    assert_int_equal(check(&plain, &request), 0);
    target[VT_GUARD_PATH_BYTES] = 'a';
    target[VT_GUARD_PATH_BYTES + 1] = '\0';
    assert_int_equal(check(&plain, &request), 414);
}

static void methods_and_versions_have_their_refusals(void **state) {
    (void)state;
    struct vt_guard_request request = usual();
    request.method = "OPTIONS";
    assert_int_equal(check(&plain, &request), 405);
    request.method = "get";
    assert_int_equal(check(&plain, &request), 405);
    request = usual();
    request.version = "HTTP/2.0";
    assert_int_equal(check(&plain, &request), 505);
}

static void a_token_is_in_the_address_or_in_the_cookie(void **state) {
    (void)state;
    struct vt_guard guard = {.host = "box", .token = "0123", .cookie_name = "vt"};
    static const char *const good[] = {"vt=0123", "a=b; vt=0123", "vt=1; vt=0123;"};
    static const char *const bad[] = {"",         "vt=", "vt=012",  "vt=01234",
                                      "xvt=0123", "vt",  "vt=0124", "a=vt=0123"};
    char path[VT_GUARD_PATH_BYTES];
    struct vt_guard_request request = usual();
    assert_int_equal(check(&guard, &request), 403);
    for (size_t i = 0; i < COUNT(good); i++) {
        request.cookie = good[i];
        assert_int_equal(check(&guard, &request), 0);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        request.cookie = bad[i];
        assert_int_equal(check(&guard, &request), 403);
    }
    request.token = "0123";
    assert_true(vt_guard_check(&guard, &request, path).has_token);
    request.token = "0124";
    assert_int_equal(check(&guard, &request), 403);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_of_this_machine_are_answered),
        cmocka_unit_test(a_given_host_is_answered_and_all_addresses_only_literally),
        cmocka_unit_test(a_request_has_one_host_and_one_origin),
        cmocka_unit_test(only_our_own_origin_is_answered),
        cmocka_unit_test(a_link_may_be_followed_from_anywhere_but_nothing_included),
        cmocka_unit_test(perfetto_is_let_in_when_it_is_asked_for),
        cmocka_unit_test(paths_are_decoded_once),
        cmocka_unit_test(paths_that_lead_elsewhere_are_refused),
        cmocka_unit_test(a_path_has_a_limit),
        cmocka_unit_test(methods_and_versions_have_their_refusals),
        cmocka_unit_test(a_token_is_in_the_address_or_in_the_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * A report server as a whole: clients in threads, the server in the test's own. */
#include "core/io/deliver.h"
#include "core/io/depot.h"
#include "test/support/temp_dir.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define REPORT(name)                                                                   \
    "{\"traceEvents\": [{\"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": 5.0, "         \
    "\"dur\": 2.0, \"name\": \"" name "\", \"cat\": \"FEE\"}], "                       \
    "\"viztracer_metadata\": {\"overflow\": false}}"

enum { MOST = 3, MOST_LOOKS = 200 };

static const int no_wake = -1;

struct fixture {
    struct temp_dir dir;
    char output[4096];
    char address[300], token[200], said[4096];
    const char *texts[MOST]; /* one client each; "": goes before the end */
    pthread_t clients[MOST];
    int looks;
    struct vt_depot_options options;
    struct vt_depot_result result;
    struct vt_error err;
};

struct errand {
    const char *address, *text;
};

static void *deliver(void *state) {
    struct errand *errand = state;
    struct vt_deliver deliver;
    struct vt_error err;
    if (vt_deliver_open(&deliver, errand->address, &err) == VT_OK &&
        vt_deliver_begin(&deliver, getpid(), &err) == VT_OK && *errand->text) {
        struct vt_sink sink = vt_deliver_sink(&deliver);
        if (sink.write(sink.state, errand->text, strlen(errand->text), &err) == VT_OK)
            (void)!vt_deliver_end(&deliver, &err);
    }
    vt_deliver_close(&deliver);
    free(errand);
    return NULL;
}

static void started(void *state, const char *address, const char *token) {
    struct fixture *f = state;
    snprintf(f->address, sizeof f->address, "%s", address);
    snprintf(f->token, sizeof f->token, "%s", token ? token : "");
    for (size_t i = 0; i < MOST && f->texts[i]; i++) {
        struct errand *errand = malloc(sizeof *errand);
        *errand = (struct errand){f->address, f->texts[i]};
        pthread_create(&f->clients[i], NULL, deliver, errand);
    }
}

/* All who are to come have come, or it takes too long. */
static bool go_on(void *state, size_t clients, size_t reports) {
    struct fixture *f = state;
    (void)clients, (void)reports;
    return ++f->looks < MOST_LOOKS;
}

static bool go_on_never(void *state, size_t clients, size_t reports) {
    (void)state, (void)clients, (void)reports;
    return false;
}

static void say(void *state, const char *line) {
    struct fixture *f = state;
    size_t used = strlen(f->said);
    snprintf(f->said + used, sizeof f->said - used, "%s\n", line);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    snprintf(f->output, sizeof f->output, "%s/r.json", f->dir.path);
    f->options = (struct vt_depot_options){.endpoint = "127.0.0.1:0",
                                           .output_path = f->output,
                                           .started = started,
                                           .go_on = go_on,
                                           .wake_fd = &no_wake,
                                           .say = say,
                                           .state = f};
    unsetenv(VT_DELIVER_TOKEN_VARIABLE);
    unsetenv("VIZTRACER_MAX_REPORT_BYTES");
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    temp_dir_fini(&f->dir);
    free(f);
    return 0;
}

static enum vt_status collect(struct fixture *f) {
    enum vt_status status = vt_depot_collect(&f->options, &f->result, &f->err);
    for (size_t i = 0; f->address[0] && i < MOST && f->texts[i]; i++)
        pthread_join(f->clients[i], NULL);
    return status;
}

static void the_only_report_is_the_report(void **state) {
    struct fixture *f = *state;
    f->texts[0] = REPORT("only");
    assert_int_equal(collect(f), VT_OK);
    assert_string_equal(f->token, "");
    assert_int_equal(f->result.reports, 1);
    assert_int_equal(f->result.combined, 1);
    assert_int_equal(f->result.entries, 1);
    char *text = temp_dir_read(f->output, NULL);
    assert_non_null(strstr(text, "\"only\""));
    assert_int_equal(temp_dir_count(&f->dir), 1);
    free(text);
}

/* The first client holds its place until the others are through. */
static void the_reports_of_several_become_one(void **state) {
    struct fixture *f = *state;
    f->texts[0] = REPORT("a");
    f->texts[1] = REPORT("b");
    f->texts[2] = REPORT("c");
    assert_int_equal(collect(f), VT_OK);
    assert_in_range(f->result.combined, 1, 3); /* it ends when nobody is there */
    assert_true(f->result.entries >= f->result.combined);
    assert_int_equal(f->result.left_out, 0);
}

static void a_report_that_breaks_off_is_left_out_and_told(void **state) {
    struct fixture *f = *state;
    f->texts[0] = "";
    assert_int_equal(collect(f), VT_OK);
    assert_int_equal(f->result.reports, 0);
    assert_non_null(strstr(f->said, "its report is not whole"));
    assert_int_equal(temp_dir_count(&f->dir), 0);
}

static void a_report_that_is_none_leaves_no_file(void **state) {
    struct fixture *f = *state;
    f->texts[0] = "[1, 2";
    temp_dir_write(f->output, "earlier", 7);
    assert_int_equal(collect(f), VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, "none of the reports"));
    char *text = temp_dir_read(f->output, NULL);
    assert_string_equal(text, "earlier");
    free(text);
}

static void a_report_above_the_limit_is_left_out(void **state) {
    struct fixture *f = *state;
    setenv("VIZTRACER_MAX_REPORT_BYTES", "20", 1);
    f->texts[0] = REPORT("large");
    assert_int_equal(collect(f), VT_OK);
    assert_int_equal(f->result.reports, 0);
    assert_non_null(strstr(f->said, "VIZTRACER_MAX_REPORT_BYTES"));
}

static void who_has_no_token_is_not_heard(void **state) {
    struct fixture *f = *state;
    f->options.token = "secret";
    f->texts[0] = REPORT("a");
    f->options.go_on = go_on_never;
    assert_int_equal(collect(f), VT_OK);
    assert_string_equal(f->token, "secret");
    assert_int_equal(f->result.reports, 0);
}

static void beyond_loopback_a_token_is_made(void **state) {
    struct fixture *f = *state;
    f->options.endpoint = "0.0.0.0:0";
    f->options.go_on = go_on_never;
    assert_int_equal(collect(f), VT_OK);
    assert_true(strlen(f->token) >= 32);
}

static void bad_settings_are_refused_before_anyone_listens(void **state) {
    struct fixture *f = *state;
    f->options.token = "with blank";
    assert_int_equal(collect(f), VT_ERR_USAGE);
    f->options.token = "";
    assert_int_equal(collect(f), VT_ERR_USAGE);
    f->options.token = NULL;
    f->options.endpoint = "nowhere";
    assert_int_equal(collect(f), VT_ERR_REFUSED);
    f->options.endpoint = "127.0.0.1:0";
    f->options.output_path = "/tmp/r.txt";
    assert_int_equal(collect(f), VT_ERR_REFUSED);
    assert_string_equal(f->address, "");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_only_report_is_the_report),
        TEST(the_reports_of_several_become_one),
        TEST(a_report_that_breaks_off_is_left_out_and_told),
        TEST(a_report_that_is_none_leaves_no_file),
        TEST(a_report_above_the_limit_is_left_out),
        TEST(who_has_no_token_is_not_heard),
        TEST(beyond_loopback_a_token_is_made),
        TEST(bad_settings_are_refused_before_anyone_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/report.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include <cmocka.h>
#include <zlib.h>

struct fixture {
    struct temp_dir dir;
    struct log_builder log;
    uint32_t block;
    struct vt_report_options options;
    struct vt_report_stats stats;
    struct vt_error err;
    char *text; /* of the last report */
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    log_builder_init(&f->log, 1000);
    log_builder_view(&f->log, 0).head->state = VT_LOG_STOPPED;
    f->block = log_builder_block(&f->log, VT_BLOCK_EVENTS, 1);
    f->options.file_info = true;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    temp_dir_fini(&f->dir);
    log_builder_fini(&f->log);
    free(f->text);
    free(f);
    return 0;
}

static enum vt_status save(struct fixture *f, const char *name) {
    struct vt_log_image image = log_builder_image(&f->log);
    f->options.output_path = temp_dir_join(&f->dir, name);
    enum vt_status status = vt_report_save(&image, 1, &f->options, &f->stats, &f->err);
    free(f->text);
    f->text = temp_dir_read(f->options.output_path, NULL);
    return status;
}

/* Saves as r.json and parses it; delete. */
static cJSON *save_and_parse(struct fixture *f) {
    if (save(f, "r.json") != VT_OK)
        fail_msg("%s", f->err.text);
    cJSON *report = cJSON_ParseWithOpts(f->text, NULL, 1);
    assert_non_null(report);
    return report;
}

static const cJSON *get(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        fail_msg("no member %s", name);
    return item;
}

static void a_report_has_its_three_members_in_order(void **state) {
    struct fixture *f = *state;
    log_builder_call(&f->log, f->block, 0, log_builder_c(&f->log, "f"), 10, 20);
    cJSON *report = save_and_parse(f);
    assert_string_equal(report->child->string, "traceEvents");
    assert_string_equal(report->child->next->string, "viztracer_metadata");
    assert_string_equal(report->child->next->next->string, "file_info");
    assert_null(report->child->next->next->next);
    assert_int_equal(cJSON_GetArraySize(report->child), 3);
    assert_int_equal(f->stats.entries, 3);
    assert_int_equal(f->stats.events, 1);
    assert_int_equal(f->stats.file_bytes, strlen(f->text));
    assert_false(f->stats.overflow);
    assert_non_null(
        strstr(f->text, "], \"viztracer_metadata\": {\"version\": \"" VIZTRACER_VERSION
                        "\", \"overflow\": false, \"baseTimeNanoseconds\": "
                        "1000000000000000000}, \"file_info\": {\"files\": {}, "
                        "\"functions\": {}}}"));
    cJSON_Delete(report);
}

static void what_was_lost_and_the_sync_marker_are_told(void **state) {
    struct fixture *f = *state;
    struct vt_log_header *head = log_builder_view(&f->log, 0).head;
    head->dropped_events = 7;
    head->sync_marker_set = 1;
    head->sync_marker_ticks = 1234567;
    cJSON_Delete(save_and_parse(f));
    assert_non_null(strstr(f->text, "\"overflow\": true"));
    assert_non_null(strstr(f->text, "\"sync_marker\": 1234.567"));
    assert_non_null(strstr(f->text, "\"lostEvents\": 7"));
    assert_true(f->stats.overflow);
    assert_int_equal(f->stats.lost, 7);
}

static void a_ring_that_is_exactly_full_counts_as_overflow(void **state) {
    struct fixture *f = *state;
    log_builder_view(&f->log, 0).head->capacity = 2;
    log_builder_call(&f->log, f->block, 0, 0, 10, 20);
    cJSON_Delete(save_and_parse(f));
    assert_false(f->stats.overflow);
    log_builder_call(&f->log, f->block, 0, 0, 20, 30);
    cJSON_Delete(save_and_parse(f));
    assert_true(f->stats.overflow);
    assert_int_equal(f->stats.lost, 0);
    assert_null(strstr(f->text, "lostEvents"));
}

static void the_raw_form_has_neither_version_nor_sources(void **state) {
    struct fixture *f = *state;
    f->options.dump_raw = true;
    log_builder_view(&f->log, 0).head->sync_marker_set = 1;
    log_builder_view(&f->log, 0).head->sync_marker_ticks = 5;
    cJSON_Delete(save_and_parse(f));
    assert_non_null(strstr(
        f->text,
        "], \"viztracer_metadata\": {\"overflow\":false,\"sync_marker\":0.005}}"));
}

/* The text of a gzip file; free. */
static char *unzip(const char *path, size_t *size) {
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    char *text = malloc(1 << 20);
    int got = gzread(file, text, (1 << 20) - 1);
    assert_true(got >= 0);
    text[got] = '\0';
    *size = (size_t)got;
    assert_int_equal(gzclose(file), Z_OK);
    return text;
}

static void gz_holds_the_same_text(void **state) {
    struct fixture *f = *state;
    uint32_t id = log_builder_c(&f->log, "f");
    for (uint64_t i = 0; i < 2000; i++)
        log_builder_call(&f->log, f->block, 0, id, i * 10, i * 10 + 3);
    cJSON_Delete(save_and_parse(f));
    char *text = strdup(f->text);
    assert_int_equal(save(f, "r.json.gz"), VT_OK);
    size_t size;
    char *unzipped = unzip(f->options.output_path, &size);
    assert_int_equal(size, strlen(text));
    assert_string_equal(unzipped, text);
    free(unzipped);
    free(text);
}

static void logs_follow_one_another_and_the_last_gives_the_base_time(void **state) {
    struct fixture *f = *state;
    struct log_builder kid;
    log_builder_init(&kid, 10);
    struct vt_log_header *head = log_builder_view(&kid, 0).head;
    head->pid = 200;
    head->base_time_ns = 5;
    head->dropped_events = 3;
    log_builder_text(&kid, VT_SYMBOL_PROCESS, "kid");
    uint32_t block = log_builder_block(&kid, VT_BLOCK_EVENTS, 1);
    log_builder_call(&kid, block, 0, log_builder_c(&kid, "k"), 10, 20);
    log_builder_call(&f->log, f->block, 0, log_builder_c(&f->log, "f"), 1, 2);
    struct vt_log_image images[] = {log_builder_image(&kid),
                                    log_builder_image(&f->log)};
    f->options.output_path = temp_dir_join(&f->dir, "r.json");
    assert_int_equal(vt_report_save(images, 2, &f->options, &f->stats, &f->err), VT_OK);
    char *text = temp_dir_read(f->options.output_path, NULL);
    cJSON *report = cJSON_ParseWithOpts(text, NULL, 1);
    assert_non_null(report);
    static const int pids[] = {200, 200, 200, 100, 100, 100};
    for (int i = 0; i < 6; i++) {
        const cJSON *event = cJSON_GetArrayItem(get(report, "traceEvents"), i);
        assert_int_equal(get(event, "pid")->valueint, pids[i]);
    }
    assert_non_null(strstr(text, "\"baseTimeNanoseconds\": 1000000000000000000"));
    assert_int_equal(f->stats.lost, 3);
    assert_true(f->stats.overflow);
    cJSON_Delete(report);
    free(text);
    log_builder_fini(&kid);
}

/* ---- file_info */

static void sources_of_called_python_functions_are_embedded(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.py");
    temp_dir_write(path, "def f():\r\n    pass\n", 19);
    char *file = strdup(path);
    uint32_t called = log_builder_python_of(&f->log, "f", file, NULL, 1);
    uint32_t again = log_builder_python_of(&f->log, "f", file, NULL, 1);
    log_builder_python_of(&f->log, "never_called", file, NULL, 2);
    uint32_t other = log_builder_python(&f->log, "<module>", "<string>", 1);
    log_builder_call(&f->log, f->block, 0, called, 1, 2);
    log_builder_call(&f->log, f->block, 0, again, 2, 3);
    log_builder_call(&f->log, f->block, 0, other, 3, 4);
    log_builder_call(&f->log, f->block, 0, log_builder_c(&f->log, "len"), 4, 5);
    cJSON *report = save_and_parse(f);
    const cJSON *info = get(report, "file_info");
    const cJSON *source = get(get(info, "files"), file);
    assert_string_equal(cJSON_GetArrayItem(source, 0)->valuestring,
                        "def f():\n    pass\n");
    assert_int_equal(cJSON_GetArrayItem(source, 1)->valueint, 2);
    assert_int_equal(cJSON_GetArraySize(get(info, "files")), 1);
    assert_int_equal(cJSON_GetArraySize(get(info, "functions")), 1);
    char name[8192];
    snprintf(name, sizeof name, "f (%s:1)", file);
    const cJSON *place = get(get(info, "functions"), name);
    assert_string_equal(cJSON_GetArrayItem(place, 0)->valuestring, file);
    assert_int_equal(cJSON_GetArrayItem(place, 1)->valueint, 1);
    cJSON_Delete(report);
    free(file);
}

static void a_frozen_module_keeps_its_name_and_has_its_source(void **state) {
    struct fixture *f = *state;
    char *path = strdup(temp_dir_join(&f->dir, "_bootstrap.py"));
    temp_dir_write(path, "x\n", 2);
    uint32_t id =
        log_builder_python_of(&f->log, "g", "<frozen importlib._bootstrap>", path, 7);
    log_builder_call(&f->log, f->block, 0, id, 1, 2);
    cJSON *report = save_and_parse(f);
    const cJSON *info = get(report, "file_info");
    const cJSON *source = get(get(info, "files"), "<frozen importlib._bootstrap>");
    assert_string_equal(cJSON_GetArrayItem(source, 0)->valuestring, "x\n");
    get(get(info, "functions"), "g (<frozen importlib._bootstrap>:7)");
    assert_null(strstr(f->text, path));
    cJSON_Delete(report);
    free(path);
}

static void the_place_of_log_event_counts_when_its_file_is_known(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.py");
    temp_dir_write(path, "x\n", 2);
    log_builder_python_of(&f->log, "f", path, NULL, 1);
    char known[8192];
    snprintf(known, sizeof known, "my event (%s:42)", path);
    static const char *const unknown[] = {
        "other (/etc/passwd:1)", "no place", "(a:)", "x (:1", "y (a:1x)", ")", "(:1)"};
    struct vt_event event = {.start = 1, .kind_id = log_builder_name(&f->log, known)};
    log_builder_event(&f->log, f->block, VT_EVENT_DURATION, event);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        event.kind_id = log_builder_name(&f->log, unknown[i]);
        log_builder_event(&f->log, f->block, VT_EVENT_DURATION, event);
    }
    cJSON *report = save_and_parse(f);
    const cJSON *functions = get(get(report, "file_info"), "functions");
    assert_int_equal(cJSON_GetArraySize(functions), 1);
    assert_int_equal(cJSON_GetArrayItem(get(functions, known), 1)->valueint, 42);
    cJSON_Delete(report);
}

static void a_source_that_changed_or_went_is_left_out_with_its_functions(void **state) {
    struct fixture *f = *state;
    char *changed = strdup(temp_dir_join(&f->dir, "changed.py"));
    char *gone = strdup(temp_dir_join(&f->dir, "gone.py"));
    char *kept = strdup(temp_dir_join(&f->dir, "kept.py"));
    const char *const paths[] = {changed, gone, kept};
    for (size_t i = 0; i < 3; i++) {
        temp_dir_write(paths[i], "before\n", 7);
        log_builder_call(&f->log, f->block, 0,
                         log_builder_python_of(&f->log, "f", paths[i], NULL, 1), i, i);
    }
    temp_dir_write(changed, "after!!!\n", 9);
    unlink(gone);
    cJSON *report = save_and_parse(f);
    const cJSON *info = get(report, "file_info");
    assert_int_equal(cJSON_GetArraySize(get(info, "files")), 1);
    assert_int_equal(cJSON_GetArraySize(get(info, "functions")), 1);
    get(get(info, "files"), kept);
    cJSON_Delete(report);
    free(changed);
    free(gone);
    free(kept);
}

static void file_info_can_be_left_out(void **state) {
    struct fixture *f = *state;
    f->options.file_info = false;
    cJSON_Delete(save_and_parse(f));
    assert_null(strstr(f->text, "file_info"));
}

/* ---- failures */

static void the_text_can_go_to_any_sink(void **state) {
    struct fixture *f = *state;
    struct vt_log_image image = log_builder_image(&f->log);
    struct vt_buf text = {0};
    log_builder_call(&f->log, f->block, 0, log_builder_c(&f->log, "f"), 10, 20);
    cJSON_Delete(save_and_parse(f));
    assert_int_equal(
        vt_report_write(&image, 1, &f->options, vt_sink_to_buf(&text), &f->stats, NULL),
        VT_OK);
    assert_string_equal(text.data, f->text);
    assert_int_equal(f->stats.entries, 3);
    vt_buf_fini(&text);
}

static void overrides_reach_the_text(void **state) {
    struct fixture *f = *state;
    static const struct vt_log_override override = {5, 0, 7, "{\"a\":1}"};
    log_builder_event(&f->log, f->block, VT_EVENT_COUNTER,
                      (struct vt_event){5, 0, log_builder_name(&f->log, "c"), 0});
    f->options.overrides = &override;
    f->options.override_count = 1;
    cJSON_Delete(save_and_parse(f));
    assert_non_null(strstr(f->text, "\"args\": {\"a\":1}"));
}

static void a_text_that_is_ready_is_saved_like_a_report(void **state) {
    struct fixture *f = *state;
    static const char text[] = "{\"traceEvents\": []}";
    const char *path = temp_dir_join(&f->dir, "new/t.json");
    assert_int_equal(vt_report_save_text(path, text, sizeof text - 1, &f->err), VT_OK);
    char *saved = temp_dir_read(path, NULL);
    assert_string_equal(saved, text);
    free(saved);
    path = temp_dir_join(&f->dir, "t.json.gz");
    assert_int_equal(vt_report_save_text(path, text, sizeof text - 1, &f->err), VT_OK);
    size_t size;
    saved = temp_dir_read(path, &size);
    assert_true(size > 2 && memcmp(saved, "\x1f\x8b", 2) == 0);
    free(saved);
    path = temp_dir_join(&f->dir, "t.txt");
    assert_int_equal(vt_report_save_text(path, text, sizeof text - 1, &f->err),
                     VT_ERR_REFUSED);
}

static void other_names_than_json_gz_and_html_are_refused(void **state) {
    struct fixture *f = *state;
    assert_int_equal(save(f, "r.txt"), VT_ERR_REFUSED);
    assert_string_equal(f->err.text, "Only html, json and gz are supported");
    assert_int_equal(save(f, "json"), VT_ERR_REFUSED);
    assert_int_equal(temp_dir_count(&f->dir), 0);
    assert_int_equal(vt_report_check_name("a.b.gz", NULL), VT_OK);
    assert_int_equal(vt_report_check_name("r.html", NULL), VT_OK);
    assert_int_equal(vt_report_check_name("", NULL), VT_ERR_REFUSED);
}

static void whatever_cannot_be_read_leaves_the_earlier_report(void **state) {
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 2000; i++)
        log_builder_call(&f->log, f->block, 0, 0, i, i + 1);
    temp_dir_write(temp_dir_join(&f->dir, "r.json"), "earlier", 7);
    for (uint64_t fail_at = 1;; fail_at++) {
        f->log.reads = 0;
        f->log.fail_at = fail_at;
        enum vt_status status = save(f, "r.json");
        if (f->log.reads < fail_at) {
            assert_int_equal(status, VT_OK);
            break;
        }
        assert_int_equal(status, VT_ERR_IO);
        assert_string_equal(f->text, "earlier");
        assert_int_equal(temp_dir_count(&f->dir), 1);
    }
}

static void a_bad_log_makes_no_file(void **state) {
    struct fixture *f = *state;
    log_builder_view(&f->log, 0).head->version = 99;
    assert_int_equal(save(f, "r.json"), VT_ERR_FORMAT);
    assert_int_equal(temp_dir_count(&f->dir), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_report_has_its_three_members_in_order),
        TEST(what_was_lost_and_the_sync_marker_are_told),
        TEST(a_ring_that_is_exactly_full_counts_as_overflow),
        TEST(the_raw_form_has_neither_version_nor_sources),
        TEST(gz_holds_the_same_text),
        TEST(logs_follow_one_another_and_the_last_gives_the_base_time),
        TEST(sources_of_called_python_functions_are_embedded),
        TEST(a_frozen_module_keeps_its_name_and_has_its_source),
        TEST(the_place_of_log_event_counts_when_its_file_is_known),
        TEST(a_source_that_changed_or_went_is_left_out_with_its_functions),
        TEST(file_info_can_be_left_out),
        TEST(the_text_can_go_to_any_sink),
        TEST(overrides_reach_the_text),
        TEST(a_text_that_is_ready_is_saved_like_a_report),
        TEST(other_names_than_json_gz_and_html_are_refused),
        TEST(whatever_cannot_be_read_leaves_the_earlier_report),
        TEST(a_bad_log_makes_no_file),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

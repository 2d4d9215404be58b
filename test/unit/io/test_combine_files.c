/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/combine_files.h"
#include "core/base/buf.h"
#include "test/support/shared_dir.h"
#include "test/support/temp_dir.h"

#include <dirent.h>
#include <limits.h>
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

#define EVENT(name, pid)                                                               \
    "{\"ph\":\"B\",\"ts\":1,\"name\":\"" name "\",\"pid\":" #pid "}"

struct fixture {
    struct temp_dir dir;
    char *paths[64];
    struct vt_combine_files_options options;
    struct vt_combine_files_result result;
    struct vt_buf said;
    struct vt_error err;
    char output[PATH_MAX];
};

static void note_reading(void *state, size_t index) {
    struct fixture *f = state;
    vt_buf_printf(&f->said, "reading %zu\n", index);
}

static void note_left_out(void *state, const char *path, const struct vt_error *why) {
    struct fixture *f = state;
    vt_buf_printf(&f->said, "left out %s: %s\n", strrchr(path, '/') + 1,
                  strrchr(why->text, '/') + 1);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    snprintf(f->output, sizeof f->output, "%s/out.json", f->dir.path);
    f->options = (struct vt_combine_files_options){
        .paths = f->paths,
        .output_path = f->output,
        .reading = note_reading,
        .left_out = note_left_out,
        .state = f,
    };
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < f->options.count; i++)
        free(f->paths[i]);
    temp_dir_fini(&f->dir);
    vt_buf_fini(&f->said);
    free(f);
    return 0;
}

/* Another file to combine; with `text` it is made. */
static void name_file(struct fixture *f, const char *name, const char *text) {
    const char *path = temp_dir_join(&f->dir, name);
    f->paths[f->options.count++] = strdup(path);
    if (text)
        temp_dir_write(path, text, strlen(text));
}

static void check_output(const struct fixture *f, const char *expected) {
    char *text = temp_dir_read(f->output, NULL);
    assert_string_equal(text ? text : "(nothing)", expected);
    free(text);
}

static void good_files_are_combined_and_bad_ones_named(void **state) {
    struct fixture *f = *state;
    name_file(f, "a", "[" EVENT("a", 1) "]");
    name_file(f, "b", "[" EVENT("b", 2) "}");
    name_file(f, "c", "[" EVENT("c", 3) ",");
    name_file(f, "dir", NULL);
    assert_int_equal(mkdir(f->paths[3], 0700), 0);
    assert_int_equal(vt_combine_files(&f->options, &f->result, &f->err), VT_OK);
    assert_int_equal(f->result.entries, 2);
    assert_int_equal(f->result.combined, 2);
    assert_int_equal(f->result.left_out, 2);
    struct stat st;
    assert_int_equal(stat(f->output, &st), 0);
    assert_int_equal(f->result.file_bytes, st.st_size);
    assert_int_equal(st.st_mode & 077, 0);
    check_output(
        f, "{\"traceEvents\": [" EVENT("a", 1) ", " EVENT(
               "c", 3) "], "
                       "\"viztracer_metadata\": {\"version\": \"" VIZTRACER_VERSION
                       "\", \"overflow\": false}}");
    assert_memory_equal(f->said.data,
                        "reading 0\nreading 1\nleft out b: b: not a trace: "
                        "unexpected '}' (byte 37)\nreading 2\nreading 3\n"
                        "left out dir: dir: a directory that is no run: ",
                        100);
}

static void what_was_there_stays_when_nothing_can_be_read(void **state) {
    struct fixture *f = *state;
    temp_dir_write(f->output, "earlier", 7);
    name_file(f, "a", "5");
    assert_int_equal(vt_combine_files(&f->options, NULL, &f->err), VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, "/a: not a trace: the top level is a number"));
    assert_string_equal(f->said.data, "reading 0\n"); /* told once: by the error */
    name_file(f, "b", "");
    assert_int_equal(vt_combine_files(&f->options, NULL, &f->err), VT_ERR_FORMAT);
    assert_string_equal(f->err.text, "No valid json files found");
    name_file(f, "missing", NULL);
    assert_int_equal(vt_combine_files(&f->options, NULL, NULL), VT_ERR_NOT_FOUND);
    check_output(f, "earlier");
    assert_int_equal(temp_dir_count(&f->dir), 3);
}

static void names_of_another_kind_are_refused(void **state) {
    struct fixture *f = *state;
    name_file(f, "a", "[]");
    f->options.output_path = "/nonexistent/out.txt";
    assert_int_equal(vt_combine_files(&f->options, NULL, &f->err), VT_ERR_REFUSED);
}

static void one_of_the_files_may_be_the_report(void **state) {
    struct fixture *f = *state;
    name_file(f, "out.json", "[" EVENT("a", 1) "]");
    name_file(f, "b", "[" EVENT("b", 2) "]");
    for (uint64_t round = 2; round <= 4; round++) { /* b gets one more pid each time */
        assert_int_equal(vt_combine_files(&f->options, &f->result, &f->err), VT_OK);
        assert_true(f->result.entries >= round);
    }
    assert_int_equal(temp_dir_count(&f->dir), 2);
}

static void a_file_given_twice_is_two_traces(void **state) {
    struct fixture *f = *state;
    name_file(f, "a", "[" EVENT("a", 1) "]");
    name_file(f, "a", NULL);
    f->options.align = true;
    assert_int_equal(vt_combine_files(&f->options, &f->result, &f->err), VT_OK);
    assert_int_equal(f->result.entries, 3);
}

/* ---- what lies beside the repository */

static cJSON *parse_output(const struct fixture *f) {
    char *text = temp_dir_read(f->output, NULL);
    cJSON *report = cJSON_Parse(text);
    if (!report)
        fail_msg("not JSON: %.100s", cJSON_GetErrorPtr());
    free(text);
    return report;
}

static void all_traces_of_others_combine_at_once(void **state) {
    struct fixture *f = *state;
    char folder[PATH_MAX];
    if (!shared_dir_find("traces", folder, sizeof folder)) {
        print_message("skipped: no ../shared/traces\n");
        skip();
    }
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strstr(entry->d_name, ".json"))
            assert_true(asprintf(&f->paths[f->options.count++], "%s/%s", folder,
                                 entry->d_name) > 0);
    }
    closedir(dir);
    f->options.align = true;
    assert_int_equal(vt_combine_files(&f->options, &f->result, &f->err), VT_OK);
    assert_int_equal(f->result.left_out, 0);
    assert_int_equal(f->result.combined, f->options.count);
    cJSON *report = parse_output(f);
    cJSON *events = cJSON_GetObjectItem(report, "traceEvents");
    assert_int_equal(cJSON_GetArraySize(events), f->result.entries);
    double least = 0;
    cJSON *event;
    cJSON_ArrayForEach(event, events) {
        const cJSON *ts = cJSON_GetObjectItem(event, "ts");
        const char *ph = cJSON_GetObjectItem(event, "ph")->valuestring;
        if (cJSON_IsNumber(ts) && *ph != 'M' && ts->valuedouble < least)
            least = ts->valuedouble;
    }
    assert_true(least >= 0);
    assert_true(f->result.entries > 7000);
    cJSON_Delete(report);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(good_files_are_combined_and_bad_ones_named),
        TEST(what_was_there_stays_when_nothing_can_be_read),
        TEST(names_of_another_kind_are_refused),
        TEST(one_of_the_files_may_be_the_report),
        TEST(a_file_given_twice_is_two_traces),
        TEST(all_traces_of_others_combine_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

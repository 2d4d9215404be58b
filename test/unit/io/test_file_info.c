/* SPDX-License-Identifier: Apache-2.0
 *
 * Which files and functions a report names; what stands in it, test_report.c looks at.
 */
#include "core/io/report.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cjson/cJSON.h>
#include <cmocka.h>

struct fixture {
    struct temp_dir dir;
    struct log_builder log;
    uint32_t block;
    cJSON *report, *files, *functions;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    log_builder_init(&f->log, 10000);
    log_builder_view(&f->log, 0).head->state = VT_LOG_STOPPED;
    f->block = log_builder_block(&f->log, VT_BLOCK_EVENTS, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cJSON_Delete(f->report);
    temp_dir_fini(&f->dir);
    log_builder_fini(&f->log);
    free(f);
    return 0;
}

static void make_report(struct fixture *f) {
    struct vt_log_image image = log_builder_image(&f->log);
    struct vt_report_options options = {.file_info = true};
    struct vt_buf text = {0};
    struct vt_error err;
    if (vt_report_write(&image, 1, &options, vt_sink_to_buf(&text), NULL, &err))
        fail_msg("%s", err.text);
    cJSON_Delete(f->report);
    f->report = cJSON_Parse(text.data);
    vt_buf_fini(&text);
    const cJSON *info = cJSON_GetObjectItemCaseSensitive(f->report, "file_info");
    f->files = cJSON_GetObjectItemCaseSensitive(info, "files");
    f->functions = cJSON_GetObjectItemCaseSensitive(info, "functions");
    assert_non_null(f->functions);
}

static void call(struct fixture *f, uint32_t id) {
    log_builder_call(&f->log, f->block, 0, id, 1, 2);
}

/* A file of the test's folder; valid until four calls later. */
static const char *make_file(struct fixture *f, const char *name) {
    const char *path = temp_dir_join(&f->dir, name);
    temp_dir_write(path, "x\n", 2);
    return path;
}

static void any_number_of_files_and_functions_is_kept(void **state) {
    struct fixture *f = *state;
    enum { FILES = 100, EACH = 4 };
    for (int i = 0; i < FILES; i++) {
        char file[16];
        snprintf(file, sizeof file, "%d.py", i);
        const char *path = make_file(f, file);
        for (int k = 0; k < EACH; k++)
            call(f, log_builder_python_of(&f->log, file + k % 2, path, NULL, k));
    }
    make_report(f);
    assert_int_equal(cJSON_GetArraySize(f->files), FILES);
    assert_int_equal(cJSON_GetArraySize(f->functions), FILES * EACH);
}

/* A function as the recorder writes it, of a file that is not looked at here. */
static void add_function(struct fixture *f, const char *name, const char *file,
                         struct vt_symbol_python where) {
    char text[8192];
    where.name_bytes = (uint32_t)strlen(name);
    int size = snprintf(text, sizeof text, "%s%s", name, file);
    call(f, log_builder_symbol(&f->log, VT_SYMBOL_PYTHON, f->log.next_id++, &where,
                               sizeof where, text, (size_t)size));
}

static void
a_file_that_changed_while_the_program_ran_shows_its_first_form(void **state) {
    struct fixture *f = *state;
    const char *path = make_file(f, "a.py");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    struct vt_symbol_python first = {
        .line = 1,
        .device = st.st_dev,
        .inode = st.st_ino,
        .size_bytes = (uint64_t)st.st_size,
        .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
    struct vt_symbol_python other[] = {first, first, first, first, first, {.line = 9}};
    other[1].device++;
    other[2].inode++;
    other[3].size_bytes++;
    other[4].mtime_ns++;
    static const char *const names[] = {"same", "device", "inode",
                                        "size", "time",   "unknown"};
    add_function(f, "first", path, first);
    for (size_t i = 0; i < 6; i++)
        add_function(f, names[i], path, other[i]);
    make_report(f);
    assert_int_equal(cJSON_GetArraySize(f->files), 1);
    assert_int_equal(cJSON_GetArraySize(f->functions), 3); /* first, same, unknown */
}

static void a_function_without_a_line_has_no_place(void **state) {
    struct fixture *f = *state;
    call(f, log_builder_python_of(&f->log, "f", make_file(f, "a.py"), NULL, -1));
    make_report(f);
    assert_int_equal(cJSON_GetArraySize(f->functions), 0);
    assert_int_equal(cJSON_GetArraySize(f->files), 0); /* nobody needs it */
}

static void a_source_that_is_named_twice_is_there_once(void **state) {
    struct fixture *f = *state;
    const char *path = make_file(f, "a.py");
    for (int i = 0; i < 2; i++)
        call(f, log_builder_python_of(&f->log, "f", "<frozen f>", path, 1));
    make_report(f);
    assert_int_equal(cJSON_GetArraySize(f->files), 1);
    assert_int_equal(cJSON_GetArraySize(f->functions), 1);
}

static void only_text_of_the_form_of_a_place_is_one(void **state) {
    struct fixture *f = *state;
    const char *path = make_file(f, "a.py");
    log_builder_python_of(&f->log, "f", path, NULL, 1);
    static const struct {
        const char *before, *behind; /* the path */
    } forms[] = {{"", ":1)"},
                 {"(x) ", ""},
                 {":(", ""},
                 {"x (", ":)"},
                 {"x (", ":12345678901)"},
                 {"x (", ":1]"},
                 {"x (", ":1a)"},
                 {"x (", ":/1)"},
                 {"x (", ".other:1)"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char name[8192];
        snprintf(name, sizeof name, "%s%s%s", forms[i].before, path, forms[i].behind);
        struct vt_event event = {.start = 1,
                                 .kind_id = log_builder_name(&f->log, name)};
        log_builder_event(&f->log, f->block, VT_EVENT_DURATION, event);
    }
    struct vt_event nameless = {.start = 1, .kind_id = log_builder_name(&f->log, "")};
    log_builder_event(&f->log, f->block, VT_EVENT_DURATION, nameless);
    make_report(f);
    assert_int_equal(cJSON_GetArraySize(f->functions), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(any_number_of_files_and_functions_is_kept),
        TEST(a_file_that_changed_while_the_program_ran_shows_its_first_form),
        TEST(a_function_without_a_line_has_no_place),
        TEST(a_source_that_is_named_twice_is_there_once),
        TEST(only_text_of_the_form_of_a_place_is_one),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

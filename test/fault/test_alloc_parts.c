/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of reading and writing while the n-th allocation fails, for every n, on data
 * that are larger than what the tests of whole commands use (reliability.md R7). */
#include "core/base/strlist.h"
#include "core/io/deflate.h"
#include "core/io/gunzip.h"
#include "core/io/rawdeflate.h"
#include "core/io/rundir.h"
#include "core/io/sink_gzip.h"
#include "core/io/source.h"
#include "core/io/zblock.h"
#include "core/trace/reader.h"
#include "test/fault/failing_alloc.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { SIZE = 600000 };

static struct temp_dir dir;
static char output[4096], input[4096];
static char bytes[SIZE]; /* that compress to about three quarters */
static struct vt_buf packed;

static enum vt_status swallow(void *state, const void *p, size_t size,
                              struct vt_error *err) {
    (void)state;
    (void)p;
    (void)size;
    (void)err;
    return VT_OK;
}

static const struct vt_sink nowhere = {.write = swallow};

static enum vt_status out_of(bool is_good, struct vt_error *err) {
    return is_good ? VT_OK : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

static int set_up(void **state) {
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < SIZE; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (char)('?' + (seed >> 58));
        if (bytes[i] == '\\' || bytes[i] == 0x7F)
            bytes[i] = '.';
    }
    temp_dir_init(&dir);
    snprintf(output, sizeof output, "%s/output", dir.path);
    snprintf(input, sizeof input, "%s/input", dir.path);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    vt_buf_fini(&packed);
    temp_dir_fini(&dir);
    return 0;
}

static long fail_each(enum vt_status (*run)(void *state, struct vt_error *err)) {
    return failing_alloc_each(
        &(struct failing_alloc_work){.run = run, .output = output});
}

/* ---- zlib data */

static enum vt_status pack_block(struct vt_buf *data, struct vt_error *err) {
    struct vt_cvf_packer packer = vt_zblock_packer();
    void *packing = NULL;
    enum vt_status status = packer.open(data, &packing, err);
    if (status == VT_OK)
        status = packer.write(packing, bytes, SIZE, err);
    if (status == VT_OK)
        status = packer.finish(packing, err);
    packer.close(packing);
    return status;
}

static enum vt_status pack_and_forget(void *state, struct vt_error *err) {
    (void)state;
    struct vt_buf data = {0};
    enum vt_status status = pack_block(&data, err);
    vt_buf_fini(&data);
    return status;
}

static enum vt_status unpack_block(void *state, struct vt_error *err) {
    (void)state;
    return vt_zblock_unpack(packed.data, packed.size, nowhere, err);
}

static void blocks_survive_the_failure_of_any_allocation(void **state) {
    (void)state;
    assert_true(fail_each(pack_and_forget) > 10);
    assert_int_equal(pack_block(&packed, NULL), VT_OK);
    assert_true(fail_each(unpack_block) >= 3);
}

static enum vt_status pack_raw(void *state, struct vt_error *err) {
    (void)state;
    struct vt_buf data = {0}, back = {0};
    enum vt_status status = vt_rawdeflate_pack(bytes, SIZE, &data, err);
    if (status == VT_OK)
        status = vt_rawdeflate_unpack(data.data, data.size, SIZE, &back, err);
    vt_buf_fini(&data);
    vt_buf_fini(&back);
    return status;
}

static enum vt_status create_engine(void *state, struct vt_error *err) {
    (void)state;
    void *engine = vt_deflate_zlib.create();
    if (engine)
        vt_deflate_zlib.destroy(engine);
    return out_of(engine, err);
}

static void raw_data_survive_the_failure_of_any_allocation(void **state) {
    (void)state;
    assert_true(fail_each(pack_raw) >= 6);
    assert_true(fail_each(create_engine) >= 5);
}

/* ---- gzip */

static enum vt_status gunzip(void *state, struct vt_error *err) {
    (void)state;
    struct vt_gunzip *made;
    enum vt_status status = vt_gunzip_create(nowhere, 0, &made, err);
    if (status != VT_OK)
        return status;
    struct vt_sink sink = vt_gunzip_sink(made);
    status = sink.write(sink.state, packed.data, packed.size, err);
    if (status == VT_OK)
        status = vt_gunzip_finish(made, err);
    vt_gunzip_destroy(made);
    return status;
}

static void make_gzip(void) {
    struct vt_sink_gzip *gzip;
    assert_int_equal(
        vt_sink_gzip_open(vt_sink_to_buf(&packed), &vt_deflate_zlib, &gzip, NULL),
        VT_OK);
    struct vt_sink sink = vt_sink_gzip_sink(gzip);
    assert_int_equal(sink.write(sink.state, bytes, SIZE, NULL), VT_OK);
    assert_int_equal(vt_sink_gzip_finish(gzip, NULL), VT_OK);
    vt_sink_gzip_close(gzip);
}

static enum vt_status pump(void *state, struct vt_error *err) {
    (void)state;
    struct vt_source_options options = {.spool_dir = dir.path};
    struct vt_source *source = NULL;
    enum vt_status status = vt_source_open(input, &options, &source, err);
    if (status == VT_OK)
        status = vt_source_pump(source, nowhere, err);
    vt_source_close(source);
    return status;
}

static void gzip_data_survive_the_failure_of_any_allocation(void **state) {
    (void)state;
    make_gzip();
    assert_true(fail_each(gunzip) >= 3);
    temp_dir_write(input, packed.data, packed.size);
    assert_true(fail_each(pump) >= 6);
}

/* ---- directories of runs */

static void make_run(int number) {
    char path[4096];
    struct log_builder log;
    int used = snprintf(path, sizeof path, "%s/viztracer-%lu-7-%d", dir.path,
                        (unsigned long)getuid(), number);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(input, sizeof input, "%s", path);
    snprintf(path + used, sizeof path - (size_t)used, "/7-1.log");
    log_builder_init(&log, 10);
    log_builder_view(&log, 0).head->pid = INT32_MAX; /* no process: it is dead */
    temp_dir_write(path, log.bytes, log.size);
    assert_int_equal(chmod(path, 0600), 0);
    log_builder_fini(&log);
}

static enum vt_status find_runs(void *state, struct vt_error *err) {
    (void)state;
    struct vt_rundir_list list;
    enum vt_status status = vt_rundir_find(&list, err);
    if (status == VT_OK)
        vt_rundir_list_fini(&list);
    return status;
}

static void runs_survive_the_failure_of_any_allocation(void **state) {
    (void)state;
    setenv("VIZTRACER_RUNDIR", dir.path, 1);
    setenv("TMPDIR", dir.path, 1); /* runs of others come and go elsewhere */
    for (int i = 0; i < 10; i++)
        make_run(i);
    assert_true(fail_each(find_runs) > 40);
    assert_true(fail_each(pump) > 15);
}

/* ---- the reader */

static enum vt_status ignore_event(void *state, const struct vt_reader_event *event,
                                   struct vt_error *err) {
    (void)state;
    (void)event;
    (void)err;
    return VT_OK;
}

static enum vt_status ignore_member(void *state, const struct vt_reader_member *member,
                                    struct vt_error *err) {
    (void)state;
    (void)member;
    (void)err;
    return VT_OK;
}

static size_t step; /* bytes that the reader gets at a time */

/* An event with many members and a long text, members of every place. */
static enum vt_status read_bytes(void *state, struct vt_error *err) {
    (void)state;
    struct vt_reader_limits limits = {0};
    struct vt_reader_handler handler = {ignore_event, ignore_member, NULL};
    struct vt_reader *reader;
    enum vt_status status = vt_reader_create(&limits, &handler, &reader, err);
    if (status != VT_OK)
        return status;
    for (size_t i = 0; i < packed.size && status == VT_OK; i += step) {
        size_t left = packed.size - i;
        status =
            vt_reader_feed(reader, packed.data + i, left < step ? left : step, err);
    }
    if (status == VT_OK)
        status = vt_reader_finish(reader, err);
    vt_reader_destroy(reader);
    return status;
}

static void reading_survives_the_failure_of_any_allocation(void **state) {
    (void)state;
    vt_buf_append_text(&packed, "{\"traceEvents\": [{\"ph\": \"i\"");
    for (int i = 0; i < 700; i++) /* more than are looked at at a time */
        vt_buf_printf(&packed, ", \"m%d\": %d", i, i);
    vt_buf_printf(&packed, ", \"args\": \"%.20000s\"}], \"x\": \"%.9000s\", ", bytes,
                  bytes);
    vt_buf_printf(&packed, "\"%.3000s\": 1, \"viztracer_metadata\": {\"a\": {}}, ",
                  bytes);
    vt_buf_append_text(&packed, "\"file_info\": {\"files\": {\"a\": [\"t\", 1]}}}");
    static const size_t steps[] = {1, 10, 700, 3000, 9000, 12000, 21000, 30000};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        step = steps[i];
        assert_true(fail_each(read_bytes) > (step == 1 ? 8 : 2));
    }
}

/* ---- lists of texts */

static enum vt_status copy_list(void *state, struct vt_error *err) {
    (void)state;
    struct vt_strlist list = {0}, copy = {0};
    enum vt_status status = VT_OK;
    for (int i = 0; i < 5 && status == VT_OK; i++)
        status = vt_strlist_append(&list, "text", err);
    if (status == VT_OK)
        status = vt_strlist_copy(&copy, &list, err);
    vt_strlist_fini(&list);
    vt_strlist_fini(&copy);
    return status;
}

static enum vt_status steal(void *state, struct vt_error *err) {
    (void)state;
    struct vt_buf buf = {0};
    for (int i = 0; i < 20; i++)
        vt_buf_printf(&buf, "some text, ");
    char *text = vt_buf_steal(&buf);
    bool is_good = text != NULL;
    free(text);
    return out_of(is_good, err);
}

static void texts_survive_the_failure_of_any_allocation(void **state) {
    (void)state;
    assert_int_equal(fail_each(copy_list), 5 + 4 + 5 + 4);
    assert_true(fail_each(steal) >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(blocks_survive_the_failure_of_any_allocation),
        TEST(raw_data_survive_the_failure_of_any_allocation),
        TEST(gzip_data_survive_the_failure_of_any_allocation),
        TEST(runs_survive_the_failure_of_any_allocation),
        TEST(reading_survives_the_failure_of_any_allocation),
        TEST(texts_survive_the_failure_of_any_allocation),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

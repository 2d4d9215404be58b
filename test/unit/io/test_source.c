/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/source.h"
#include "core/io/sink_gzip.h"
#include "core/trace/reader.h"
#include "test/support/log_builder.h"
#include "test/support/shared_dir.h"
#include "test/support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture {
    struct temp_dir dir;
    struct vt_error err;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    if (f)
        temp_dir_init(&f->dir);
    *state = f;
    return f ? 0 : -1;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    temp_dir_fini(&f->dir);
    free(f);
    return 0;
}

static const struct vt_source_options plain = {.expansion = 0};

/* ---- a system that is interrupted, or fails */

/* Of the thread that reads: another one writes the pipe. */
static _Thread_local struct {
    int read_interruptions, open_interruptions;
    bool fstat_fails;
} fault;

ssize_t __real_read(int fd, void *bytes, size_t size);
int __real_open(const char *path, int flags, mode_t mode);
int __real_fstat(int fd, struct stat *st);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_fstat(int fd, struct stat *st);

static bool is_interrupted(int *interruptions) {
    bool is_now = *interruptions > 0;
    *interruptions -= is_now;
    if (is_now)
        errno = EINTR;
    return is_now;
}

ssize_t __wrap_read(int fd, void *bytes, size_t size) {
    return is_interrupted(&fault.read_interruptions) ? -1
                                                     : __real_read(fd, bytes, size);
}

int __wrap_open(const char *path, int flags, mode_t mode) {
    return is_interrupted(&fault.open_interruptions) ? -1
                                                     : __real_open(path, flags, mode);
}

int __wrap_fstat(int fd, struct stat *st) {
    errno = EIO;
    return fault.fstat_fails ? -1 : __real_fstat(fd, st);
}

/* ---- reading */

/* The text that a source gives; how it ended is in `status`. */
static char *pump(struct vt_source *source, enum vt_status *status,
                  struct vt_error *err) {
    struct vt_buf text = {0};
    *status = vt_source_pump(source, vt_sink_to_buf(&text), err);
    return vt_buf_steal(&text);
}

static void check_pump(struct vt_source *source, const char *expected) {
    enum vt_status status;
    struct vt_error err = {0};
    char *text = pump(source, &status, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, VT_OK);
    assert_string_equal(text, expected);
    free(text);
}

static struct vt_source *open_source(const char *path,
                                     const struct vt_source_options *options) {
    struct vt_source *source;
    assert_int_equal(vt_source_open(path, options, &source, NULL), VT_OK);
    return source;
}

static void a_file_gives_its_bytes_as_often_as_is_asked(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.json");
    size_t size = 3 * 256 * 1024 + 5;
    char *bytes = malloc(size + 1);
    memset(bytes, 'x', size);
    bytes[size] = '\0';
    temp_dir_write(path, bytes, size);
    struct vt_source *source = open_source(path, &plain);
    check_pump(source, bytes);
    check_pump(source, bytes);
    vt_source_close(source);
    free(bytes);
    temp_dir_write(path, "", 0);
    source = open_source(path, &plain);
    check_pump(source, "");
    vt_source_close(source);
}

static void gzip_is_told_by_its_first_bytes_not_by_name(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.json");
    struct vt_buf data = {0};
    struct vt_sink_gzip *gzip;
    assert_int_equal(
        vt_sink_gzip_open(vt_sink_to_buf(&data), vt_deflate_best(), &gzip, NULL),
        VT_OK);
    struct vt_sink sink = vt_sink_gzip_sink(gzip);
    assert_int_equal(sink.write(sink.state, "[1, 2]", 6, NULL), VT_OK);
    assert_int_equal(vt_sink_gzip_finish(gzip, NULL), VT_OK);
    vt_sink_gzip_close(gzip);
    temp_dir_write(path, data.data, data.size);
    struct vt_source *source = open_source(path, &plain);
    check_pump(source, "[1, 2]");
    check_pump(source, "[1, 2]");
    vt_source_close(source);

    temp_dir_write(path, data.data, data.size - 1);
    source = open_source(path, &plain);
    enum vt_status status;
    free(pump(source, &status, &f->err));
    assert_int_equal(status, VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, "/a.json: not whole gzip data: "));
    vt_source_close(source);
    vt_buf_fini(&data);
}

/* ---- what comes once */

struct writer {
    const char *path, *text;
};

/* Writes into a FIFO, a few bytes at first. */
static void *write_fifo(void *state) {
    const struct writer *writer = state;
    int fd = open(writer->path, O_WRONLY | O_CLOEXEC);
    size_t size = strlen(writer->text);
    if (write(fd, writer->text, 1) == 1) {
        usleep(20000);
        while (--size && write(fd, writer->text + strlen(writer->text) - size, 1) == 1)
            ;
    }
    close(fd);
    return NULL;
}

static void a_pipe_is_kept_for_the_second_time(void **state) {
    struct fixture *f = *state;
    struct vt_source_options options = {.spool_dir = f->dir.path};
    const char *path = temp_dir_join(&f->dir, "fifo");
    struct writer writer = {path, "[\"from a pipe\"]"};
    pthread_t thread;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_fifo, &writer), 0);
    struct vt_source *source = open_source(path, &options);
    check_pump(source, writer.text);
    pthread_join(thread, NULL);
    check_pump(source, writer.text);
    check_pump(source, writer.text);
    assert_int_equal(temp_dir_count(&f->dir), 1); /* the FIFO */
    vt_source_close(source);
}

static void a_directory_that_keeps_nothing_is_named(void **state) {
    struct fixture *f = *state;
    char missing[PATH_MAX];
    snprintf(missing, sizeof missing, "%s/missing", f->dir.path);
    struct vt_source_options options = {.spool_dir = missing};
    struct vt_source *source = open_source("/dev/null", &options);
    enum vt_status status;
    free(pump(source, &status, &f->err));
    assert_int_equal(status, VT_ERR_NOT_FOUND);
    assert_non_null(strstr(f->err.text, "/missing: No such file"));
    vt_source_close(source);
}

/* ---- what cannot be read */

static void what_is_not_there_is_told_when_it_is_opened(void **state) {
    struct fixture *f = *state;
    struct vt_source *source;
    const char *path = temp_dir_join(&f->dir, "missing.json");
    assert_int_equal(vt_source_open(path, &plain, &source, &f->err), VT_ERR_NOT_FOUND);
    assert_non_null(strstr(f->err.text, "/missing.json: No such file or directory"));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", f->dir.path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(vt_source_open(address.sun_path, &plain, &source, &f->err),
                     VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, "/socket: not a file"));
    close(fd);
}

static void check_refused(struct fixture *f, const char *path, enum vt_status expected,
                          const char *text) {
    struct vt_source *source = open_source(path, &plain);
    enum vt_status status;
    free(pump(source, &status, &f->err));
    assert_int_equal(status, expected);
    if (!strstr(f->err.text, text))
        fail_msg("%s", f->err.text);
    vt_source_close(source);
}

static void what_cannot_be_read_is_refused_by_name(void **state) {
    struct fixture *f = *state;
    check_refused(f, f->dir.path, VT_ERR_FORMAT, ": a directory that is no run: ");
    check_refused(f, "/proc/self/mem", VT_ERR_IO, "/proc/self/mem: cannot be read: ");
    const char *path = temp_dir_join(&f->dir, "secret");
    temp_dir_write(path, "[]", 2);
    assert_int_equal(chmod(path, 0), 0);
    if (geteuid() != 0)
        check_refused(f, path, VT_ERR_IO,
                      "/secret: cannot be opened: Permission denied");
}

static void a_file_that_changes_between_two_readings_is_noticed(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.json");
    temp_dir_write(path, "[1]", 3);
    struct vt_source *source = open_source(path, &plain);
    check_pump(source, "[1]");
    temp_dir_write(path, "[1, 2]", 6);
    enum vt_status status;
    free(pump(source, &status, &f->err));
    assert_int_equal(status, VT_ERR_IO);
    assert_non_null(strstr(f->err.text, "/a.json: changed while it was read"));
    vt_source_close(source);
}

static enum vt_status refuse(void *state, const void *bytes, size_t size,
                             struct vt_error *err) {
    (void)state;
    (void)bytes;
    (void)size;
    return vt_error_set(err, VT_ERR_REFUSED, "enough");
}

static void what_the_sink_says_comes_back_with_the_path(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.json");
    temp_dir_write(path, "[1]", 3);
    struct vt_source *source = open_source(path, &plain);
    struct vt_sink sink = {.write = refuse};
    assert_int_equal(vt_source_pump(source, sink, &f->err), VT_ERR_REFUSED);
    assert_non_null(strstr(f->err.text, "/a.json: enough"));
    vt_source_close(source);
}

static void another_file_of_the_same_size_is_noticed(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.json");
    for (int kind = 0; kind < 3; kind++) {
        enum vt_status status;
        temp_dir_write(path, "[1]", 3);
        struct vt_source *source = open_source(path, &plain);
        check_pump(source, "[1]");
        struct timespec times[] = {{0, 0}, {kind ? 5 : 0, kind ? 0 : UTIME_OMIT}};
        if (kind == 2) { /* another one with the same times */
            const char *other = temp_dir_join(&f->dir, "b.json");
            struct stat st;
            assert_int_equal(stat(path, &st), 0);
            temp_dir_write(other, "[2]", 3);
            times[1] = st.st_mtim;
            assert_int_equal(utimensat(AT_FDCWD, other, times, 0), 0);
            assert_int_equal(rename(other, path), 0);
        } else
            assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        free(pump(source, &status, &f->err));
        assert_int_equal(status, kind ? VT_ERR_IO : VT_OK);
        vt_source_close(source);
    }
}

static void what_must_be_a_cvf_file_is_nothing_else(void **state) {
    struct fixture *f = *state;
    struct vt_source_options options = {.must_be_cvf = true};
    const char *path = temp_dir_join(&f->dir, "a.json");
    temp_dir_write(path, "[1, 2, 3, 4]", 12);
    struct vt_source *source = open_source(path, &options);
    enum vt_status status;
    free(pump(source, &status, &f->err));
    assert_int_equal(status, VT_ERR_FORMAT);
    assert_non_null(strstr(f->err.text, "not a cvf file"));
    assert_int_equal(vt_source_pump(source, (struct vt_sink){.write = refuse}, NULL),
                     VT_ERR_FORMAT);
    vt_source_close(source);
}

static void interrupted_calls_are_made_again(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "a.json");
    temp_dir_write(path, "[1]", 3);
    struct vt_source *source = open_source(path, &plain);
    fault.read_interruptions = fault.open_interruptions = 2;
    check_pump(source, "[1]");
    assert_int_equal(fault.read_interruptions + fault.open_interruptions, 0);
    fault.fstat_fails = true;
    enum vt_status status;
    free(pump(source, &status, &f->err));
    fault.fstat_fails = false;
    assert_int_equal(status, VT_ERR_IO);
    assert_non_null(strstr(f->err.text, "/a.json: cannot be opened: Input/output"));
    vt_source_close(source);
}

/* ---- logs */

static void write_log(const char *path, int pid, mode_t mode) {
    struct log_builder log;
    log_builder_init(&log, 10);
    log_builder_view(&log, 0).head->pid = pid;
    uint32_t id = log_builder_c(&log, "f");
    uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
    log_builder_call(&log, block, 0, id, 1000, 2500);
    temp_dir_write(path, log.bytes, log.size);
    assert_int_equal(chmod(path, mode), 0);
    log_builder_fini(&log);
}

static void a_log_and_a_run_are_read_as_the_report_of_them(void **state) {
    struct fixture *f = *state;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/viztracer-%d-77-1", f->dir.path, (int)geteuid());
    assert_int_equal(mkdir(path, 0700), 0);
    struct vt_source *run = open_source(path, &plain);
    size_t used = strlen(path);
    snprintf(path + used, sizeof path - used, "/77-1.log");
    write_log(path, 77, 0600);
    struct vt_source *log = open_source(path, &plain);
    enum vt_status status;
    char *of_log = pump(log, &status, &f->err);
    assert_int_equal(status, VT_OK);
    assert_non_null(strstr(of_log, "{\"pid\": 77, \"tid\": 100, \"ts\": 1.000, "
                                   "\"ph\": \"X\", \"dur\": 1.500, \"name\": \"f\""));
    assert_non_null(strstr(of_log, "\"file_info\": {"));
    char *of_run = pump(run, &status, &f->err);
    assert_int_equal(status, VT_OK);
    assert_string_equal(of_run, of_log);
    free(of_run);
    free(of_log);
    assert_int_equal(chmod(path, 0644), 0); /* others might have written its paths */
    of_log = pump(log, &status, &f->err);
    assert_int_equal(status, VT_OK);
    assert_null(strstr(of_log, "file_info"));
    free(of_log);
    char missing[PATH_MAX];
    snprintf(missing, sizeof missing, "%s", f->dir.path);
    struct vt_source *none = open_source(missing, &plain);
    assert_int_equal(vt_source_pump(none, (struct vt_sink){.write = refuse}, NULL),
                     VT_ERR_FORMAT);
    vt_source_close(none);
    vt_source_close(log);
    vt_source_close(run);
}

static void a_log_in_a_pipe_is_refused(void **state) {
    struct fixture *f = *state;
    const char *path = temp_dir_join(&f->dir, "fifo");
    struct writer writer = {path, VT_LOG_MAGIC "and more"};
    pthread_t thread;
    signal(SIGPIPE, SIG_IGN); /* of which most is not read */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_fifo, &writer), 0);
    check_refused(f, path, VT_ERR_FORMAT, "/fifo: a log that is not a regular file");
    pthread_join(thread, NULL);
}

/* ---- what lies beside the repository */

static enum vt_status ignore_event(void *state, const struct vt_reader_event *event,
                                   struct vt_error *err) {
    (void)state;
    (void)event;
    (void)err;
    return VT_OK;
}

/* Reads it as a tool would. */
static bool is_trace(const char *path, struct vt_error *err) {
    struct vt_reader_handler handler = {.event = ignore_event};
    struct vt_reader_limits limits = {0, 0};
    struct vt_reader *reader;
    struct vt_source *source = open_source(path, &plain);
    assert_int_equal(vt_reader_create(&limits, &handler, &reader, NULL), VT_OK);
    enum vt_status status = vt_source_pump(source, vt_reader_sink(reader), err);
    if (status == VT_OK)
        status = vt_reader_finish(reader, err);
    vt_reader_destroy(reader);
    vt_source_close(source);
    return status == VT_OK;
}

static void malformed_archives_get_what_the_manifest_says(void **state) {
    struct fixture *f = *state;
    char folder[PATH_MAX], path[PATH_MAX + 300];
    if (!shared_dir_find("badinputs", folder, sizeof folder)) {
        print_message("skipped: no ../shared/badinputs\n");
        skip();
    }
    snprintf(path, sizeof path, "%s/MANIFEST.tsv", folder);
    char *manifest = temp_dir_read(path, NULL);
    int cases = 0;
    for (char *rest = manifest, *line; (line = strsep(&rest, "\n"));) {
        char *name = strsep(&line, "\t");
        strsep(&line, "\t");
        if (strncmp(name, "gz/", 3) != 0 || !line)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (is_trace(path, &f->err) != (strncmp(line, "accept", 6) == 0))
            fail_msg("%s: %s", name, f->err.text);
        cases++;
    }
    free(manifest);
    assert_true(cases >= 9);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_gives_its_bytes_as_often_as_is_asked),
        TEST(gzip_is_told_by_its_first_bytes_not_by_name),
        TEST(a_pipe_is_kept_for_the_second_time),
        TEST(a_directory_that_keeps_nothing_is_named),
        TEST(what_is_not_there_is_told_when_it_is_opened),
        TEST(what_cannot_be_read_is_refused_by_name),
        TEST(a_file_that_changes_between_two_readings_is_noticed),
        TEST(another_file_of_the_same_size_is_noticed),
        TEST(what_must_be_a_cvf_file_is_nothing_else),
        TEST(interrupted_calls_are_made_again),
        TEST(a_log_in_a_pipe_is_refused),
        TEST(what_the_sink_says_comes_back_with_the_path),
        TEST(a_log_and_a_run_are_read_as_the_report_of_them),
        TEST(malformed_archives_get_what_the_manifest_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

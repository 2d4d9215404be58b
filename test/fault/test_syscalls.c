/* SPDX-License-Identifier: Apache-2.0
 *
 * Saving, combining, compressing and decompressing while the n-th call of each system
 * call fails with each of seven errors, or writes only a part: the whole report, or a
 * clear error with the earlier file untouched and nothing left beside it
 * (reliability.md R6).
 */
#include "core/io/combine_files.h"
#include "core/io/cvf_file.h"
#include "core/io/log_file.h"
#include "core/io/report.h"
#include "test/support/log_builder.h"
#include "test/support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- the system calls */

enum call {
    OPENAT,
    WRITE,
    FSYNC,
    CLOSE,
    LINKAT,
    RENAMEAT,
    FSTAT,
    FSTATAT,
    MKDIR,
    READLINKAT,
    PREAD,
    FACCESSAT,
    OPEN,
    READ,
    CALLS
};

static const char *const call_names[CALLS] = {
    "openat",  "write", "fsync",      "close", "linkat",    "renameat", "fstat",
    "fstatat", "mkdir", "readlinkat", "pread", "faccessat", "open",     "read"};

static struct {
    enum call call; /* CALLS: none */
    int left;       /* calls of it before the one that fails */
    int error;      /* 0: a short write */
    bool has_failed;
    bool without_tmpfile; /* as a file system without O_TMPFILE */
} fault = {.call = CALLS};

/* Whether this call is the one; errno is set. */
static bool is_hit(enum call call) {
    if (fault.call != call || fault.left-- != 0)
        return false;
    fault.has_failed = true;
    errno = fault.error;
    return true;
}

int __real_open(const char *path, int flags, mode_t mode);
int __real_openat(int at, const char *path, int flags, mode_t mode);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t size);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_linkat(int from, const char *path, int to, const char *name, int flags);
int __real_renameat(int from, const char *path, int to, const char *name);
int __real_fstat(int fd, struct stat *st);
int __real_fstatat(int at, const char *path, struct stat *st, int flags);
int __real_mkdir(const char *path, mode_t mode);
ssize_t __real_readlinkat(int at, const char *path, char *target, size_t size);
ssize_t __real_pread(int fd, void *bytes, size_t size, off_t offset);
int __real_faccessat(int at, const char *path, int mode, int flags);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_openat(int at, const char *path, int flags, mode_t mode);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_linkat(int from, const char *path, int to, const char *name, int flags);
int __wrap_renameat(int from, const char *path, int to, const char *name);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstatat(int at, const char *path, struct stat *st, int flags);
int __wrap_mkdir(const char *path, mode_t mode);
ssize_t __wrap_readlinkat(int at, const char *path, char *target, size_t size);
ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t offset);
int __wrap_faccessat(int at, const char *path, int mode, int flags);

int __wrap_open(const char *path, int flags, mode_t mode) {
    return is_hit(OPEN) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int at, const char *path, int flags, mode_t mode) {
    if (fault.without_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return is_hit(OPENAT) ? -1 : __real_openat(at, path, flags, mode);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size) {
    return is_hit(READ) ? -1 : __real_read(fd, bytes, size);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size) {
    if (!is_hit(WRITE))
        return __real_write(fd, bytes, size);
    return fault.error ? -1 : __real_write(fd, bytes, size / 2 + 1);
}

int __wrap_fsync(int fd) {
    return is_hit(FSYNC) ? -1 : __real_fsync(fd);
}

int __wrap_close(int fd) {
    int result = __real_close(fd);
    return is_hit(CLOSE) ? -1 : result;
}

int __wrap_linkat(int from, const char *path, int to, const char *name, int flags) {
    return is_hit(LINKAT) ? -1 : __real_linkat(from, path, to, name, flags);
}

int __wrap_renameat(int from, const char *path, int to, const char *name) {
    return is_hit(RENAMEAT) ? -1 : __real_renameat(from, path, to, name);
}

int __wrap_fstat(int fd, struct stat *st) {
    return is_hit(FSTAT) ? -1 : __real_fstat(fd, st);
}

int __wrap_fstatat(int at, const char *path, struct stat *st, int flags) {
    return is_hit(FSTATAT) ? -1 : __real_fstatat(at, path, st, flags);
}

int __wrap_mkdir(const char *path, mode_t mode) {
    return is_hit(MKDIR) ? -1 : __real_mkdir(path, mode);
}

ssize_t __wrap_readlinkat(int at, const char *path, char *target, size_t size) {
    return is_hit(READLINKAT) ? -1 : __real_readlinkat(at, path, target, size);
}

ssize_t __wrap_pread(int fd, void *bytes, size_t size, off_t offset) {
    return is_hit(PREAD) ? -1 : __real_pread(fd, bytes, size, offset);
}

int __wrap_faccessat(int at, const char *path, int mode, int flags) {
    return is_hit(FACCESSAT) ? -1 : __real_faccessat(at, path, mode, flags);
}

/* ---- saving */

struct fixture {
    struct temp_dir dir;
    enum vt_status (*work)(struct fixture *f, struct vt_error *err);
    char log[4096];    /* the input, beside the directory */
    char output[4096]; /* a link to `target`, in another directory */
    char target[4096];
    char *whole; /* the report when nothing fails */
    size_t whole_size;
};

static void make_log(const char *path) {
    struct log_builder log;
    log_builder_init(&log, 100000);
    log_builder_view(&log, 0).head->state = VT_LOG_STOPPED;
    uint32_t id = log_builder_c(&log, "f");
    for (uint64_t b = 0; b < 3; b++) {
        uint32_t block = log_builder_block(&log, VT_BLOCK_EVENTS, 1);
        for (uint64_t i = 0; i < 2700; i++)
            log_builder_call(&log, block, 0, id, (b * 2700 + i) * 10,
                             (b * 2700 + i) * 10 + 5);
    }
    temp_dir_write(path, log.bytes, log.size);
    log_builder_fini(&log);
}

static enum vt_status save(struct fixture *f, struct vt_error *err) {
    struct vt_log_file file;
    enum vt_status status = vt_log_file_open(&file, AT_FDCWD, f->log, err);
    if (status != VT_OK)
        return status;
    struct vt_log_image image = vt_log_file_image(&file);
    struct vt_report_options options = {.output_path = f->output, .file_info = true};
    status = vt_report_save(&image, 1, &options, NULL, err);
    vt_log_file_close(&file);
    return status;
}

static void left_out(void *state, const char *path, const struct vt_error *why) {
    (void)state;
    fail_msg("%s: %s", path, why->text);
}

static enum vt_status combine(struct fixture *f, struct vt_error *err) {
    char *paths[] = {f->log};
    struct vt_combine_files_options options = {
        .paths = paths, .count = 1, .output_path = f->output, .left_out = left_out};
    return vt_combine_files(&options, NULL, err);
}

static enum vt_status compress(struct fixture *f, struct vt_error *err) {
    struct vt_cvf_file_options options = {f->log, f->output};
    return vt_cvf_file_compress(&options, err);
}

static enum vt_status decompress(struct fixture *f, struct vt_error *err) {
    struct vt_cvf_file_options options = {f->log, f->output};
    return vt_cvf_file_decompress(&options, err);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    temp_dir_init(&f->dir);
    snprintf(f->log, sizeof f->log, "%s.log", f->dir.path);
    make_log(f->log);
    f->work = save;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    unlink(f->log);
    temp_dir_fini(&f->dir);
    free(f->whole);
    free(f);
    return 0;
}

/* One save with one fault. False: the n-th call of the kind does not happen any
 * more. */
static bool try_fault(struct fixture *f, enum call call, int n, int error) {
    struct vt_error err = {0};
    fault.call = CALLS;
    temp_dir_write(f->target, "earlier", 7);
    fault.call = call;
    fault.left = n;
    fault.error = error;
    fault.has_failed = false;
    enum vt_status status = f->work(f, &err);
    fault.call = CALLS;
    size_t size;
    char *text = temp_dir_read(f->target, &size);
    bool is_whole = size == f->whole_size && memcmp(text, f->whole, size) == 0;
    bool is_earlier = strcmp(text, "earlier") == 0;
    free(text);
    if (status == VT_OK ? !is_whole : !is_earlier || !err.text[0])
        fail_msg("%s %d: %s: status %d (%s), the file is %s", call_names[call], n,
                 strerror(error), status, err.text, is_whole ? "new" : "neither");
    if (temp_dir_count(&f->dir) != 2)
        fail_msg("%s %d: %s: something was left", call_names[call], n, strerror(error));
    return fault.has_failed;
}

/* All of them; returns how many faults were tried. */
static int try_all_faults(struct fixture *f) {
    static const int errors[] = {ENOSPC, EDQUOT, EIO, EINTR, EMFILE, EACCES, EROFS, 0};
    int tried = 0;
    for (int call = 0; call < CALLS; call++) {
        for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
            if (!errors[e] && call != WRITE)
                continue;
            for (int n = 0; try_fault(f, (enum call)call, n, errors[e]); n++)
                tried++;
        }
    }
    return tried;
}

/* `name` is saved through a link from another directory. */
static void prepare(struct fixture *f, const char *name) {
    struct vt_error err;
    snprintf(f->target, sizeof f->target, "%s/target", f->dir.path);
    snprintf(f->output, sizeof f->output, "%s/%s", f->dir.path, name);
    assert_int_equal(symlink("target", f->output), 0);
    if (f->work(f, &err) != VT_OK)
        fail_msg("%s", err.text);
    f->whole = temp_dir_read(f->target, &f->whole_size);
    assert_true(f->whole_size > 1000);
}

static void json_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    prepare(f, "r.json");
    assert_in_range(try_all_faults(f), 150, 100000);
}

static void gzip_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    prepare(f, "r.json.gz");
    assert_in_range(try_all_faults(f), 150, 100000);
}

static void so_it_is_where_files_must_have_names(void **state) {
    struct fixture *f = *state;
    fault.without_tmpfile = true;
    prepare(f, "r.json");
    assert_in_range(try_all_faults(f), 150, 100000);
    fault.without_tmpfile = false;
}

static void combining_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    f->work = combine;
    prepare(f, "r.json");
    assert_in_range(try_all_faults(f), 150, 100000);
}

static void compressing_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    f->work = compress;
    prepare(f, "r.cvf");
    assert_in_range(try_all_faults(f), 100, 100000);
}

static void decompressing_is_whole_or_untouched_whatever_fails(void **state) {
    struct fixture *f = *state;
    f->work = compress;
    prepare(f, "r.cvf");
    temp_dir_write(f->log, f->whole, f->whole_size);
    free(f->whole);
    assert_int_equal(unlink(f->output), 0);
    f->work = decompress;
    prepare(f, "r.json");
    assert_in_range(try_all_faults(f), 100, 100000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(json_is_whole_or_untouched_whatever_fails),
        TEST(gzip_is_whole_or_untouched_whatever_fails),
        TEST(so_it_is_where_files_must_have_names),
        TEST(combining_is_whole_or_untouched_whatever_fails),
        TEST(compressing_is_whole_or_untouched_whatever_fails),
        TEST(decompressing_is_whole_or_untouched_whatever_fails),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/spool.h"
#include "test/support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

/* ---- a system that has no O_TMPFILE, writes in parts, or fails */

static struct {
    bool without_tmpfile;
    bool cannot_seek;
    size_t most; /* bytes that one write takes; 0: all */
    int interruptions;
    int error; /* of a write; -1: it writes nothing and says so */
} fault;

int __real_open(const char *path, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *bytes, size_t size);
off_t __real_lseek(int fd, off_t offset, int whence);
int __wrap_open(const char *path, int flags, mode_t mode);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
off_t __wrap_lseek(int fd, off_t offset, int whence);

int __wrap_open(const char *path, int flags, mode_t mode) {
    if (fault.without_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return __real_open(path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size) {
    if (fault.error < 0)
        return 0;
    if (fault.interruptions || fault.error) {
        errno = fault.interruptions ? EINTR : fault.error;
        fault.interruptions -= fault.interruptions > 0;
        return -1;
    }
    return __real_write(fd, bytes, fault.most && fault.most < size ? fault.most : size);
}

off_t __wrap_lseek(int fd, off_t offset, int whence) {
    if (!fault.cannot_seek)
        return __real_lseek(fd, offset, whence);
    errno = ESPIPE;
    return -1;
}

/* ---- the tests */

static struct temp_dir dir;
static struct vt_error err;

static int set_up(void **state) {
    (void)state;
    memset(&fault, 0, sizeof fault);
    temp_dir_init(&dir);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    memset(&fault, 0, sizeof fault);
    temp_dir_fini(&dir);
    return 0;
}

static void check_kept(void) {
    struct vt_spool spool;
    struct stat st;
    char bytes[16] = "";
    assert_int_equal(vt_spool_open(&spool, dir.path, &err), VT_OK);
    assert_int_equal(temp_dir_count(&dir), 0); /* it has no name */
    assert_int_equal(fstat(spool.fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(vt_spool_write(&spool, "", 0, &err), VT_OK);
    assert_int_equal(vt_spool_write(&spool, "hello ", 6, &err), VT_OK);
    assert_int_equal(vt_spool_write(&spool, "world", 5, &err), VT_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(vt_spool_rewind(&spool, &err), VT_OK);
        assert_int_equal(read(spool.fd, bytes, sizeof bytes), 11);
        assert_string_equal(bytes, "hello world");
    }
    vt_spool_close(&spool);
    vt_spool_close(&spool); /* closed is valid */
}

static void what_was_written_is_read_again_and_leaves_nothing(void **state) {
    (void)state;
    check_kept();
    fault.without_tmpfile = true;
    check_kept();
}

static void short_and_interrupted_writes_are_gone_on_with(void **state) {
    (void)state;
    fault.most = 2;
    fault.interruptions = 3;
    check_kept();
}

static void a_directory_that_takes_no_file_is_named(void **state) {
    (void)state;
    struct vt_spool spool;
    assert_int_equal(vt_spool_open(&spool, "/nowhere/at/all", &err), VT_ERR_NOT_FOUND);
    assert_string_equal(err.text, "/nowhere/at/all: No such file or directory");
    char long_name[PATH_MAX];
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(vt_spool_open(&spool, long_name, &err), VT_ERR_IO);
}

static void a_full_disk_is_told(void **state) {
    (void)state;
    static const struct {
        int error;
        const char *text;
    } cases[] = {
        {ENOSPC, "keeping it for the second reading: No space left on device"},
        {-1, "keeping it for the second reading: Input/output error"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vt_spool spool;
        fault.error = 0;
        assert_int_equal(vt_spool_open(&spool, dir.path, &err), VT_OK);
        fault.error = cases[i].error;
        assert_int_equal(vt_spool_write(&spool, "x", 1, &err), VT_ERR_IO);
        assert_string_equal(err.text, cases[i].text);
        vt_spool_close(&spool);
    }
}

static void what_cannot_be_read_again_is_told(void **state) {
    (void)state;
    struct vt_spool spool;
    assert_int_equal(vt_spool_open(&spool, dir.path, &err), VT_OK);
    fault.cannot_seek = true;
    assert_int_equal(vt_spool_rewind(&spool, &err), VT_ERR_IO);
    assert_string_equal(err.text, "reading it again: Illegal seek");
    vt_spool_close(&spool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_was_written_is_read_again_and_leaves_nothing),
        TEST(short_and_interrupted_writes_are_gone_on_with),
        TEST(a_directory_that_takes_no_file_is_named),
        TEST(a_full_disk_is_told),
        TEST(what_cannot_be_read_again_is_told),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/source_text.h"
#include "test/support/temp_dir.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static void expect_decoded(const char *bytes, const char *text) {
    struct vt_buf out = {0};
    bool is_decoded = vt_source_text_decode(bytes, strlen(bytes), &out);
    if (!text) {
        if (is_decoded)
            fail_msg("decoded: %s", bytes);
    } else {
        if (!is_decoded)
            fail_msg("not decoded: %s", bytes);
        assert_string_equal(out.data ? out.data : "", text);
    }
    vt_buf_fini(&out);
}

static void utf8_is_the_default_and_strict(void **state) {
    (void)state;
    expect_decoded("", "");
    expect_decoded("x = '\xC3\xA9'\n", "x = '\xC3\xA9'\n");
    expect_decoded("\xEF\xBB\xBFx\n", "x\n");
    expect_decoded("x = '\xE9'\n", NULL);
    expect_decoded("x = '\xED\xA0\x80'\n", NULL);
    expect_decoded("# coding: utf-8\n\xC3\xA9", "# coding: utf-8\n\xC3\xA9");
    expect_decoded("# -*- coding: UTF8 -*-\n\xFF", NULL);
}

static void the_cookie_of_the_first_two_lines_decides(void **state) {
    (void)state;
    expect_decoded("# coding: latin-1\n\xE9", "# coding: latin-1\n\xC3\xA9");
    expect_decoded("#!/usr/bin/python\n# vim: set fileencoding=iso_8859_1 :\n\xE9",
                   "#!/usr/bin/python\n# vim: set fileencoding=iso_8859_1 :\n\xC3\xA9");
    expect_decoded("\n \t# coding=Latin-1\r\n\xE9", "\n \t# coding=Latin-1\n\xC3\xA9");
    expect_decoded("\r\n# coding=latin1\n\xE9", "\n# coding=latin1\n\xC3\xA9");
    expect_decoded("# coding: ascii\nx\n", "# coding: ascii\nx\n");
    expect_decoded("# coding: us-ascii\n\xC3\xA9", NULL);
    expect_decoded("# coding: cp1252\n\x80", "# coding: cp1252\n\xE2\x82\xAC");
    expect_decoded("# coding: shift_jis\n\x82\xA0",
                   "# coding: shift_jis\n\xE3\x81\x82");
    expect_decoded("# coding: euc-jp\n\xA4\xA2", "# coding: euc-jp\n\xE3\x81\x82");
    expect_decoded("\f# coding:\tlatin-1\n\xE9", "\f# coding:\tlatin-1\n\xC3\xA9");
    expect_decoded("# coding=latin-1-unix\n\xE9", "# coding=latin-1-unix\n\xC3\xA9");
    expect_decoded("# coding: utf-8-unix\n\xE9", NULL);
    expect_decoded("# coding: no-such-thing\nx", NULL);
    expect_decoded("# coding: ../../etc/passwd\nx", NULL);
}

static void what_is_no_cookie_is_not_taken_for_one(void **state) {
    (void)state;
    expect_decoded("x = 1\n# coding: latin-1\n\xE9", NULL); /* code before it */
    expect_decoded("\n\n# coding: latin-1\n\xE9", NULL);    /* third line */
    expect_decoded("x = 1 # coding: latin-1\n\xC3\xA9",
                   "x = 1 # coding: latin-1\n\xC3\xA9");
    expect_decoded("# coding latin-1\n\xC3\xA9", "# coding latin-1\n\xC3\xA9");
    expect_decoded("# coding", "# coding");
    expect_decoded("# coding: \n\xC3\xA9", "# coding: \n\xC3\xA9");
    expect_decoded("# coding:\t", "# coding:\t");
    expect_decoded("# coding: (none)\n\xC3\xA9", "# coding: (none)\n\xC3\xA9");
    expect_decoded(" \t\f", " \t\f");
    expect_decoded("x = 1\ry = 2", "x = 1\ny = 2");
    expect_decoded("# coding: utf-80\n\xC3\xA9", NULL);
    expect_decoded("# coding: "
                   "a123456789b123456789c123456789d123456789e123456789f123456789g123"
                   "\n\xC3\xA9",
                   "# coding: "
                   "a123456789b123456789c123456789d123456789e123456789f123456789g123"
                   "\n\xC3\xA9"); /* too long for a name */
    expect_decoded("# recoding coding: latin-1\n\xE9",
                   "# recoding coding: latin-1\n\xC3\xA9");
    expect_decoded("\xEF\xBB\xBF# coding: latin-1\nx", NULL); /* contradicts the mark */
    expect_decoded("\xEF\xBB\xBF# coding: utf-8\nx", "# coding: utf-8\nx");
    expect_decoded("\xEF\xBB\xBFx = '\xE9'", NULL);
}

static void line_ends_become_line_feeds(void **state) {
    (void)state;
    expect_decoded("a\r\nb\rc\n\r\n", "a\nb\nc\n\n");
    expect_decoded("\r", "\n");
    expect_decoded("# coding: cp1252\r\na\r", "# coding: cp1252\na\n");
}

static void a_long_text_of_another_encoding_is_whole(void **state) {
    (void)state;
    enum { N = 100000 };
    static const char cookie[] = "# coding: cp1252\n";
    char *bytes = malloc(sizeof cookie + N);
    memcpy(bytes, cookie, sizeof cookie - 1);
    memset(bytes + sizeof cookie - 1, 0x80, N);
    struct vt_buf out = {0};
    assert_true(vt_source_text_decode(bytes, sizeof cookie - 1 + N, &out));
    assert_int_equal(out.size, sizeof cookie - 1 + (size_t)3 * N);
    for (size_t i = 0; i < N; i++)
        assert_memory_equal(out.data + sizeof cookie - 1 + 3 * i, "\xE2\x82\xAC", 3);
    vt_buf_fini(&out);
    free(bytes);
}

/* ---- files */

static struct vt_file_identity identity_of(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (struct vt_file_identity){st.st_dev, st.st_ino, (uint64_t)st.st_size,
                                     (int64_t)st.st_mtim.tv_sec * 1000000000 +
                                         st.st_mtim.tv_nsec};
}

static bool can_read(const char *path, const struct vt_file_identity *identity) {
    struct vt_buf text = {0};
    struct vt_text as_text = {path, strlen(path)};
    bool is_read = vt_source_text_read(as_text, identity, &text);
    assert_false(text.failed);
    vt_buf_fini(&text);
    return is_read;
}

static void only_the_file_that_was_recorded_is_read(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *path = temp_dir_join(&dir, "a.py"), *link = temp_dir_join(&dir, "l.py");
    temp_dir_write(path, "text\n", 5);
    assert_int_equal(symlink(path, link), 0);
    struct vt_file_identity identity = identity_of(path), other;
    assert_true(can_read(path, &identity));
    assert_true(can_read(link, &identity));
    other = identity;
    other.device++;
    assert_false(can_read(path, &other));
    other = identity;
    other.inode++;
    assert_false(can_read(path, &other));
    other = identity;
    other.size_bytes++;
    assert_false(can_read(path, &other));
    other = identity;
    other.mtime_ns++;
    assert_false(can_read(path, &other));
    other = (struct vt_file_identity){0};
    assert_false(can_read(path, &other));
    unlink(path);
    assert_false(can_read(path, &identity));
    temp_dir_fini(&dir);
}

static void what_is_not_a_regular_file_is_not_read_and_never_blocks(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *fifo = temp_dir_join(&dir, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {fifo, "/dev/zero", dir.path, "/dev/null"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct vt_file_identity identity = identity_of(paths[i]);
        assert_false(can_read(paths[i], &identity));
    }
    struct vt_file_identity some = {1, 1, 1, 1};
    assert_false(can_read("", &some));
    struct vt_buf text = {0};
    assert_false(vt_source_text_read((struct vt_text){"a\0b", 3}, &some, &text));
    temp_dir_fini(&dir);
}

/* ---- a system that is interrupted, or fails */

static struct {
    int reads;  /* before one that fails with `error`, or ends early (0); -1: none */
    int fstats; /* before one that fails; -1: none */
    int error;
} fault = {-1, -1, 0};

ssize_t __real_read(int fd, void *bytes, size_t size);
int __real_fstat(int fd, struct stat *st);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __wrap_fstat(int fd, struct stat *st);

ssize_t __wrap_read(int fd, void *bytes, size_t size) {
    if (fault.reads < 0 || fault.reads-- > 0)
        return __real_read(fd, bytes, size);
    errno = fault.error;
    return fault.error ? -1 : 0;
}

int __wrap_fstat(int fd, struct stat *st) {
    if (fault.fstats < 0 || fault.fstats-- > 0)
        return __real_fstat(fd, st);
    errno = EIO;
    return -1;
}

static void a_file_that_is_not_read_whole_is_left_out(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *path = temp_dir_join(&dir, "a.py");
    temp_dir_write(path, "text\n", 5);
    struct vt_file_identity identity = identity_of(path);
    fault.reads = 0;
    fault.error = EINTR;
    assert_true(can_read(path, &identity)); /* it is read again */
    fault.reads = 0;
    fault.error = EIO;
    assert_false(can_read(path, &identity));
    fault.reads = 0;
    fault.error = 0;
    assert_false(can_read(path, &identity));
    for (int i = 0; i < 2; i++) {
        fault.fstats = i;
        assert_false(can_read(path, &identity));
    }
    fault.fstats = -1;
    assert_true(can_read(path, &identity));
    temp_dir_fini(&dir);
}

static void a_path_that_is_not_utf8_is_found(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *path = temp_dir_join(&dir, "\xFFx\xC3\xA9.py");
    temp_dir_write(path, "text\n", 5);
    struct vt_file_identity identity = identity_of(path);
    assert_true(can_read(temp_dir_join(&dir, "\xED\xB3\xBFx\xC3\xA9.py"), &identity));
    temp_dir_fini(&dir);
}

static void a_file_beyond_the_limit_is_left_out(void **state) {
    (void)state;
    struct temp_dir dir;
    temp_dir_init(&dir);
    const char *path = temp_dir_join(&dir, "big.py");
    temp_dir_write(path, "", 0);
    assert_int_equal(truncate(path, (off_t)VT_SOURCE_TEXT_MAX_BYTES), 0);
    struct vt_file_identity identity = identity_of(path);
    assert_true(can_read(path, &identity));
    assert_int_equal(truncate(path, (off_t)VT_SOURCE_TEXT_MAX_BYTES + 1), 0);
    identity = identity_of(path);
    assert_false(can_read(path, &identity));
    temp_dir_fini(&dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_the_default_and_strict),
        cmocka_unit_test(the_cookie_of_the_first_two_lines_decides),
        cmocka_unit_test(what_is_no_cookie_is_not_taken_for_one),
        cmocka_unit_test(line_ends_become_line_feeds),
        cmocka_unit_test(a_long_text_of_another_encoding_is_whole),
        cmocka_unit_test(only_the_file_that_was_recorded_is_read),
        cmocka_unit_test(what_is_not_a_regular_file_is_not_read_and_never_blocks),
        cmocka_unit_test(a_file_that_is_not_read_whole_is_left_out),
        cmocka_unit_test(a_path_that_is_not_utf8_is_found),
        cmocka_unit_test(a_file_beyond_the_limit_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/source_text.h"

#include "core/base/fspath.h"
#include "core/base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENCODING_BYTES = 64 };

/* ---- which encoding */

/* One line without its end; *rest begins with the next. */
static struct vt_text take_line(struct vt_text *rest) {
    size_t size = 0;
    while (size < rest->size && rest->bytes[size] != '\n' && rest->bytes[size] != '\r')
        size++;
    struct vt_text line = {rest->bytes, size};
    if (size < rest->size) /* \r\n counts as two lines, the second of them blank */
        size++;
    *rest = (struct vt_text){rest->bytes + size, rest->size - size};
    return line;
}

static bool is_encoding_char(char c) {
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* Python's rule: ^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+) (PEP 263). */
static bool find_cookie(struct vt_text line, char encoding[ENCODING_BYTES]) {
    static const char word[] = "coding";
    const char *p = line.bytes, *end = line.bytes + line.size;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\f'))
        p++;
    if (p == end || *p != '#')
        return false;
    while ((p = memmem(p, (size_t)(end - p), word, sizeof word - 1))) {
        p += sizeof word - 1;
        if (p == end || (*p != ':' && *p != '='))
            continue;
        const char *name = p + 1;
        while (name < end && (*name == ' ' || *name == '\t'))
            name++;
        size_t size = 0;
        while (name + size < end && is_encoding_char(name[size]))
            size++;
        if (size && size < ENCODING_BYTES) {
            memcpy(encoding, name, size);
            encoding[size] = '\0';
            return true;
        }
    }
    return false;
}

static bool is_blank_or_comment(struct vt_text line) {
    size_t i = 0;
    while (i < line.size && strchr(" \t\f", line.bytes[i]))
        i++;
    return i == line.size || line.bytes[i] == '#';
}

/* The cookie of the first two lines, in Python's spelling; "utf-8" without one. */
static void find_encoding(struct vt_text bytes, char encoding[ENCODING_BYTES]) {
    struct vt_text first = take_line(&bytes);
    if (bytes.size && first.bytes[first.size] == '\r' && bytes.bytes[0] == '\n')
        take_line(&bytes);
    if (find_cookie(first, encoding))
        return;
    if (is_blank_or_comment(first) && find_cookie(take_line(&bytes), encoding))
        return;
    memcpy(encoding, "utf-8", sizeof "utf-8");
}

/* Lower case with - for _: names that differ only in that are the same to Python. */
static void normalize(char *encoding) {
    for (char *p = encoding; *p; p++)
        *p = (char)(*p == '_' ? '-' : tolower((unsigned char)*p));
}

static bool is_one_of(const char *encoding, const char *const *names) {
    for (; *names; names++) {
        size_t size = strlen(*names);
        if (strncmp(encoding, *names, size) == 0 &&
            (!encoding[size] || encoding[size] == '-'))
            return true;
    }
    return false;
}

/* ---- decoding */

static bool append_utf8(struct vt_text bytes, struct vt_buf *text) {
    vt_buf_append(text, bytes.bytes, bytes.size);
    return vt_utf8_is_strict(bytes.bytes, bytes.size);
}

static bool append_latin_1(struct vt_text bytes, struct vt_buf *text) {
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char utf8[4];
        size_t size = vt_utf8_put(utf8, (unsigned char)bytes.bytes[i]);
        vt_buf_append(text, utf8, size);
    }
    return true;
}

/* A name in a source file picks a converter of libc, never a path: it has no slash. */
static bool append_converted(struct vt_text bytes, const char *encoding,
                             struct vt_buf *text) {
    enum { STEP = 16384 };
    iconv_t converter = iconv_open("UTF-8", encoding);
    if ((intptr_t)converter == -1)
        return false;
    char *in = (char *)(uintptr_t)bytes.bytes;
    size_t in_left = bytes.size;
    bool is_done = false, is_stuck = false;
    while (!is_done && !is_stuck) {
        char *out = vt_buf_reserve(text, STEP);
        size_t out_left = STEP;
        if (!out)
            break;
        char *end = out;
        /* After the last byte, one call with no input ends the converter's state. */
        size_t result = in_left ? iconv(converter, &in, &in_left, &end, &out_left)
                                : iconv(converter, NULL, NULL, &end, &out_left);
        is_stuck = result == (size_t)-1 && errno != E2BIG;
        is_done = !in_left && result != (size_t)-1 && end == out;
        text->size += STEP - out_left;
    }
    vt_buf_append(text, "", 0); /* the NUL behind */
    iconv_close(converter);
    return is_done && !text->failed;
}

/* \r\n and \r become \n, from byte `begin` on. */
static void make_newlines(struct vt_buf *text, size_t begin) {
    if (text->size == begin)
        return;
    char *to = text->data + begin;
    const char *end = text->data + text->size;
    for (const char *from = to; from < end; from++) {
        if (*from == '\r' && from + 1 < end && from[1] == '\n')
            continue;
        *to = *from;
        if (*to == '\r')
            *to = '\n';
        to++;
    }
    text->size = (size_t)(to - text->data);
    text->data[text->size] = '\0';
}

static bool append_decoded(struct vt_text bytes, struct vt_buf *text) {
    static const char *const utf8[] = {"utf-8", "utf8", NULL};
    static const char *const latin_1[] = {"latin-1", "iso-8859-1", "iso-latin-1",
                                          "latin1",  "iso8859-1",  NULL};
    static const char *const ascii[] = {"ascii", "us-ascii", NULL};
    static const char mark[] = "\xEF\xBB\xBF";
    char encoding[ENCODING_BYTES];
    find_encoding(bytes, encoding);
    normalize(encoding);
    if (bytes.size >= 3 && memcmp(bytes.bytes, mark, 3) == 0) {
        struct vt_text rest = {bytes.bytes + 3, bytes.size - 3};
        find_encoding(rest, encoding);
        normalize(encoding);
        /* A mark with another cookie is an error to Python. */
        return is_one_of(encoding, utf8) && append_utf8(rest, text);
    }
    if (is_one_of(encoding, utf8))
        return append_utf8(bytes, text);
    if (is_one_of(encoding, latin_1))
        return append_latin_1(bytes, text);
    return append_converted(bytes, is_one_of(encoding, ascii) ? "ASCII" : encoding,
                            text);
}

bool vt_source_text_decode(const char *bytes, size_t size, struct vt_buf *text) {
    size_t begin = text->size;
    bool is_done = append_decoded((struct vt_text){bytes, size}, text);
    if (!is_done || text->failed)
        return false;
    make_newlines(text, begin);
    return true;
}

/* ---- the file */

static bool is_same(const struct stat *st, const struct vt_file_identity *identity) {
    int64_t mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    return S_ISREG(st->st_mode) && st->st_dev == identity->device &&
           st->st_ino == identity->inode &&
           (uint64_t)st->st_size == identity->size_bytes &&
           mtime_ns == identity->mtime_ns;
}

/* All bytes of the file when it is the one that was recorded. NULL: it is not, or
 * memory ran out (*no_memory). */
static char *read_whole(int fd, const struct vt_file_identity *identity,
                        bool *no_memory) {
    struct stat st;
    size_t size = (size_t)identity->size_bytes, got = 0;
    if (fstat(fd, &st) != 0 || !is_same(&st, identity))
        return NULL;
    char *bytes = malloc(size + 1);
    *no_memory = !bytes;
    while (bytes && got < size) {
        ssize_t n = read(fd, bytes + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    if (!bytes || got < size || fstat(fd, &st) != 0 || !is_same(&st, identity)) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

bool vt_source_text_read(struct vt_text path, const struct vt_file_identity *identity,
                         struct vt_buf *text) {
    char disk[VT_FSPATH_BYTES];
    if (!identity->inode || identity->size_bytes > VT_SOURCE_TEXT_MAX_BYTES ||
        !vt_fspath_to_disk(path.bytes, path.size, disk))
        return false;
    int fd = open(disk, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool no_memory = false;
    char *bytes = read_whole(fd, identity, &no_memory);
    close(fd);
    text->failed |= no_memory;
    bool is_done =
        bytes && vt_source_text_decode(bytes, (size_t)identity->size_bytes, text);
    free(bytes);
    return is_done;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/source.h"

#include "core/base/log_layout.h"
#include "core/io/gunzip.h"
#include "core/io/html_text.h"
#include "core/io/log_file.h"
#include "core/io/report.h"
#include "core/io/rundir.h"
#include "core/io/spool.h"
#include "core/io/zblock.h"
#include "core/trace/cvf_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WINDOW_BYTES = 256 * 1024, /* stays in the processor's cache while it is scanned */
    HEAD_BYTES = 8,            /* that tell what it is */
};

struct vt_source {
    char *path;
    char *spool_dir; /* NULL: nothing is kept */
    uint32_t expansion;
    struct vt_reader_limits limits;
    bool must_be_cvf;
    bool was_read;
    bool changes_by_nature; /* a log may be written while it is read */
    struct stat seen;
    struct vt_spool spool; /* what a pipe gave, once it was read */
};

/* ---- life */

static enum vt_status copy_names(struct vt_source *source, const char *path,
                                 const char *spool_dir, struct vt_error *err) {
    source->path = strdup(path);
    if (spool_dir)
        source->spool_dir = strdup(spool_dir);
    if (!source->path || (spool_dir && !source->spool_dir))
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return VT_OK;
}

static enum vt_status look(struct vt_source *source, struct vt_error *err) {
    if (stat(source->path, &source->seen) != 0)
        return vt_error_set_errno(err, errno, "%s", source->path);
    if (S_ISBLK(source->seen.st_mode) || S_ISSOCK(source->seen.st_mode))
        return vt_error_set(err, VT_ERR_FORMAT, "%s: not a file", source->path);
    return VT_OK;
}

enum vt_status vt_source_open(const char *path, const struct vt_source_options *options,
                              struct vt_source **source, struct vt_error *err) {
    struct vt_source *made = calloc(1, sizeof *made);
    if (!made)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    made->spool.fd = -1;
    made->expansion = options->expansion;
    made->limits = options->limits;
    made->must_be_cvf = options->must_be_cvf;
    enum vt_status status = copy_names(made, path, options->spool_dir, err);
    if (status == VT_OK)
        status = look(made, err);
    if (status != VT_OK) {
        vt_source_close(made);
        return status;
    }
    *source = made;
    return VT_OK;
}

void vt_source_close(struct vt_source *source) {
    if (!source)
        return;
    vt_spool_close(&source->spool);
    free(source->spool_dir);
    free(source->path);
    free(source);
}

/* ---- logs */

/* The texts in a log may make us read sources only if nobody else can have written
 * it. */
static enum vt_status pump_logs(const struct vt_log_image *images, size_t count,
                                bool are_private, struct vt_sink sink,
                                struct vt_error *err) {
    struct vt_report_options options = {.file_info = are_private};
    return vt_report_write(images, count, &options, sink, NULL, err);
}

static enum vt_status pump_log(int fd, const struct stat *st, struct vt_sink sink,
                               struct vt_error *err) {
    struct vt_log_file file = {
        .fd = fd,
        .is_private = st->st_uid == geteuid() && !(st->st_mode & 077),
    };
    if (!S_ISREG(st->st_mode))
        return vt_error_set(err, VT_ERR_FORMAT, "a log that is not a regular file");
    struct vt_log_image image = vt_log_file_image(&file);
    return pump_logs(&image, 1, file.is_private, sink, err);
}

static enum vt_status pump_run(const char *path, struct vt_sink sink,
                               struct vt_error *err) {
    struct vt_rundir run;
    enum vt_status status = vt_rundir_open(&run, path, err);
    if (status != VT_OK)
        return err ? vt_error_prefix(err, "a directory that is no run") : status;
    struct vt_log_image *images = calloc(run.count, sizeof *images);
    for (size_t i = 0; images && i < run.count; i++)
        images[i] = vt_log_file_image(&run.logs[i].file);
    status = images ? pump_logs(images, run.count, true, sink, err)
                    : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    free(images);
    vt_rundir_close(&run);
    return status;
}

/* ---- text */

/* read(2) until there are `least` bytes, or the end; *got: how many. */
static enum vt_status read_some(int fd, char *window, size_t least, size_t *got,
                                struct vt_error *err) {
    *got = 0;
    while (*got < least) {
        ssize_t n = read(fd, window + *got, WINDOW_BYTES - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vt_error_set_errno(err, errno, "cannot be read");
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return VT_OK;
}

/* Writes the window, which has `got` bytes, and all that follows to the sink, and to
 * the spool if there is one. */
static enum vt_status pump_bytes(int fd, char *window, size_t got,
                                 struct vt_spool *spool, struct vt_sink sink,
                                 struct vt_error *err) {
    enum vt_status status = VT_OK;
    while (got && status == VT_OK) {
        status = sink.write(sink.state, window, got, err);
        if (status == VT_OK && spool)
            status = vt_spool_write(spool, window, got, err);
        if (status == VT_OK)
            status = read_some(fd, window, 1, &got, err);
    }
    return status;
}

static enum vt_status pump_gzip(struct vt_source *source, int fd, char *window,
                                size_t got, struct vt_spool *spool, struct vt_sink sink,
                                struct vt_error *err) {
    struct vt_gunzip *gunzip;
    enum vt_status status = vt_gunzip_create(sink, source->expansion, &gunzip, err);
    if (status != VT_OK)
        return status;
    status = pump_bytes(fd, window, got, spool, vt_gunzip_sink(gunzip), err);
    if (status == VT_OK)
        status = vt_gunzip_finish(gunzip, err);
    vt_gunzip_destroy(gunzip);
    return status;
}

static enum vt_status pump_html(struct vt_source *source, int fd, char *window,
                                size_t got, struct vt_spool *spool, struct vt_sink sink,
                                struct vt_error *err) {
    struct vt_html_text *html;
    enum vt_status status = vt_html_text_open(sink, source->expansion, &html, err);
    if (status != VT_OK)
        return status;
    status = pump_bytes(fd, window, got, spool, vt_html_text_sink(html), err);
    if (status == VT_OK)
        status = vt_html_text_finish(html, err);
    vt_html_text_close(html);
    return status;
}

static enum vt_status pump_cvf(struct vt_source *source, int fd, char *window,
                               size_t got, struct vt_spool *spool, struct vt_sink sink,
                               struct vt_error *err) {
    struct vt_buf file = {0};
    struct vt_cvf_read_options options = {
        .unpack = vt_zblock_unpack,
        .limits = source->limits,
        .expansion = source->expansion,
    };
    enum vt_status status =
        pump_bytes(fd, window, got, spool, vt_sink_to_buf(&file), err);
    if (status == VT_OK)
        status = vt_cvf_read(file.data, file.size, &options, sink, err);
    vt_buf_fini(&file);
    return status;
}

static bool begins_with(const char *window, size_t got, const char *magic,
                        size_t size) {
    return got >= size && memcmp(window, magic, size) == 0;
}

/* What the first bytes say. The window has `got` of them. */
static enum vt_status pump_kind(struct vt_source *source, int fd, char *window,
                                size_t got, struct vt_spool *spool, struct vt_sink sink,
                                struct vt_error *err) {
    if (vt_cvf_read_knows(window, got) || source->must_be_cvf)
        return pump_cvf(source, fd, window, got, spool, sink, err);
    if (begins_with(window, got, VT_LOG_MAGIC, HEAD_BYTES)) {
        source->changes_by_nature = true;
        return pump_log(fd, &source->seen, sink, err);
    }
    if (begins_with(window, got, "\x1F\x8B", 2))
        return pump_gzip(source, fd, window, got, spool, sink, err);
    if (vt_html_text_knows(window, got))
        return pump_html(source, fd, window, got, spool, sink, err);
    return pump_bytes(fd, window, got, spool, sink, err);
}

static enum vt_status pump_fd(struct vt_source *source, int fd, struct vt_spool *spool,
                              struct vt_sink sink, struct vt_error *err) {
    size_t got;
    char *window = malloc(WINDOW_BYTES);
    if (!window)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status = read_some(fd, window, HEAD_BYTES, &got, err);
    if (status == VT_OK)
        status = pump_kind(source, fd, window, got, spool, sink, err);
    free(window);
    return status;
}

/* ---- the file */

static bool is_same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Whether the file is still the one that was read before. */
static bool is_same(const struct vt_source *source, const struct stat *now) {
    const struct stat *seen = &source->seen;
    if (now->st_dev != seen->st_dev || now->st_ino != seen->st_ino)
        return false;
    return source->changes_by_nature || (now->st_size == seen->st_size &&
                                         is_same_time(&now->st_mtim, &seen->st_mtim));
}

static enum vt_status open_file(struct vt_source *source, int *fd,
                                struct vt_error *err) {
    struct stat now;
    do {
        *fd = open(source->path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    } while (*fd < 0 && errno == EINTR);
    if (*fd < 0 || fstat(*fd, &now) != 0) {
        int error = errno;
        if (*fd >= 0)
            close(*fd);
        return vt_error_set_errno(err, error, "cannot be opened");
    }
    if (source->was_read && !is_same(source, &now)) {
        close(*fd);
        return vt_error_set(err, VT_ERR_IO, "changed while it was read");
    }
    source->seen = now;
    posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return VT_OK;
}

/* The first time: what is no regular file goes into the spool, too. */
static enum vt_status pump_file(struct vt_source *source, struct vt_sink sink,
                                struct vt_error *err) {
    int fd;
    enum vt_status status = open_file(source, &fd, err);
    if (status != VT_OK)
        return status;
    bool must_be_kept = source->spool_dir && !S_ISREG(source->seen.st_mode);
    if (must_be_kept)
        status = vt_spool_open(&source->spool, source->spool_dir, err);
    if (status == VT_OK)
        status = pump_fd(source, fd, must_be_kept ? &source->spool : NULL, sink, err);
    close(fd);
    return status;
}

static enum vt_status pump_again(struct vt_source *source, struct vt_sink sink,
                                 struct vt_error *err) {
    enum vt_status status = vt_spool_rewind(&source->spool, err);
    return status == VT_OK ? pump_fd(source, source->spool.fd, NULL, sink, err)
                           : status;
}

enum vt_status vt_source_pump(struct vt_source *source, struct vt_sink sink,
                              struct vt_error *err) {
    enum vt_status status;
    if (S_ISDIR(source->seen.st_mode))
        status = pump_run(source->path, sink, err);
    else if (source->spool.fd >= 0)
        status = pump_again(source, sink, err);
    else
        status = pump_file(source, sink, err);
    source->was_read = true;
    return status == VT_OK || !err ? status : vt_error_prefix(err, "%s", source->path);
}

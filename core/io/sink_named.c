/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/sink_named.h"

#include "core/io/limits.h"

#include <string.h>

static bool ends_in(const char *path, const char *end) {
    size_t size = strlen(path), end_size = strlen(end);
    return size >= end_size && strcmp(path + size - end_size, end) == 0;
}

static enum vt_status open_gzip(struct vt_sink_named *named, struct vt_sink *sink,
                                struct vt_error *err) {
    enum vt_status status =
        vt_sink_gzip_open(*sink, vt_deflate_best(), &named->gzip, err);
    if (status == VT_OK)
        *sink = vt_sink_gzip_sink(named->gzip);
    return status;
}

static enum vt_status open_html(struct vt_sink_named *named, struct vt_sink *sink,
                                struct vt_error *err) {
    uint64_t most_events;
    enum vt_status status = vt_limits_html_events(&most_events, err);
    if (status == VT_OK)
        status = vt_sink_html_open(*sink, most_events, &named->html, err);
    if (status == VT_OK)
        *sink = vt_sink_html_sink(named->html);
    return status;
}

enum vt_status vt_sink_named_open(struct vt_sink_named *named, const char *path,
                                  struct vt_sink *sink, struct vt_error *err) {
    *named = (struct vt_sink_named){0};
    enum vt_status status = vt_sink_file_open(path, &named->file, err);
    if (status != VT_OK)
        return status;
    *sink = vt_sink_file_sink(named->file);
    if (ends_in(path, ".gz"))
        return open_gzip(named, sink, err);
    return ends_in(path, ".html") ? open_html(named, sink, err) : VT_OK;
}

enum vt_status vt_sink_named_commit(struct vt_sink_named *named,
                                    struct vt_sink_file_stats *stats,
                                    struct vt_error *err) {
    enum vt_status status = VT_OK;
    if (named->gzip)
        status = vt_sink_gzip_finish(named->gzip, err);
    else if (named->html)
        status = vt_sink_html_finish(named->html, err);
    if (status == VT_OK) {
        status = vt_sink_file_commit(named->file, stats, err);
        named->file = NULL;
    }
    vt_sink_named_discard(named);
    return status;
}

void vt_sink_named_discard(struct vt_sink_named *named) {
    vt_sink_gzip_close(named->gzip);
    vt_sink_html_close(named->html);
    vt_sink_file_discard(named->file);
    *named = (struct vt_sink_named){0};
}

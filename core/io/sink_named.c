/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/sink_named.h"

#include <string.h>

static bool is_gzip(const char *path) {
    size_t size = strlen(path);
    return size >= 3 && strcmp(path + size - 3, ".gz") == 0;
}

enum vt_status vt_sink_named_open(struct vt_sink_named *named, const char *path,
                                  struct vt_sink *sink, struct vt_error *err) {
    *named = (struct vt_sink_named){0};
    enum vt_status status = vt_sink_file_open(path, &named->file, err);
    if (status != VT_OK)
        return status;
    *sink = vt_sink_file_sink(named->file);
    if (!is_gzip(path))
        return VT_OK;
    status = vt_sink_gzip_open(*sink, vt_deflate_best(), &named->gzip, err);
    if (status == VT_OK)
        *sink = vt_sink_gzip_sink(named->gzip);
    return status;
}

enum vt_status vt_sink_named_commit(struct vt_sink_named *named,
                                    struct vt_sink_file_stats *stats,
                                    struct vt_error *err) {
    enum vt_status status = named->gzip ? vt_sink_gzip_finish(named->gzip, err) : VT_OK;
    if (status == VT_OK) {
        status = vt_sink_file_commit(named->file, stats, err);
        named->file = NULL;
    }
    vt_sink_named_discard(named);
    return status;
}

void vt_sink_named_discard(struct vt_sink_named *named) {
    vt_sink_gzip_close(named->gzip);
    vt_sink_file_discard(named->file);
    *named = (struct vt_sink_named){0};
}

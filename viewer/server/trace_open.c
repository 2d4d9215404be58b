/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/trace_open.h"

#include "core/io/sink_gzip.h"
#include "core/io/source.h"
#include "core/io/rawdeflate.h"

#include <stddef.h>

enum { TELL_BYTES = 4 << 20 }; /* of text between two tellings */

static enum vt_status pack(void *state, const void *bytes, size_t size,
                           struct vt_buf *packed, struct vt_error *err) {
    (void)state;
    return vt_rawdeflate_pack(bytes, size, packed, err);
}

static enum vt_status unpack(void *state, const void *packed, size_t size,
                             size_t raw_size, struct vt_buf *bytes,
                             struct vt_error *err) {
    (void)state;
    return vt_rawdeflate_unpack(packed, size, raw_size, bytes, err);
}

/* ---- on its way in */

struct feeding {
    struct vt_engine *engine;
    const struct vt_trace_open_options *options;
    uint64_t told; /* bytes */
};

static enum vt_status feed(void *state, const void *bytes, size_t size,
                           struct vt_error *err) {
    struct feeding *feeding = state;
    enum vt_status status = vt_engine_feed(feeding->engine, bytes, size, err);
    struct vt_engine_progress now = vt_engine_progress(feeding->engine);
    if (status != VT_OK || !feeding->options->progress ||
        now.bytes - feeding->told < TELL_BYTES)
        return status;
    feeding->told = now.bytes;
    if (feeding->options->progress(feeding->options->state, now))
        return VT_OK;
    return vt_error_set(err, VT_ERR_REFUSED, "stopped");
}

static enum vt_status read_into(struct vt_engine *engine, const char *path,
                                const struct vt_trace_open_options *options,
                                struct vt_error *err) {
    struct feeding feeding = {engine, options, 0};
    struct vt_source_options source_options = {0};
    struct vt_source *source;
    enum vt_status status = vt_source_open(path, &source_options, &source, err);
    if (status != VT_OK)
        return status;
    status = vt_source_pump(source, (struct vt_sink){feed, &feeding}, err);
    vt_source_close(source);
    if (status != VT_OK)
        return status;
    status = vt_engine_finish(engine, err);
    return status == VT_OK || !err ? status : vt_error_prefix(err, "%s", path);
}

enum vt_status vt_trace_open(const char *path,
                             const struct vt_trace_open_options *options,
                             struct vt_engine **engine, struct vt_error *err) {
    struct vt_engine_options engine_options = {.pack = pack, .unpack = unpack};
    struct vt_engine *made;
    enum vt_status status = vt_engine_create(&engine_options, &made, err);
    if (status != VT_OK)
        return status;
    status = read_into(made, path, options, err);
    if (status == VT_OK)
        *engine = made;
    else
        vt_engine_destroy(made);
    return status;
}

/* ---- and out again */

enum vt_status vt_trace_open_index(const struct vt_engine *engine, struct vt_sink sink,
                                   struct vt_error *err) {
    struct vt_sink_gzip *gzip;
    enum vt_status status = vt_sink_gzip_open(sink, vt_deflate_best(), &gzip, err);
    if (status != VT_OK)
        return status;
    status = vt_engine_save(engine, vt_sink_gzip_sink(gzip), err);
    if (status == VT_OK)
        status = vt_sink_gzip_finish(gzip, err);
    vt_sink_gzip_close(gzip);
    return status;
}

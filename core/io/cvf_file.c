/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/cvf_file.h"

#include "core/io/limits.h"
#include "core/io/report.h"
#include "core/io/sink_named.h"
#include "core/io/source.h"
#include "core/io/zblock.h"
#include "core/trace/cvf_write.h"

static enum vt_status open_source(const struct vt_cvf_file_options *options,
                                  bool must_be_cvf, struct vt_limits *limits,
                                  struct vt_source **source, struct vt_error *err) {
    enum vt_status status = vt_limits_read(limits, err);
    struct vt_source_options source_options = {
        .expansion = limits->expansion,
        .limits = limits->reader,
        .must_be_cvf = must_be_cvf,
    };
    return status == VT_OK ? vt_source_open(options->path, &source_options, source, err)
                           : status;
}

/* ---- compress */

/* Reads the whole source into the compressed report. */
static enum vt_status read_trace(struct vt_source *source, const char *path,
                                 const struct vt_limits *limits,
                                 struct vt_cvf_write *write, struct vt_error *err) {
    struct vt_reader_handler handler = vt_cvf_write_handler(write);
    struct vt_reader *reader;
    enum vt_status status = vt_reader_create(&limits->reader, &handler, &reader, err);
    if (status != VT_OK)
        return status;
    status = vt_source_pump(source, vt_reader_sink(reader), err);
    if (status == VT_OK) {
        status = vt_reader_finish(reader, err);
        if (status != VT_OK && err)
            vt_error_prefix(err, "%s", path);
    }
    if (status == VT_OK)
        status = vt_cvf_write_finish(write, vt_reader_stats(reader), err);
    vt_reader_destroy(reader);
    return status;
}

static enum vt_status compress_source(struct vt_source *source,
                                      const struct vt_cvf_file_options *options,
                                      const struct vt_limits *limits,
                                      struct vt_error *err) {
    struct vt_sink_file *file = NULL;
    struct vt_cvf_write *write = NULL;
    struct vt_cvf_packer packer = vt_zblock_packer();
    enum vt_status status = vt_sink_file_open(options->output_path, &file, err);
    if (status == VT_OK)
        status = vt_cvf_write_create(&packer, vt_sink_file_sink(file), &write, err);
    if (status == VT_OK)
        status = read_trace(source, options->path, limits, write, err);
    vt_cvf_write_destroy(write);
    if (status == VT_OK)
        return vt_sink_file_commit(file, NULL, err);
    vt_sink_file_discard(file);
    return status;
}

enum vt_status vt_cvf_file_compress(const struct vt_cvf_file_options *options,
                                    struct vt_error *err) {
    struct vt_limits limits;
    struct vt_source *source = NULL;
    enum vt_status status = open_source(options, false, &limits, &source, err);
    if (status == VT_OK)
        status = compress_source(source, options, &limits, err);
    vt_source_close(source);
    if (status != VT_OK && err)
        vt_limits_explain(err);
    return status;
}

/* ---- decompress */

static enum vt_status decompress_source(struct vt_source *source,
                                        const struct vt_cvf_file_options *options,
                                        struct vt_error *err) {
    struct vt_sink_named file;
    struct vt_sink sink;
    enum vt_status status = vt_sink_named_open(&file, options->output_path, &sink, err);
    if (status == VT_OK)
        status = vt_source_pump(source, sink, err);
    if (status == VT_OK)
        return vt_sink_named_commit(&file, NULL, err);
    vt_sink_named_discard(&file);
    return status;
}

enum vt_status vt_cvf_file_decompress(const struct vt_cvf_file_options *options,
                                      struct vt_error *err) {
    struct vt_limits limits;
    struct vt_source *source = NULL;
    enum vt_status status = vt_report_check_name(options->output_path, err);
    if (status == VT_OK)
        status = open_source(options, true, &limits, &source, err);
    if (status == VT_OK)
        status = decompress_source(source, options, err);
    vt_source_close(source);
    if (status != VT_OK && err)
        vt_limits_explain(err);
    return status;
}

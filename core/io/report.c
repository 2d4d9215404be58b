/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/report.h"

#include "core/io/deliver.h"
#include "core/io/file_info.h"
#include "core/io/json_doc.h"
#include "core/io/sink_named.h"
#include "core/trace/writer.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* What a save has open. */
struct report {
    const struct vt_report_options *options;
    struct vt_log_reader **readers;
    size_t reader_count;
    struct vt_sink_named file;
    struct vt_writer *writer;
    struct vt_file_info file_info;
    struct vt_report_stats stats;
};

/* ---- opening */

static enum vt_status open_logs(struct report *report, const struct vt_log_image *logs,
                                size_t count, struct vt_error *err) {
    report->readers = calloc(count, sizeof(struct vt_log_reader *));
    if (!report->readers)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    report->reader_count = count;
    for (size_t i = 0; i < count; i++) {
        enum vt_status status =
            vt_log_reader_open(logs[i], report->options->now, &report->readers[i], err);
        if (status != VT_OK)
            return status;
    }
    vt_log_reader_override(report->readers[count - 1], report->options->overrides,
                           report->options->override_count);
    return VT_OK;
}

static enum vt_status open_writer(struct report *report, struct vt_sink sink,
                                  struct vt_error *err) {
    const struct vt_report_options *options = report->options;
    struct vt_writer_options writer_options = {
        .raw = options->dump_raw,
        .sanitize_function_name = options->sanitize_function_name,
        .progress = options->progress,
        .progress_state = options->progress_state,
    };
    for (size_t i = 0; i < report->reader_count; i++) {
        const struct vt_log_info *info = vt_log_reader_info(report->readers[i]);
        writer_options.total += info->events + info->open_calls;
    }
    return vt_writer_create(sink, &writer_options, &report->writer, err);
}

/* ---- the text */

/* The ring of one process is full, or it lost something. */
static void note_overflow(struct report *report, const struct vt_log_reader *reader) {
    const struct vt_log_info *info = vt_log_reader_info(reader);
    uint64_t lost = vt_log_reader_lost(reader);
    report->stats.lost += lost;
    if (lost || info->events == info->capacity)
        report->stats.overflow = true;
}

static enum vt_status write_logs(struct report *report, struct vt_error *err) {
    bool wants_file_info = report->options->file_info && !report->options->dump_raw;
    vt_writer_begin(report->writer);
    for (size_t i = 0; i < report->reader_count; i++) {
        struct vt_log_reader *reader = report->readers[i];
        enum vt_status status = vt_writer_log(report->writer, reader, err);
        if (status == VT_OK && wants_file_info)
            status = vt_file_info_add(&report->file_info, report->writer,
                                      vt_log_reader_symbols(reader), err);
        if (status != VT_OK)
            return status;
        note_overflow(report, reader);
    }
    vt_writer_end_events(report->writer);
    const struct vt_writer_counts *counts = vt_writer_counts(report->writer);
    report->stats.entries = counts->entries;
    report->stats.events = counts->events;
    report->stats.open_calls = counts->open_calls;
    report->stats.lost += counts->unreadable;
    return VT_OK;
}

/* Members in the order of behaviour.md 7.1; the raw form has the second and last
 * only. */
static bool fill_metadata(const struct report *report, cJSON *object) {
    const struct vt_log_info *info =
        vt_log_reader_info(report->readers[report->reader_count - 1]);
    bool raw = report->options->dump_raw;
    return (raw || cJSON_AddStringToObject(object, "version", VIZTRACER_VERSION)) &&
           cJSON_AddBoolToObject(object, "overflow", report->stats.overflow) &&
           (raw ||
            vt_json_doc_add_i64(object, "baseTimeNanoseconds", info->base_time_ns)) &&
           (!info->has_sync_marker ||
            vt_json_doc_add_us(object, "sync_marker", info->sync_marker_ns)) &&
           (raw || !report->stats.lost ||
            vt_json_doc_add_i64(object, "lostEvents", (int64_t)report->stats.lost));
}

static enum vt_status write_metadata(struct report *report, struct vt_error *err) {
    struct vt_jwrite *out = vt_writer_text(report->writer);
    cJSON *object = cJSON_CreateObject();
    bool is_whole = object && fill_metadata(report, object);
    if (is_whole) {
        vt_jwrite_text(out, ", \"viztracer_metadata\": ");
        vt_json_doc_write(object, report->options->dump_raw, out);
    }
    cJSON_Delete(object);
    return is_whole ? VT_OK : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

static enum vt_status write_file_info(struct report *report, struct vt_error *err) {
    struct vt_jwrite *out = vt_writer_text(report->writer);
    if (!report->options->file_info || report->options->dump_raw)
        return VT_OK;
    vt_jwrite_text(out, ", \"file_info\": ");
    return vt_file_info_write(&report->file_info, out, err);
}

static enum vt_status write_text(struct report *report, struct vt_error *err) {
    enum vt_status status = write_logs(report, err);
    if (status == VT_OK)
        status = write_metadata(report, err);
    if (status == VT_OK)
        status = write_file_info(report, err);
    if (status == VT_OK)
        status = vt_writer_finish(report->writer, err);
    return status;
}

/* ---- the whole */

static enum vt_status commit(struct report *report, struct vt_error *err) {
    struct vt_sink_file_stats stats = {0};
    enum vt_status status = vt_sink_named_commit(&report->file, &stats, err);
    report->stats.fsync_ns = stats.fsync_ns;
    report->stats.file_bytes = stats.bytes;
    return status;
}

static void close_report(struct report *report) {
    vt_writer_destroy(report->writer);
    vt_sink_named_discard(&report->file);
    vt_file_info_fini(&report->file_info);
    for (size_t i = 0; i < report->reader_count; i++)
        vt_log_reader_close(report->readers[i]);
    free(report->readers);
}

/* All that a sink gets of the open logs. */
static enum vt_status write_report(struct report *report, struct vt_sink sink,
                                   struct vt_error *err) {
    enum vt_status status = open_writer(report, sink, err);
    return status == VT_OK ? write_text(report, err) : status;
}

/* The server names the file. */
static enum vt_status deliver_report(struct report *report, struct vt_error *err) {
    struct vt_deliver deliver;
    const struct vt_log_info *info =
        vt_log_reader_info(report->readers[report->reader_count - 1]);
    enum vt_status status = vt_deliver_open(&deliver, report->options->endpoint, err);
    if (status != VT_OK)
        return status;
    status = vt_deliver_begin(&deliver, info->pid, err);
    if (status == VT_OK)
        status = write_report(report, vt_deliver_sink(&deliver), err);
    if (status == VT_OK)
        status = vt_deliver_end(&deliver, err);
    vt_deliver_close(&deliver);
    return status == VT_OK
               ? VT_OK
               : vt_error_prefix(err, "report server %s", report->options->endpoint);
}

static enum vt_status send_logs(const struct vt_log_image *logs, size_t count,
                                const struct vt_report_options *options,
                                struct vt_report_stats *stats, struct vt_error *err) {
    struct report report = {.options = options};
    enum vt_status status = open_logs(&report, logs, count, err);
    if (status == VT_OK)
        status = deliver_report(&report, err);
    close_report(&report);
    if (status == VT_OK && stats)
        *stats = report.stats;
    return status;
}

enum vt_status vt_report_save(const struct vt_log_image *logs, size_t count,
                              const struct vt_report_options *options,
                              struct vt_report_stats *stats, struct vt_error *err) {
    VT_REQUIRE(count > 0);
    if (options->endpoint)
        return send_logs(logs, count, options, stats, err);
    struct report report = {.options = options};
    struct vt_sink sink;
    enum vt_status status = vt_report_check_name(options->output_path, err);
    if (status == VT_OK)
        status = open_logs(&report, logs, count, err);
    if (status == VT_OK)
        status = vt_sink_named_open(&report.file, options->output_path, &sink, err);
    if (status == VT_OK)
        status = write_report(&report, sink, err);
    if (status == VT_OK)
        status = commit(&report, err);
    close_report(&report);
    if (status == VT_OK && stats)
        *stats = report.stats;
    return status;
}

enum vt_status vt_report_write(const struct vt_log_image *logs, size_t count,
                               const struct vt_report_options *options,
                               struct vt_sink sink, struct vt_report_stats *stats,
                               struct vt_error *err) {
    VT_REQUIRE(count > 0);
    struct report report = {.options = options};
    enum vt_status status = open_logs(&report, logs, count, err);
    if (status == VT_OK)
        status = write_report(&report, sink, err);
    close_report(&report);
    if (status == VT_OK && stats)
        *stats = report.stats;
    return status;
}

enum vt_status vt_report_save_text(const char *path, const char *text, size_t size,
                                   struct vt_error *err) {
    struct report report = {0};
    struct vt_sink sink;
    enum vt_status status = vt_report_check_name(path, err);
    if (status == VT_OK)
        status = vt_sink_named_open(&report.file, path, &sink, err);
    if (status == VT_OK)
        status = sink.write(sink.state, text, size, err);
    if (status == VT_OK)
        status = commit(&report, err);
    close_report(&report);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/combine_files.h"

#include "core/io/limits.h"
#include "core/io/report.h"
#include "core/io/sink_named.h"
#include "core/io/source.h"
#include "core/trace/combine.h"

#include <stdlib.h>
#include <string.h>

struct job {
    const struct vt_combine_files_options *options;
    struct vt_limits limits;
    char *folder; /* of the output: what comes through pipes is kept there */
    struct vt_source **sources;
    struct vt_combine *combine;
    struct vt_sink_named file;
    struct vt_combine_files_result result;
};

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- the files */

static enum vt_status name_folder(struct job *job, struct vt_error *err) {
    const char *path = job->options->output_path;
    const char *slash = strrchr(path, '/');
    job->folder = strndup(path, slash && slash > path ? (size_t)(slash - path) : 1);
    return job->folder ? VT_OK : no_memory(err);
}

/* VT_OK when the others are to be combined without it. */
static enum vt_status leave_out(struct job *job, const char *path,
                                struct vt_error *why) {
    vt_limits_explain(why);
    if (job->options->count == 1 || why->status == VT_ERR_NO_MEMORY)
        return why->status;
    job->result.left_out++;
    job->options->left_out(job->options->state, path, why);
    return VT_OK;
}

/* A file that is not there is more likely a slip of the pen than a loss: it ends the
 * job. Others that cannot be opened are left out; their source stays NULL. */
static enum vt_status open_sources(struct job *job, struct vt_error *err) {
    struct vt_source_options options = {
        .expansion = job->limits.expansion,
        .limits = job->limits.reader,
        .spool_dir = job->folder,
    };
    job->sources = calloc(job->options->count, sizeof(struct vt_source *));
    if (!job->sources)
        return no_memory(err);
    for (size_t i = 0; i < job->options->count; i++) {
        const char *path = job->options->paths[i];
        enum vt_status status = vt_source_open(path, &options, &job->sources[i], err);
        if (status != VT_OK && status != VT_ERR_NOT_FOUND)
            status = leave_out(job, path, err);
        if (status != VT_OK)
            return status;
    }
    return VT_OK;
}

static enum vt_status pump_source(void *state, struct vt_sink sink,
                                  struct vt_error *err) {
    return vt_source_pump(state, sink, err);
}

static enum vt_status read_sources(struct job *job, struct vt_error *err) {
    for (size_t i = 0; i < job->options->count; i++) {
        struct vt_combine_input input = {
            .name = job->options->paths[i],
            .pump = pump_source,
            .state = job->sources[i],
        };
        if (!job->sources[i])
            continue;
        if (job->options->reading)
            job->options->reading(job->options->state, i);
        enum vt_status status = vt_combine_add(job->combine, &input, err);
        job->result.combined += status == VT_OK;
        if (status != VT_OK)
            status = leave_out(job, input.name, err);
        if (status != VT_OK)
            return status;
    }
    return job->result.combined
               ? VT_OK
               : vt_error_set(err, VT_ERR_FORMAT, "No valid json files found");
}

/* ---- the report */

static enum vt_status write_report(struct job *job, struct vt_error *err) {
    struct vt_combine_counts counts = {0};
    struct vt_sink_file_stats stats = {0};
    struct vt_sink sink;
    enum vt_status status =
        vt_sink_named_open(&job->file, job->options->output_path, &sink, err);
    if (status == VT_OK)
        status = vt_combine_write(job->combine, sink, &counts, err);
    if (status == VT_OK)
        status = vt_sink_named_commit(&job->file, &stats, err);
    job->result.entries = counts.entries;
    job->result.fsync_ns = stats.fsync_ns;
    job->result.file_bytes = stats.bytes;
    return status;
}

/* ---- the whole */

static enum vt_status prepare(struct job *job, struct vt_error *err) {
    enum vt_status status = vt_report_check_name(job->options->output_path, err);
    if (status == VT_OK)
        status = vt_limits_read(&job->limits, err);
    if (status == VT_OK)
        status = name_folder(job, err);
    if (status == VT_OK)
        status = open_sources(job, err);
    if (status != VT_OK)
        return status;
    struct vt_combine_options options = {
        .align = job->options->align,
        .limits = job->limits.reader,
        .say = job->options->say,
        .progress = job->options->progress,
        .state = job->options->state,
    };
    return vt_combine_create(&options, &job->combine, err);
}

static void close_job(struct job *job) {
    vt_sink_named_discard(&job->file);
    vt_combine_destroy(job->combine);
    for (size_t i = 0; job->sources && i < job->options->count; i++)
        vt_source_close(job->sources[i]);
    free(job->sources);
    free(job->folder);
}

enum vt_status vt_combine_files(const struct vt_combine_files_options *options,
                                struct vt_combine_files_result *result,
                                struct vt_error *err) {
    VT_REQUIRE(options->count > 0);
    struct job job = {.options = options};
    struct vt_error own;
    err = err ? err : &own; /* what is left out is told with its reason */
    enum vt_status status = prepare(&job, err);
    if (status == VT_OK)
        status = read_sources(&job, err);
    if (status == VT_OK)
        status = write_report(&job, err);
    close_job(&job);
    if (status == VT_OK && result)
        *result = job.result;
    return status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is named or found becomes a list of open logs; those that can be read become one
 * report.
 */
#include "core/io/recover.h"

#include "core/base/utf8.h"
#include "core/io/log_file.h"
#include "core/io/rundir.h"
#include "core/trace/log_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct recovery {
    const struct vt_recover_options *options;
    struct vt_rundir run;        /* fd -1: a log was named as a file */
    struct vt_log_file file;     /* that log; fd -1: a run directory */
    struct vt_log_image *images; /* of the logs that can be read, the main one last */
    size_t count;
    bool is_live;
    bool are_all_read;        /* no log had to be left out */
    bool are_all_private;     /* their texts may make us open files */
    struct vt_clock_pair now; /* (0, 0): it does not fit the logs */
    char *config;             /* of the main log, NUL-terminated; owned */
};

/* ---- lines for the user */

/* Ends a line; one for which there is no memory is not said. */
static void say(const struct recovery *recovery, struct vt_buf *line) {
    if (!line->failed)
        recovery->options->say(recovery->options->state, line->data);
    vt_buf_fini(line);
}

static bool is_control(uint32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ||
           vt_utf8_is_surrogate(code_point) || code_point == VT_UTF8_INVALID;
}

/* Text as a terminal may have it: control bytes and bad ones as \xNN. */
static void append_safe(struct vt_buf *line, const char *bytes, size_t size) {
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size;
    while (p < end) {
        const unsigned char *start = p;
        uint32_t code_point = vt_utf8_next(&p, end);
        if (!is_control(code_point)) {
            vt_buf_append(line, start, (size_t)(p - start));
            continue;
        }
        for (; start < p; start++)
            vt_buf_printf(line, "\\x%02x", *start);
    }
}

/* The words of the command, a blank between them, at most the first 200 bytes. */
static void append_command(struct vt_buf *line, struct vt_text command) {
    enum { MOST_BYTES = 200 };
    size_t size = command.size < MOST_BYTES ? command.size : MOST_BYTES;
    while (size && !command.bytes[size - 1])
        size--;
    for (size_t at = 0; at < size;) {
        size_t word = strnlen(command.bytes + at, size - at);
        if (at)
            vt_buf_append_char(line, ' ');
        append_safe(line, command.bytes + at, word);
        at += word + 1;
    }
    if (size == MOST_BYTES)
        vt_buf_append_text(line, "…");
}

static void say_whose_run(const struct recovery *recovery,
                          const struct vt_log_reader *reader) {
    struct vt_buf line = {0};
    if (!recovery->options->say)
        return;
    struct vt_text command = vt_log_reader_symbols(reader)->command;
    vt_buf_printf(&line, "Recovering pid %d", vt_log_reader_info(reader)->pid);
    if (command.size) {
        vt_buf_append_text(&line, " (");
        append_command(&line, command);
        vt_buf_append_text(&line, ")");
    }
    vt_buf_append_text(&line, recovery->is_live
                                  ? ", which still runs: a snapshot, the run stays"
                                  : ", which ended without saving");
    say(recovery, &line);
}

static void say_left_out(const struct recovery *recovery, const char *name,
                         const struct vt_error *why) {
    struct vt_buf line = {0};
    if (!recovery->options->say)
        return;
    vt_buf_append_text(&line, "Left out: ");
    append_safe(&line, name, strlen(name));
    vt_buf_append_text(&line, ": ");
    append_safe(&line, why->text, strlen(why->text));
    say(recovery, &line);
}

static void say_result(const struct recovery *recovery,
                       const struct vt_report_stats *stats) {
    struct vt_buf line = {0};
    if (!recovery->options->say)
        return;
    vt_buf_printf(&line,
                  "%" PRIu64 " events, %" PRIu64 " of them calls that were still open, "
                  "%" PRIu64 " lost",
                  stats->events, stats->open_calls, stats->lost);
    say(recovery, &line);
}

/* The first of the list is the one that is recovered. */
static void say_others(const struct recovery *recovery,
                       const struct vt_rundir_list *list) {
    enum { MOST_LINES = 8 };
    struct vt_buf line = {0};
    if (!recovery->options->say)
        return;
    for (size_t i = 1; i < list->count && i <= MOST_LINES; i++) {
        vt_buf_append_text(&line, "Another run can be recovered: viztracer --recover ");
        append_safe(&line, list->runs[i].path, strlen(list->runs[i].path));
        say(recovery, &line);
    }
    if (list->count <= MOST_LINES + 1)
        return;
    vt_buf_printf(&line, "and %zu more", list->count - 1 - MOST_LINES);
    say(recovery, &line);
}

/* ---- which run */

static enum vt_status take_file(struct recovery *recovery, const char *path,
                                struct vt_error *err) {
    enum vt_status status = vt_log_file_open(&recovery->file, AT_FDCWD, path, err);
    if (status != VT_OK)
        return vt_error_prefix(err, "%s", path);
    recovery->are_all_private = recovery->file.is_private;
    recovery->is_live = !vt_log_file_lock(&recovery->file);
    return VT_OK;
}

static enum vt_status take_named(struct recovery *recovery, const char *path,
                                 struct vt_error *err) {
    struct stat st;
    if (stat(path, &st) != 0)
        return vt_error_set_errno(err, errno, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return take_file(recovery, path, err);
    enum vt_status status = vt_rundir_open(&recovery->run, path, err);
    if (status != VT_OK)
        return vt_error_prefix(err, "%s", path);
    recovery->are_all_private = true;
    recovery->is_live = vt_rundir_is_live(&recovery->run);
    return VT_OK;
}

/* The newest of all; the others are named. */
static enum vt_status take_newest(struct recovery *recovery, struct vt_error *err) {
    struct vt_rundir_list list;
    enum vt_status status = vt_rundir_find(&list, err);
    if (status != VT_OK)
        return status;
    if (!list.count) {
        vt_rundir_list_fini(&list);
        return vt_error_set(err, VT_ERR_NOT_FOUND,
                            "no run of a dead program is waiting to be recovered");
    }
    say_others(recovery, &list);
    recovery->run = list.runs[0];
    list.runs[0] = (struct vt_rundir){.fd = -1};
    vt_rundir_list_fini(&list);
    recovery->are_all_private = true;
    return VT_OK;
}

/* ---- its logs */

/* CLOCK_REALTIME - CLOCK_MONOTONIC of this boot. */
static int64_t base_time_ns(void) {
    struct timespec real, mono;
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    return (int64_t)(real.tv_sec - mono.tv_sec) * 1000000000 + real.tv_nsec -
           mono.tv_nsec;
}

/* The clocks of now belong to the log only if it is of this boot and the machine was
 * not suspended since, which moves the two system clocks apart. */
static void compare_clocks(struct recovery *recovery, const struct vt_log_info *info) {
    enum { MOST_DRIFT_NS = 1000000000 };
    int64_t drift = base_time_ns() - info->base_time_ns;
    if (drift > MOST_DRIFT_NS || drift < -MOST_DRIFT_NS)
        recovery->now = (struct vt_clock_pair){0, 0};
}

static enum vt_status keep_config(struct recovery *recovery, struct vt_text config,
                                  struct vt_error *err) {
    free(recovery->config);
    recovery->config = config.size ? strndup(config.bytes, config.size) : NULL;
    if (config.size && !recovery->config)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    return VT_OK;
}

/* Tries whether a log can be read; *is_good tells. */
static enum vt_status try_log(struct recovery *recovery, struct vt_log_image image,
                              const char *name, bool is_main, bool *is_good,
                              struct vt_error *err) {
    struct vt_log_reader *reader;
    struct vt_clock_pair none = {0, 0};
    enum vt_status status = vt_log_reader_open(image, none, &reader, err);
    *is_good = status == VT_OK;
    if (status == VT_ERR_NO_MEMORY)
        return status;
    if (status != VT_OK) {
        recovery->are_all_read = false;
        if (recovery->run.count > 1)
            say_left_out(recovery, name, err);
        return VT_OK;
    }
    recovery->images[recovery->count++] = image;
    compare_clocks(recovery, vt_log_reader_info(reader));
    status = keep_config(recovery, vt_log_reader_symbols(reader)->config, err);
    if (is_main)
        say_whose_run(recovery, reader);
    vt_log_reader_close(reader);
    return status;
}

static enum vt_status try_file(struct recovery *recovery, struct vt_error *err) {
    bool is_good;
    recovery->images = calloc(1, sizeof *recovery->images);
    if (!recovery->images)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    enum vt_status status = try_log(recovery, vt_log_file_image(&recovery->file),
                                    recovery->options->run, true, &is_good, err);
    if (status == VT_OK && !is_good)
        return vt_error_prefix(err, "%s", recovery->options->run);
    return status;
}

static enum vt_status try_run(struct recovery *recovery, struct vt_error *err) {
    struct vt_rundir *run = &recovery->run;
    recovery->images = calloc(run->count + 1, sizeof *recovery->images);
    if (!recovery->images)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < run->count; i++) {
        bool is_good;
        enum vt_status status =
            try_log(recovery, vt_log_file_image(&run->logs[i].file), run->logs[i].name,
                    i + 1 == run->count, &is_good, err);
        if (status != VT_OK)
            return status;
    }
    if (!recovery->count)
        return vt_error_prefix(err, "%s", run->path);
    return VT_OK;
}

/* ---- the report */

static enum vt_status configure(struct recovery *recovery,
                                struct vt_report_options *report,
                                struct vt_error *err) {
    const struct vt_recover_options *options = recovery->options;
    *report = (struct vt_report_options){.file_info = true};
    if (options->configure && recovery->config) {
        enum vt_status status =
            options->configure(options->state, recovery->config, report, err);
        if (status != VT_OK)
            return status;
    }
    report->now = recovery->now;
    report->progress = options->progress;
    report->progress_state = options->state;
    if (options->output_path) {
        report->output_path = options->output_path;
        report->endpoint = NULL;
    }
    if (!report->output_path)
        return vt_error_set(err, VT_ERR_USAGE,
                            "the log does not say where its report should go: use -o");
    return VT_OK;
}

/* A log that others could write must not choose files for us to read. */
static void leave_out_sources(struct recovery *recovery,
                              struct vt_report_options *report) {
    if (recovery->are_all_private || !report->file_info)
        return;
    report->file_info = false;
    if (recovery->options->say)
        recovery->options->say(recovery->options->state,
                               "Sources are left out: the log is not private to you");
}

static enum vt_status make_report(struct recovery *recovery,
                                  struct vt_recover_result *result,
                                  struct vt_error *err) {
    struct vt_report_options report;
    struct vt_report_stats stats;
    enum vt_status status = configure(recovery, &report, err);
    if (status != VT_OK)
        return status;
    leave_out_sources(recovery, &report);
    VT_REQUIRE(report.output_path != NULL); /* configure sees to it */
    char *output_path = strdup(report.endpoint ? report.endpoint : report.output_path);
    if (!output_path)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    status = vt_report_save(recovery->images, recovery->count, &report, &stats, err);
    if (status != VT_OK) {
        free(output_path);
        return status;
    }
    say_result(recovery, &stats);
    const struct vt_rundir *run = &recovery->run;
    *result = (struct vt_recover_result){
        .output_path = output_path,
        .stats = stats,
        .was_live = recovery->is_live,
        .was_saved = run->count && run->logs[run->count - 1].is_saved,
    };
    return VT_OK;
}

static void close_recovery(struct recovery *recovery) {
    vt_rundir_close(&recovery->run);
    vt_log_file_close(&recovery->file);
    free(recovery->images);
    free(recovery->config);
}

enum vt_status vt_recover(const struct vt_recover_options *options,
                          struct vt_recover_result *result, struct vt_error *err) {
    struct recovery recovery = {.options = options,
                                .run = {.fd = -1},
                                .file = {.fd = -1},
                                .are_all_read = true,
                                .now = options->now};
    enum vt_status status = options->run ? take_named(&recovery, options->run, err)
                                         : take_newest(&recovery, err);
    if (status == VT_OK && options->skip_saved && recovery.run.count &&
        vt_rundir_is_saved(&recovery.run)) {
        *result = (struct vt_recover_result){0};
        vt_rundir_remove(&recovery.run);
        close_recovery(&recovery);
        return VT_OK;
    }
    if (status == VT_OK)
        status =
            recovery.file.fd >= 0 ? try_file(&recovery, err) : try_run(&recovery, err);
    if (status == VT_OK)
        status = make_report(&recovery, result, err);
    if (status == VT_OK && recovery.run.fd >= 0 && !recovery.is_live &&
        recovery.are_all_read)
        vt_rundir_remove(&recovery.run);
    close_recovery(&recovery);
    return status;
}

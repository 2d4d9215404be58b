/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/finish.h"
#include "embed/open_viewer.h"

#include "embed/recorder.h"
#include "embed/report_lib.h"
#include "embed/words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* sysexits.h EX_IOERR: the program ended well, but its report could not be saved. */
enum { EXIT_SAVE_FAILED = 74 };

static const struct vt_config *session;
static struct vt_recorder *run; /* NULL: it is over */
static bool saved_or_failed, save_failed;
static bool program_began; /* else there is nothing to report: a syntax error */
static bool keeps_log;     /* a child: another process saves */
static pid_t our_pid;
static volatile sig_atomic_t interrupted; /* wait no longer */

/* ---- words ---- */

static void write_all(int fd, const char *bytes, size_t size) {
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody listens */
        bytes += n;
        size -= (size_t)n;
    }
}

/* Writes the words and forgets them. */
static void say(struct vt_buf *words) {
    if (!session->quiet && !words->failed)
        write_all(STDOUT_FILENO, words->data, words->size);
    vt_buf_fini(words);
}

void vt_finish_tell_failure(const char *what, const struct vt_error *err) {
    char text[VT_ERROR_TEXT_BYTES + 256];
    int n = snprintf(text, sizeof text, "viztracer: %s: %s\n", what, err->text);
    if (n > 0)
        write_all(STDERR_FILENO, text,
                  (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void show_progress(void *state, uint64_t done, uint64_t total) {
    (void)state;
    struct vt_buf words = {0};
    vt_words_progress(&words, done, total);
    say(&words);
}

/* ---- saving ---- */

static bool wait_for_children(void *state, size_t count) {
    size_t *told = state;
    if (*told != count) {
        struct vt_buf words = {0};
        vt_words_waiting(&words, count);
        say(&words);
    }
    *told = count;
    return !interrupted;
}

/* `path`: a file instead of the report, for who goes on with it; NULL: none. */
static enum vt_status save(const char *path, bool may_wait,
                           struct vt_report_stats *stats, struct vt_error *err) {
    const struct vt_report_lib *lib;
    enum vt_status status = vt_report_lib_open(session, &lib, err);
    if (status != VT_OK)
        return status;
    bool progress = !session->quiet && isatty(STDOUT_FILENO);
    struct vt_report_options report = {
        .output_path = path ? path : session->output_path,
        .endpoint = path ? NULL : session->report_endpoint,
        .dump_raw = session->dump_raw && !path,
        .sanitize_function_name = session->sanitize_function_name,
        .file_info = true,
        .overrides = run->overrides.items,
        .override_count = run->overrides.count,
        .progress = progress ? show_progress : NULL,
    };
    size_t told = 0;
    struct vt_collect_options options = {
        .run_dir = session->run_dir,
        .own = {.read_at = vt_log_read_at, .state = run->log},
        .report = &report,
        .wait = may_wait ? wait_for_children : NULL,
        .state = &told,
    };
    return lib->collect(&options, stats, err);
}

static const int ending_signals[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};
enum { ENDING_SIGNALS = sizeof ending_signals / sizeof *ending_signals };

static void note_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

/* Those that a user ends a wait with end nothing else. */
static void ignore_signals(struct sigaction old[ENDING_SIGNALS]) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (int i = 0; i < ENDING_SIGNALS; i++)
        sigaction(ending_signals[i], &ignore, &old[i]);
    struct sigaction note = {.sa_handler = note_interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &note, NULL);
    sigaction(SIGTERM, &note, NULL);
}

static void restore_signals(const struct sigaction old[ENDING_SIGNALS]) {
    for (int i = 0; i < ENDING_SIGNALS; i++)
        sigaction(ending_signals[i], &old[i], NULL);
}

/* `is_too_large`: the report could not be made as it was asked for. */
static void tell_what_is_kept(bool is_too_large) {
    const char *directory = run->dir.path;
    struct vt_error words = {.status = VT_OK};
    if (!directory || !vt_log_is_file(run->log))
        return;
    if (is_too_large) {
        vt_error_set(&words, VT_OK, "vizviewer %s", directory);
        vt_finish_tell_failure("what was recorded is kept, look at it with", &words);
    }
    vt_error_set(&words, VT_OK, "viztracer --recover %s%s", directory,
                 is_too_large ? " -o result.json.gz" : "");
    vt_finish_tell_failure("what was recorded is kept, get it with", &words);
    vt_log_dir_mark_told(&run->dir);
}

/* Saves and says so. False when there is no report; the log is kept then. */
static bool save_aloud(bool may_wait) {
    struct vt_report_stats stats = {0};
    struct vt_error err = {.status = VT_OK};
    struct vt_buf words = {0};
    vt_words_saving(&words);
    say(&words);
    bool saved = save(NULL, may_wait, &stats, &err) == VT_OK;
    if (saved && session->report_endpoint)
        vt_words_status(&words, ""); /* the server tells the rest */
    else if (saved)
        vt_words_saved(&words, &stats, session->output_path);
    else
        vt_buf_append_char(&words, '\n');
    say(&words);
    if (!saved) {
        vt_finish_tell_failure("the report was not saved", &err);
        tell_what_is_kept(err.status == VT_ERR_LIMIT);
    }
    return saved;
}

static void finish(void) {
    if (saved_or_failed || !vt_recorder_is_ours(run))
        return;
    saved_or_failed = true;
    struct sigaction old[ENDING_SIGNALS];
    ignore_signals(old);
    save_failed = program_began && !keeps_log && !save_aloud(true);
    if (keeps_log && !program_began)
        vt_log_unlink(run->log);
    vt_recorder_close(run, keeps_log || save_failed);
    run = NULL;
    restore_signals(old);
    bool has_report = program_began && !keeps_log && !save_failed;
    if (has_report && session->open && !session->report_endpoint)
        vt_open_viewer_run(session);
}

bool vt_finish_has_report(void) {
    return program_began && !keeps_log && !saved_or_failed && vt_recorder_is_ours(run);
}

enum vt_status vt_finish_write(const char *path, struct vt_report_stats *stats,
                               struct vt_error *err) {
    return save(path, true, stats, err);
}

void vt_finish_drop(void) {
    saved_or_failed = true;
    if (vt_recorder_current() == run)
        vt_recorder_stop(VT_THREAD_FLUSH_FINISH);
    vt_recorder_close(run, false);
    run = NULL;
}

/* After Py_FinalizeEx: no thread of Python runs any more. */
static void finish_after_python(void) {
    if (!vt_recorder_is_ours(run))
        return;
    if (vt_recorder_current() == run)
        vt_recorder_stop(VT_THREAD_FLUSH_FINISH);
    else
        vt_log_mark_stopped(run->log);
    finish();
}

/* C's exit without Python's finalization (an extension called it): other threads may
 * run, so their open calls are left to the reader of the log. */
static void finish_at_exit(int status, void *unused) {
    (void)unused;
    finish();
    if (save_failed && status == 0 && getpid() == our_pid) {
        fflush(NULL);
        _exit(EXIT_SAVE_FAILED);
    }
}

void vt_finish_replace(struct vt_recorder *recorder) {
    run = recorder;
    keeps_log = true;
    saved_or_failed = save_failed = false;
}

void vt_finish_register(const struct vt_config *config, struct vt_recorder *recorder,
                        bool is_child) {
    keeps_log = is_child;
    session = config;
    run = recorder;
    our_pid = getpid();
    /* Dying by SIGINT, python3 never comes to exit(3); with 32 functions registered
     * Py_AtExit refuses more: either is enough. */
    (void)Py_AtExit(finish_after_python);
    on_exit(finish_at_exit, NULL);
}

void vt_finish_expect_report(void) {
    program_began = true;
}

static bool saved_for_exec;

/* The log is in the report; what comes from now on in the process is not ours. Who
 * finds the log later (the watcher, other images of this process) sees that. */
void vt_finish_before_exec(const char *path) {
    if (saved_or_failed || !program_began || !vt_recorder_is_ours(run) || keeps_log)
        return;
    if (path && access(path, X_OK) != 0)
        return;
    struct sigaction old[ENDING_SIGNALS];
    ignore_signals(old);
    saved_for_exec = save_aloud(false);
    if (saved_for_exec)
        vt_log_mark_saved(run->log);
    if (saved_for_exec && !session->run_dir)
        vt_log_dir_remove(&run->dir);
    restore_signals(old);
}

void vt_finish_exec_failed(void) {
    if (saved_for_exec && vt_recorder_current() == run)
        vt_log_mark_recording(run->log);
    saved_for_exec = false;
}

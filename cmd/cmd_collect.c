/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/private_lib.h"
#include "cmd/say.h"
#include "core/io/deliver.h"
#include "core/io/depot.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

/* Some reports could not be read; the report is made of the others. */
enum { EXIT_INCOMPLETE = 3 };

struct session {
    bool quiet;
    bool has_lines;   /* "append_newline": a status text is a line of its own */
    bool is_terminal; /* stdout */
    int wake_fd;      /* standard input, until its end */
    size_t clients_told;
};

static volatile sig_atomic_t interrupted;

static void note_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

/* ---- what it is asked ------------------------------------------------------------ */

/* "HOST:PORT|append_newline": the part behind the bar; VT_ERR_REFUSED with the words of
 * behaviour.md 17 for other words. */
static enum vt_status read_wishes(char *text, struct session *session,
                                  struct vt_error *err) {
    char *bar = strchr(text, '|');
    if (!bar)
        return VT_OK;
    *bar = '\0';
    char *rest;
    for (char *word = strtok_r(bar + 1, "|,", &rest); word;
         word = strtok_r(NULL, "|,", &rest)) {
        if (strcmp(word, "append_newline") != 0)
            return vt_error_set(err, VT_ERR_REFUSED, "Unknown report_server config: %s",
                                word);
        session->has_lines = true;
    }
    return VT_OK;
}

static const char *choose_endpoint(const char *given) {
    const char *usual = getenv("VIZTRACER_REPORT_SERVER_ENDPOINT");
    if (given && *given)
        return given;
    return usual && *usual ? usual : "127.0.0.1:0";
}

static enum vt_status resolve_output(struct vt_config *config, struct vt_error *err) {
    struct vt_output_source source = {.now = time(NULL), .pid = getpid()};
    enum vt_status status = vt_output_prepare(config, &source, err);
    return status == VT_OK ? vt_home_find(config, err) : status;
}

/* ---- what is told meanwhile ------------------------------------------------------ */

static void say_status(const struct session *session, const char *text) {
    if (session->quiet)
        return;
    if (!session->has_lines)
        vt_say_status(text);
    else if (*text)
        vt_say_line(text);
}

/* Told even if it is to be quiet: without it nobody could send anything. */
static void say_started(void *state, const char *address, const char *token) {
    (void)state;
    char line[512];
    snprintf(line, sizeof line, "Report server started at %s", address);
    vt_say_line(line);
    if (!token)
        return;
    snprintf(line, sizeof line, "Programs on any machine send their reports with %s=%s",
             VT_DELIVER_TOKEN_VARIABLE, token);
    vt_say_line(line);
}

/* A line on standard input ends the waiting; its end does not. */
static bool was_woken(struct session *session) {
    char bytes[256];
    struct timespec now = {0};
    fd_set fds;
    if (session->wake_fd < 0)
        return false;
    FD_ZERO(&fds);
    FD_SET(session->wake_fd, &fds);
    if (pselect(session->wake_fd + 1, &fds, NULL, NULL, &now, NULL) <= 0)
        return false;
    ssize_t n = read(session->wake_fd, bytes, sizeof bytes);
    if (n <= 0)
        session->wake_fd = -1;
    return n > 0;
}

static bool go_on(void *state, size_t clients, size_t reports) {
    struct session *session = state;
    char text[128];
    if (clients != session->clients_told) {
        snprintf(text, sizeof text,
                 "Waiting for %zu connections to send reports, %zu are here. Enter or "
                 "Ctrl+C to stop and save.",
                 clients, reports);
        say_status(session, text);
    }
    session->clients_told = clients;
    return !interrupted && !was_woken(session);
}

static void say_line(void *state, const char *line) {
    say_status(state, "");
    vt_say_note("viztracer", line);
}

static void show_writing(void *state, uint64_t done, uint64_t total) {
    const struct session *session = state;
    char text[96];
    if (done && !session->is_terminal)
        return;
    if (!done) {
        say_status(session, "Combining trace data");
        snprintf(text, sizeof text, "Dumping trace data, total entries: %" PRIu64,
                 total);
    } else
        snprintf(text, sizeof text, "Dumping trace data, %" PRIu64 " / %" PRIu64, done,
                 total);
    say_status(session, text);
}

static void say_result(const struct session *session, const char *path,
                       const struct vt_depot_result *result) {
    if (session->quiet)
        return;
    say_status(session, "");
    if (result->reports)
        vt_say_report(path, result->entries);
    else
        vt_say_line("No reports collected, nothing to save.");
}

/* ---- the command ----------------------------------------------------------------- */

static int collect_reports(struct vt_config *config, struct session *session,
                           __typeof__(&vt_depot_collect) collect) {
    /* Without SA_RESTART: poll returns. A second SIGINT does not harm the save. */
    struct sigaction note = {.sa_handler = note_interrupt};
    sigaction(SIGINT, &note, NULL);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGTTIN, SIG_IGN); /* in the background standard input is not for us */
    struct vt_depot_options options = {
        .endpoint = choose_endpoint(config->report_server),
        .token = getenv(VT_DELIVER_TOKEN_VARIABLE),
        .output_path = config->output_path,
        .started = say_started,
        .go_on = go_on,
        .say = say_line,
        .progress = show_writing,
        .wake_fd = &session->wake_fd,
        .state = session,
    };
    struct vt_depot_result result = {0};
    struct vt_error err = {0};
    if (collect(&options, &result, &err) != VT_OK)
        return vt_say_error("viztracer", &err);
    say_result(session, config->output_path, &result);
    return result.left_out ? EXIT_INCOMPLETE : 0;
}

int vt_cmd_collect(struct vt_command *command) {
    struct vt_config *config = &command->config;
    struct session session = {
        .quiet = config->quiet,
        .is_terminal = isatty(STDOUT_FILENO),
        .wake_fd = STDIN_FILENO,
    };
    struct vt_error err = {0};
    __typeof__(&vt_depot_collect) collect = NULL;
    enum vt_status status = read_wishes(config->report_server, &session, &err);
    if (status == VT_OK)
        status = resolve_output(config, &err);
    if (status == VT_OK)
        status = vt_private_lib_find(config->lib_dir, VT_PRIVATE_LIB_REPORT,
                                     "vt_depot_collect", &collect, &err);
    if (status != VT_OK)
        return vt_say_error("viztracer", &err);
    return collect_reports(config, &session, collect);
}

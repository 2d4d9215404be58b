/* SPDX-License-Identifier: Apache-2.0
 *
 * Two processes share the work. The one that the user started waits for Ctrl+C and for
 * the end; the other, a session of its own, has the target in its hands and reports.
 * Whichever is killed, the other ends the recording and makes the report: the first
 * shows by a socket whether it still lives and wants the recording to go on. */
#include "cmd/command.h"
#include "cmd/home.h"
#include "cmd/output.h"
#include "cmd/recovery.h"
#include "cmd/say.h"
#include "embed/attach.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char PROGRAM[] = "viztracer";
enum { RETRY_MS = 200 };

/* ---- the report ------------------------------------------------------------------ */

/* Makes the report of what is in the run directory. Returns the exit status. */
static int make_report(struct vt_attach *attach, const struct vt_config *config,
                       bool tell) {
    char run[64];
    struct vt_recover_result result = {0};
    struct vt_error err = {0};
    struct vt_recovery recovery = {.lib_dir = config->lib_dir,
                                   .run = vt_attach_run_dir(attach, run, sizeof run),
                                   .output_path = config->output_path,
                                   .quiet = true};
    if (vt_recovery_make(&recovery, &result, &err) != VT_OK)
        return vt_say_failure(PROGRAM, &err);
    if (tell)
        vt_attach_tell(attach, result.output_path);
    if (!config->quiet)
        vt_say_report(result.output_path, result.stats.entries);
    free(result.output_path);
    return 0;
}

/* Ends the recording and makes the report; if the target is busy, that is made first,
 * of what there is, and the target is asked until it answers. */
static int finish(struct vt_attach *attach, const struct vt_config *config) {
    struct vt_error err = {0};
    if (vt_attach_end(attach, &err) == VT_OK)
        return make_report(attach, config,
                           !config->quiet && vt_pyproc_is_alive(&attach->process));
    vt_say_note(PROGRAM, err.text);
    int result = make_report(attach, config, false);
    while (vt_attach_end(attach, &err) == VT_ERR_REFUSED)
        poll(NULL, 0, RETRY_MS); /* a debugger that holds it is refused at once */
    return result;
}

/* ---- the working process --------------------------------------------------------- */

static void say_success(const struct vt_config *config) {
    char text[96];
    double seconds = config->t_seconds;
    if (seconds > 0)
        snprintf(text, sizeof text, "Attach success, collect trace after %g%ss",
                 seconds,
                 seconds < 1e6 && seconds == (double)(long)seconds ? ".0" : "");
    else
        snprintf(text, sizeof text,
                 "Attach success, press CTRL+C to stop and save report");
    vt_say_line(text);
}

/* Waits until the time is over, the user has enough, or the target is gone. */
static void wait_end(const struct vt_attach *attach, const struct vt_config *config,
                     int user) {
    struct pollfd wait[] = {{.fd = user, .events = POLLIN},
                            {.fd = attach->process.pidfd, .events = POLLIN}};
    double ms = config->t_seconds * 1000;
    int limit_ms = ms <= 0 ? -1 : ms < 2e9 ? (int)ms + 1 : 2000000000;
    while (poll(wait, 2, limit_ms) < 0 && errno == EINTR)
        continue;
}

static void detach_from_terminal(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, NULL);
    setsid();
}

static int work(struct vt_attach *attach, const struct vt_config *config, int user) {
    struct vt_error err = {0};
    if (vt_attach_begin(attach, config, &err) != VT_OK)
        return vt_say_failure(PROGRAM, &err);
    if (!config->quiet)
        say_success(config);
    wait_end(attach, config, user);
    return finish(attach, config);
}

/* ---- the waiting process --------------------------------------------------------- */

static volatile sig_atomic_t user_socket = -1;

static void on_enough(int signal) {
    (void)signal;
    int error = errno;
    shutdown(user_socket, SHUT_WR);
    errno = error;
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_enough, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* The exit status of the working process; if it was killed, its work is done here. */
static int wait_worker(pid_t worker, struct vt_attach *attach,
                       const struct vt_config *config) {
    int status = 0;
    while (waitpid(worker, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    vt_say_note(PROGRAM, "the process that was attached is gone; ending for it");
    detach_from_terminal();
    return finish(attach, config);
}

static int run_both(struct vt_attach *attach, const struct vt_config *config,
                    struct vt_error *err) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        vt_error_set_errno(err, errno, "a socket");
        return vt_say_failure(PROGRAM, err);
    }
    user_socket = ends[0];
    catch_signals();
    pid_t worker = fork();
    if (worker == 0) {
        close(ends[0]);
        detach_from_terminal();
        int result = work(attach, config, ends[1]);
        vt_attach_close(attach);
        _exit(result);
    }
    close(ends[1]);
    if (worker < 0) {
        vt_error_set_errno(err, errno, "a process");
        return vt_say_failure(PROGRAM, err);
    }
    return wait_worker(worker, attach, config);
}

/* ---- the commands ---------------------------------------------------------------- */

static enum vt_status prepare(struct vt_config *config, pid_t pid,
                              struct vt_error *err) {
    struct vt_output_source source = {.now = time(NULL), .pid = pid};
    enum vt_status status = vt_output_prepare(config, &source, err);
    return status == VT_OK ? vt_home_find(config, err) : status;
}

/* behaviour.md 18 gives this text, and stdout, for a process that is not there. */
static int say_attach_error(int64_t pid, const struct vt_error *err) {
    char text[64];
    if (err->status != VT_ERR_NOT_FOUND)
        return vt_say_failure(PROGRAM, err);
    snprintf(text, sizeof text, "pid %lld does not exist!", (long long)pid);
    vt_say_line(text);
    return 1;
}

static pid_t as_pid(int64_t number) {
    return number > 0 && number <= INT32_MAX ? (pid_t)number : -1;
}

static int list_processes(void) {
    struct vt_buf lines = {0};
    struct vt_error err = {0};
    if (vt_pyproc_list(&lines, &err) != VT_OK)
        return vt_say_failure(PROGRAM, &err);
    vt_say_line(lines.size ? "     PID  PYTHON         AGE  COMMAND"
                           : "No Python process that could be attached to was found.");
    for (char *line = lines.data, *end; line && (end = strchr(line, '\n'));
         line = end + 1) {
        *end = '\0';
        vt_say_line(line);
    }
    vt_buf_fini(&lines);
    return 0;
}

int vt_cmd_attach(struct vt_command *command) {
    struct vt_config *config = &command->config;
    struct vt_attach attach;
    struct vt_error err = {0};
    pid_t pid = as_pid(config->attach);
    if (config->attach == 0)
        return list_processes();
    if (prepare(config, pid, &err) != VT_OK)
        return vt_say_error(PROGRAM, &err);
    if (vt_attach_open(&attach, pid, config, &err) != VT_OK)
        return say_attach_error(config->attach, &err);
    int result = run_both(&attach, config, &err);
    vt_attach_close(&attach);
    return result;
}

int vt_cmd_uninstall(struct vt_command *command) {
    struct vt_config *config = &command->config;
    struct vt_attach attach;
    struct vt_error err = {0};
    if (vt_home_find(config, &err) != VT_OK)
        return vt_say_error(PROGRAM, &err);
    if (vt_attach_open(&attach, as_pid(config->uninstall), config, &err) != VT_OK)
        return say_attach_error(config->uninstall, &err);
    enum vt_status status = vt_attach_uninstall(&attach, &err);
    vt_attach_close(&attach);
    return status == VT_OK ? 0 : vt_say_failure(PROGRAM, &err);
}

/* ---- programs that called tracer.install() --------------------------------------- */

static volatile sig_atomic_t has_enough;

static void note_enough(int signal) {
    (void)signal;
    has_enough = 1;
}

static void wait_seconds(double seconds) {
    struct sigaction action = {.sa_handler = note_enough};
    sigset_t held, before;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, &before);
    struct timespec limit = {.tv_sec = (time_t)seconds,
                             .tv_nsec =
                                 (long)((seconds - (double)(long)seconds) * 1e9)};
    while (!has_enough && ppoll(NULL, 0, seconds > 0 ? &limit : NULL, &before) < 0)
        continue;
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static int say_signal_error(pid_t pid, int error, int64_t number) {
    struct vt_error err = {0};
    char text[64];
    if (error == ESRCH) {
        snprintf(text, sizeof text, "pid %lld does not exist", (long long)number);
        vt_say_line(text);
        return 1;
    }
    vt_error_set_errno(&err, error, "process %ld", (long)pid);
    return vt_say_failure(PROGRAM, &err);
}

int vt_cmd_attach_installed(struct vt_command *command) {
    const struct vt_config *config = &command->config;
    pid_t pid = as_pid(config->attach_installed);
    if (pid < 0 || kill(pid, 0) != 0)
        return say_signal_error(pid, pid < 0 ? ESRCH : errno, config->attach_installed);
    if (!vt_pyproc_catches(pid, SIGUSR1) || !vt_pyproc_catches(pid, SIGUSR2)) {
        struct vt_error err = {0};
        vt_error_set(&err, VT_ERR_REFUSED,
                     "process %ld has not called tracer.install(): it does not catch "
                     "SIGUSR1 and SIGUSR2, which would kill it",
                     (long)pid);
        return vt_say_failure(PROGRAM, &err);
    }
    if (kill(pid, SIGUSR1) != 0)
        return say_signal_error(pid, errno, config->attach_installed);
    if (!config->quiet)
        say_success(config);
    wait_seconds(config->t_seconds);
    if (kill(pid, SIGUSR2) != 0)
        return say_signal_error(pid, errno, config->attach_installed);
    return 0;
}

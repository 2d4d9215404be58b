/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/watcher.h"

#include "core/record/clock.h"
#include "core/record/log_dir.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* PIDFD_GET_INFO (Linux 6.15, include/uapi/linux/pidfd.h), which Debian 12's headers
 * do not have yet: answers the exit code of a process that was reaped. */
struct pidfd_info {
    uint64_t mask;
    uint64_t cgroupid;
    uint32_t ids[11]; /* pid, tgid, ppid and the user and group ids */
    int32_t exit_code;
};
#define PIDFD_GET_INFO  _IOWR(0xFF, 11, struct pidfd_info)
#define PIDFD_INFO_EXIT (UINT64_C(1) << 3)

/* How long the parent of the program may take to reap it before we go on without
 * knowing. */
enum { REAP_WAIT_MS = 100 };

/* Without pidfd_open (before Linux 5.3) the death shows in who our parent is. */
enum { PARENT_POLL_MS = 100 };

static int open_pidfd(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* False: the program still runs after `limit_ms` (-1: no limit). */
static bool wait_for_end(int pidfd, pid_t program, int limit_ms) {
    struct pollfd wait = {.fd = pidfd, .events = POLLIN};
    int ready = -1;
    while (pidfd >= 0 && ready < 0)
        ready = poll(&wait, 1, limit_ms);
    if (pidfd >= 0)
        return ready > 0;
    for (int ms = 0; getppid() == program; ms += PARENT_POLL_MS) {
        if (limit_ms >= 0 && ms >= limit_ms)
            return false;
        poll(NULL, 0, PARENT_POLL_MS);
    }
    return true;
}

/* The last field of /proc/PID/stat of a zombie is its wait status (proc(5)). */
static bool read_zombie_status(pid_t program, int *wait_status) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)program);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0)
        return false;
    text[size] = '\0';
    const char *state = strrchr(text, ')');
    const char *last = strrchr(text, ' ');
    if (!state || !last || strncmp(state, ") Z", 3) != 0)
        return false;
    *wait_status = (int)strtol(last + 1, NULL, 10);
    return true;
}

static struct vt_watcher_end find_end(int pidfd, pid_t program) {
    struct vt_watcher_end end = {0};
    if (pidfd < 0)
        return end;
    end.known = read_zombie_status(program, &end.wait_status);
    struct pollfd reaped = {.fd = pidfd, .events = 0}; /* POLLHUP comes unasked */
    struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};
    if (!end.known && poll(&reaped, 1, REAP_WAIT_MS) > 0 &&
        ioctl(pidfd, PIDFD_GET_INFO, &info) == 0 && info.mask & PIDFD_INFO_EXIT)
        end = (struct vt_watcher_end){.known = true, .wait_status = info.exit_code};
    return end;
}

enum { OUT_OF_THE_WAY = 16 };

/* Lets go of all that the program could miss: terminal, descriptors, folder, signals.
 */
static int detach(int pidfd, int place_fd) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    setsid();
    prctl(PR_SET_NAME, "viztracer-watch");
    if (chdir("/") != 0)
        return pidfd;
    int null = open("/dev/null", O_RDWR);
    int place = place_fd < 0 ? -1 : fcntl(place_fd, F_DUPFD, OUT_OF_THE_WAY);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    int keep = STDERR_FILENO;
    if (pidfd >= 0)
        keep = dup2(pidfd, STDERR_FILENO + 1);
    if (place >= 0)
        keep = dup2(place, keep + 1);
    if (syscall(SYS_close_range, (unsigned)keep + 1, ~0U, 0) != 0) /* Linux < 5.9 */
        for (int fd = keep + 1; fd < 4096; fd++)
            close(fd);
    return pidfd >= 0 ? STDERR_FILENO + 1 : -1;
}

struct visit {
    const struct vt_watcher *watcher;
    struct vt_watcher_end end;
};

static void visit_run(void *state, const char *run_dir) {
    const struct visit *visit = state;
    visit->watcher->on_dead_run(visit->watcher->state, run_dir, &visit->end);
}

/* Makes the reports of what the program left behind. */
static void look_after(const struct vt_watcher *watcher, int pidfd, pid_t program,
                       uint64_t since_ns) {
    vt_log_dir_clean(program, watcher->beside);
    if (!vt_log_dir_find(program, since_ns, watcher->beside, NULL, NULL))
        return;
    struct visit visit = {watcher, find_end(pidfd, program)};
    vt_log_dir_find(program, since_ns, watcher->beside, visit_run, &visit);
}

/* Who reads the program's stderr to its end does not wait for what is done at leisure;
 * people at a terminal are told of that. stdout is /dev/null. */
static void let_go_of_readers(void) {
    if (!isatty(STDERR_FILENO))
        dup2(STDOUT_FILENO, STDERR_FILENO);
}

static _Noreturn void watch(const struct vt_watcher *watcher, int pidfd, pid_t program,
                            uint64_t since_ns) {
    pidfd = detach(pidfd, watcher->place_fd);
    if (pidfd < 0 && getppid() != program)
        _exit(0);
    bool is_over = wait_for_end(pidfd, program, watcher->leisure_after_ms);
    if (is_over) {
        look_after(watcher, pidfd, program, since_ns);
        let_go_of_readers();
    }
    watcher->at_leisure(watcher->state);
    if (!is_over) {
        wait_for_end(pidfd, program, -1);
        look_after(watcher, pidfd, program, since_ns);
    }
    _exit(0);
}

bool vt_watcher_start(const struct vt_watcher *watcher) {
    pid_t program = getpid();
    uint64_t since_ns = vt_clock_mono_ns();
    int pidfd = open_pidfd(program);
    /* No flags: exit signal 0. Like fork(2), without glibc's handlers; one thread
     * here. */
    long child = syscall(SYS_clone, 0UL, NULL, NULL, NULL, 0UL);
    if (child == 0)
        watch(watcher, pidfd, program, since_ns);
    if (pidfd >= 0)
        close(pidfd);
    return child > 0;
}

void vt_watcher_describe_end(const struct vt_watcher_end *end, char *text,
                             size_t size) {
    if (end->known && WIFSIGNALED(end->wait_status)) {
        const char *name = sigabbrev_np(WTERMSIG(end->wait_status));
        snprintf(text, size, "killed by SIG%s", name ? name : "?");
    } else if (end->known) {
        snprintf(text, size, "gone with exit status %d without saving",
                 WEXITSTATUS(end->wait_status));
    } else {
        snprintf(text, size, "gone without saving");
    }
}

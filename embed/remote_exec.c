/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/remote_exec.h"

#include "core/base/buf.h"
#include "embed/pyliteral.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_NS = 300000 };

/* ---- the files ------------------------------------------------------------------- */

/* Owned text, or data NULL when memory ran out. */
static struct vt_buf path_of(const struct vt_remote_exec *request, const char *suffix) {
    struct vt_buf path = {0};
    vt_buf_printf(&path, "%s/%s.%s", request->folder, request->name, suffix);
    return path;
}

/* Makes the file; -1 with errno. */
static int make_file(const struct vt_remote_exec *request, const char *suffix) {
    struct vt_buf path = path_of(request, suffix);
    int fd = -1;
    errno = ENOMEM;
    if (!path.failed)
        fd =
            open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    int error = errno;
    vt_buf_fini(&path);
    errno = error;
    return fd;
}

static bool has_file(const struct vt_remote_exec *request, const char *suffix) {
    struct vt_buf path = path_of(request, suffix);
    bool found = !path.failed && access(path.data, F_OK) == 0;
    vt_buf_fini(&path);
    return found;
}

/* True: the claim is ours, the program will leave the text alone. */
static bool claim(const struct vt_remote_exec *request) {
    int fd = make_file(request, "claim");
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* One statement, which leaves no name behind in the dictionary that it is run in. */
static void append_script(struct vt_buf *script, const struct vt_remote_exec *request,
                          const char *source) {
    struct vt_buf inner = {0};
    vt_buf_printf(&inner, "import os\nfolder = ");
    vt_pyliteral_append(&inner, request->folder);
    vt_buf_printf(&inner, "\nname = ");
    vt_pyliteral_append(&inner, request->name);
    vt_buf_append_text(
        &inner, "\npath = os.path.join(folder, name)\n"
                "def make(suffix):\n"
                "    os.close(os.open(path + suffix, os.O_CREAT | os.O_EXCL, 0o600))\n"
                "try:\n"
                "    make(b'.claim')\n"
                "except OSError:\n"
                "    pass\n"
                "else:\n"
                "    try:\n"
                "        exec(");
    vt_pyliteral_append(&inner, source);
    vt_buf_append_text(&inner, ", {})\n"
                               "    finally:\n"
                               "        make(b'.done')\n");
    vt_buf_append_text(script, "exec(");
    vt_pyliteral_append(script, inner.data ? inner.data : "");
    vt_buf_append_text(script, ", {})\n");
    script->failed = script->failed || inner.failed;
    vt_buf_fini(&inner);
}

static enum vt_status write_script(const struct vt_remote_exec *request,
                                   const char *source, struct vt_error *err) {
    struct vt_buf script = {0};
    append_script(&script, request, source);
    enum vt_status status = vt_buf_status(&script, err);
    int fd = status == VT_OK ? make_file(request, "py") : -1;
    ssize_t written = fd >= 0 ? write(fd, script.data, script.size) : -1;
    if (status == VT_OK && written != (ssize_t)script.size)
        status = vt_error_set(err, VT_ERR_IO, "%s/%s.py: %s", request->folder,
                              request->name, strerror(written < 0 ? errno : ENOSPC));
    if (fd >= 0)
        close(fd);
    vt_buf_fini(&script);
    return status;
}

/* ---- the request ----------------------------------------------------------------- */

static bool start(const struct vt_remote_exec *request, const char *script,
                  pid_t *pid) {
    static char code[] = "import sys; sys.remote_exec(int(sys.argv[1]), sys.argv[2])";
    char target[24];
    snprintf(target, sizeof target, "%ld", (long)request->pid);
    char *const argv[] = {(char *)request->interpreter,
                          (char *)"-I",
                          (char *)"-S",
                          (char *)"-c",
                          code,
                          target,
                          (char *)script,
                          NULL};
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files) != 0)
        return false;
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    int error = posix_spawn(pid, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error == 0;
}

/* Whether the interpreter took the request. */
static bool send_request(const struct vt_remote_exec *request) {
    struct vt_buf script = path_of(request, "py");
    pid_t pid;
    bool sent = !script.failed && start(request, script.data, &pid);
    int status = -1;
    while (sent && waitpid(pid, &status, 0) < 0)
        sent = errno == EINTR;
    vt_buf_fini(&script);
    return sent && status == 0;
}

/* Waits for the end of the text; `limit_ms` -1: as long as the process lives. */
static bool wait_done(const struct vt_remote_exec *request, int limit_ms) {
    struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (int64_t waited_ns = 0; !has_file(request, "done"); waited_ns += PAUSE_NS) {
        bool is_over = limit_ms >= 0 && waited_ns >= limit_ms * INT64_C(1000000);
        if (is_over || (kill(request->pid, 0) != 0 && errno == ESRCH))
            return has_file(request, "done");
        nanosleep(&pause, NULL);
    }
    return true;
}

enum vt_status vt_remote_exec_run(const struct vt_remote_exec *request,
                                  const char *source, int limit_ms, bool *ran,
                                  struct vt_error *err) {
    *ran = false;
    enum vt_status status = write_script(request, source, err);
    if (status != VT_OK)
        return status;
    *ran = send_request(request) && wait_done(request, limit_ms);
    if (*ran || claim(request))
        return VT_OK;
    *ran = wait_done(request, -1);
    if (*ran)
        return VT_OK;
    return vt_error_set(err, VT_ERR_NOT_FOUND, "process %ld has ended",
                        (long)request->pid);
}

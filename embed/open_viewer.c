/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/open_viewer.h"
#include "core/base/buf.h"
#include "embed/finish.h"
#include "embed/session_env.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Where it stands beside our libraries: built, in a wheel, installed (cmd/home.h). */
static bool find_viewer(const char *lib_dir, struct vt_buf *path) {
    static const char *const places[] = {"../vizviewer", "../bin/vizviewer",
                                         "../../bin/vizviewer"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        vt_buf_clear(path);
        vt_buf_printf(path, "%s/%s", lib_dir, places[i]);
        if (!path->failed && access(path->data, X_OK) == 0)
            return true;
    }
    return false;
}

/* The viewer hears signals as if the shell had started it. 0, or an error number. */
static int spawn(const char *viewer, const char *report, pid_t *pid) {
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    char *words[] = {(char *)(unsigned long)viewer, (char *)(unsigned long)"--once",
                     (char *)(unsigned long)report, NULL};
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGPIPE);
    int error = posix_spawnattr_init(&attributes);
    if (error)
        return error;
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    error = posix_spawn(pid, viewer, NULL, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Ctrl-C ends the viewer; that we are done we see then. */
static void wait_for(pid_t pid) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    sigaction(SIGINT, &ignore, &old);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    sigaction(SIGINT, &old, NULL);
}

void vt_open_viewer_run(const struct vt_config *config) {
    struct vt_buf path = {0};
    struct vt_error err;
    pid_t pid;
    vt_session_env_clear();
    if (find_viewer(config->lib_dir, &path)) {
        int error = spawn(path.data, config->output_path, &pid);
        if (!error)
            wait_for(pid);
        else {
            vt_error_set(&err, VT_ERR_IO, "%s", strerror(error));
            vt_finish_tell_failure("vizviewer was not started", &err);
        }
    } else {
        vt_error_set(&err, VT_ERR_NOT_FOUND, "the installation is incomplete");
        vt_finish_tell_failure("vizviewer was not started", &err);
    }
    vt_buf_fini(&path);
}

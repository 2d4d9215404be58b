/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer is one line each for: the mark, implementation, version, flags,
 * executable, base prefix. A shim may print lines of its own before the mark. */
#include "embed/ask_python.h"

#include "core/base/buf.h"
#include "embed/ask_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "viztracer-answer-1"

/* -I: no settings of the user, no current folder; -S: no site-packages. */
static const char question[] =
    "import os, sys\n"
    "text = '\\n'.join(['" MARK "', sys.implementation.name,\n"
    "    '%d.%d.%d' % sys.version_info[:3], getattr(sys, 'abiflags', ''),\n"
    "    sys.executable, sys.base_prefix, ''])\n"
    "os.write(1, os.fsencode(text))\n";

enum { MAX_ANSWER_BYTES = 32768 };

/* ---- run ------------------------------------------------------------------------- */

/* The environment with the guard in front. Allocated array of borrowed texts. */
static char **guarded_environment(void) {
    size_t count = 0;
    while (environ[count])
        count++;
    char **env = malloc((count + 2) * sizeof *env);
    if (!env)
        return NULL;
    env[0] = (char *)VT_ASK_PYTHON_GUARD "=1";
    memcpy(env + 1, environ, (count + 1) * sizeof *env);
    return env;
}

/* Starts it with stdout on `out`; stdin belongs to the program that will run later. */
static int start(const char *path, int out, pid_t *pid) {
    char *const argv[] = {(char *)path, (char *)"-I",     (char *)"-S",
                          (char *)"-c", (char *)question, NULL};
    char **env = guarded_environment();
    if (!env)
        return ENOMEM;
    posix_spawn_file_actions_t files;
    int failure = posix_spawn_file_actions_init(&files);
    if (!failure) {
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, out, 1);
        failure = posix_spawn(pid, path, &files, NULL, argv, env);
        posix_spawn_file_actions_destroy(&files);
    }
    free(env);
    return failure;
}

static void read_answer(int fd, struct vt_buf *answer) {
    for (;;) {
        char piece[4096];
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        if (answer->size < MAX_ANSWER_BYTES)
            vt_buf_append(answer, piece, (size_t)n);
    }
}

static enum vt_status run(const char *path, struct vt_buf *answer,
                          struct vt_error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return vt_error_set_errno(err, errno, "%s", path);
    pid_t pid;
    int failure = start(path, ends[1], &pid);
    close(ends[1]);
    if (!failure)
        read_answer(ends[0], answer);
    close(ends[0]);
    if (failure) {
        vt_error_set_errno(err, failure, "%s", path);
        return err->status = VT_ERR_UNSUPPORTED;
    }
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return vt_buf_status(answer, err);
    return vt_error_set(err, VT_ERR_UNSUPPORTED,
                        "%s: asked for its version, it ended with %s %d", path,
                        WIFSIGNALED(status) ? "signal" : "status",
                        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* ---- read ------------------------------------------------------------------------ */

/* Cuts the next line off `*rest`; NULL when there is none. */
static char *next_line(char **rest) {
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

static bool copy_word(char *to, size_t size, const char *word) {
    return word && (size_t)snprintf(to, size, "%s", word) < size;
}

static bool copy_path(char **to, const char *path) {
    *to = path && *path == '/' ? strdup(path) : NULL;
    return *to != NULL;
}

static bool parse_version(struct vt_python_facts *facts, const char *text) {
    int end = 0;
    return text &&
           sscanf(text, "%d.%d.%d%n", &facts->major, &facts->minor, &facts->micro,
                  &end) == 3 &&
           text[end] == '\0' && facts->major >= 0 && facts->minor >= 0 &&
           facts->micro >= 0 && facts->minor < 256 && facts->micro < 256;
}

/* Overwrites the answer's newlines. */
static bool parse(struct vt_python_facts *facts, const char *path, char *answer) {
    *facts = (struct vt_python_facts){0};
    char *rest = strstr(answer, MARK "\n");
    if (!rest)
        return false;
    next_line(&rest);
    bool ok = copy_word(facts->implementation, sizeof facts->implementation,
                        next_line(&rest)) &&
              parse_version(facts, next_line(&rest)) &&
              copy_word(facts->abiflags, sizeof facts->abiflags, next_line(&rest));
    const char *executable = ok ? next_line(&rest) : NULL;
    ok = ok &&
         copy_path(&facts->executable, executable && *executable ? executable : path) &&
         copy_path(&facts->base_prefix, next_line(&rest)) &&
         access(facts->executable, X_OK) == 0;
    if (!ok)
        vt_python_facts_fini(facts);
    return ok;
}

enum vt_status vt_ask_python(struct vt_python_facts *facts, const char *path,
                             struct vt_error *err) {
    enum vt_status status = VT_OK;
    struct vt_buf key = {0}, answer = {0}, kept = {0};
    vt_ask_cache_key(&key, path);
    if (vt_ask_cache_load(&key, &answer) && parse(facts, path, answer.data))
        goto out;
    vt_buf_clear(&answer);
    status = run(path, &answer, err);
    if (status != VT_OK)
        goto out;
    vt_buf_append(&kept, answer.data, answer.size);
    if (!answer.data || !parse(facts, path, answer.data)) {
        status = vt_error_set(err, VT_ERR_UNSUPPORTED, "%s: not a Python 3", path);
        goto out;
    }
    vt_ask_cache_store(&key, &kept);
out:
    if (status == VT_OK)
        vt_python_facts_complete(facts);
    vt_buf_fini(&kept);
    vt_buf_fini(&answer);
    vt_buf_fini(&key);
    return status;
}

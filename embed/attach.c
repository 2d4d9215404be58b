/* SPDX-License-Identifier: Apache-2.0
 *
 * The text that the program runs only finds our package and calls `serve` of
 * embed/python/viztracer/attach.py, which answers by a file in the run directory: "+"
 * and nothing more, or "-" and a sentence; the text itself answers if that failed. The
 * names of these files are counted, so that an answer that came too late is never taken
 * for another. */
#include "embed/attach.h"

#include "core/base/buf.h"
#include "embed/pyliteral.h"
#include "embed/remote_exec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a program may take to come to its own door before ours is used. */
enum { ANSWER_BYTES = 2048, REMOTE_GRACE_MS = 300 };

/* ---- the program's file system --------------------------------------------------- */

/* A path of the program, as we see it. */
static void append_outer(struct vt_buf *path, const struct vt_attach *attach,
                         const char *inner) {
    if (attach->process.other_root)
        vt_buf_printf(path, "/proc/%ld/root", (long)attach->process.pid);
    vt_buf_printf(path, "%s", inner);
}

/* Makes the run directory where the program sees it, too. */
static enum vt_status make_run(struct vt_attach *attach, struct vt_error *err) {
    if (!attach->process.other_root)
        return vt_log_dir_create(&attach->run, NULL, err);
    static const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm"};
    enum vt_status status = VT_ERR_NOT_FOUND;
    for (size_t i = 0; status != VT_OK && i < sizeof places / sizeof *places; i++) {
        struct vt_buf place = {0};
        append_outer(&place, attach, places[i]);
        status = vt_buf_status(&place, err);
        if (status == VT_OK)
            status = vt_log_dir_create_at(&attach->run, place.data, err);
        vt_buf_fini(&place);
    }
    return status;
}

static enum vt_status open_run(struct vt_attach *attach, struct vt_error *err) {
    const struct vt_pyproc *process = &attach->process;
    char root[32] = "";
    if (process->other_root)
        snprintf(root, sizeof root, "/proc/%ld/root", (long)process->pid);
    attach->inner_run = strdup(attach->run.path + strlen(root));
    if (!attach->inner_run)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    attach->run_fd =
        open(attach->run.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (attach->run_fd < 0)
        return vt_error_set_errno(err, errno, "%s", attach->run.path);
    if (geteuid() == 0 && process->uid != 0 &&
        fchown(attach->run_fd, process->uid, process->gid) != 0)
        return vt_error_set_errno(err, errno, "%s", attach->run.path);
    return VT_OK;
}

static bool copy_file(int from_dir, int to_dir, const char *name) {
    char part[65536];
    ssize_t got = -1;
    int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC);
    int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0644);
    while (from >= 0 && to >= 0 && (got = read(from, part, sizeof part)) > 0) {
        if (write(to, part, (size_t)got) != got) {
            got = -1;
            break;
        }
    }
    if (from >= 0)
        close(from);
    return (to < 0 || close(to) == 0) && got == 0;
}

/* Copies a folder with those in it; links and what begins with a dot are left out. */
static bool copy_folder(int from, int to, const char *name) {
    int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (mkdirat(to, name, 0755) != 0 && errno != EEXIST) {
        close(source);
        return false;
    }
    int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = source < 0 ? NULL : fdopendir(source);
    bool copied = stream && target >= 0;
    const struct dirent *entry;
    while (copied && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "__pycache__") == 0)
            continue;
        if (entry->d_type == DT_DIR)
            copied = copy_folder(source, target, entry->d_name);
        else if (entry->d_type == DT_REG)
            copied = copy_file(source, target, entry->d_name);
    }
    if (stream)
        closedir(stream);
    else if (source >= 0)
        close(source);
    if (target >= 0)
        close(target);
    return copied;
}

static void remove_folder(int dir, const char *name) {
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    while (stream && (entry = readdir(stream))) {
        bool is_dots = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
        if (!is_dots && unlinkat(fd, entry->d_name, 0) != 0 && errno == EISDIR)
            remove_folder(fd, entry->d_name);
    }
    if (stream)
        closedir(stream);
    unlinkat(dir, name, AT_REMOVEDIR);
}

/* Our folder, as the program can read it. */
static enum vt_status place_package(struct vt_attach *attach, const char *python_dir,
                                    struct vt_error *err) {
    if (!attach->process.other_root) {
        attach->package = strdup(python_dir);
        return attach->package ? VT_OK
                               : vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    struct vt_buf inner = {0}, outer = {0};
    vt_buf_printf(&inner, "%s.python", attach->inner_run);
    append_outer(&outer, attach, inner.data ? inner.data : "");
    enum vt_status status = vt_buf_status(&outer, err);
    if (status == VT_OK)
        status = vt_buf_status(&inner, err);
    if (status == VT_OK && mkdir(outer.data, 0755) != 0)
        status = vt_error_set_errno(err, errno, "%s", outer.data);
    if (status != VT_OK) {
        vt_buf_fini(&inner);
        vt_buf_fini(&outer);
        return status;
    }
    attach->package = inner.data;
    attach->copy = outer.data;
    int from = open(python_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int to = open(attach->copy, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool copied = from >= 0 && to >= 0 && copy_folder(from, to, ".");
    int error = errno;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return copied ? VT_OK : vt_error_set_errno(err, error, "%s", attach->copy);
}

/* ---- opening and closing --------------------------------------------------------- */

enum vt_status vt_attach_open(struct vt_attach *attach, pid_t pid,
                              const struct vt_config *config, struct vt_error *err) {
    *attach = (struct vt_attach){.run_fd = -1, .process = {.pidfd = -1, .mem = -1}};
    enum vt_status status = vt_pyproc_open(&attach->process, pid, err);
    if (status != VT_OK)
        return status;
    attach->inject.process = &attach->process;
    status = make_run(attach, err);
    if (status == VT_OK)
        status = open_run(attach, err);
    if (status == VT_OK)
        status = place_package(attach, config->python_dir, err);
    if (status != VT_OK)
        vt_attach_close(attach);
    return status;
}

static bool is_answer(const char *name) {
    return strncmp(name, "answer", 6) == 0;
}

/* Only what is ours to remove: a log belongs to whoever has not made its report. */
static void remove_answers(int dir) {
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    while (stream && (entry = readdir(stream))) {
        if (is_answer(entry->d_name))
            unlinkat(dir, entry->d_name, 0);
    }
    if (stream)
        closedir(stream);
    else if (again >= 0)
        close(again);
}

void vt_attach_close(struct vt_attach *attach) {
    if (attach->run_fd >= 0) {
        remove_answers(attach->run_fd);
        close(attach->run_fd);
    }
    if (attach->run.path)
        rmdir(attach->run.path);
    vt_log_dir_close(&attach->run);
    if (attach->copy)
        remove_folder(AT_FDCWD, attach->copy);
    free(attach->inner_run);
    free(attach->package);
    free(attach->copy);
    vt_pyproc_close(&attach->process);
    *attach = (struct vt_attach){.run_fd = -1, .process = {.pidfd = -1, .mem = -1}};
}

const char *vt_attach_run_dir(struct vt_attach *attach, char *path, size_t size) {
    snprintf(path, size, "/proc/%ld/fd/%d/.", (long)getpid(), attach->run_fd);
    if (geteuid() != 0 || attach->process.uid == 0)
        return path;
    int again = openat(attach->run_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = again < 0 ? NULL : fdopendir(again);
    const struct dirent *entry;
    while (stream && (entry = readdir(stream))) {
        if (entry->d_name[0] != '.' &&
            fchownat(again, entry->d_name, 0, 0, AT_SYMLINK_NOFOLLOW) != 0)
            break; /* then the log is refused as somebody else's */
    }
    if (stream)
        closedir(stream);
    else if (again >= 0)
        close(again);
    return fchown(attach->run_fd, 0, 0) == 0 ? path : attach->run.path;
}

/* ---- what the program runs ------------------------------------------------------- */

/* An interrupt or an exit that reaches the program just now is no Exception, and goes
 * on to it. */
static const char prologue[] =
    "def serve(folder, path, verb, argument):\n"
    "    try:\n"
    "        import os, sys\n"
    "        folder = os.fsdecode(folder)\n"
    "        sys.path.insert(0, folder)\n"
    "        try:\n"
    "            from viztracer import attach\n"
    "        finally:\n"
    "            sys.path.remove(folder)\n"
    "        return attach.serve(path, verb, argument)\n"
    "    except ModuleNotFoundError as error:\n"
    "        text = '-%s' % error\n"
    "        if error.name == '_viztracer':\n"
    "            text = ('-no core for its Python %d.%d%s is built' %\n"
    "                    (sys.version_info[:2] + (sys.abiflags,)))\n"
    "    except ImportError as error:\n"
    "        text = '-another viztracer is loaded in it: %s' % error\n"
    "    except Exception as error:\n"
    "        text = '-%s: %s' % (type(error).__name__, error)\n"
    "    try:\n"
    "        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)\n"
    "        os.write(out, text.encode('utf-8', 'replace'))\n"
    "        os.close(out)\n"
    "    except Exception:\n"
    "        pass\n";

static void append_source(struct vt_buf *source, const struct vt_attach *attach,
                          const char *verb, const char *argument) {
    struct vt_buf answer = {0};
    vt_buf_printf(&answer, "%s/answer%u", attach->inner_run, attach->answers);
    vt_buf_printf(source, "%sserve(", prologue);
    vt_pyliteral_append(source, attach->package);
    vt_buf_printf(source, ", ");
    vt_pyliteral_append(source, answer.data ? answer.data : "");
    vt_buf_printf(source, ", '%s', ", verb);
    vt_pyliteral_append(source, argument);
    vt_buf_printf(source, ")\n");
    source->failed = source->failed || answer.failed;
    vt_buf_fini(&answer);
}

/* The answer to the last text; an error if it was a refusal. */
static enum vt_status take_answer(struct vt_attach *attach, struct vt_error *err) {
    long pid = (long)attach->process.pid;
    char name[32], text[ANSWER_BYTES];
    snprintf(name, sizeof name, "answer%u", attach->answers);
    int fd = openat(attach->run_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    unlinkat(attach->run_fd, name, 0);
    attach->answers++;
    if (size <= 0)
        return vt_error_set(err, VT_ERR_IO, "process %ld gave no answer", pid);
    text[size] = '\0';
    if (text[0] == '+')
        return VT_OK;
    return vt_error_set(err, VT_ERR_REFUSED, "process %ld: %s", pid, text + 1);
}

/* By the interpreter's own door where it has one that leads to us, too; else, and when
 * the program does not come to it, by ours. */
static enum vt_status run_text(struct vt_attach *attach, const char *source,
                               const char *file, struct vt_error *err) {
    struct vt_pyproc *process = &attach->process;
    bool ran = false;
    enum vt_status status = VT_OK;
    if (process->has_remote_exec && !process->other_root && process->uid == geteuid()) {
        char exe[64], path[4096], name[32];
        snprintf(exe, sizeof exe, "/proc/%ld/exe", (long)process->pid);
        ssize_t size = readlink(exe, path, sizeof path - 1);
        path[size > 0 ? size : 0] = '\0';
        snprintf(name, sizeof name, "answer%u", attach->answers);
        struct vt_remote_exec request = {process->pid, path, attach->inner_run, name};
        status = vt_remote_exec_run(&request, source, REMOTE_GRACE_MS, &ran, err);
    }
    if (status != VT_OK || ran)
        return status;
    return vt_inject_run(&attach->inject, source, file, VT_ATTACH_LIMIT_MS, err);
}

static enum vt_status ask(struct vt_attach *attach, const char *verb,
                          const char *argument, struct vt_error *err) {
    struct vt_buf source = {0}, file = {0};
    append_source(&source, attach, verb, argument);
    vt_buf_printf(&file, "%s/viztracer/attach.py", attach->package);
    enum vt_status status = vt_buf_status(&source, err);
    if (status == VT_OK)
        status = vt_buf_status(&file, err);
    if (status == VT_OK)
        status = run_text(attach, source.data, file.data, err);
    if (status == VT_OK)
        status = take_answer(attach, err);
    vt_buf_fini(&source);
    vt_buf_fini(&file);
    return status;
}

/* ---- the verbs ------------------------------------------------------------------- */

/* The settings as they hold in the program: its paths, its own process only. */
static enum vt_status append_settings(struct vt_buf *text,
                                      const struct vt_attach *attach,
                                      const struct vt_config *config,
                                      struct vt_error *err) {
    struct vt_config inner;
    enum vt_status status = vt_config_copy(&inner, config, err);
    if (status != VT_OK)
        return status;
    inner.ignore_multiprocess = true;
    inner.attach = -1;
    status = vt_config_set_text(&inner.run_dir, attach->inner_run, err);
    if (status == VT_OK)
        status = vt_config_set_text(&inner.python_dir, attach->package, err);
    if (status == VT_OK)
        status = vt_config_set_text(&inner.launch_cwd, NULL, err);
    if (status == VT_OK) {
        vt_config_to_text(&inner, text);
        status = vt_buf_status(text, err);
    }
    vt_config_fini(&inner);
    return status;
}

enum vt_status vt_attach_begin(struct vt_attach *attach, const struct vt_config *config,
                               struct vt_error *err) {
    struct vt_buf settings = {0};
    enum vt_status status = append_settings(&settings, attach, config, err);
    if (status == VT_OK)
        status = ask(attach, "begin", settings.data ? settings.data : "", err);
    vt_buf_fini(&settings);
    return status;
}

enum vt_status vt_attach_end(struct vt_attach *attach, struct vt_error *err) {
    enum vt_status status = ask(attach, "end", "", err);
    return status == VT_ERR_NOT_FOUND ? VT_OK : status;
}

void vt_attach_tell(struct vt_attach *attach, const char *path) {
    struct vt_error err; /* the report is there, whether or not it can be told */
    (void)!ask(attach, "tell", path, &err);
}

enum vt_status vt_attach_uninstall(struct vt_attach *attach, struct vt_error *err) {
    return ask(attach, "uninstall", "", err);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything in /proc may be gone at the next look: each reading answers for itself. */
#include "embed/pyproc.h"

#include "embed/elf_peek.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- files of /proc -------------------------------------------------------------- */

static int open_proc(pid_t pid, const char *name, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return open(path, flags | O_CLOEXEC);
}

/* The whole of a file of /proc, owned by the caller; NULL: errno says why. */
static char *read_proc(pid_t pid, const char *name, size_t *size) {
    int fd = open_proc(pid, name, O_RDONLY);
    if (fd < 0)
        return NULL;
    struct vt_buf text = {0};
    char part[4096];
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) > 0)
        vt_buf_append(&text, part, (size_t)got);
    int error = got < 0 ? errno : text.failed ? ENOMEM : 0;
    close(fd);
    vt_buf_append_char(&text, '\0');
    if (error || text.failed) {
        vt_buf_fini(&text);
        errno = error ? error : ENOMEM;
        return NULL;
    }
    if (size)
        *size = text.size - 1;
    return text.data;
}

/* What stands behind "<name>:" in /proc/PID/status. */
static const char *status_field(const char *status, const char *name) {
    size_t size = strlen(name);
    for (const char *line = status; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, size) == 0 && line[size] == ':')
            return line + size + 1 + strspn(line + size + 1, " \t");
    }
    return "";
}

bool vt_pyproc_catches(pid_t pid, int signal) {
    char *status = read_proc(pid, "status", NULL);
    uint64_t caught = status ? strtoull(status_field(status, "SigCgt"), NULL, 16) : 0;
    free(status);
    return caught >> (signal - 1) & 1;
}

/* ---- who it is ------------------------------------------------------------------- */

static enum vt_status refuse_gone(pid_t pid, struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NOT_FOUND, "pid %ld does not exist", (long)pid);
}

static enum vt_status refuse_owner(pid_t pid, uid_t uid, struct vt_error *err) {
    const struct passwd *user = getpwuid(uid);
    return vt_error_set(err, VT_ERR_REFUSED,
                        "process %ld belongs to another user (%s): only root may "
                        "attach to it",
                        (long)pid, user ? user->pw_name : "unknown");
}

/* State, tracer and owner, as /proc/PID/status tells them. */
static enum vt_status check_status(struct vt_pyproc *process, const char *status,
                                   struct vt_error *err) {
    long pid = (long)process->pid;
    char state = *status_field(status, "State");
    long group = strtol(status_field(status, "Tgid"), NULL, 10);
    long tracer = strtol(status_field(status, "TracerPid"), NULL, 10);
    unsigned long uid = 0, gid = 0;
    sscanf(status_field(status, "Uid"), "%*u %lu", &uid);
    sscanf(status_field(status, "Gid"), "%*u %lu", &gid);
    process->uid = (uid_t)uid;
    process->gid = (gid_t)gid;
    if (state == 'Z' || state == 'X')
        return vt_error_set(err, VT_ERR_REFUSED, "process %ld has ended", pid);
    if (group != pid)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "%ld is a thread of process %ld: attach to that", pid,
                            group);
    if (geteuid() != 0 && process->uid != geteuid())
        return refuse_owner(process->pid, process->uid, err);
    if (tracer)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "process %ld is already traced by process %ld (a debugger, "
                            "strace or another attach)",
                            pid, tracer);
    if (state == 'T')
        return vt_error_set(err, VT_ERR_REFUSED,
                            "process %ld is stopped: continue it (kill -CONT %ld) and "
                            "attach again",
                            pid, pid);
    return VT_OK;
}

static enum vt_status identify(struct vt_pyproc *process, struct vt_error *err) {
    char *status = read_proc(process->pid, "status", NULL);
    if (!status)
        return refuse_gone(process->pid, err);
    enum vt_status result = check_status(process, status, err);
    free(status);
    return result;
}

static bool is_same_link(pid_t pid, const char *name) {
    struct stat ours, theirs;
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    if (stat(path, &theirs) != 0)
        return true;
    snprintf(path, sizeof path, "/proc/self/%s", name);
    return stat(path, &ours) == 0 && ours.st_ino == theirs.st_ino &&
           ours.st_dev == theirs.st_dev;
}

/* ---- where its Python is --------------------------------------------------------- */

struct mapping {
    uint64_t start, end, offset;
    const char *path; /* up to the end of the line; "" of memory without a file */
};

/* Takes the next line off `*rest` (see proc(5), maps). */
static bool next_mapping(char **rest, struct mapping *mapping) {
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (!end)
        return false;
    *end = '\0';
    *rest = end + 1;
    int path = 0;
    *mapping = (struct mapping){0};
    sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n", &mapping->start,
           &mapping->end, &mapping->offset, &path);
    mapping->path = path ? line + path : "";
    return true;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Fills the addresses from the file at `path` if it is a Python and the very file that
 * the process maps from `base` on. */
static bool take_symbols(struct vt_pyproc *process, const char *path, uint64_t base) {
    static const char *const names[] = {
#define VT_PYPROC_NAME(name) #name,
        VT_PYPROC_FUNCTIONS(VT_PYPROC_NAME)
#undef VT_PYPROC_NAME
    };
    struct vt_elf_peek elf;
    unsigned char mapped[1024]; /* ELF header, program headers, most often build id */
    if (!vt_elf_peek_open(&elf, path))
        return false;
    uint64_t place = 0;
    bool found = elf.size >= sizeof mapped &&
                 vt_pyproc_read(process, base, mapped, sizeof mapped) &&
                 memcmp(elf.bytes, mapped, sizeof mapped) == 0;
    for (size_t i = 0; found && i < VT_PYPROC_FUNCTION_COUNT; i++) {
        found = vt_elf_peek_place(&elf, names[i], &place, NULL);
        process->functions[i] = base + place;
    }
    found =
        found && vt_elf_peek_place(&elf, "_PyRuntime", &place, &process->runtime_size);
    process->runtime = base + place;
    process->has_remote_exec =
        vt_elf_peek_place(&elf, "PySys_RemoteExec", &place, NULL);
    vt_elf_peek_close(&elf);
    return found;
}

/* A library of the process, through its own root; one that was replaced on disk since
 * it was mapped shows by its bytes, or lies in map_files (for root only). */
static bool take_library(struct vt_pyproc *process, const struct mapping *mapping) {
    char path[4096];
    snprintf(path, sizeof path, "/proc/%ld/root%s", (long)process->pid, mapping->path);
    if (take_symbols(process, path, mapping->start))
        return true;
    snprintf(path, sizeof path, "/proc/%ld/map_files/%" PRIx64 "-%" PRIx64,
             (long)process->pid, mapping->start, mapping->end);
    return take_symbols(process, path, mapping->start);
}

/* The symbols of libpython, if it is mapped, else of the executable. */
static bool find_python(struct vt_pyproc *process, char *maps) {
    char exe[64], exe_path[4096];
    snprintf(exe, sizeof exe, "/proc/%ld/exe", (long)process->pid);
    ssize_t size = readlink(exe, exe_path, sizeof exe_path - 1);
    exe_path[size > 0 ? size : 0] = '\0';
    uint64_t exe_base = 0;
    bool found = false;
    struct mapping mapping;
    while (next_mapping(&maps, &mapping)) {
        if (strcmp(mapping.path, "[vdso]") == 0) {
            process->vdso = mapping.start;
            process->vdso_size = mapping.end - mapping.start;
        }
        if (mapping.offset || mapping.path[0] != '/')
            continue;
        if (!exe_base && strcmp(mapping.path, exe_path) == 0)
            exe_base = mapping.start;
        if (!found && strncmp(base_name(mapping.path), "libpython", 9) == 0)
            found = take_library(process, &mapping);
    }
    return found || (exe_base && take_symbols(process, exe, exe_base));
}

static enum vt_status refuse_access(pid_t pid, int error, struct vt_error *err) {
    if (error == ENOENT || error == ESRCH)
        return refuse_gone(pid, err);
    return vt_error_set(err, VT_ERR_REFUSED,
                        "process %ld may not be examined (%s): see "
                        "/proc/sys/kernel/yama/ptrace_scope, or attach as root",
                        (long)pid, strerror(error));
}

static enum vt_status open_memory(struct vt_pyproc *process, struct vt_error *err) {
    char *maps = NULL;
    process->mem = open_proc(process->pid, "mem", O_RDWR);
    if (process->mem >= 0)
        maps = read_proc(process->pid, "maps", NULL);
    if (!maps)
        return refuse_access(process->pid, errno, err);
    bool found = find_python(process, maps);
    free(maps);
    if (!found)
        return vt_error_set(err, VT_ERR_REFUSED,
                            "process %ld is not a Python that can be attached to (no "
                            "CPython of this machine's kind is in it)",
                            (long)process->pid);
    return VT_OK;
}

enum vt_status vt_pyproc_open(struct vt_pyproc *process, pid_t pid,
                              struct vt_error *err) {
    *process = (struct vt_pyproc){.pid = pid, .pidfd = -1, .mem = -1};
    if (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH))
        return refuse_gone(pid, err);
    process->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    enum vt_status status = identify(process, err);
    if (status == VT_OK)
        status = open_memory(process, err);
    if (status == VT_OK)
        process->other_root =
            !is_same_link(pid, "ns/mnt") || !is_same_link(pid, "root");
    else
        vt_pyproc_close(process);
    return status;
}

void vt_pyproc_close(struct vt_pyproc *process) {
    if (process->mem >= 0)
        close(process->mem);
    if (process->pidfd >= 0)
        close(process->pidfd);
    process->mem = process->pidfd = -1;
}

bool vt_pyproc_is_alive(const struct vt_pyproc *process) {
    struct pollfd gone = {.fd = process->pidfd, .events = POLLIN};
    if (process->pidfd >= 0)
        return poll(&gone, 1, 0) <= 0;
    return kill(process->pid, 0) == 0 || errno == EPERM;
}

bool vt_pyproc_read(const struct vt_pyproc *process, uint64_t address, void *to,
                    size_t size) {
    return pread(process->mem, to, size, (off_t)address) == (ssize_t)size;
}

bool vt_pyproc_write(const struct vt_pyproc *process, uint64_t address,
                     const void *from, size_t size) {
    return pwrite(process->mem, from, size, (off_t)address) == (ssize_t)size;
}

/* ---- all of them ----------------------------------------------------------------- */

/* "3.11", from the name of the library or executable that holds the interpreter; "?"
 * where the name does not tell. */
static void find_version(pid_t pid, char *version, size_t size) {
    char *maps = read_proc(pid, "maps", NULL);
    char *rest = maps;
    struct mapping mapping;
    int major, minor;
    snprintf(version, size, "?");
    while (maps && next_mapping(&rest, &mapping)) {
        const char *name = base_name(mapping.path);
        if (sscanf(name, "libpython%d.%d", &major, &minor) == 2 ||
            sscanf(name, "python%d.%d", &major, &minor) == 2) {
            snprintf(version, size, "%d.%d", major, minor);
            break;
        }
    }
    free(maps);
}

/* Seconds since the process began (proc(5), stat, field 22); 0: unknown. */
static unsigned long long age_of(pid_t pid) {
    char *stat = read_proc(pid, "stat", NULL);
    const char *behind = stat ? strrchr(stat, ')') : NULL;
    unsigned long long ticks = 0;
    struct timespec now;
    if (behind)
        sscanf(behind + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
               "%*d %*d %llu",
               &ticks);
    free(stat);
    clock_gettime(CLOCK_BOOTTIME, &now);
    unsigned long long start = ticks / (unsigned long long)sysconf(_SC_CLK_TCK);
    unsigned long long since_boot = (unsigned long long)now.tv_sec;
    return since_boot > start ? since_boot - start : 0;
}

/* A byte of a command line, in which a NUL ends each word. */
static void append_shown(struct vt_buf *line, char byte) {
    if (byte == '\n' || byte == '\0')
        byte = ' ';
    vt_buf_append_char(line, byte);
}

static void append_line(struct vt_buf *lines, pid_t pid) {
    char version[16], age[32];
    find_version(pid, version, sizeof version);
    unsigned long long seconds = age_of(pid);
    snprintf(age, sizeof age, "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60,
             seconds % 60);
    vt_buf_printf(lines, "%8ld  %-7s %10s  ", (long)pid, version, age);
    size_t size;
    char *words = read_proc(pid, "cmdline", &size);
    for (size_t i = 0; words && i + 1 < size; i++)
        append_shown(lines, words[i]);
    vt_buf_append_char(lines, '\n');
    free(words);
}

static void consider(struct vt_buf *lines, pid_t pid) {
    struct vt_pyproc process;
    struct vt_error why;
    if (pid <= 0 || pid == getpid() || vt_pyproc_open(&process, pid, &why) != VT_OK)
        return;
    vt_pyproc_close(&process);
    append_line(lines, pid);
}

enum vt_status vt_pyproc_list(struct vt_buf *lines, struct vt_error *err) {
    DIR *all = opendir("/proc");
    if (!all)
        return vt_error_set_errno(err, errno, "/proc");
    const struct dirent *entry;
    while ((entry = readdir(all)))
        consider(lines, (pid_t)strtol(entry->d_name, NULL, 10));
    closedir(all);
    return vt_buf_status(lines, err);
}

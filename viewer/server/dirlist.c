/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/dirlist.h"
#include "viewer/server/reply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct entry {
    char *name;
    enum vt_dirlist_kind kind;
    struct stat status;
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

static bool ends_in(const char *name, const char *end) {
    size_t size = strlen(name), end_size = strlen(end);
    return size >= end_size && strcmp(name + size - end_size, end) == 0;
}

enum vt_dirlist_kind vt_dirlist_kind(const char *name, const struct stat *status) {
    if (S_ISDIR(status->st_mode)) {
        const char *slash = strrchr(name, '/');
        unsigned user, pid;
        return sscanf(slash ? slash + 1 : name, "viztracer-%u-%u-", &user, &pid) == 2
                   ? VT_DIRLIST_RUN
                   : VT_DIRLIST_FOLDER;
    }
    if (ends_in(name, "json") || ends_in(name, "gz") || ends_in(name, "cvf"))
        return VT_DIRLIST_TRACE;
    return ends_in(name, "html") ? VT_DIRLIST_HTML : VT_DIRLIST_OTHER;
}

/* ---- opening --------------------------------------------------------------------- */

/* Without openat2: name by name, and no links at all. */
static int open_name_by_name(int root, const char *path) {
    char name[256];
    int at = fcntl(root, F_DUPFD_CLOEXEC, 0);
    while (at >= 0 && *path) {
        size_t size = strcspn(path, "/");
        if (size >= sizeof name) {
            close(at);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, path, size);
        name[size] = '\0';
        path += size + (path[size] == '/');
        int next = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        close(at);
        at = next;
    }
    return at;
}

static int open_beneath(int root, const char *path) {
    struct open_how how = {
        .flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = open_name_by_name(root, path);
    return fd;
}

int vt_dirlist_open(int root, const char *path, struct stat *status) {
    int fd = open_beneath(root, path);
    if (fd < 0)
        return -1;
    if (fstat(fd, status) == 0 &&
        (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode)))
        return fd;
    close(fd);
    errno = ENOENT;
    return -1;
}

/* ---- listing --------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b) {
    const struct entry *left = a, *right = b;
    int by_letters = strcasecmp(left->name, right->name);
    return by_letters ? by_letters : strcmp(left->name, right->name);
}

static bool add_entry(struct entries *entries, const struct entry *entry) {
    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity ? entries->capacity * 2 : 64;
        struct entry *items = realloc(entries->items, capacity * sizeof *items);
        if (!items)
            return false;
        entries->items = items;
        entries->capacity = capacity;
    }
    entries->items[entries->count] = *entry;
    entries->items[entries->count].name = strdup(entry->name);
    return entries->items[entries->count++].name != NULL;
}

/* Looks through links; what leads out of the directory is found out when it is opened.
 */
static bool read_entry(int fd, char *name, struct entry *entry) {
    *entry = (struct entry){.name = name};
    if (*name == '.' || fstatat(fd, name, &entry->status, 0) != 0)
        return false;
    if (!S_ISREG(entry->status.st_mode) && !S_ISDIR(entry->status.st_mode))
        return false;
    entry->kind = vt_dirlist_kind(name, &entry->status);
    return entry->kind != VT_DIRLIST_OTHER;
}

static enum vt_status read_entries(int fd, struct entries *entries,
                                   struct vt_error *err) {
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    if (!dir) {
        vt_error_set_errno(err, errno, "the directory");
        if (copy >= 0)
            close(copy);
        return err->status;
    }
    enum vt_status status = VT_OK;
    for (struct dirent *item; status == VT_OK && (item = readdir(dir));) {
        struct entry entry;
        if (read_entry(fd, item->d_name, &entry) && !add_entry(entries, &entry))
            status = vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    closedir(dir);
    if (entries->count)
        qsort(entries->items, entries->count, sizeof *entries->items, compare_entries);
    return status;
}

static void append_html(struct vt_buf *out, const char *text) {
    for (; *text; text++) {
        if (strchr("&<>\"'", *text) || (unsigned char)*text < 0x20)
            vt_buf_printf(out, "&#%u;", (unsigned char)*text);
        else
            vt_buf_append_char(out, *text);
    }
}

static void append_size(struct vt_buf *out, off_t bytes) {
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    vt_buf_printf(out, unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static void append_date(struct vt_buf *out, time_t seconds) {
    struct tm parts;
    char text[32];
    if (localtime_r(&seconds, &parts) &&
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts))
        vt_buf_append_text(out, text);
}

/* A row: name, size, date, and a cell that listing.js fills with the number of events.
 * A directory of another file's name that begins so is no other page's: "./". */
static void append_entry(struct vt_buf *out, const struct entry *entry) {
    bool is_folder = entry->kind == VT_DIRLIST_FOLDER;
    const char *slash = is_folder ? "/" : "";
    vt_buf_append_text(out, "<tr><td><a href=\"./");
    vt_reply_append_path(out, entry->name);
    vt_buf_printf(out, "%s\"%s>", slash, is_folder ? "" : " target=\"_blank\"");
    append_html(out, entry->name);
    vt_buf_printf(out, "%s</a></td><td>", slash);
    if (S_ISREG(entry->status.st_mode))
        append_size(out, entry->status.st_size);
    vt_buf_append_text(out, "</td><td>");
    append_date(out, entry->status.st_mtime);
    vt_buf_append_text(out, "</td>");
    bool has_count = entry->kind == VT_DIRLIST_TRACE;
    vt_buf_append_text(out, has_count ? "<td class=\"count\"></td>" : "<td></td>");
    vt_buf_append_text(
        out, has_count || entry->kind == VT_DIRLIST_HTML ? "<td><a href=\"./" : "<td>");
    if (has_count || entry->kind == VT_DIRLIST_HTML) {
        vt_reply_append_path(out, entry->name);
        vt_buf_append_text(out, "?download\" download>save</a>");
    }
    vt_buf_append_text(out, "</td></tr>\n");
}

static void append_head(struct vt_buf *out, const char *path) {
    vt_buf_append_text(
        out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"color-scheme\" content=\"light dark\">"
             "<title>Directory listing for /");
    append_html(out, path);
    vt_buf_append_text(
        out, "</title><link rel=\"stylesheet\" href=\"/~web/listing.css\">"
             "<script type=\"module\" src=\"/~web/listing.js\"></script></head>\n"
             "<body><main><h1>Directory listing for /");
    append_html(out, path);
    vt_buf_append_text(out, *path ? "/</h1>\n" : "</h1>\n");
    if (*path)
        vt_buf_append_text(out, "<p><a href=\"../\">the directory above</a></p>\n");
}

static void free_entries(struct entries *entries) {
    for (size_t i = 0; i < entries->count; i++)
        free(entries->items[i].name);
    free(entries->items);
}

enum vt_status vt_dirlist_write(int fd, const char *path, struct vt_buf *out,
                                struct vt_error *err) {
    struct entries entries = {0};
    enum vt_status status = read_entries(fd, &entries, err);
    if (status == VT_OK) {
        append_head(out, path);
        vt_buf_append_text(out, "<table id=\"reports\"><thead><tr><th>Name</th><th>Size"
                                "</th><th>Changed</th><th>Events</th><th></th></tr>"
                                "</thead><tbody>\n");
        for (size_t i = 0; i < entries.count; i++)
            append_entry(out, &entries.items[i]);
        vt_buf_append_text(out, "</tbody></table>\n");
        if (!entries.count)
            vt_buf_append_text(out, "<p id=\"empty\">No reports here yet. Reports that "
                                    "are saved here appear by themselves.</p>\n");
        vt_buf_append_text(out, "</main></body></html>\n");
        status = vt_buf_status(out, err);
    }
    free_entries(&entries);
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/preload_place.h"

#include "embed/core_api.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool can_be_preloaded(const char *path) {
    return path[0] == '/' && !path[strcspn(path, " \t\n\v\f\r:;$")];
}

/* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash_of(const char *text) {
    uint64_t hash = 0xCBF29CE484222325;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3;
    return hash;
}

/* A folder in which nobody but us can put another library. */
static bool make_private(const char *folder) {
    struct stat st;
    if (mkdir(folder, 0711) != 0 && errno != EEXIST)
        return false;
    return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & 022);
}

static bool leads_to(const char *link, const char *target) {
    struct stat a, b;
    return stat(link, &a) == 0 && stat(target, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Several processes may do this at once: the last link takes the place of others. */
static bool make_link(const char *folder, const char *link, const char *library) {
    struct vt_buf draft = {0};
    vt_buf_printf(&draft, "%s/%ld", folder, (long)getpid());
    bool is_made = !draft.failed && (unlink(draft.data) == 0 || errno == ENOENT) &&
                   symlink(library, draft.data) == 0;
    if (is_made && rename(draft.data, link) != 0) {
        unlink(draft.data);
        is_made = false;
    }
    vt_buf_fini(&draft);
    return is_made;
}

/* Appends the path of a link to `library` in a folder of ours below `place`. */
static bool link_below(const char *place, struct vt_buf *path, const char *library) {
    if (!place || !can_be_preloaded(place))
        return false;
    struct vt_buf folder = {0}, link = {0};
    vt_buf_printf(&folder, "%s/viztracer-%lu-preload-%016llx", place,
                  (unsigned long)geteuid(), (unsigned long long)hash_of(library));
    const char *made = folder.data ? folder.data : "";
    vt_buf_printf(&link, "%s/" VT_PRELOAD_FILE_NAME, made);
    bool is_there =
        !folder.failed && !link.failed && make_private(made) &&
        (leads_to(link.data, library) || make_link(made, link.data, library));
    if (is_there)
        vt_buf_append_text(path, link.data);
    vt_buf_fini(&folder);
    vt_buf_fini(&link);
    return is_there;
}

enum vt_status vt_preload_place(struct vt_buf *path, const char *lib_dir,
                                struct vt_error *err) {
    struct vt_buf library = {0};
    vt_buf_printf(&library, "%s/" VT_PRELOAD_FILE_NAME, lib_dir);
    enum vt_status status = vt_buf_status(&library, err);
    if (status == VT_OK && access(library.data, R_OK) != 0)
        status = vt_error_set_errno(err, errno, "%s", library.data);
    const char *places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp",
                            "/var/tmp"};
    bool is_placed = status != VT_OK;
    if (!is_placed && (is_placed = can_be_preloaded(library.data)))
        vt_buf_append_text(path, library.data);
    for (size_t i = 0; !is_placed && i < sizeof places / sizeof *places; i++)
        is_placed = link_below(places[i], path, library.data);
    if (!is_placed)
        status = vt_error_set(err, VT_ERR_UNSUPPORTED,
                              "%s: a path with a blank, colon, semicolon or $ cannot "
                              "be preloaded, and nowhere is room for a link to it",
                              library.data);
    vt_buf_fini(&library);
    return status == VT_OK ? vt_buf_status(path, err) : status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/children.h"

#include "core/base/error.h"
#include "core/record/log_dir.h"
#include "embed/pytext.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool vt_children_is_child(const struct vt_config *session) {
    struct vt_log_dir dir;
    struct vt_error err;
    if (!session->run_dir)
        return false;
    bool is_child =
        vt_log_dir_join(&dir, session->run_dir, &err) != VT_OK || dir.pid != getpid();
    vt_log_dir_close(&dir);
    return is_child;
}

/* The text of the event's one argument, NUL-terminated; false: it has none. */
static bool append_argument(struct vt_buf *text, PyObject *args) {
    if (!args || !PyTuple_Check(args) || PyTuple_GET_SIZE(args) < 1 ||
        !PyUnicode_Check(PyTuple_GET_ITEM(args, 0)))
        return false;
    vt_pytext_append(text, PyTuple_GET_ITEM(args, 0));
    return !text->failed && text->data;
}

bool vt_children_is_helper(const char *event, PyObject *args) {
    struct vt_buf code = {0};
    bool is_helper = strcmp(event, "cpython.run_command") == 0 &&
                     append_argument(&code, args) &&
                     (strstr(code.data, "resource_tracker import main") ||
                      strstr(code.data, "multiprocessing.forkserver import main"));
    vt_buf_fini(&code);
    return is_helper;
}

void vt_children_mark_untraced(const struct vt_config *session) {
    struct vt_buf path = {0};
    vt_buf_printf(&path, "%s/%d.untraced", session->run_dir, (int)getpid());
    int fd = path.failed
                 ? -1
                 : open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        0600);
    if (fd >= 0)
        close(fd);
    vt_buf_fini(&path);
}

void vt_children_name(struct vt_buf *name, const char *event, PyObject *args) {
    struct vt_buf text = {0};
    if (strcmp(event, "cpython.run_command") == 0) {
        vt_buf_append_text(name, "python -c");
    } else if (append_argument(&text, args)) {
        const char *slash = strrchr(text.data, '/');
        vt_buf_append_text(name, slash ? slash + 1 : text.data);
    } else {
        vt_buf_append_text(name, "python");
    }
    vt_buf_fini(&text);
}

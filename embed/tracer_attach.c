/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/tracer.h"

#include "embed/pyerror.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the log and the report go, and where the package is, are the attacher's word,
 * whosever the other settings are. */
static enum vt_status take_places(struct vt_config *to, const struct vt_config *from,
                                  struct vt_error *err) {
    enum vt_status status = vt_config_set_text(&to->run_dir, from->run_dir, err);
    if (status == VT_OK)
        status = vt_config_set_text(&to->python_dir, from->python_dir, err);
    if (status == VT_OK)
        status = vt_config_set_text(&to->output_file, from->output_path, err);
    to->pid_suffix = false; /* it is in the name already */
    to->ignore_multiprocess = true;
    to->log_sparse = false; /* the attacher wants everything, from now on */
    return status;
}

static enum vt_status take_cwd(struct vt_config *config, struct vt_error *err) {
    char *cwd = getcwd(NULL, 0);
    enum vt_status status = vt_config_set_text(&config->launch_cwd, cwd, err);
    free(cwd);
    return status;
}

static enum vt_status build_config(struct vt_config *config, const char *text,
                                   const struct vt_tracer *pattern,
                                   struct vt_error *err) {
    struct vt_config sent;
    enum vt_status status = vt_config_from_text(&sent, text, err);
    if (status != VT_OK)
        return status;
    status = vt_config_copy(config, pattern ? &pattern->config : &sent, err);
    if (status == VT_OK)
        status = take_places(config, &sent, err);
    if (status == VT_OK)
        status = take_cwd(config, err);
    if (status != VT_OK)
        vt_config_fini(config);
    vt_config_fini(&sent);
    return status;
}

/* _take_settings(text, pattern): the settings that the attacher sends, or, if `pattern`
 * is a tracer, those of that one. RuntimeError: something records already. */
PyObject *vt_tracer_method_take_settings(PyObject *self, PyObject *args) {
    struct vt_tracer *tracer = vt_tracer_of(self);
    const char *text;
    PyObject *pattern;
    struct vt_config config;
    struct vt_error err;
    if (!PyArg_ParseTuple(args, "yO:_take_settings", &text, &pattern))
        return NULL;
    if (vt_recorder_current()) {
        PyErr_SetString(PyExc_RuntimeError, "it is being recorded already");
        return NULL;
    }
    const struct vt_tracer *other = pattern == Py_None ? NULL : vt_tracer_of(pattern);
    if (build_config(&config, text, other, &err) != VT_OK) {
        vt_pyerror_raise(&err);
        return NULL;
    }
    vt_config_fini(&tracer->config);
    tracer->config = config;
    Py_RETURN_NONE;
}

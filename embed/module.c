/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/module.h"

#include "embed/audit_log.h"
#include "embed/core_api.h"
#include "embed/event_type.h"
#include "embed/funcid.h"
#include "embed/pycompat_types.h"
#include "embed/tracer.h"

/* Functions with this code are not shown, but what they call is. */
static PyObject *see_through(PyObject *module, PyObject *code) {
    (void)module;
    if (!PyCode_Check(code)) {
        PyErr_SetString(PyExc_TypeError, "a code object is needed");
        return NULL;
    }
    if (!vt_funcid_see_through((PyCodeObject *)(void *)code))
        return NULL;
    Py_RETURN_NONE;
}

/* attach_session(bytes): what the preload library does, for a Python without it
 * (viztracer/child_hook/sitecustomize.py). */
static PyObject *attach_session(PyObject *module, PyObject *session) {
    (void)module;
    const char *text = PyBytes_AsString(session);
    if (!text || (vt_core_attach_session(text) &&
                  PySys_AddAuditHook(vt_core_audit_hook, NULL) != 0))
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"attach_session", attach_session, METH_O, NULL},
    {"see_through", see_through, METH_O, NULL},
    {"listen_to_audit", vt_audit_log_listen, METH_O, NULL},
    {"save_text", vt_tracer_save_text, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* Takes `object`; NULL is an error that is set already. */
static int add(PyObject *module, const char *name, PyObject *object) {
    if (object && PyModule_AddObject(module, name, object) == 0)
        return 0;
    Py_XDECREF(object);
    return -1;
}

static int fill_module(PyObject *module) {
    PyObject *event = vt_py_make_type(&vt_event_type_spec, NULL);
    PyObject *tracer = vt_py_make_type(&vt_tracer_type_spec, vt_tracer_offsets);
    int status = event && tracer ? PyObject_SetAttrString(tracer, "_Event", event) : -1;
    if (status == 0)
        status = PyModule_AddStringConstant(module, "__version__", VIZTRACER_VERSION);
    if (status < 0) {
        Py_XDECREF(event);
        Py_XDECREF(tracer);
        return -1;
    }
    status = add(module, "Event", event);
    return add(module, "Tracer", tracer) == 0 ? status : -1;
}

/* What these slots say is what an older Python assumes without them. */
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, fill_module},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_viztracer",
    .m_doc = PyDoc_STR("The native half of the package viztracer."),
    .m_methods = functions,
    .m_slots = slots,
};

PyObject *PyInit__viztracer(void) {
    return PyModuleDef_Init(&definition);
}

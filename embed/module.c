/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/module.h"

static int fill_module(PyObject *module) {
    return PyModule_AddStringConstant(module, "__version__", VIZTRACER_VERSION);
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
    .m_slots = slots,
};

PyObject *PyInit__viztracer(void) {
    return PyModuleDef_Init(&definition);
}

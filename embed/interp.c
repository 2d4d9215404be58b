/* SPDX-License-Identifier: Apache-2.0
 *
 * Python in our own process: the same steps, in the same order, that python3's main()
 * takes (Modules/main.c), so that everything a program can ask is as in python3. In
 * between stands what may not come before the pre-initialisation, which chooses the
 * memory allocators: the built-in module `_viztracer`, the frozen package, and the
 * audit hook. */
#include "core/record/config.h"
#include "embed/begin.h"
#include "embed/core_api.h"
#include "embed/frozen.h"
#include "embed/module.h"
#include "embed/prefault.h"
#include "embed/pycompat.h"

static PyStatus preinitialize(int argc, char **argv) {
    PyPreConfig preconfig;
    PyPreConfig_InitPythonConfig(&preconfig);
    return Py_PreInitializeFromBytesArgs(&preconfig, argc, argv);
}

static PyStatus initialize(int argc, char **argv) {
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

/* What -V, -h and errors in Python's own options end with. */
static int end_early(PyStatus status) {
    if (PyStatus_IsExit(status))
        return status.exitcode;
    Py_ExitStatusException(status);
}

int vt_core_main(struct vt_config *config, int argc, char **argv) {
    PyStatus status = preinitialize(argc, argv);
    if (PyStatus_Exception(status))
        return end_early(status);
    vt_prefault_arenas();
    vt_prefault_heap();
    if (PyImport_AppendInittab("_viztracer", PyInit__viztracer) != 0 ||
        !vt_frozen_install(config->python_dir))
        return end_early(PyStatus_NoMemory());
    vt_begin_prepare(config);
    if (PySys_AddAuditHook(vt_begin_audit_hook, NULL) != 0)
        return end_early(PyStatus_NoMemory());
    status = initialize(argc, argv);
    if (PyStatus_Exception(status))
        return end_early(status);
    return Py_RunMain() & 0xff;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Another process of this machine that runs a CPython: whether it may be attached to,
 * and where in its memory the functions of the C API are.
 *
 * What is read comes from /proc and from the ELF file that the process maps (seen
 * through /proc/PID/root, so a container's own libpython is found): the process itself
 * is neither stopped nor changed.
 *
 * Threads:   no global state.
 * Ownership: a vt_pyproc owns its descriptors; vt_pyproc_close closes them.
 */
#ifndef VT_EMBED_PYPROC_H
#define VT_EMBED_PYPROC_H

#include "core/base/buf.h"
#include "core/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Functions that every CPython since 3.8 exports. */
#define VT_PYPROC_FUNCTIONS(X)                                                         \
    X(Py_AddPendingCall)                                                               \
    X(PyGILState_Check)                                                                \
    X(PyGILState_Ensure)                                                               \
    X(PyGILState_Release)                                                              \
    X(PyErr_Fetch)                                                                     \
    X(PyErr_Restore)                                                                   \
    X(PyErr_Clear)                                                                     \
    X(PyErr_SetInterrupt)                                                              \
    X(PyDict_New)                                                                      \
    X(Py_CompileString)                                                                \
    X(PyEval_EvalCode)                                                                 \
    X(Py_DecRef)                                                                       \
    X(PyEval_GetBuiltins)                                                              \
    X(PyDict_SetItemString)

enum vt_pyproc_function {
#define VT_PYPROC_INDEX(name) VT_PYPROC_##name,
    VT_PYPROC_FUNCTIONS(VT_PYPROC_INDEX)
#undef VT_PYPROC_INDEX
        VT_PYPROC_FUNCTION_COUNT
};

struct vt_pyproc {
    pid_t pid;
    int pidfd; /* readable when the process is gone; -1: the kernel has none */
    int mem;   /* /proc/PID/mem */
    uid_t uid;
    gid_t gid;
    uint64_t functions[VT_PYPROC_FUNCTION_COUNT];
    uint64_t runtime, runtime_size; /* _PyRuntime: the interpreter's own state */
    uint64_t vdso, vdso_size;       /* code of the kernel's that every process maps */
    bool other_root;                /* it sees other files than we do */
    bool has_remote_exec;           /* PySys_RemoteExec: Python 3.14 and newer */
};

/* VT_ERR_NOT_FOUND: there is no such process. VT_ERR_REFUSED, with the cause: not a
 * Python, somebody else's, stopped, traced by another, forbidden by the system. */
VT_NODISCARD enum vt_status vt_pyproc_open(struct vt_pyproc *process, pid_t pid,
                                           struct vt_error *err);
void vt_pyproc_close(struct vt_pyproc *process);

/* False: the process is gone (a zombie is). */
bool vt_pyproc_is_alive(const struct vt_pyproc *process);

/* Copies its memory. False: not mapped, or it is gone. */
bool vt_pyproc_read(const struct vt_pyproc *process, uint64_t address, void *to,
                    size_t size);
bool vt_pyproc_write(const struct vt_pyproc *process, uint64_t address,
                     const void *from, size_t size);

/* Does this process catch the signal? */
bool vt_pyproc_catches(pid_t pid, int signal);

/* Appends a line for each Python that this user could attach to: pid, version, age and
 * command line, with control bytes shown as they are in the process. */
VT_NODISCARD enum vt_status vt_pyproc_list(struct vt_buf *lines, struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What embed/inject.c needs to know of a processor: how a stopped thread's registers
 * are saved, set for a call or a system call, and put back, and the machine code that
 * runs in the target. inject_x86_64.c and inject_aarch64.c answer; elsewhere there is
 * no attach.
 *
 * Threads:   the tracer of the stopped thread.
 * Ownership: plain data.
 */
#ifndef VT_EMBED_INJECT_ARCH_H
#define VT_EMBED_INJECT_ARCH_H

#include "embed/pyproc.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__x86_64__)
#include <sys/user.h>
struct vt_inject_regs {
    struct user_regs_struct general;
    unsigned char vector[16384]; /* XSAVE area; AMX makes 11 KB of it */
    size_t vector_size;
};
#elif defined(__aarch64__)
#include <asm/ptrace.h>
struct vt_inject_regs {
    struct user_pt_regs general;
    struct user_fpsimd_state vector;
};
#else
struct vt_inject_regs {
    int none;
};
#endif

/* The data that the code in the target works on. The code knows these places:
 *
 *    0 claim    u32   0: nobody ran it yet; 1: taken; 2: withdrawn
 *    4 done     u32   1: it ran
 *    8 gil      u32   what PyGILState_Ensure answered
 *   12 -        u32
 *   16 pending  u64×3 the exception that was set before
 *   40 source   u64   address of the Python source text, NUL at its end
 *   48 file     u64   address of the name it is compiled by
 *   56 function u64×14, in the order of VT_PYPROC_FUNCTIONS */
struct vt_inject_data {
    uint32_t claim, done, gil, reserved;
    uint64_t pending[3];
    uint64_t source, file;
    uint64_t functions[VT_PYPROC_FUNCTION_COUNT];
};
enum { VT_INJECT_FUNCTIONS_AT = 56 };

/* The code, and where in it execution begins:
 *   trap     stops the thread: calls return here
 *   pending  int pending(struct vt_inject_data *): for Py_AddPendingCall
 *   direct   void direct(struct vt_inject_data *): takes the interpreter's lock itself
 */
extern const unsigned char vt_inject_code[], vt_inject_code_trap[],
    vt_inject_code_pending[], vt_inject_code_direct[], vt_inject_code_end[];

/* A machine instruction that enters the kernel. */
extern const unsigned char vt_inject_arch_syscall_bytes[];
extern const size_t vt_inject_arch_syscall_size;

/* False: ptrace failed, errno says why. */
bool vt_inject_arch_save(pid_t pid, struct vt_inject_regs *regs);
bool vt_inject_arch_restore(pid_t pid, const struct vt_inject_regs *regs);

/* Has the thread call function(first, second) on the stack that ends at `stack`, and
 * return to `back`. */
bool vt_inject_arch_set_call(pid_t pid, const struct vt_inject_regs *base,
                             uint64_t function, uint64_t first, uint64_t second,
                             uint64_t stack, uint64_t back);

/* Has it do the system call `number` by the instruction at `place`. */
bool vt_inject_arch_set_syscall(pid_t pid, const struct vt_inject_regs *base,
                                uint64_t place, long number, const uint64_t args[6]);

/* What the call or the system call answered. */
bool vt_inject_arch_result(pid_t pid, uint64_t *result);

uint64_t vt_inject_arch_stack(const struct vt_inject_regs *regs);

/* The system call in which the thread was waiting and which the kernel takes up again,
 * with its first two arguments; -1: none. */
long vt_inject_arch_waits_in(const struct vt_pyproc *process,
                             const struct vt_inject_regs *regs, uint64_t args[2]);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * AAPCS64: arguments in x0, x1, x2; x19 to x21 survive calls; the return address is in
 * x30. Compiled, but not tested: no such machine was at hand. */
#include "embed/inject_arch.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

_Static_assert(offsetof(struct vt_inject_data, pending) == 16 &&
                   offsetof(struct vt_inject_data, source) == 40 &&
                   offsetof(struct vt_inject_data, functions) == VT_INJECT_FUNCTIONS_AT,
               "the code below knows these places");

/* As in inject_x86_64.c. */
__asm__(".pushsection .rodata\n"
        ".globl vt_inject_code, vt_inject_code_trap, vt_inject_code_pending\n"
        ".globl vt_inject_code_direct, vt_inject_code_end\n"
        ".hidden vt_inject_code, vt_inject_code_trap, vt_inject_code_pending\n"
        ".hidden vt_inject_code_direct, vt_inject_code_end\n"
        ".balign 16\n"
        "vt_inject_code:\n"
        "vt_inject_code_trap:\n"
        "  brk #0\n"
        "  .balign 16\n"
        "vt_inject_code_pending:\n"
        "  stp x29, x30, [sp, #-48]!\n"
        "  mov x29, sp\n"
        "  stp x19, x20, [sp, #16]\n"
        "  str x21, [sp, #32]\n"
        "  mov x19, x0\n"
        "1: ldaxr w9, [x19]\n"
        "  cbnz w9, 5f\n"
        "  mov w9, #1\n"
        "  stlxr w10, w9, [x19]\n"
        "  cbnz w10, 1b\n"
        "  mov x21, #0\n"
        "  ldr x9, [x19, #(56 + 8*8)]\n" /* PyDict_New */
        "  blr x9\n"
        "  mov x20, x0\n"
        "  cbz x0, 3f\n"
        "  ldr x9, [x19, #(56 + 8*12)]\n" /* PyEval_GetBuiltins */
        "  blr x9\n"
        "  mov x2, x0\n"
        "  adr x1, 9f\n"
        "  mov x0, x20\n"
        "  ldr x9, [x19, #(56 + 8*13)]\n" /* PyDict_SetItemString */
        "  blr x9\n"
        "  tbnz w0, #31, 2f\n"
        "  ldr x0, [x19, #40]\n"
        "  ldr x1, [x19, #48]\n"
        "  mov w2, #257\n"               /* Py_file_input */
        "  ldr x9, [x19, #(56 + 8*9)]\n" /* Py_CompileString */
        "  blr x9\n"
        "  mov x21, x0\n"
        "  cbz x0, 2f\n"
        "  mov x1, x20\n"
        "  mov x2, x20\n"
        "  ldr x9, [x19, #(56 + 8*10)]\n" /* PyEval_EvalCode */
        "  blr x9\n"
        "  mov x9, x21\n"
        "  mov x21, x0\n"
        "  mov x0, x9\n"
        "  ldr x9, [x19, #(56 + 8*11)]\n" /* Py_DecRef: the code */
        "  blr x9\n"
        "  mov x0, x21\n"
        "  ldr x9, [x19, #(56 + 8*11)]\n" /* the result */
        "  blr x9\n"
        "2:\n"
        "  mov x0, x20\n"
        "  ldr x9, [x19, #(56 + 8*11)]\n" /* the dictionary */
        "  blr x9\n"
        "3:\n"
        "  mov w9, #1\n"
        "  str w9, [x19, #4]\n"
        "  cbnz x21, 5f\n"
        "  mov w0, #-1\n"
        "  b 6f\n"
        "5: clrex\n"
        "  mov w0, #0\n"
        "6:\n"
        "  ldr x21, [sp, #32]\n"
        "  ldp x19, x20, [sp, #16]\n"
        "  ldp x29, x30, [sp], #48\n"
        "  ret\n"
        "9: .asciz \"__builtins__\"\n" /* 3.8 and 3.9 do not set it themselves */
        "  .balign 16\n"
        "vt_inject_code_direct:\n"
        "  stp x29, x30, [sp, #-32]!\n"
        "  mov x29, sp\n"
        "  str x19, [sp, #16]\n"
        "  mov x19, x0\n"
        "  ldr x9, [x19, #(56 + 8*2)]\n" /* PyGILState_Ensure */
        "  blr x9\n"
        "  str w0, [x19, #8]\n"
        "  add x0, x19, #16\n"
        "  add x1, x19, #24\n"
        "  add x2, x19, #32\n"
        "  ldr x9, [x19, #(56 + 8*4)]\n" /* PyErr_Fetch */
        "  blr x9\n"
        "  mov x0, x19\n"
        "  bl vt_inject_code_pending\n"
        "  cbz w0, 7f\n"
        "  ldr x9, [x19, #(56 + 8*6)]\n" /* PyErr_Clear */
        "  blr x9\n"
        "  ldr x9, [x19, #(56 + 8*7)]\n" /* PyErr_SetInterrupt */
        "  blr x9\n"
        "7:\n"
        "  ldp x0, x1, [x19, #16]\n"
        "  ldr x2, [x19, #32]\n"
        "  ldr x9, [x19, #(56 + 8*5)]\n" /* PyErr_Restore */
        "  blr x9\n"
        "  ldr w0, [x19, #8]\n"
        "  ldr x9, [x19, #(56 + 8*3)]\n" /* PyGILState_Release */
        "  blr x9\n"
        "  ldr x19, [sp, #16]\n"
        "  ldp x29, x30, [sp], #32\n"
        "  ret\n"
        "vt_inject_code_end:\n"
        ".popsection\n");

/* svc #0 */
const unsigned char vt_inject_arch_syscall_bytes[] = {0x01, 0x00, 0x00, 0xd4};
const size_t vt_inject_arch_syscall_size = sizeof vt_inject_arch_syscall_bytes;

#define NT_SYSTEM_CALL 0x404 /* NT_ARM_SYSTEM_CALL of linux/elf.h */

static bool set_general(pid_t pid, const struct user_pt_regs *regs, int call) {
    struct iovec general = {(void *)regs, sizeof *regs};
    struct iovec number = {&call, sizeof call};
    return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &general) == 0 &&
           ptrace(PTRACE_SETREGSET, pid, (void *)NT_SYSTEM_CALL, &number) == 0;
}

static bool get_general(pid_t pid, struct user_pt_regs *regs) {
    struct iovec general = {regs, sizeof *regs};
    return ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &general) == 0;
}

bool vt_inject_arch_save(pid_t pid, struct vt_inject_regs *regs) {
    struct iovec vector = {&regs->vector, sizeof regs->vector};
    return get_general(pid, &regs->general) &&
           ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRFPREG, &vector) == 0;
}

/* The kernel has set the thread back to its `svc` before it stopped: to put the
 * registers back takes the call up again. */
bool vt_inject_arch_restore(pid_t pid, const struct vt_inject_regs *regs) {
    struct iovec vector = {(void *)&regs->vector, sizeof regs->vector};
    return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRFPREG, &vector) == 0 &&
           set_general(pid, &regs->general, -1);
}

bool vt_inject_arch_set_call(pid_t pid, const struct vt_inject_regs *base,
                             uint64_t function, uint64_t first, uint64_t second,
                             uint64_t stack, uint64_t back) {
    struct user_pt_regs regs = base->general;
    regs.sp = stack & ~UINT64_C(15);
    regs.pc = function;
    regs.regs[0] = first;
    regs.regs[1] = second;
    regs.regs[30] = back;
    return set_general(pid, &regs, -1);
}

bool vt_inject_arch_set_syscall(pid_t pid, const struct vt_inject_regs *base,
                                uint64_t place, long number, const uint64_t args[6]) {
    struct user_pt_regs regs = base->general;
    regs.pc = place;
    regs.regs[8] = (uint64_t)number;
    memcpy(regs.regs, args, 6 * sizeof *args);
    return set_general(pid, &regs, -1);
}

bool vt_inject_arch_result(pid_t pid, uint64_t *result) {
    struct user_pt_regs regs;
    if (!get_general(pid, &regs))
        return false;
    *result = regs.regs[0];
    return true;
}

uint64_t vt_inject_arch_stack(const struct vt_inject_regs *regs) {
    return regs->general.sp;
}

/* A thread that stands before an `svc` either waits in it or is about to enter it; for
 * us that is the same. */
long vt_inject_arch_waits_in(const struct vt_pyproc *process,
                             const struct vt_inject_regs *regs, uint64_t args[2]) {
    unsigned char instruction[4];
    if (!vt_pyproc_read(process, regs->general.pc, instruction, sizeof instruction) ||
        memcmp(instruction, vt_inject_arch_syscall_bytes, sizeof instruction) != 0)
        return -1;
    args[0] = regs->general.regs[0];
    args[1] = regs->general.regs[1];
    return (long)regs->general.regs[8];
}

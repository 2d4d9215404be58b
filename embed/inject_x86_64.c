/* SPDX-License-Identifier: Apache-2.0
 *
 * System V AMD64 ABI: arguments in rdi, rsi, rdx; rbx, rbp, r12 survive calls; the
 * stack is a multiple of 16 at a call. `orig_rax` below 0 tells the kernel that no
 * system call has to be taken up again. */
#include "embed/inject_arch.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

_Static_assert(offsetof(struct vt_inject_data, pending) == 16 &&
                   offsetof(struct vt_inject_data, source) == 40 &&
                   offsetof(struct vt_inject_data, file) == 48 &&
                   offsetof(struct vt_inject_data, functions) == VT_INJECT_FUNCTIONS_AT,
               "the code below knows these places");
_Static_assert(VT_PYPROC_PyErr_Fetch == 4 && VT_PYPROC_PyErr_SetInterrupt == 7 &&
                   VT_PYPROC_PyDict_New == 8 && VT_PYPROC_Py_DecRef == 11 &&
                   VT_PYPROC_PyDict_SetItemString == 13,
               "the code below knows these numbers");

/* run: 0, or -1 with an exception set, which a pending call passes on to the program:
 * it is an interrupt or an exit, the source text catches everything else. */
__asm__(".pushsection .rodata\n"
        ".globl vt_inject_code, vt_inject_code_trap, vt_inject_code_pending\n"
        ".globl vt_inject_code_direct, vt_inject_code_end\n"
        ".hidden vt_inject_code, vt_inject_code_trap, vt_inject_code_pending\n"
        ".hidden vt_inject_code_direct, vt_inject_code_end\n"
        ".balign 16\n"
        "vt_inject_code:\n"
        "vt_inject_code_trap:\n"
        "  int3\n"
        "  .balign 16\n"
        "vt_inject_code_pending:\n"
        "  endbr64\n"
        "  push %rbx\n"
        "  push %rbp\n"
        "  push %r12\n"
        "  mov %rdi, %rbx\n"
        "  xor %eax, %eax\n"
        "  mov $1, %ecx\n"
        "  lock cmpxchg %ecx, 0(%rbx)\n"
        "  jne 5f\n"
        "  xor %r12d, %r12d\n"
        "  call *(56 + 8*8)(%rbx)\n" /* PyDict_New */
        "  mov %rax, %rbp\n"
        "  test %rax, %rax\n"
        "  jz 3f\n"
        "  call *(56 + 8*12)(%rbx)\n" /* PyEval_GetBuiltins */
        "  mov %rax, %rdx\n"
        "  lea 9f(%rip), %rsi\n"
        "  mov %rbp, %rdi\n"
        "  call *(56 + 8*13)(%rbx)\n" /* PyDict_SetItemString */
        "  test %eax, %eax\n"
        "  js 2f\n"
        "  mov 40(%rbx), %rdi\n"
        "  mov 48(%rbx), %rsi\n"
        "  mov $257, %edx\n"         /* Py_file_input */
        "  call *(56 + 8*9)(%rbx)\n" /* Py_CompileString */
        "  mov %rax, %r12\n"
        "  test %rax, %rax\n"
        "  jz 2f\n"
        "  mov %rax, %rdi\n"
        "  mov %rbp, %rsi\n"
        "  mov %rbp, %rdx\n"
        "  call *(56 + 8*10)(%rbx)\n" /* PyEval_EvalCode */
        "  mov %r12, %rdi\n"
        "  mov %rax, %r12\n"
        "  call *(56 + 8*11)(%rbx)\n" /* Py_DecRef: the code */
        "  mov %r12, %rdi\n"
        "  call *(56 + 8*11)(%rbx)\n" /* the result */
        "2:\n"
        "  mov %rbp, %rdi\n"
        "  call *(56 + 8*11)(%rbx)\n" /* the dictionary */
        "3:\n"
        "  movl $1, 4(%rbx)\n"
        "  test %r12, %r12\n"
        "  jnz 5f\n"
        "  mov $-1, %eax\n"
        "  jmp 6f\n"
        "5:\n"
        "  xor %eax, %eax\n"
        "6:\n"
        "  pop %r12\n"
        "  pop %rbp\n"
        "  pop %rbx\n"
        "  ret\n"
        "9: .asciz \"__builtins__\"\n" /* 3.8 and 3.9 do not set it themselves */
        "  .balign 16\n"
        "vt_inject_code_direct:\n"
        "  push %rbx\n"
        "  mov %rdi, %rbx\n"
        "  call *(56 + 8*2)(%rbx)\n" /* PyGILState_Ensure */
        "  mov %eax, 8(%rbx)\n"
        "  lea 16(%rbx), %rdi\n"
        "  lea 24(%rbx), %rsi\n"
        "  lea 32(%rbx), %rdx\n"
        "  call *(56 + 8*4)(%rbx)\n" /* PyErr_Fetch */
        "  mov %rbx, %rdi\n"
        "  call vt_inject_code_pending\n"
        "  test %eax, %eax\n"
        "  jz 7f\n"
        "  call *(56 + 8*6)(%rbx)\n" /* PyErr_Clear */
        "  call *(56 + 8*7)(%rbx)\n" /* PyErr_SetInterrupt */
        "7:\n"
        "  mov 16(%rbx), %rdi\n"
        "  mov 24(%rbx), %rsi\n"
        "  mov 32(%rbx), %rdx\n"
        "  call *(56 + 8*5)(%rbx)\n" /* PyErr_Restore */
        "  mov 8(%rbx), %edi\n"
        "  call *(56 + 8*3)(%rbx)\n" /* PyGILState_Release */
        "  pop %rbx\n"
        "  ret\n"
        "vt_inject_code_end:\n"
        ".popsection\n");

const unsigned char vt_inject_arch_syscall_bytes[] = {0x0f, 0x05};
const size_t vt_inject_arch_syscall_size = sizeof vt_inject_arch_syscall_bytes;

/* What a system call that a stop interrupted answers within the kernel: ERESTARTSYS,
 * ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (include/linux/errno.h). */
static bool is_to_be_restarted(uint64_t answer) {
    int64_t error = -(int64_t)answer;
    return error == 512 || error == 513 || error == 514 || error == 516;
}

bool vt_inject_arch_save(pid_t pid, struct vt_inject_regs *regs) {
    struct iovec vector = {regs->vector, sizeof regs->vector};
    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs->general) != 0 ||
        ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &vector) != 0)
        return false;
    regs->vector_size = vector.iov_len;
    return true;
}

bool vt_inject_arch_restore(pid_t pid, const struct vt_inject_regs *regs) {
    struct iovec vector = {(void *)regs->vector, regs->vector_size};
    return ptrace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &vector) == 0 &&
           ptrace(PTRACE_SETREGS, pid, NULL, &regs->general) == 0;
}

bool vt_inject_arch_set_call(pid_t pid, const struct vt_inject_regs *base,
                             uint64_t function, uint64_t first, uint64_t second,
                             uint64_t stack, uint64_t back) {
    struct user_regs_struct regs = base->general;
    regs.rsp = (stack & ~UINT64_C(15)) - sizeof back;
    if (ptrace(PTRACE_POKEDATA, pid, (void *)(uintptr_t)regs.rsp,
               (void *)(uintptr_t)back) != 0)
        return false;
    regs.rip = function;
    regs.rdi = first;
    regs.rsi = second;
    regs.rax = 0;
    regs.orig_rax = UINT64_MAX;
    regs.eflags &= ~UINT64_C(0x400); /* the direction flag is clear at calls */
    return ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0;
}

bool vt_inject_arch_set_syscall(pid_t pid, const struct vt_inject_regs *base,
                                uint64_t place, long number, const uint64_t args[6]) {
    struct user_regs_struct regs = base->general;
    regs.rip = place;
    regs.rax = (uint64_t)number;
    regs.orig_rax = UINT64_MAX;
    regs.rdi = args[0];
    regs.rsi = args[1];
    regs.rdx = args[2];
    regs.r10 = args[3];
    regs.r8 = args[4];
    regs.r9 = args[5];
    return ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0;
}

bool vt_inject_arch_result(pid_t pid, uint64_t *result) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
        return false;
    *result = regs.rax;
    return true;
}

uint64_t vt_inject_arch_stack(const struct vt_inject_regs *regs) {
    return regs->general.rsp - 128; /* a leaf function may use so much below it */
}

long vt_inject_arch_waits_in(const struct vt_pyproc *process,
                             const struct vt_inject_regs *regs, uint64_t args[2]) {
    (void)process;
    long number = (long)regs->general.orig_rax;
    if (number < 0 || !is_to_be_restarted(regs->general.rax))
        return -1;
    args[0] = regs->general.rdi;
    args[1] = regs->general.rsi;
    return number;
}

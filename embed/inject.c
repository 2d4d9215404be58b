/* SPDX-License-Identifier: Apache-2.0
 *
 * When a direct call is safe. The thread must wait in a system call that the kernel
 * takes up again, must not hold the interpreter's lock, and must not be waiting for
 * it: that wait is a futex within _PyRuntime, and a call that wants the lock while its
 * own thread stands in the queue for it never returns. Locks of Python's are waited for
 * by FUTEX_WAIT_BITSET (sem_clockwait, pthread_cond_timedwait); plain FUTEX_WAIT is
 * the C library's own, in malloc for one, where a call might need the same lock.
 *
 * While a direct call runs, the thread's signals are blocked; they arrive afterwards.
 */
#include "embed/inject.h"

#if defined(__x86_64__) || defined(__aarch64__)

#include "embed/inject_arch.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_GETSIGMASK /* linux/ptrace.h, which cannot stand beside sys/ptrace.h */
#define PTRACE_GETSIGMASK 0x420a
#define PTRACE_SETSIGMASK 0x420b
#endif

enum {
    CODE_BYTES = 4096,
    STACK_BYTES = 65536, /* lazy binding alone saves 11 KB where AMX is */
    TEXT_BYTES = 16384,
    STOP_LIMIT_MS = 2000,
    FIRST_GRACE_MS = 10,
    LAST_GRACE_MS = 160,
};

/* In the target's data pages: struct vt_inject_data, the texts, the stack. */
enum { TEXT_AT = 1024, STACK_AT = TEXT_AT + TEXT_BYTES };
enum { DATA_BYTES = STACK_AT + STACK_BYTES - (STACK_AT & 4095) + 4096 };

struct session {
    struct vt_inject *inject;
    pid_t pid;
    struct vt_inject_regs saved;
    uint64_t signals; /* the thread's mask */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum vt_status fail(const struct session *session, const char *what,
                           struct vt_error *err) {
    if (errno == ESRCH || !vt_pyproc_is_alive(session->inject->process))
        return vt_error_set(err, VT_ERR_NOT_FOUND, "process %ld has ended",
                            (long)session->pid);
    return vt_error_set_errno(err, errno, "process %ld: %s", (long)session->pid, what);
}

/* ---- stopping and going on ------------------------------------------------------- */

/* Waits for the next stop of the thread. `limit_ms` < 0: as long as it lives. */
static enum vt_status wait_stop(const struct session *session, int64_t limit_ms,
                                int *status, struct vt_error *err) {
    int64_t end = now_ms() + limit_ms;
    for (unsigned round = 0;; round++) {
        pid_t got = waitpid(session->pid, status, __WALL | WNOHANG);
        if (got == session->pid && WIFSTOPPED(*status))
            return VT_OK;
        if (got != 0) {
            errno = ESRCH;
            return fail(session, "waiting for it", err);
        }
        if (limit_ms >= 0 && now_ms() > end)
            return vt_error_set(err, VT_ERR_REFUSED,
                                "process %ld cannot be stopped: it waits in the kernel",
                                (long)session->pid);
        struct timespec pause = {.tv_nsec = round < 50 ? 20000 : 500000};
        nanosleep(&pause, NULL);
    }
}

static enum vt_status go_on(const struct session *session, int signal,
                            struct vt_error *err) {
    if (ptrace(PTRACE_CONT, session->pid, NULL, (void *)(intptr_t)signal) != 0)
        return fail(session, "going on", err);
    return VT_OK;
}

static enum vt_status refuse_ptrace(const struct session *session,
                                    struct vt_error *err) {
    if (errno != EPERM || !vt_pyproc_is_alive(session->inject->process))
        return fail(session, "ptrace", err);
    return vt_error_set(err, VT_ERR_REFUSED,
                        "process %ld may not be traced: another tracer has it, or the "
                        "system forbids it (/proc/sys/kernel/yama/ptrace_scope); root "
                        "may",
                        (long)session->pid);
}

/* Stops the thread where no signal is being delivered to it. */
static enum vt_status stop(const struct session *session, struct vt_error *err) {
    int status = 0;
    if (ptrace(PTRACE_SEIZE, session->pid, NULL, NULL) != 0)
        return refuse_ptrace(session, err);
    if (ptrace(PTRACE_INTERRUPT, session->pid, NULL, NULL) != 0)
        return fail(session, "ptrace", err);
    for (;;) {
        enum vt_status result = wait_stop(session, STOP_LIMIT_MS, &status, err);
        if (result != VT_OK)
            return result;
        bool is_ours = status >> 16 == PTRACE_EVENT_STOP;
        if (is_ours && WSTOPSIG(status) == SIGTRAP)
            return VT_OK;
        if (is_ours)
            return vt_error_set(err, VT_ERR_REFUSED,
                                "process %ld is stopped: continue it and try again",
                                (long)session->pid);
        result = go_on(session, WSTOPSIG(status), err);
        if (result != VT_OK)
            return result;
    }
}

static void let_go(const struct session *session) {
    ptrace(PTRACE_DETACH, session->pid, NULL, NULL);
}

/* ---- calls in the target --------------------------------------------------------- */

/* Lets it run to the trap behind a call, or past one instruction. Signals cannot come,
 * but for those of a crash, which is the program's own affair. */
static enum vt_status run_to_trap(const struct session *session, bool one_step,
                                  struct vt_error *err) {
    int status = 0;
    int signal = 0;
    for (;;) {
        if (ptrace(one_step ? PTRACE_SINGLESTEP : PTRACE_CONT, session->pid, NULL,
                   (void *)(intptr_t)signal) != 0)
            return fail(session, "ptrace", err);
        enum vt_status result = wait_stop(session, -1, &status, err);
        if (result != VT_OK)
            return result;
        if (status >> 16 == 0 && WSTOPSIG(status) == SIGTRAP)
            return VT_OK;
        signal = status >> 16 ? 0 : WSTOPSIG(status);
    }
}

static enum vt_status call(const struct session *session, uint64_t function,
                           uint64_t first, uint64_t second, uint64_t stack,
                           uint64_t *answer, struct vt_error *err) {
    if (!vt_inject_arch_set_call(session->pid, &session->saved, function, first, second,
                                 stack, session->inject->code))
        return fail(session, "ptrace", err);
    enum vt_status status = run_to_trap(session, false, err);
    if (status == VT_OK && answer && !vt_inject_arch_result(session->pid, answer))
        return fail(session, "ptrace", err);
    return status;
}

/* The instruction in the vdso that enters the kernel. */
static uint64_t find_syscall(const struct vt_pyproc *process) {
    size_t size = (size_t)process->vdso_size;
    unsigned char *code = process->vdso && size < 1 << 20 ? malloc(size) : NULL;
    uint64_t found = 0;
    if (code && vt_pyproc_read(process, process->vdso, code, size)) {
        const unsigned char *at = memmem(code, size, vt_inject_arch_syscall_bytes,
                                         vt_inject_arch_syscall_size);
        found = at ? process->vdso + (uint64_t)(at - code) : 0;
    }
    free(code);
    return found;
}

static enum vt_status map_pages(const struct session *session, uint64_t place,
                                size_t size, int protection, uint64_t *address,
                                struct vt_error *err) {
    uint64_t args[6] = {
        0, size, (uint64_t)protection, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0};
    if (!vt_inject_arch_set_syscall(session->pid, &session->saved, place, SYS_mmap,
                                    args))
        return fail(session, "ptrace", err);
    enum vt_status status = run_to_trap(session, true, err);
    if (status != VT_OK)
        return status;
    if (!vt_inject_arch_result(session->pid, address))
        return fail(session, "ptrace", err);
    if (*address > UINT64_MAX - 4096)
        return vt_error_set_errno(err, (int)(UINT64_MAX - *address + 1),
                                  "process %ld: mapping a page", (long)session->pid);
    return VT_OK;
}

static enum vt_status prepare_pages(const struct session *session,
                                    struct vt_error *err) {
    struct vt_inject *inject = session->inject;
    if (inject->data)
        return VT_OK;
    uint64_t place = find_syscall(inject->process);
    if (!place)
        return vt_error_set(err, VT_ERR_UNSUPPORTED,
                            "process %ld: the kernel maps no vdso", (long)session->pid);
    uint64_t data = 0;
    enum vt_status status =
        map_pages(session, place, DATA_BYTES, PROT_READ | PROT_WRITE, &data, err);
    if (status == VT_OK)
        status = map_pages(session, place, CODE_BYTES, PROT_READ | PROT_EXEC,
                           &inject->code, err);
    if (status != VT_OK)
        return status;
    if (!vt_pyproc_write(inject->process, inject->code, vt_inject_code,
                         (size_t)(vt_inject_code_end - vt_inject_code)))
        return fail(session, "writing to its memory", err);
    inject->data = data;
    return VT_OK;
}

static enum vt_status write_text(const struct session *session, const char *source,
                                 const char *file, struct vt_error *err) {
    const struct vt_inject *inject = session->inject;
    size_t source_size = strlen(source) + 1, file_size = strlen(file) + 1;
    if (source_size + file_size > TEXT_BYTES)
        return vt_error_set(err, VT_ERR_LIMIT, "the text for process %ld is too long",
                            (long)session->pid);
    struct vt_inject_data data = {.source = inject->data + TEXT_AT,
                                  .file = inject->data + TEXT_AT + source_size};
    memcpy(data.functions, inject->process->functions, sizeof data.functions);
    if (!vt_pyproc_write(inject->process, data.source, source, source_size) ||
        !vt_pyproc_write(inject->process, data.file, file, file_size) ||
        !vt_pyproc_write(inject->process, inject->data, &data, sizeof data))
        return fail(session, "writing to its memory", err);
    return VT_OK;
}

/* ---- which way ------------------------------------------------------------------- */

static bool is_waiting_call(long number) {
    static const long waits[] = {
        SYS_clock_nanosleep,
        SYS_nanosleep,
        SYS_pselect6,
        SYS_ppoll,
        SYS_epoll_pwait,
        SYS_read,
        SYS_write,
        SYS_readv,
        SYS_writev,
        SYS_wait4,
        SYS_waitid,
        SYS_accept,
        SYS_accept4,
        SYS_connect,
        SYS_recvfrom,
        SYS_recvmsg,
        SYS_sendto,
        SYS_sendmsg,
        SYS_rt_sigtimedwait,
        SYS_rt_sigsuspend,
        SYS_flock,
        SYS_futex,
        SYS_msgrcv,
        SYS_semtimedop,
#ifdef SYS_select
        SYS_select,
#endif
#ifdef SYS_poll
        SYS_poll,
#endif
#ifdef SYS_epoll_wait
        SYS_epoll_wait,
#endif
#ifdef SYS_pause
        SYS_pause,
#endif
    };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        if (waits[i] == number)
            return true;
    }
    return false;
}

/* Is the thread in a wait out of which it may be called? */
static bool waits_outside(const struct session *session) {
    const struct vt_pyproc *process = session->inject->process;
    uint64_t args[2];
    long number = vt_inject_arch_waits_in(process, &session->saved, args);
    if (number < 0 || !is_waiting_call(number))
        return false;
    return number != SYS_futex ||
           (((int)args[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET &&
            (args[0] < process->runtime ||
             args[0] >= process->runtime + process->runtime_size));
}

static uint64_t own_stack(const struct session *session) {
    return session->inject->data + DATA_BYTES - 256;
}

static enum vt_status may_call_directly(const struct session *session, bool *may,
                                        struct vt_error *err) {
    uint64_t holds_lock = 1;
    *may = false;
    if (!waits_outside(session))
        return VT_OK;
    enum vt_status status =
        call(session, session->inject->process->functions[VT_PYPROC_PyGILState_Check],
             0, 0, own_stack(session), &holds_lock, err);
    *may = status == VT_OK && (int)holds_lock == 0;
    return status;
}

static uint64_t code_at(const struct session *session, const unsigned char *place) {
    return session->inject->code + (uint64_t)(place - vt_inject_code);
}

/* Runs the text now if that is safe; else asks the interpreter to, once. */
static enum vt_status run_or_ask(const struct session *session, bool *asked,
                                 struct vt_error *err) {
    const struct vt_inject *inject = session->inject;
    bool directly;
    enum vt_status status = may_call_directly(session, &directly, err);
    if (status == VT_OK && directly)
        return call(session, code_at(session, vt_inject_code_direct), inject->data, 0,
                    vt_inject_arch_stack(&session->saved), NULL, err);
    if (status != VT_OK || *asked)
        return status;
    uint64_t answer = 0;
    status = call(session, inject->process->functions[VT_PYPROC_Py_AddPendingCall],
                  code_at(session, vt_inject_code_pending), inject->data,
                  own_stack(session), &answer, err);
    *asked = status == VT_OK && (int)answer == 0; /* else its queue is full: later */
    return status;
}

/* ---- one visit: stop, do something, put back, go on ------------------------------ */

/* All but those of a crash, and the one of our own trap. */
static uint64_t signals_to_block(void) {
    static const int kept[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    uint64_t mask = UINT64_MAX;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        mask &= ~(UINT64_C(1) << (kept[i] - 1));
    return mask;
}

static bool swap_signals(const struct session *session, uint64_t mask) {
    return ptrace((enum __ptrace_request)PTRACE_SETSIGMASK, session->pid,
                  (void *)sizeof mask, &mask) == 0;
}

static enum vt_status arrive(struct session *session, struct vt_error *err) {
    enum vt_status status = stop(session, err);
    if (status == VT_OK &&
        (!vt_inject_arch_save(session->pid, &session->saved) ||
         ptrace((enum __ptrace_request)PTRACE_GETSIGMASK, session->pid,
                (void *)sizeof session->signals, &session->signals) != 0 ||
         !swap_signals(session, signals_to_block())))
        status = fail(session, "ptrace", err);
    if (status != VT_OK)
        let_go(session);
    return status;
}

/* Puts everything back, also after a failure. */
static enum vt_status leave(const struct session *session, enum vt_status status,
                            struct vt_error *err) {
    bool restored = vt_inject_arch_restore(session->pid, &session->saved) &&
                    swap_signals(session, session->signals);
    if (!restored && status == VT_OK)
        status = fail(session, "ptrace", err);
    let_go(session);
    return status;
}

static bool is_done(const struct session *session) {
    uint32_t words[2];
    return vt_pyproc_read(session->inject->process, session->inject->data, words,
                          sizeof words) &&
           words[1];
}

static enum vt_status first_visit(struct session *session, const char *source,
                                  const char *file, bool *asked, struct vt_error *err) {
    enum vt_status status = arrive(session, err);
    if (status != VT_OK)
        return status;
    status = prepare_pages(session, err);
    if (status == VT_OK)
        status = write_text(session, source, file, err);
    if (status == VT_OK)
        status = run_or_ask(session, asked, err);
    return leave(session, status, err);
}

static enum vt_status next_visit(struct session *session, bool *asked,
                                 struct vt_error *err) {
    enum vt_status status = arrive(session, err);
    if (status != VT_OK)
        return status;
    uint32_t claim = 1;
    if (vt_pyproc_read(session->inject->process, session->inject->data, &claim,
                       sizeof claim) &&
        !claim)
        status = run_or_ask(session, asked, err);
    return leave(session, status, err);
}

/* Withdraws the request. VT_OK: it is running after all. */
static enum vt_status give_up(struct session *session, struct vt_error *err) {
    enum vt_status status = arrive(session, err);
    if (status != VT_OK)
        return status;
    uint32_t claim = 0, withdrawn = 2;
    const struct vt_inject *inject = session->inject;
    if (!vt_pyproc_read(inject->process, inject->data, &claim, sizeof claim) ||
        (!claim &&
         !vt_pyproc_write(inject->process, inject->data, &withdrawn, sizeof withdrawn)))
        status = fail(session, "its memory", err);
    else if (!claim)
        status = vt_error_set(err, VT_ERR_REFUSED,
                              "process %ld is busy in C code and did not come to a "
                              "place where Python could run within the time limit",
                              (long)session->pid);
    return leave(session, status, err);
}

static enum vt_status wait_done(const struct session *session, int64_t limit_ms,
                                struct vt_error *err) {
    int64_t end = now_ms() + limit_ms;
    while (!is_done(session)) {
        if (!vt_pyproc_is_alive(session->inject->process)) {
            errno = ESRCH;
            return fail(session, "waiting for it", err);
        }
        if (limit_ms >= 0 && now_ms() >= end)
            return VT_OK;
        struct timespec pause = {.tv_nsec = 300000};
        nanosleep(&pause, NULL);
    }
    return VT_OK;
}

enum vt_status vt_inject_run(struct vt_inject *inject, const char *source,
                             const char *file, int limit_ms, struct vt_error *err) {
    struct session session = {.inject = inject, .pid = inject->process->pid};
    int64_t end = now_ms() + limit_ms;
    int64_t grace = FIRST_GRACE_MS;
    bool asked = false;
    enum vt_status status = first_visit(&session, source, file, &asked, err);
    while (status == VT_OK) {
        status = wait_done(&session, grace, err);
        if (status != VT_OK || is_done(&session))
            return status;
        if (now_ms() > end) {
            status = give_up(&session, err);
            return status == VT_OK ? wait_done(&session, -1, err) : status;
        }
        status = next_visit(&session, &asked, err);
        grace = grace < LAST_GRACE_MS ? 2 * grace : LAST_GRACE_MS;
    }
    return status;
}

#else

enum vt_status vt_inject_run(struct vt_inject *inject, const char *source,
                             const char *file, int limit_ms, struct vt_error *err) {
    (void)inject, (void)source, (void)file, (void)limit_ms;
    return vt_error_set(err, VT_ERR_UNSUPPORTED,
                        "attach works on x86-64 and aarch64 only");
}

#endif

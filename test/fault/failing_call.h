/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls of which the n-th fails, or does only a part. Tests that use it link
 * with --wrap of all calls in `enum failing_call`.
 */
#ifndef VT_TEST_FAULT_FAILING_CALL_H
#define VT_TEST_FAULT_FAILING_CALL_H

#include <stdbool.h>

enum failing_call {
    FAILING_OPENAT,
    FAILING_WRITE,
    FAILING_FSYNC,
    FAILING_CLOSE,
    FAILING_LINKAT,
    FAILING_RENAMEAT,
    FAILING_FSTAT,
    FAILING_FSTATAT,
    FAILING_MKDIR,
    FAILING_READLINKAT,
    FAILING_PREAD,
    FAILING_FACCESSAT,
    FAILING_OPEN,
    FAILING_READ,
    FAILING_READLINK,
    FAILING_FDOPENDIR,
    FAILING_CALLS
};

/* As a file system without O_TMPFILE. */
extern bool failing_call_without_tmpfile;

/* From here on the call number `n`, from 0, fails with `error`, once; 0: it writes or
 * reads only a part. */
void failing_call_arm(enum failing_call call, int n, int error);

/* No call fails any more; whether one did. */
bool failing_call_disarm(void);

const char *failing_call_name(enum failing_call call);

/* Calls `attempt` for every call and each of seven errors with n = 0, 1, …, as long as
 * it answers that the call was made so often; how many faults there were. */
int failing_call_each(bool (*attempt)(void *state, enum failing_call call, int n,
                                      int error),
                      void *state);

#endif

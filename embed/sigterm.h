/* SPDX-License-Identifier: Apache-2.0
 *
 * SIGTERM ends a recorded program as SystemExit(0), so that its report is saved, while
 * signal.getsignal(SIGTERM) still answers the default (behaviour.md 4).
 *
 * Threads:   the interpreter's main thread, with its lock.
 */
#ifndef VT_EMBED_SIGTERM_H
#define VT_EMBED_SIGTERM_H

/* Does nothing when the program's environment already set another disposition. */
void vt_sigterm_install(void);

/* In a forked child (pthread_atfork): SIGTERM does there what it does under python3. */
void vt_sigterm_forget_in_child(void);

#endif

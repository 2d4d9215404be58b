/* SPDX-License-Identifier: Apache-2.0
 *
 * Asynchronous tasks as lanes of their own (log_async).
 *
 * When a thread enters a coroutine function outside of any other, the event loop is
 * asked for the task that is running (asyncio, trio); until that call returns, what the
 * thread does is shown in the task's lane. The event loop's own calls stay where they
 * are. A task is known by its address as long as a weak reference says that it is the
 * same one; its name is asked for each time.
 *
 * Threads:   the interpreter's lock is held.
 * Hot path:  coroutine functions carry a flag (VT_FUNC_ASYNC); others are not asked.
 */
#ifndef VT_EMBED_TASKS_H
#define VT_EMBED_TASKS_H

#include "core/record/thread.h"

/* Before a coroutine function is entered. Preserves a pending exception. The end of the
 * task's turn: vt_thread_end_task, when a leave answers VT_THREAD_AT_WATCH. */
void vt_tasks_enter(struct vt_thread *thread);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of a call before it returns (arguments, notes of the program): members
 * of a JSON object that wait in the log beside the call's frame, and become the payload
 * of its event.
 *
 * The side area of a thread is one run of bytes over its SIDE blocks, used as a stack:
 * an entry lies behind those of the calls around it.
 *
 * Threads:   as core/record/thread.h.
 * Ownership: the log owns the bytes; texts returned are borrowed: valid until the next
 *            call here or return of the thread.
 */
#ifndef VT_RECORD_THREAD_ARGS_H
#define VT_RECORD_THREAD_ARGS_H

#include "core/record/log.h"
#include "core/record/thread.h"

/* Adds `members` (`"key": value`, several with commas between) to the innermost open
 * call that is shown. False: there is none, or no room: an object of more than
 * VT_EVENT_PAYLOAD_MAX_BYTES does not come about. */
bool vt_thread_args_add(struct vt_thread *thread, const char *members, size_t size);

/* Replaces the whole object. */
bool vt_thread_args_set(struct vt_thread *thread, const char *object, size_t size);

/* Adds one member, in place of an earlier one with that name. Both are JSON texts, the
 * name with its quotes. */
bool vt_thread_args_put(struct vt_thread *thread, struct vt_log_text name,
                        struct vt_log_text value);

/* The object of the innermost open call that is shown; NULL: nothing was added. */
const char *vt_thread_args_get(const struct vt_thread *thread, size_t *size);

/* For thread.c: of a frame; of one that left the stack; of all. */
const char *vt_thread_args_of(const struct vt_thread *thread,
                              const struct vt_frame *frame, size_t *size);
void vt_thread_args_drop(struct vt_thread *thread, const struct vt_frame *frame);
void vt_thread_args_drop_all(struct vt_thread *thread);

#endif

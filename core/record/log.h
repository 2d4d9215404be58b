/* SPDX-License-Identifier: Apache-2.0
 *
 * The log of one process image while it is being written: blocks, symbols, threads.
 *
 * A log is a file that we map block by block (core/base/log_layout.h draws the bytes),
 * so that the kernel keeps what was recorded when the process dies. Where no file can
 * be had the same blocks lie in anonymous memory (`vt_log_is_file` tells): everything
 * works but recovery.
 *
 * Threads:   any; a mutex guards what is shared. core/record/thread.h is the path
 *            without it.
 * Ownership: the log owns its blocks and threads; a forked child owns nothing of it
 *            (MADV_DONTFORK) and must not touch it.
 */
#ifndef VT_RECORD_LOG_H
#define VT_RECORD_LOG_H

#include "core/base/error.h"
#include "core/base/log_layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vt_log;
struct vt_thread;

struct vt_log_options {
    const char *path;   /* of the file, which must not exist; NULL: anonymous memory */
    uint64_t capacity;  /* events kept, >= 1 */
    uint64_t max_bytes; /* second bound, on the size of the log; 0 = none, less than
                           256 KB = 256 KB */
    int32_t pid, ppid;  /* of this process image */
    int32_t main_tid;   /* gettid() of the main thread */
};

/* When the file cannot be made (no space, no permission) the log is anonymous and `why`
 * says so
 * (`why` may be NULL). NULL only when memory ran out too, with err set. */
struct vt_log *vt_log_create(const struct vt_log_options *options, struct vt_error *why,
                             struct vt_error *err);

/* Unmaps and closes; the file stays. NULL is allowed. No thread may be writing. */
void vt_log_destroy(struct vt_log *log);

bool vt_log_is_file(const struct vt_log *log);
struct vt_log_header *
vt_log_head(struct vt_log *log); /* borrowed: valid until destroy */

/* Copies up to `size` bytes of the log from byte `offset` on, mapped or not; returns
 * how many. The signature is struct vt_log_image's read_at; state = the log. */
ptrdiff_t vt_log_read_at(void *log, uint64_t offset, void *bytes, size_t size);

/* Symbols. Each returns the id, or VT_LOG_NO_ID when there is no room for it (the
 * events of such a function count as dropped). Texts are copied. */
#define VT_LOG_NO_ID VT_EVENT_ID_MASK

struct vt_log_text {
    const char *bytes; /* UTF-8, surrogates as log_layout.h says */
    size_t size;       /* bytes */
};

uint32_t vt_log_add_python(struct vt_log *log, struct vt_log_text name,
                           struct vt_log_text file,
                           const struct vt_symbol_python *where);
uint32_t vt_log_add_name(struct vt_log *log, enum vt_symbol_kind kind,
                         struct vt_log_text text); /* VT_SYMBOL_C or VT_SYMBOL_NAME */
void vt_log_add_process(struct vt_log *log, enum vt_symbol_kind kind,
                        struct vt_log_text text); /* PROCESS, COMMAND, CONFIG */
/* Any other entry: `body` is what follows struct vt_symbol (a struct, then the text).
 */
bool vt_log_add_symbol(struct vt_log *log, enum vt_symbol_kind kind, uint32_t id,
                       struct vt_log_text body, size_t text_bytes);

/* A new thread lane; NULL when memory ran out. Borrowed: valid until vt_thread_end. */
struct vt_thread *vt_log_add_thread(struct vt_log *log, uint64_t tid, uint32_t flags,
                                    struct vt_log_text name);

/* The lane of a task: events only, which a thread writes for it
 * (vt_thread_begin_task). `tid`: a number that no thread has. VT_LOG_NO_ID: no room. */
uint32_t vt_log_add_task(struct vt_log *log, uint64_t tid, struct vt_log_text name);
void vt_log_name_task(struct vt_log *log, uint32_t index, uint64_t tid,
                      struct vt_log_text name);

/* Calls `visit` for each thread that has not ended, newest first, under the log's lock.
 */
void vt_log_each_thread(struct vt_log *log,
                        void (*visit)(struct vt_thread *thread, void *state),
                        void *state);

/* Calls `on_full` in a thread that has just filled a block of events and got the next
 * one, about once in 2,700 events; NULL: nobody. */
void vt_log_on_full_block(struct vt_log *log, void (*on_full)(void));

/* Forgets all events so far (a new session); open calls stay open. */
void vt_log_clear(struct vt_log *log);

/* Where the program put its synchronization marker; the last one holds. */
void vt_log_set_sync_marker(struct vt_log *log, uint64_t ticks);

/* Notes that tracing stopped in order, with a precise pair of clocks. */
void vt_log_mark_stopped(struct vt_log *log);
void vt_log_mark_recording(struct vt_log *log);

/* A child that is forked while it is shared has the log's bytes, too, and may read them
 * once it has adopted them; it still owns nothing. */
void vt_log_share_with_child(struct vt_log *log, bool share);
void vt_log_adopt_in_child(struct vt_log *log);

/* A report was made of what the log holds now. */
void vt_log_mark_saved(struct vt_log *log);

/* Removes the file's name: nobody is to find it. */
void vt_log_unlink(const struct vt_log *log);

/* For tests and figures: events kept in blocks now, blocks in use. */
struct vt_log_usage {
    uint64_t blocks;
    uint64_t event_blocks;
    uint64_t recycled_events;
    uint64_t dropped_events;
};
struct vt_log_usage vt_log_usage(struct vt_log *log);

#endif

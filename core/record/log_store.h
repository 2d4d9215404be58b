/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocks of a log: where their memory comes from, which ones are free.
 *
 * Space is taken from the file system with fallocate(2) before it is mapped (a sparse
 * mapping answers a full disk with SIGBUS): 256 KB at first, then as much again, steps
 * of 2 MB later. Of a file's first step each block has its first 8 KB only until it is
 * asked for the rest: most children are short, and there may be thousands.
 * RLIMIT_FSIZE and the free space are looked at first: SIGXFSZ must never reach the
 * program. Without a file the same steps are anonymous memory.
 *
 * No file descriptor stays open: the program would see it, and a daemon that closes all
 * of its descriptors would take it away. The file is opened again by its path for each
 * step (device and inode must be the same) and the first mapping holds the flock(2)
 * that says 'in use': the lock belongs to the open file, which the mapping keeps, until
 * this process ends.
 *
 * Threads:   none of its own; the log's mutex guards it.
 * Ownership: owns the mappings; the file stays.
 */
#ifndef VT_RECORD_LOG_STORE_H
#define VT_RECORD_LOG_STORE_H

#include "core/base/error.h"
#include "core/base/log_layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VT_LOG_FIRST_BLOCKS = 4 }; /* of the first step */

struct vt_log_step {
    char *base; /* first byte of the mapping */
    uint32_t first_block;
    uint32_t block_count;
};

struct vt_log_store {
    char *path; /* NULL: anonymous */
    uint64_t device, inode;
    uint64_t max_bytes;
    struct vt_log_step *steps; /* by first_block */
    uint32_t step_count, step_capacity;
    uint32_t next_block;  /* first one of the last step that was never used */
    uint32_t most_blocks; /* of a usual step: 2 MB, less after a refusal */
    uint32_t backed[VT_LOG_FIRST_BLOCKS]; /* bytes there is space for, from its start */
    struct vt_block_header **free_blocks; /* single blocks to use again */
    uint32_t free_count, free_capacity;
};

/* path NULL: anonymous. On failure nothing is left behind, not even the file. */
VT_NODISCARD enum vt_status vt_log_store_open(struct vt_log_store *store,
                                              const char *path, uint64_t max_bytes,
                                              struct vt_error *err);
void vt_log_store_close(struct vt_log_store *store);

/* A reset block of `span` x 64 KB with generation even, or NULL when there is no room.
 * The header's block_count is raised; `kind` is published last by vt_log_store_publish.
 */
struct vt_block_header *vt_log_store_take(struct vt_log_store *store, uint32_t span);

/* The same of one block, of which only the first vt_log_store_backed bytes may be
 * touched until vt_log_store_back gave it the rest (false: there is no room). */
struct vt_block_header *vt_log_store_take_part(struct vt_log_store *store);
uint32_t vt_log_store_backed(const struct vt_log_store *store,
                             const struct vt_block_header *block);
bool vt_log_store_back(struct vt_log_store *store, const struct vt_block_header *block);

void vt_log_store_publish(struct vt_block_header *block, enum vt_block_kind kind);

/* Gives a block back; a long one becomes single ones. */
void vt_log_store_give(struct vt_log_store *store, struct vt_block_header *block);

/* Whether children that are forked from now on have the mappings, too. */
void vt_log_store_share(const struct vt_log_store *store, bool share);

/* Where block 0 begins. */
struct vt_log_header *vt_log_store_head(const struct vt_log_store *store);

/* Copies bytes of the log out of the mappings; returns how many there were. */
ptrdiff_t vt_log_store_read_at(const struct vt_log_store *store, uint64_t offset,
                               void *bytes, size_t size);

#endif

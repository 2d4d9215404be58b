/* SPDX-License-Identifier: Apache-2.0
 *
 * A log made by hand, in memory, byte by byte as core/base/log_layout.h draws it: what
 * the tests of everything that reads logs start from.
 *
 * Memory that runs out ends the test.
 *
 * Ownership: log_builder_fini frees the bytes; images borrow the builder.
 */
#ifndef VT_TEST_SUPPORT_LOG_BUILDER_H
#define VT_TEST_SUPPORT_LOG_BUILDER_H

#include "core/base/log_layout.h"
#include "core/trace/log_image.h"

#include <stddef.h>
#include <stdint.h>

struct log_builder {
    unsigned char *bytes;
    size_t size; /* bytes */
    size_t capacity;
    uint32_t symbols; /* the block that takes the next symbol; 0: none */
    uint32_t next_id;
    uint64_t reads;   /* how often an image of it was read */
    uint64_t fail_at; /* the read that fails with EIO, counted from 1; 0: none */
};

/* Ticks are ns, pid and main tid 100, base time 1e18, process name MainProcess, thread
 * 0 = tid 100 "MainThread", recording. */
void log_builder_init(struct log_builder *builder, uint64_t capacity);
void log_builder_fini(struct log_builder *builder);

struct log_builder_view {
    struct vt_log_header *head;
    struct vt_block_header *block;
    struct vt_event *slots;
    struct vt_frame *frames;
};

/* Pointers into the bytes, valid until the next addition; `block` may be 0. */
struct log_builder_view log_builder_view(struct log_builder *builder, uint32_t block);

struct vt_log_image log_builder_image(struct log_builder *builder);

/* A new block that covers `span` blocks; returns its number. */
uint32_t log_builder_block(struct log_builder *builder, enum vt_block_kind kind,
                           uint32_t span);

/* A symbol with `body` behind its header; the ids of functions are given in order. */
uint32_t log_builder_symbol(struct log_builder *builder, enum vt_symbol_kind kind,
                            uint32_t id, const void *head, size_t head_size,
                            const char *text, size_t text_size);
uint32_t log_builder_c(struct log_builder *builder, const char *name);
uint32_t log_builder_name(struct log_builder *builder, const char *name);
uint32_t log_builder_python(struct log_builder *builder, const char *name,
                            const char *file, int line);
/* The same with the identity of `file`, or of its source at `path` (a SOURCE entry). */
uint32_t log_builder_python_of(struct log_builder *builder, const char *name,
                               const char *file, const char *path, int line);
void log_builder_thread(struct log_builder *builder, uint32_t index, uint64_t tid,
                        uint32_t flags, const char *name);
void log_builder_text(struct log_builder *builder, enum vt_symbol_kind kind,
                      const char *text);

/* Appends to an EVENTS block, which must have room. */
void log_builder_event(struct log_builder *builder, uint32_t block,
                       enum vt_event_kind kind, struct vt_event event);
void log_builder_call(struct log_builder *builder, uint32_t block, uint32_t thread,
                      uint32_t id, uint64_t start, uint64_t end);
void log_builder_payload(struct log_builder *builder, uint32_t block, const char *json);

/* Appends an open call to the STACK block. */
void log_builder_frame(struct log_builder *builder, uint32_t block, uint32_t id,
                       uint64_t start);

#endif

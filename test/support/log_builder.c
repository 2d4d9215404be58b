/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/log_builder.h"

#include "core/base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BODY_BYTES = VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES };

static void reserve(struct log_builder *builder, size_t size) {
    if (size > builder->capacity) {
        size_t capacity = builder->capacity ? builder->capacity : VT_LOG_BLOCK_BYTES;
        while (capacity < size)
            capacity *= 2;
        unsigned char *bytes = realloc(builder->bytes, capacity);
        VT_REQUIRE(bytes != NULL);
        memset(bytes + builder->capacity, 0, capacity - builder->capacity);
        builder->bytes = bytes;
        builder->capacity = capacity;
    }
    builder->size = size;
}

struct log_builder_view log_builder_view(struct log_builder *builder, uint32_t block) {
    unsigned char *at = builder->bytes + (size_t)block * VT_LOG_BLOCK_BYTES;
    VT_REQUIRE(at < builder->bytes + builder->size);
    return (struct log_builder_view){
        .head = (struct vt_log_header *)(void *)builder->bytes,
        .block = (struct vt_block_header *)(void *)at,
        .slots = (struct vt_event *)(void *)(at + VT_LOG_HEADER_BYTES),
        .frames = (struct vt_frame *)(void *)(at + VT_LOG_HEADER_BYTES),
    };
}

void log_builder_init(struct log_builder *builder, uint64_t capacity) {
    *builder = (struct log_builder){0};
    reserve(builder, VT_LOG_BLOCK_BYTES);
    struct vt_log_header *head = log_builder_view(builder, 0).head;
    memcpy(head->magic, VT_LOG_MAGIC, sizeof head->magic);
    head->version = VT_LOG_VERSION;
    head->block_bytes = VT_LOG_BLOCK_BYTES;
    head->flags = VT_LOG_TICKS_ARE_NS;
    head->pid = head->main_tid = 100;
    head->ppid = 99;
    head->base_time_ns = 1000000000000000000;
    head->capacity = capacity;
    head->block_count = 1;
    head->state = VT_LOG_RECORDING;
    log_builder_text(builder, VT_SYMBOL_PROCESS, "MainProcess");
    log_builder_thread(builder, 0, 100, 0, "MainThread");
}

void log_builder_fini(struct log_builder *builder) {
    free(builder->bytes);
    *builder = (struct log_builder){0};
}

static ptrdiff_t read_bytes(void *state, uint64_t offset, void *bytes, size_t size) {
    struct log_builder *builder = state;
    if (++builder->reads == builder->fail_at) {
        errno = EIO;
        return -1;
    }
    if (offset >= builder->size)
        return 0;
    size_t there = builder->size - (size_t)offset;
    size_t n = size < there ? size : there;
    memcpy(bytes, builder->bytes + offset, n);
    return (ptrdiff_t)n;
}

struct vt_log_image log_builder_image(struct log_builder *builder) {
    return (struct vt_log_image){.read_at = read_bytes, .state = builder};
}

uint32_t log_builder_block(struct log_builder *builder, enum vt_block_kind kind,
                           uint32_t span) {
    uint32_t index = log_builder_view(builder, 0).head->block_count;
    reserve(builder, ((size_t)index + span) * VT_LOG_BLOCK_BYTES);
    struct log_builder_view view = log_builder_view(builder, index);
    view.head->block_count = index + span;
    view.block->kind = kind;
    view.block->span = span;
    return index;
}

/* ---- symbols */

static uint32_t block_for(struct log_builder *builder, size_t size) {
    if (size > BODY_BYTES)
        return log_builder_block(
            builder, VT_BLOCK_SYMBOLS,
            (uint32_t)((size + VT_LOG_HEADER_BYTES) / VT_LOG_BLOCK_BYTES) + 1);
    if (!builder->symbols ||
        log_builder_view(builder, builder->symbols).block->committed + size >
            BODY_BYTES)
        builder->symbols = log_builder_block(builder, VT_BLOCK_SYMBOLS, 1);
    return builder->symbols;
}

uint32_t log_builder_symbol(struct log_builder *builder, enum vt_symbol_kind kind,
                            uint32_t id, const void *head, size_t head_size,
                            const char *text, size_t text_size) {
    size_t size = (sizeof(struct vt_symbol) + head_size + text_size + 7) / 8 * 8;
    uint32_t block = block_for(builder, size);
    struct log_builder_view view = log_builder_view(builder, block);
    unsigned char *at =
        (unsigned char *)view.block + VT_LOG_HEADER_BYTES + view.block->committed;
    struct vt_symbol symbol = {.size_bytes = (uint32_t)size,
                               .kind = (uint16_t)kind,
                               .id = id,
                               .text_bytes = (uint32_t)text_size};
    memcpy(at, &symbol, sizeof symbol);
    if (head_size)
        memcpy(at + sizeof symbol, head, head_size);
    if (text_size)
        memcpy(at + sizeof symbol + head_size, text, text_size);
    view.block->committed += (uint32_t)size;
    return id;
}

uint32_t log_builder_c(struct log_builder *builder, const char *name) {
    return log_builder_symbol(builder, VT_SYMBOL_C, builder->next_id++, NULL, 0, name,
                              strlen(name));
}

uint32_t log_builder_name(struct log_builder *builder, const char *name) {
    return log_builder_symbol(builder, VT_SYMBOL_NAME, builder->next_id++, NULL, 0,
                              name, strlen(name));
}

static uint32_t add_python(struct log_builder *builder, struct vt_symbol_python where,
                           const char *name, const char *file) {
    char *text;
    int size = asprintf(&text, "%s%s", name, file);
    VT_REQUIRE(size >= 0);
    where.name_bytes = (uint32_t)strlen(name);
    uint32_t id = log_builder_symbol(builder, VT_SYMBOL_PYTHON, builder->next_id++,
                                     &where, sizeof where, text, (size_t)size);
    free(text);
    return id;
}

uint32_t log_builder_python(struct log_builder *builder, const char *name,
                            const char *file, int line) {
    return add_python(builder, (struct vt_symbol_python){.line = line}, name, file);
}

uint32_t log_builder_python_of(struct log_builder *builder, const char *name,
                               const char *file, const char *path, int line) {
    struct stat st;
    VT_REQUIRE(stat(path ? path : file, &st) == 0);
    struct vt_symbol_source there = {
        .name_bytes = (uint32_t)strlen(file),
        .device = st.st_dev,
        .inode = st.st_ino,
        .size_bytes = (uint64_t)st.st_size,
        .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
    };
    if (!path)
        return add_python(builder,
                          (struct vt_symbol_python){0, line, there.device, there.inode,
                                                    there.size_bytes, there.mtime_ns},
                          name, file);
    char *text;
    int size = asprintf(&text, "%s%s", file, path);
    VT_REQUIRE(size >= 0);
    log_builder_symbol(builder, VT_SYMBOL_SOURCE, 0, &there, sizeof there, text,
                       (size_t)size);
    free(text);
    return log_builder_python(builder, name, file, line);
}

void log_builder_thread(struct log_builder *builder, uint32_t index, uint64_t tid,
                        uint32_t flags, const char *name) {
    struct vt_symbol_thread thread = {.tid = tid, .flags = flags};
    log_builder_symbol(builder, VT_SYMBOL_THREAD, index, &thread, sizeof thread, name,
                       strlen(name));
}

void log_builder_text(struct log_builder *builder, enum vt_symbol_kind kind,
                      const char *text) {
    log_builder_symbol(builder, kind, 0, NULL, 0, text, strlen(text));
}

/* ---- events */

static uint32_t slots_free(const struct vt_block_header *block) {
    size_t bytes = (size_t)block->span * VT_LOG_BLOCK_BYTES - sizeof *block;
    return (uint32_t)(bytes / sizeof(struct vt_event)) - block->committed;
}

void log_builder_event(struct log_builder *builder, uint32_t block,
                       enum vt_event_kind kind, struct vt_event event) {
    struct log_builder_view view = log_builder_view(builder, block);
    VT_REQUIRE(slots_free(view.block) > 0);
    event.kind_id |= (uint32_t)kind << VT_EVENT_ID_BITS;
    view.slots[view.block->committed++] = event;
}

void log_builder_call(struct log_builder *builder, uint32_t block, uint32_t thread,
                      uint32_t id, uint64_t start, uint64_t end) {
    log_builder_event(builder, block, VT_EVENT_CALL,
                      (struct vt_event){start, end - start, id, thread});
}

void log_builder_payload(struct log_builder *builder, uint32_t block,
                         const char *json) {
    size_t size = strlen(json);
    struct vt_event event = {.start = size};
    log_builder_event(builder, block, VT_EVENT_PAYLOAD, event);
    struct log_builder_view view = log_builder_view(builder, block);
    uint32_t slots =
        (uint32_t)((size + sizeof(struct vt_event) - 1) / sizeof(struct vt_event));
    VT_REQUIRE(slots < slots_free(view.block));
    memcpy(&view.slots[view.block->committed], json, size);
    view.block->committed += slots;
}

void log_builder_frame(struct log_builder *builder, uint32_t block, uint32_t id,
                       uint64_t start) {
    struct log_builder_view view = log_builder_view(builder, block);
    VT_REQUIRE(view.block->committed < VT_BLOCK_FRAMES);
    view.frames[view.block->committed++] = (struct vt_frame){.start = start, .id = id};
}

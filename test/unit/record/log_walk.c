/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/record/log_walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Room for one more item of an array that doubles. */
static void *next_item(void **items, size_t *count, size_t *capacity, size_t size) {
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 64;
        *items = realloc(*items, *capacity * size);
        assert_non_null(*items);
    }
    return (char *)*items + (*count)++ * size;
}

#define NEXT(walk, items, count, capacity)                                             \
    next_item((void **)&(walk)->items, &(walk)->count, &(walk)->capacity,              \
              sizeof *(walk)->items)

static void walk_events(struct vt_log_walk *walk, const struct vt_block_header *block) {
    uint32_t slots = block->committed;
    assert_in_range(slots, 0,
                    ((size_t)block->span * VT_LOG_BLOCK_BYTES - sizeof *block) /
                        sizeof(struct vt_event));
    assert_true(block->opened.ticks >= walk->head.start.ticks);
    const struct vt_event *slot = (const struct vt_event *)(const void *)(block + 1);
    struct vt_walked_event next = {0};
    for (uint32_t i = 0; i < slots; i++) {
        if (slot[i].kind_id >> VT_EVENT_ID_BITS == VT_EVENT_PAYLOAD) {
            assert_null(next.payload);
            next.payload_size = slot[i].start;
            next.payload = (const char *)(slot + i + 1);
            next.event.thread = slot[i].thread;
            i += (uint32_t)((next.payload_size + 23) / 24);
            assert_true(i + 1 < slots); /* its event stands in the same block */
            continue;
        }
        if (next.payload)
            assert_int_equal(next.event.thread, slot[i].thread);
        next.event = slot[i];
        if (block->session >= walk->head.first_session)
            *(struct vt_walked_event *)NEXT(walk, events, event_count, event_capacity) =
                next;
        else
            walk->cleared_events++;
        next = (struct vt_walked_event){0};
    }
}

static void walk_symbols(struct vt_log_walk *walk,
                         const struct vt_block_header *block) {
    const char *at = (const char *)(block + 1), *end = at + block->committed;
    assert_in_range(block->committed, 0,
                    (size_t)block->span * VT_LOG_BLOCK_BYTES - sizeof *block);
    while (at < end) {
        struct vt_walked_symbol symbol = {.body = at + sizeof symbol.head};
        memcpy(&symbol.head, at, sizeof symbol.head);
        assert_int_equal(symbol.head.size_bytes % 8, 0);
        assert_in_range(symbol.head.size_bytes, sizeof symbol.head, (size_t)(end - at));
        assert_in_range(symbol.head.text_bytes, 0,
                        symbol.head.size_bytes - sizeof symbol.head);
        *(struct vt_walked_symbol *)NEXT(walk, symbols, symbol_count, symbol_capacity) =
            symbol;
        at += symbol.head.size_bytes;
    }
}

/* `depth`: over all segments of the thread, as segment 0 says. */
static void walk_frames(struct vt_log_walk *walk, const struct vt_block_header *block,
                        uint32_t depth) {
    const struct vt_frame *frame = (const struct vt_frame *)(const void *)(block + 1);
    uint32_t first = block->segment * VT_BLOCK_FRAMES;
    for (uint32_t i = 0; i < VT_BLOCK_FRAMES && first + i < depth; i++) {
        struct vt_walked_frame *walked =
            NEXT(walk, frames, frame_count, frame_capacity);
        *walked = (struct vt_walked_frame){frame[i], block->thread, first + i};
    }
}

static uint32_t depth_of_thread(const struct vt_log_walk *walk, uint32_t thread) {
    for (size_t i = 0; i < walk->block_count; i++) {
        const struct vt_block_header *block = walk->blocks[i].block;
        if (block->kind == VT_BLOCK_STACK && block->thread == thread && !block->segment)
            return block->committed;
    }
    fail_msg("thread %u has no stack segment 0", thread);
    return 0;
}

/* Copies the block at `index`; returns how many it covers. */
static uint32_t copy_block(struct vt_log_walk *walk, struct vt_log *log,
                           uint32_t index) {
    struct vt_block_header head;
    uint64_t offset = (uint64_t)index * VT_LOG_BLOCK_BYTES;
    assert_int_equal(vt_log_read_at(log, offset, &head, sizeof head), sizeof head);
    assert_int_equal(head.generation % 2, 0);
    assert_in_range(head.kind, VT_BLOCK_FREE, VT_BLOCK_SIDE);
    if (!head.span) {
        fail_msg("block %u covers nothing", index);
        return 1;
    }
    assert_true(head.span <= walk->head.block_count - index);
    size_t size = (size_t)head.span * VT_LOG_BLOCK_BYTES;
    struct vt_block_header *copy = malloc(size);
    assert_non_null(copy);
    assert_int_equal(vt_log_read_at(log, offset, copy, size), size);
    struct vt_walked_block *walked = NEXT(walk, blocks, block_count, block_capacity);
    *walked = (struct vt_walked_block){copy, index};
    walk->blocks_of_kind[head.kind]++;
    if (head.span > walk->longest_span)
        walk->longest_span = head.span;
    return head.span;
}

static void walk_header(struct vt_log_walk *walk, struct vt_log *log) {
    assert_int_equal(vt_log_read_at(log, 0, &walk->head, sizeof walk->head),
                     sizeof walk->head);
    assert_memory_equal(walk->head.magic, VT_LOG_MAGIC, 8);
    assert_int_equal(walk->head.version, VT_LOG_VERSION);
    assert_int_equal(walk->head.block_bytes, VT_LOG_BLOCK_BYTES);
    assert_true(walk->head.start.ticks && walk->head.start.mono_ns);
    assert_true(walk->head.block_count >= 1);
}

/* Event blocks in the order in which they were taken into use, stack segments from the
 * outermost inwards, all others as they lie. */
static int compare_blocks(const void *left, const void *right) {
    const struct vt_walked_block *a = left, *b = right;
    if (a->block->kind == VT_BLOCK_EVENTS && b->block->kind == VT_BLOCK_EVENTS &&
        a->block->opened.ticks != b->block->opened.ticks)
        return a->block->opened.ticks < b->block->opened.ticks ? -1 : 1;
    if (a->block->kind != b->block->kind)
        return a->block->kind < b->block->kind ? -1 : 1;
    if (a->block->kind == VT_BLOCK_STACK && a->block->segment != b->block->segment)
        return a->block->segment < b->block->segment ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

void vt_log_walk(struct vt_log_walk *walk, struct vt_log *log) {
    *walk = (struct vt_log_walk){0};
    walk_header(walk, log);
    for (uint32_t index = 1; index < walk->head.block_count;)
        index += copy_block(walk, log, index);
    if (walk->block_count)
        qsort(walk->blocks, walk->block_count, sizeof *walk->blocks, compare_blocks);
    for (size_t i = 0; i < walk->block_count; i++) {
        const struct vt_block_header *block = walk->blocks[i].block;
        if (block->kind == VT_BLOCK_EVENTS)
            walk_events(walk, block);
        else if (block->kind == VT_BLOCK_SYMBOLS)
            walk_symbols(walk, block);
        else if (block->kind == VT_BLOCK_STACK)
            walk_frames(walk, block, depth_of_thread(walk, block->thread));
    }
}

void vt_log_walk_fini(struct vt_log_walk *walk) {
    for (size_t i = 0; i < walk->block_count; i++)
        free(walk->blocks[i].block);
    free(walk->blocks);
    free(walk->events);
    free(walk->frames);
    free(walk->symbols);
    *walk = (struct vt_log_walk){0};
}

const struct vt_walked_symbol *vt_log_walk_symbol(const struct vt_log_walk *walk,
                                                  enum vt_symbol_kind kind,
                                                  uint32_t id) {
    const struct vt_walked_symbol *found = NULL;
    for (size_t i = 0; i < walk->symbol_count; i++) {
        const struct vt_symbol *head = &walk->symbols[i].head;
        if (head->kind == kind && head->id == id)
            found = &walk->symbols[i];
    }
    return found;
}

struct vt_log *vt_test_log(const char *path, uint64_t capacity, uint64_t max_bytes) {
    struct vt_error err;
    struct vt_log_options options = {.path = path,
                                     .capacity = capacity,
                                     .max_bytes = max_bytes,
                                     .pid = 4711,
                                     .ppid = 4710,
                                     .main_tid = 4711};
    struct vt_log *log = vt_log_create(&options, NULL, &err);
    assert_non_null(log);
    assert_int_equal(vt_log_is_file(log), path != NULL);
    return log;
}

struct vt_log_text vt_test_text(const char *text) {
    return (struct vt_log_text){text, strlen(text)};
}

struct vt_thread *vt_test_thread(struct vt_log *log) {
    struct vt_thread *thread = vt_log_add_thread(log, 4711, 0, vt_test_text("main"));
    assert_non_null(thread);
    return thread;
}

void vt_test_calls(struct vt_thread *thread, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        vt_thread_enter(thread, first + i, false);
        vt_thread_leave(thread, first + i);
    }
}

void vt_test_newest_are_kept(struct vt_log *log, uint32_t written, uint32_t capacity) {
    struct vt_log_walk walk;
    vt_log_walk(&walk, log);
    unsigned char *seen = calloc(written, 1);
    assert_non_null(seen);
    for (size_t i = 0; i < walk.event_count; i++) {
        uint32_t id = vt_walked_id(&walk.events[i]);
        assert_in_range(id, 0, written - 1);
        assert_int_equal(seen[id]++, 0);
    }
    uint32_t wanted = capacity < written ? capacity : written;
    for (uint32_t id = written - wanted; id < written; id++)
        assert_int_equal(seen[id], 1);
    assert_int_equal(walk.event_count + walk.head.recycled_events, written);
    assert_int_equal(walk.head.dropped_events, 0);
    free(seen);
    vt_log_walk_fini(&walk);
}

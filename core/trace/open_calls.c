/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/open_calls.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES = VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES };

void vt_open_calls_init(struct vt_open_calls *calls, struct vt_log_image image) {
    *calls = (struct vt_open_calls){.image = image};
}

void vt_open_calls_fini(struct vt_open_calls *calls) {
    free(calls->stacks.blocks);
    free(calls->sides.blocks);
    free(calls->frames);
    free(calls->payload);
    *calls = (struct vt_open_calls){0};
}

enum vt_status vt_open_calls_add(struct vt_open_calls *calls, uint32_t index,
                                 const struct vt_block_header *head,
                                 struct vt_error *err) {
    struct vt_open_calls_list *list =
        head->kind == VT_BLOCK_STACK ? &calls->stacks : &calls->sides;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        struct vt_open_calls_block *blocks =
            realloc(list->blocks, capacity * sizeof *blocks);
        if (!blocks)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        list->blocks = blocks;
        list->capacity = capacity;
    }
    list->blocks[list->count++] = (struct vt_open_calls_block){
        head->thread, head->segment, index, head->committed};
    return VT_OK;
}

static int by_thread_and_segment(const void *left, const void *right) {
    const struct vt_open_calls_block *a = left, *b = right;
    if (a->thread != b->thread)
        return a->thread < b->thread ? -1 : 1;
    return (a->segment > b->segment) - (a->segment < b->segment);
}

static void sort_list(struct vt_open_calls_list *list) {
    if (list->count)
        qsort(list->blocks, list->count, sizeof *list->blocks, by_thread_and_segment);
}

void vt_open_calls_sort(struct vt_open_calls *calls) {
    sort_list(&calls->stacks);
    sort_list(&calls->sides);
}

void vt_open_calls_rewind(struct vt_open_calls *calls) {
    calls->next_stack = 0;
    calls->frame_count = 0;
}

/* ---- frames */

/* Appends up to `depth` frames of one block; *got: how many there were. */
static enum vt_status read_segment(struct vt_open_calls *calls, uint32_t index,
                                   size_t depth, size_t *got, struct vt_error *err) {
    *got = 0;
    if (depth > VT_BLOCK_FRAMES)
        depth = VT_BLOCK_FRAMES;
    if (calls->frame_capacity - calls->frame_count < depth) {
        size_t capacity = calls->frame_count + VT_BLOCK_FRAMES;
        struct vt_frame *frames = realloc(calls->frames, capacity * sizeof *frames);
        if (!frames)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        calls->frames = frames;
        calls->frame_capacity = capacity;
    }
    size_t bytes;
    enum vt_status status = vt_log_image_read(
        calls->image, (uint64_t)index * VT_LOG_BLOCK_BYTES + VT_LOG_HEADER_BYTES,
        calls->frames + calls->frame_count, depth * sizeof *calls->frames, &bytes, err);
    *got = bytes / sizeof *calls->frames;
    return status;
}

/* Reads the frames of the thread at next_stack and goes behind its blocks. Where a
 * segment is missing, the frames end. */
static enum vt_status read_stack(struct vt_open_calls *calls, struct vt_error *err) {
    const struct vt_open_calls_list *list = &calls->stacks;
    const struct vt_open_calls_block *block = &list->blocks[calls->next_stack];
    calls->thread = block->thread;
    calls->frame_count = 0;
    size_t depth = block->segment == 0 ? block->committed : 0;
    uint32_t segment = 0;
    for (; calls->next_stack < list->count; calls->next_stack++) {
        block = &list->blocks[calls->next_stack];
        if (block->thread != calls->thread)
            break;
        if (!depth || block->segment != segment)
            continue;
        size_t got;
        enum vt_status status = read_segment(calls, block->index, depth, &got, err);
        if (status != VT_OK)
            return status;
        calls->frame_count += got;
        depth = got == VT_BLOCK_FRAMES ? depth - got : 0;
        segment++;
    }
    return VT_OK;
}

/* ---- payloads */

static const struct vt_open_calls_block *find_side(const struct vt_open_calls *calls,
                                                   uint32_t segment) {
    struct vt_open_calls_block key = {.thread = calls->thread, .segment = segment};
    if (!calls->sides.count)
        return NULL;
    return bsearch(&key, calls->sides.blocks, calls->sides.count, sizeof key,
                   by_thread_and_segment);
}

/* Reads the payload at byte `at` of the thread's side; a call whose payload does not
 * hold together is shown without. */
static enum vt_status read_payload(struct vt_open_calls *calls, uint32_t at,
                                   struct vt_open_call *call, struct vt_error *err) {
    const struct vt_open_calls_block *block = find_side(calls, at / BODY_BYTES);
    uint32_t inside = at % BODY_BYTES;
    if (!block || inside > BODY_BYTES - sizeof(struct vt_side))
        return VT_OK;
    uint64_t offset =
        (uint64_t)block->index * VT_LOG_BLOCK_BYTES + VT_LOG_HEADER_BYTES + inside;
    struct vt_side side;
    size_t got;
    enum vt_status status =
        vt_log_image_read(calls->image, offset, &side, sizeof side, &got, err);
    if (status != VT_OK || got < sizeof side ||
        side.size_bytes > VT_EVENT_PAYLOAD_MAX_BYTES ||
        side.size_bytes > BODY_BYTES - sizeof side - inside)
        return status;
    if (!calls->payload)
        calls->payload = malloc(VT_EVENT_PAYLOAD_MAX_BYTES);
    if (!calls->payload)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    status = vt_log_image_read(calls->image, offset + sizeof side, calls->payload,
                               side.size_bytes, &got, err);
    if (status == VT_OK && got == side.size_bytes) {
        call->payload = calls->payload;
        call->payload_bytes = side.size_bytes;
    }
    return status;
}

enum vt_status vt_open_calls_next(struct vt_open_calls *calls,
                                  struct vt_open_call *call, bool *found,
                                  struct vt_error *err) {
    *found = false;
    for (;;) {
        while (!calls->frame_count) {
            if (calls->next_stack == calls->stacks.count)
                return VT_OK;
            enum vt_status status = read_stack(calls, err);
            if (status != VT_OK)
                return status;
        }
        struct vt_frame frame = calls->frames[--calls->frame_count];
        if (frame.id > VT_EVENT_ID_MASK)
            continue;
        *found = true;
        *call = (struct vt_open_call){
            .start = frame.start, .id = frame.id, .thread = calls->thread};
        return frame.side ? read_payload(calls, frame.side - 1, call, err) : VT_OK;
    }
}

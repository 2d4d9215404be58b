/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/log_merge.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOT_BYTES = sizeof(struct vt_event),
    /* 8 KB: 1,000 open blocks are 8 MB, and reading costs less than formatting. */
    WINDOW_SLOTS = 8192 / SLOT_BYTES,
    BODY_BYTES = VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES,
};

struct vt_log_merge_window {
    uint64_t end;                           /* of the current event, ticks */
    const struct vt_log_merge_block *block; /* borrowed from the merge */
    uint32_t slot;                          /* of the current event */
    uint32_t slots;                         /* valid ones of the block */
    uint32_t first, count;                  /* what `window` holds of them */
    uint32_t payload_slot, payload_bytes;   /* of the current event */
    uint32_t given;                         /* events up to the current one */
    struct vt_log_merge_window *next;       /* in the list of spare ones */
    struct vt_event window[WINDOW_SLOTS];
};

void vt_log_merge_init(struct vt_log_merge *merge, struct vt_log_image image) {
    *merge = (struct vt_log_merge){.image = image};
}

void vt_log_merge_fini(struct vt_log_merge *merge) {
    for (size_t i = 0; i < merge->heap_count; i++)
        free(merge->heap[i]);
    while (merge->spare) {
        struct vt_log_merge_window *next = merge->spare->next;
        free(merge->spare);
        merge->spare = next;
    }
    free(merge->heap);
    free(merge->blocks);
    free(merge->scratch);
    *merge = (struct vt_log_merge){0};
}

static uint64_t offset_of_slot(uint32_t block, uint32_t slot) {
    return (uint64_t)block * VT_LOG_BLOCK_BYTES + VT_LOG_HEADER_BYTES +
           (uint64_t)slot * SLOT_BYTES;
}

static enum vt_event_kind kind_of(const struct vt_event *event) {
    return (enum vt_event_kind)(event->kind_id >> VT_EVENT_ID_BITS);
}

static uint64_t end_of(const struct vt_event *event) {
    switch (kind_of(event)) {
    case VT_EVENT_CALL:
    case VT_EVENT_DURATION:
        return event->extra <= UINT64_MAX - event->start ? event->start + event->extra
                                                         : UINT64_MAX;
    case VT_EVENT_OPEN:
        return event->extra > event->start ? event->extra : event->start;
    default:
        return event->start;
    }
}

static bool is_event(const struct vt_event *slot) {
    return kind_of(slot) <= VT_EVENT_DURATION;
}

/* How many slots after this one belong to it; UINT32_MAX: more than are allowed. */
static uint32_t slots_after(const struct vt_event *slot) {
    if (kind_of(slot) != VT_EVENT_PAYLOAD)
        return 0;
    if (slot->start > VT_EVENT_PAYLOAD_LIMIT_BYTES)
        return UINT32_MAX;
    return ((uint32_t)slot->start + SLOT_BYTES - 1) / SLOT_BYTES;
}

/* ---- adding blocks */

static enum vt_status make_scratch(struct vt_log_merge *merge, size_t size,
                                   struct vt_error *err) {
    if (size <= merge->scratch_bytes)
        return VT_OK;
    char *scratch = realloc(merge->scratch, size);
    if (!scratch)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    merge->scratch = scratch;
    merge->scratch_bytes = size;
    return VT_OK;
}

/* Reads the whole body into the scratch; *slots becomes what is there of it. */
static enum vt_status read_body(struct vt_log_merge *merge, uint32_t index,
                                uint32_t *slots, struct vt_error *err) {
    enum vt_status status = make_scratch(merge, BODY_BYTES, err);
    if (status != VT_OK)
        return status;
    size_t got;
    status = vt_log_image_read(merge->image, offset_of_slot(index, 0), merge->scratch,
                               (size_t)*slots * SLOT_BYTES, &got, err);
    *slots = (uint32_t)(got / SLOT_BYTES);
    return status;
}

/* Counts the events in the scratch and finds the end of the first. */
static void survey(const char *body, struct vt_log_merge_block *block) {
    uint32_t slot = 0;
    while (slot < block->slots) {
        struct vt_event event;
        memcpy(&event, body + (size_t)slot * SLOT_BYTES, sizeof event);
        if (is_event(&event) && block->events++ == 0)
            block->first_end = end_of(&event);
        uint32_t more = slots_after(&event);
        if (more >= block->slots - slot)
            return;
        slot += 1 + more;
    }
}

/* One event whose payload takes all other slots: how an event with a long payload
 * stands in a block of its own. */
static bool is_one_event(const struct vt_event *first, const struct vt_event *last,
                         const struct vt_log_merge_block *block) {
    return kind_of(first) == VT_EVENT_PAYLOAD && is_event(last) &&
           slots_after(first) == block->slots - 2;
}

/* The same for a sealed block without reading all of it; *is_done tells whether that
 * was possible. */
static enum vt_status survey_sealed(struct vt_log_merge *merge, uint32_t sealed_events,
                                    struct vt_log_merge_block *block, bool *is_done,
                                    struct vt_error *err) {
    struct vt_event first, last;
    size_t got = 0, got_last = 0;
    *is_done = false;
    if (!sealed_events || sealed_events > block->slots)
        return VT_OK;
    enum vt_status status = vt_log_image_read(
        merge->image, offset_of_slot(block->index, 0), &first, sizeof first, &got, err);
    if (status == VT_OK)
        status = vt_log_image_read(merge->image,
                                   offset_of_slot(block->index, block->slots - 1),
                                   &last, sizeof last, &got_last, err);
    if (status != VT_OK || got < sizeof first || got_last < sizeof last)
        return status;
    bool is_one = sealed_events == 1 && is_one_event(&first, &last, block);
    if (!is_one && !is_event(&first))
        return status;
    block->events = sealed_events;
    block->first_end = end_of(is_one ? &last : &first);
    *is_done = true;
    return VT_OK;
}

static enum vt_status keep_block(struct vt_log_merge *merge,
                                 const struct vt_log_merge_block *block,
                                 struct vt_error *err) {
    if (merge->block_count == merge->block_capacity) {
        size_t capacity = merge->block_capacity ? merge->block_capacity * 2 : 64;
        struct vt_log_merge_block *blocks =
            realloc(merge->blocks, capacity * sizeof *blocks);
        if (!blocks)
            return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        merge->blocks = blocks;
        merge->block_capacity = capacity;
    }
    merge->blocks[merge->block_count++] = *block;
    merge->events += block->events;
    return VT_OK;
}

static uint32_t valid_slots(const struct vt_block_header *head) {
    uint64_t bytes = (uint64_t)(head->span ? head->span : 1) * VT_LOG_BLOCK_BYTES -
                     VT_LOG_HEADER_BYTES;
    return head->committed <= bytes / SLOT_BYTES ? head->committed
                                                 : (uint32_t)(bytes / SLOT_BYTES);
}

enum vt_status vt_log_merge_add(struct vt_log_merge *merge, uint32_t index,
                                const struct vt_block_header *head,
                                struct vt_error *err) {
    struct vt_log_merge_block block = {
        .index = index,
        .opened = head->opened.ticks,
        .slots = valid_slots(head),
        .generation = head->generation,
    };
    bool is_done;
    enum vt_status status = survey_sealed(merge, head->events, &block, &is_done, err);
    if (status == VT_OK && !is_done) {
        if (block.slots > VT_BLOCK_SLOTS)
            block.slots = VT_BLOCK_SLOTS;
        status = read_body(merge, index, &block.slots, err);
        if (status == VT_OK)
            survey(merge->scratch, &block);
    }
    if (status != VT_OK || !block.events)
        return status;
    return keep_block(merge, &block, err);
}

static bool block_precedes(const struct vt_log_merge_block *a, uint64_t a_end,
                           const struct vt_log_merge_block *b, uint64_t b_end) {
    if (a_end != b_end)
        return a_end < b_end;
    /* With equal ends the caller, in the later block, comes after what it called. */
    return a->opened != b->opened ? a->opened < b->opened : a->index < b->index;
}

static int by_first_end(const void *left, const void *right) {
    const struct vt_log_merge_block *a = left, *b = right;
    if (block_precedes(a, a->first_end, b, b->first_end))
        return -1;
    return block_precedes(b, b->first_end, a, a->first_end);
}

void vt_log_merge_sort(struct vt_log_merge *merge) {
    if (merge->block_count)
        qsort(merge->blocks, merge->block_count, sizeof *merge->blocks, by_first_end);
}

/* ---- windows */

static enum vt_status still_same(const struct vt_log_merge *merge,
                                 const struct vt_log_merge_block *block, bool *is_same,
                                 struct vt_error *err) {
    uint32_t generation;
    size_t got;
    uint64_t offset = (uint64_t)block->index * VT_LOG_BLOCK_BYTES +
                      offsetof(struct vt_block_header, generation);
    enum vt_status status = vt_log_image_read(merge->image, offset, &generation,
                                              sizeof generation, &got, err);
    *is_same = got == sizeof generation && generation == block->generation;
    return status;
}

/* Brings the current slot into the window; where the log ends, the block does. */
static enum vt_status refill(struct vt_log_merge *merge, struct vt_log_merge_window *w,
                             struct vt_error *err) {
    uint32_t wanted = w->slots - w->slot;
    if (wanted > WINDOW_SLOTS)
        wanted = WINDOW_SLOTS;
    size_t got;
    bool is_same = false;
    enum vt_status status =
        vt_log_image_read(merge->image, offset_of_slot(w->block->index, w->slot),
                          w->window, (size_t)wanted * SLOT_BYTES, &got, err);
    if (status == VT_OK)
        status = still_same(merge, w->block, &is_same, err);
    w->first = w->slot;
    w->count = is_same ? (uint32_t)(got / SLOT_BYTES) : 0;
    if (w->count < wanted)
        w->slots = w->slot + w->count;
    return status;
}

/* Decodes the event at the current slot, over the payload in front of it. *found is
 * false at the end of the block. */
static enum vt_status load(struct vt_log_merge *merge, struct vt_log_merge_window *w,
                           bool *found, struct vt_error *err) {
    *found = false;
    w->payload_slot = 0;
    while (w->slot < w->slots) {
        if (VT_UNLIKELY(w->slot - w->first >= w->count)) {
            enum vt_status status = refill(merge, w, err);
            if (status != VT_OK)
                return status;
            continue;
        }
        const struct vt_event *event = &w->window[w->slot - w->first];
        if (VT_LIKELY(is_event(event))) {
            uint64_t end = end_of(event);
            if (end > w->end)
                w->end = end;
            w->given++;
            *found = true;
            return VT_OK;
        }
        uint32_t more = slots_after(event);
        if (more >= w->slots - w->slot)
            break;
        bool is_payload = kind_of(event) == VT_EVENT_PAYLOAD;
        w->payload_slot = is_payload ? w->slot + 1 : 0;
        w->payload_bytes = is_payload ? (uint32_t)event->start : 0;
        w->slot += 1 + more;
    }
    if (w->block->events > w->given)
        merge->vanished += w->block->events - w->given;
    return VT_OK;
}

static enum vt_status payload_of(struct vt_log_merge *merge,
                                 const struct vt_log_merge_window *w,
                                 const char **payload, struct vt_error *err) {
    uint32_t slots = (w->payload_bytes + SLOT_BYTES - 1) / SLOT_BYTES;
    if (w->payload_slot >= w->first) {
        VT_REQUIRE(w->payload_slot + slots <= w->first + w->count);
        *payload = (const char *)&w->window[w->payload_slot - w->first];
        return VT_OK;
    }
    enum vt_status status = make_scratch(merge, w->payload_bytes, err);
    if (status != VT_OK)
        return status;
    size_t got;
    bool is_same = false;
    status = vt_log_image_read(merge->image,
                               offset_of_slot(w->block->index, w->payload_slot),
                               merge->scratch, w->payload_bytes, &got, err);
    if (status == VT_OK)
        status = still_same(merge, w->block, &is_same, err);
    *payload = is_same && got == w->payload_bytes ? merge->scratch : NULL;
    return status;
}

/* ---- the heap */

static bool precedes(const struct vt_log_merge_window *a,
                     const struct vt_log_merge_window *b) {
    return block_precedes(a->block, a->end, b->block, b->end);
}

static void sift_down(struct vt_log_merge *merge, size_t i) {
    struct vt_log_merge_window **heap = merge->heap, *w = heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= merge->heap_count)
            break;
        if (child + 1 < merge->heap_count && precedes(heap[child + 1], heap[child]))
            child++;
        if (!precedes(heap[child], w))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = w;
}

static void sift_up(struct vt_log_merge *merge, size_t i) {
    struct vt_log_merge_window **heap = merge->heap, *w = heap[i];
    while (i && precedes(w, heap[(i - 1) / 2])) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = w;
}

static void drop_top(struct vt_log_merge *merge) {
    struct vt_log_merge_window *w = merge->heap[0];
    w->next = merge->spare;
    merge->spare = w;
    merge->heap[0] = merge->heap[--merge->heap_count];
    if (merge->heap_count)
        sift_down(merge, 0);
}

static struct vt_log_merge_window *take_window(struct vt_log_merge *merge) {
    if (merge->heap_count == merge->heap_capacity) {
        size_t capacity = merge->heap_capacity ? merge->heap_capacity * 2 : 16;
        struct vt_log_merge_window **heap =
            realloc(merge->heap, capacity * sizeof(struct vt_log_merge_window *));
        if (!heap)
            return NULL;
        merge->heap = heap;
        merge->heap_capacity = capacity;
    }
    struct vt_log_merge_window *w = merge->spare;
    if (w)
        merge->spare = w->next;
    return w ? w : malloc(sizeof *w);
}

static enum vt_status open_next_block(struct vt_log_merge *merge,
                                      struct vt_error *err) {
    struct vt_log_merge_window *w = take_window(merge);
    if (!w)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    const struct vt_log_merge_block *block = &merge->blocks[merge->next_block++];
    w->block = block;
    w->end = 0;
    w->slot = w->first = w->count = w->given = 0;
    w->slots = block->slots;
    bool found;
    enum vt_status status = load(merge, w, &found, err);
    if (status != VT_OK || !found) {
        w->next = merge->spare;
        merge->spare = w;
        return status;
    }
    merge->heap[merge->heap_count] = w;
    sift_up(merge, merge->heap_count++);
    return VT_OK;
}

static bool is_next_block_due(const struct vt_log_merge *merge) {
    if (merge->next_block == merge->block_count)
        return false;
    if (!merge->heap_count)
        return true;
    const struct vt_log_merge_block *next = &merge->blocks[merge->next_block];
    const struct vt_log_merge_window *top = merge->heap[0];
    return block_precedes(next, next->first_end, top->block, top->end);
}

static enum vt_status advance_top(struct vt_log_merge *merge, struct vt_error *err) {
    struct vt_log_merge_window *top = merge->heap[0];
    top->slot++;
    bool found;
    enum vt_status status = load(merge, top, &found, err);
    if (status == VT_OK && found)
        sift_down(merge, 0);
    else
        drop_top(merge);
    return status;
}

enum vt_status vt_log_merge_next(struct vt_log_merge *merge,
                                 struct vt_log_merge_event *event, bool *found,
                                 struct vt_error *err) {
    enum vt_status status = VT_OK;
    if (merge->top_is_used) {
        merge->top_is_used = false;
        status = advance_top(merge, err);
    }
    while (status == VT_OK && is_next_block_due(merge))
        status = open_next_block(merge, err);
    *found = status == VT_OK && merge->heap_count;
    if (!*found)
        return status;
    struct vt_log_merge_window *top = merge->heap[0];
    event->event = top->window[top->slot - top->first];
    event->end = top->end;
    event->payload = NULL;
    event->payload_bytes = 0;
    merge->top_is_used = true;
    if (VT_LIKELY(!top->payload_slot))
        return VT_OK;
    event->payload_bytes = top->payload_bytes;
    return payload_of(merge, top, &event->payload, err);
}

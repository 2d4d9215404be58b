/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/thread_args.h"

#include "core/base/buf.h"
#include "core/base/jcheck.h"
#include "core/record/log_internal.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES = VT_LOG_BLOCK_BYTES - VT_LOG_HEADER_BYTES };

static uint32_t entry_bytes(size_t text_bytes) {
    return (uint32_t)((sizeof(struct vt_side) + text_bytes + 7) & ~(size_t)7);
}

static struct vt_side *side_at(const struct vt_thread *thread, uint32_t at) {
    return (struct vt_side *)(void *)(thread->sides[at / BODY_BYTES] + at % BODY_BYTES);
}

static struct vt_block_header *header_of(const struct vt_thread *thread,
                                         uint32_t number) {
    return (struct vt_block_header *)(void *)thread->sides[number] - 1;
}

/* The innermost frame that is shown, or NULL. */
static struct vt_frame *innermost(const struct vt_thread *thread) {
    for (uint32_t depth = vt_thread_depth(thread); depth; depth--) {
        struct vt_frame *frame = &thread->segments[(depth - 1) / VT_BLOCK_FRAMES]
                                                  [(depth - 1) % VT_BLOCK_FRAMES];
        if (frame->id <= VT_EVENT_ID_MASK)
            return frame;
    }
    return NULL;
}

static bool add_block(struct vt_thread *thread) {
    struct vt_log *log = thread->log;
    char **sides = realloc(thread->sides, (thread->side_count + 1) * sizeof(char *));
    if (!sides)
        return false;
    thread->sides = sides;
    pthread_mutex_lock(&log->mutex);
    struct vt_block_header *block = vt_log_take_block(log);
    if (block) {
        block->thread = thread->own_index;
        block->segment = thread->side_count;
        vt_log_store_publish(block, VT_BLOCK_SIDE);
        sides[thread->side_count++] = (char *)(block + 1);
    }
    pthread_mutex_unlock(&log->mutex);
    return block;
}

/* Room for `size` bytes in one block, behind what is used. False: none. */
static bool make_room(struct vt_thread *thread, uint32_t size, uint32_t *at) {
    uint32_t inside = thread->side_used % BODY_BYTES;
    *at = thread->side_used;
    if (inside + size > BODY_BYTES)
        *at += BODY_BYTES - inside;
    return *at / BODY_BYTES < thread->side_count || add_block(thread);
}

const char *vt_thread_args_of(const struct vt_thread *thread,
                              const struct vt_frame *frame, size_t *size) {
    if (!frame->side)
        return NULL;
    const struct vt_side *side = side_at(thread, frame->side - 1);
    *size = side->size_bytes;
    return (const char *)(side + 1);
}

const char *vt_thread_args_get(const struct vt_thread *thread, size_t *size) {
    const struct vt_frame *frame = innermost(thread);
    return frame ? vt_thread_args_of(thread, frame, size) : NULL;
}

static uint32_t end_of(const struct vt_thread *thread, uint32_t at) {
    return at + entry_bytes(side_at(thread, at)->size_bytes);
}

/* Where a new entry for the frame goes. One that replaces the last goes in front of it
 * if it fits there, else behind it, so that the old one stays whole for readers and an
 * entry that is replaced for ever needs the room of two. */
static bool find_place(struct vt_thread *thread, const struct vt_frame *frame,
                       uint32_t size, uint32_t *at, uint32_t *base) {
    if (!frame->side) {
        bool found = make_room(thread, size, at);
        *base = *at;
        return found;
    }
    uint32_t old = frame->side - 1;
    *base = side_at(thread, old)->base;
    if (end_of(thread, old) == thread->side_used && *base + size <= old &&
        *base / BODY_BYTES == (*base + size) / BODY_BYTES) {
        *at = *base;
        return true;
    }
    return make_room(thread, size, at);
}

/* A new entry of `size` bytes of text for the frame, to be filled. NULL: no room. */
static char *renew(struct vt_thread *thread, const struct vt_frame *frame, size_t size,
                   uint32_t *at) {
    uint32_t base;
    if (size > VT_EVENT_PAYLOAD_MAX_BYTES ||
        !find_place(thread, frame, entry_bytes(size), at, &base))
        return NULL;
    struct vt_side *side = side_at(thread, *at);
    *side = (struct vt_side){.size_bytes = (uint32_t)size, .base = base};
    return (char *)(side + 1);
}

/* The bytes are there; readers may see them. */
static void publish(struct vt_thread *thread, struct vt_frame *frame, uint32_t at) {
    uint32_t end = end_of(thread, at);
    thread->side_used = end;
    atomic_store_explicit(&header_of(thread, at / BODY_BYTES)->committed,
                          end - at / BODY_BYTES * BODY_BYTES, memory_order_release);
    frame->side = 1 + at;
}

bool vt_thread_args_set(struct vt_thread *thread, const char *object, size_t size) {
    struct vt_frame *frame = innermost(thread);
    uint32_t at;
    char *text = frame ? renew(thread, frame, size, &at) : NULL;
    if (!text)
        return false;
    memcpy(text, object, size);
    publish(thread, frame, at);
    return true;
}

/* {old} and members become {old, members}. */
bool vt_thread_args_add(struct vt_thread *thread, const char *members, size_t size) {
    struct vt_frame *frame = innermost(thread);
    if (!frame || size > VT_EVENT_PAYLOAD_MAX_BYTES)
        return false;
    size_t old_size = 0;
    const char *old = vt_thread_args_of(thread, frame, &old_size);
    size_t whole = old ? old_size + 2 + size : size + 2;
    uint32_t at;
    char *text = renew(thread, frame, whole, &at);
    if (!text)
        return false;
    size_t kept = old ? old_size - 1 : 0; /* without the closing brace */
    if (old)
        memcpy(text, old, kept);
    memcpy(text + kept, old ? ", " : "{", old ? 2 : 1);
    memcpy(text + kept + (old ? 2 : 1), members, size);
    text[whole - 1] = '}';
    publish(thread, frame, at);
    return true;
}

/* Appends the members of an object but for those of that name. */
static void append_others(struct vt_buf *members, const char *object, size_t size,
                          struct vt_log_text name) {
    const char *end = object + size;
    for (const char *p = object + 1; p && p < end && *p == '"';) {
        const char *behind_name = vt_jcheck_string(p, end);
        const char *behind =
            behind_name ? vt_jcheck_value(vt_jcheck_blanks(behind_name + 1, end), end)
                        : NULL;
        if (!behind)
            return;
        if ((size_t)(behind_name - p) != name.size ||
            memcmp(p, name.bytes, name.size) != 0) {
            vt_buf_append(members, p, (size_t)(behind - p));
            vt_buf_append_text(members, ", ");
        }
        p = behind < end && *behind == ',' ? vt_jcheck_blanks(behind + 1, end) : NULL;
    }
}

bool vt_thread_args_put(struct vt_thread *thread, struct vt_log_text name,
                        struct vt_log_text value) {
    struct vt_buf object = {0};
    size_t old_size = 0;
    const char *old = vt_thread_args_get(thread, &old_size);
    vt_buf_append_char(&object, '{');
    if (old)
        append_others(&object, old, old_size, name);
    vt_buf_append(&object, name.bytes, name.size);
    vt_buf_append_text(&object, ": ");
    vt_buf_append(&object, value.bytes, value.size);
    vt_buf_append_char(&object, '}');
    bool put = !object.failed && vt_thread_args_set(thread, object.data, object.size);
    vt_buf_fini(&object);
    return put;
}

void vt_thread_args_drop(struct vt_thread *thread, const struct vt_frame *frame) {
    if (!vt_thread_depth(thread))
        thread->side_used = 0;
    else if (frame->side && end_of(thread, frame->side - 1) == thread->side_used)
        thread->side_used = side_at(thread, frame->side - 1)->base;
}

void vt_thread_args_drop_all(struct vt_thread *thread) {
    thread->side_used = 0;
}

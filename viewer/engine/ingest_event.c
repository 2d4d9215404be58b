/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/ingest.h"

#include <string.h>

const struct vt_jscan_token *vt_ingest_member(const struct vt_reader_event *event,
                                              const char *name) {
    size_t size = strlen(name);
    const struct vt_jscan_token *found = NULL;
    for (size_t i = 0; i < event->member_count; i++) {
        const struct vt_jscan_token *member = &event->members[i];
        const char *at = event->text + (member->name_at - event->offset);
        if (member->name_size == size && !memcmp(at, name, size))
            found = member;
    }
    return found;
}

const char *vt_ingest_text(struct vt_ingest *ingest,
                           const struct vt_reader_event *event,
                           const struct vt_jscan_token *member, size_t *size) {
    const char *text = vt_reader_value(event, member, size);
    if (member->kind != VT_JSCAN_STRING)
        return text;
    *size -= 2;
    if (!member->escaped)
        return text + 1;
    vt_buf_clear(&ingest->scratch);
    char *plain = vt_buf_reserve(&ingest->scratch, *size + 1);
    if (!plain)
        return NULL;
    *size = vt_jtext_unescape(text + 1, *size, plain);
    return plain;
}

/* Appends the member's text, which may be missing, and a byte that ends it. */
static void append_part(struct vt_ingest *ingest, struct vt_buf *key,
                        const struct vt_reader_event *event,
                        const struct vt_jscan_token *member) {
    size_t size = 0;
    const char *text = member ? vt_ingest_text(ingest, event, member, &size) : "";
    if (!text)
        key->failed = true;
    else
        vt_buf_append(key, text, size);
    vt_buf_append_char(key, '\0');
}

static uint32_t word_of(struct vt_ingest *ingest, const struct vt_reader_event *event,
                        const struct vt_jscan_token *member, struct vt_error *err) {
    size_t size = 0;
    const char *text = member ? vt_ingest_text(ingest, event, member, &size) : "";
    if (!text)
        return VT_STORE_NONE;
    return vt_store_word(ingest->store, text, size, err);
}

uint32_t vt_ingest_process(struct vt_ingest *ingest,
                           const struct vt_reader_event *event, struct vt_error *err) {
    uint32_t pid = word_of(ingest, event, event->fields[VT_READER_PID], err);
    bool is_new = false;
    if (pid == VT_STORE_NONE)
        return VT_STORE_NONE;
    uint32_t process = vt_strtab_add(&ingest->process_keys, &pid, sizeof pid, &is_new);
    struct vt_store_process made = {.pid = pid, .name = VT_STORE_NONE};
    if (is_new && vt_store_push(&ingest->store->processes, made, err) != VT_OK)
        return VT_STORE_NONE;
    return process;
}

uint32_t vt_ingest_new_track(struct vt_ingest *ingest, struct vt_store_track track,
                             struct vt_error *err) {
    struct vt_ingest_track empty = {.slices.last_end = INT64_MIN,
                                    .slices.previous_end = INT64_MIN};
    if (vt_store_push(&ingest->store->tracks, track, err) != VT_OK ||
        vt_store_push(&ingest->tracks, empty, err) != VT_OK)
        return VT_STORE_NONE;
    return (uint32_t)ingest->tracks.count - 1;
}

/* The track of the pid and tid, or for asynchronous events of the pid and category. */
static uint32_t find_track(struct vt_ingest *ingest,
                           const struct vt_reader_event *event,
                           enum vt_store_track_kind kind, struct vt_error *err) {
    const struct vt_jscan_token *second =
        event->fields[kind == VT_STORE_THREAD ? VT_READER_TID : VT_READER_CAT];
    vt_buf_clear(&ingest->key);
    vt_buf_append_char(&ingest->key, (char)kind);
    append_part(ingest, &ingest->key, event, event->fields[VT_READER_PID]);
    append_part(ingest, &ingest->key, event, second);
    bool is_new = false;
    uint32_t number = ingest->key.failed
                          ? VT_STORE_NONE
                          : vt_strtab_add(&ingest->track_keys, ingest->key.data,
                                          ingest->key.size, &is_new);
    if (number == VT_STORE_NONE || !is_new)
        return number;
    struct vt_store_track track = {.kind = kind, .name = VT_STORE_NONE};
    track.process = vt_ingest_process(ingest, event, err);
    track.tid = word_of(ingest, event, second, err);
    if (kind == VT_STORE_ASYNC)
        track.name = track.tid;
    if (track.process == VT_STORE_NONE || track.tid == VT_STORE_NONE)
        return VT_STORE_NONE;
    return vt_ingest_new_track(ingest, track, err);
}

static bool is_last(const struct vt_buf *last, size_t at, const char *text,
                    size_t size) {
    return last->size >= at + size && !memcmp(last->data + at, text, size);
}

uint32_t vt_ingest_track(struct vt_ingest *ingest, const struct vt_reader_event *event,
                         struct vt_error *err) {
    const struct vt_jscan_token *pid = event->fields[VT_READER_PID];
    const struct vt_jscan_token *tid = event->fields[VT_READER_TID];
    enum vt_store_track_kind kind =
        memchr("bneSTpF", event->phase, 7) ? VT_STORE_ASYNC : VT_STORE_THREAD;
    if (kind == VT_STORE_ASYNC || !pid || !tid)
        return find_track(ingest, event, kind, err);
    size_t pid_size, tid_size;
    const char *pid_text = vt_reader_value(event, pid, &pid_size);
    const char *tid_text = vt_reader_value(event, tid, &tid_size);
    struct vt_buf *last = &ingest->last_ids;
    if (last->size == pid_size + 1 + tid_size && is_last(last, 0, pid_text, pid_size) &&
        last->data[pid_size] == ' ' && is_last(last, pid_size + 1, tid_text, tid_size))
        return ingest->last_track;
    uint32_t track = find_track(ingest, event, kind, err);
    vt_buf_clear(last);
    vt_buf_append(last, pid_text, pid_size);
    vt_buf_append_char(last, ' ');
    vt_buf_append(last, tid_text, tid_size);
    ingest->last_track = track;
    return track;
}

static uint32_t category_of(struct vt_ingest *ingest,
                            const struct vt_reader_event *event, struct vt_error *err) {
    const struct vt_jscan_token *category = event->fields[VT_READER_CAT];
    if (!category || category->kind > VT_JSCAN_NUMBER)
        return VT_STORE_NONE;
    size_t size;
    const char *raw = vt_reader_value(event, category, &size);
    struct vt_buf *last = &ingest->last_category;
    if (last->size == size && !memcmp(last->data, raw, size))
        return ingest->last_category_name;
    const char *text = vt_ingest_text(ingest, event, category, &size);
    if (!text)
        return VT_STORE_NONE;
    uint32_t name = vt_store_name(ingest->store, text, size, VT_STORE_NONE, err);
    raw = vt_reader_value(event, category, &size);
    vt_buf_clear(last);
    vt_buf_append(last, raw, size);
    ingest->last_category_name = name;
    return name;
}

/* Of 8 bytes at its ends and in its middle: names differ there. */
static uint64_t quick_hash(const char *text, size_t size, uint32_t category) {
    uint64_t first = 0, middle = 0, last = 0;
    size_t some = size < 8 ? size : 8;
    memcpy(&first, text, some);
    memcpy(&middle, text + (size - some) / 2, some);
    memcpy(&last, text + size - some, some);
    uint64_t hash =
        (first ^ (middle << 7 | middle >> 57)) * UINT64_C(0x9E3779B97F4A7C15);
    hash =
        (hash ^ last ^ size ^ (uint64_t)category << 32) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

uint32_t vt_ingest_name(struct vt_ingest *ingest, const struct vt_reader_event *event,
                        struct vt_error *err) {
    const struct vt_jscan_token *member = event->fields[VT_READER_NAME];
    uint32_t category = category_of(ingest, event, err);
    size_t size = 0;
    const char *text = member ? vt_ingest_text(ingest, event, member, &size) : "";
    if (!text)
        return VT_STORE_NONE;
    uint64_t hash = quick_hash(text, size, category);
    struct vt_ingest_name_slot *slot = &ingest->slots[hash % VT_INGEST_SLOTS];
    if (slot->hash == hash && slot->size == size && slot->category == category) {
        size_t known_size;
        const char *known = vt_store_name_text(ingest->store, slot->name, &known_size);
        if (known_size == size && !memcmp(known, text, size))
            return slot->name;
    }
    uint32_t name = vt_store_name(ingest->store, text, size, category, err);
    *slot = (struct vt_ingest_name_slot){hash, name, (uint32_t)size, category};
    return name;
}

/* The parts of an id: its scope and, of id2, whether it is of the process only. */
uint32_t vt_ingest_id(struct vt_ingest *ingest, const struct vt_reader_event *event,
                      const char *member, struct vt_error *err) {
    const struct vt_jscan_token *id = vt_ingest_member(event, member);
    bool is_local = false;
    if (!id && !strcmp(member, "id")) {
        id = vt_ingest_member(event, "id2");
        size_t size = 0;
        const char *text = id ? vt_reader_value(event, id, &size) : "";
        for (size_t i = 0; i + 5 <= size; i++)
            is_local |= !memcmp(text + i, "local", 5);
    }
    if (!id)
        return VT_STORE_NONE;
    vt_buf_clear(&ingest->key);
    append_part(ingest, &ingest->key, event, id);
    ingest->key.size--; /* an id alone is as it stands */
    const struct vt_jscan_token *scope = vt_ingest_member(event, "scope");
    if (scope || is_local)
        append_part(ingest, &ingest->key, event, scope);
    if (is_local)
        append_part(ingest, &ingest->key, event, event->fields[VT_READER_PID]);
    if (ingest->key.failed) {
        vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
        return VT_STORE_NONE;
    }
    return vt_store_word(ingest->store, ingest->key.data, ingest->key.size, err);
}

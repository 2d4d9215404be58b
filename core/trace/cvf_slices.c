/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_slices.h"

#include <stdlib.h>
#include <string.h>

struct slice {
    int64_t ts; /* in ticks */
    int64_t dur;
};

/* In groups with args. */
struct slice_with_args {
    struct slice slice; /* first: groups are sorted by it */
    uint64_t args_at;   /* in slices->args */
    uint64_t args_size;
};

struct vt_cvf_slice_group {
    uint64_t pid, tid;
    size_t name_at, name_size; /* in slices->names */
    struct vt_buf slices;      /* struct slice or slice_with_args */
    int64_t last_ts;
    bool has_args;
    bool is_unfit; /* its name cannot be a cstr */
    bool is_unsorted;
};

void vt_cvf_slices_fini(struct vt_cvf_slices *slices) {
    for (uint32_t i = 0; i < slices->keys.count && i < slices->capacity; i++)
        vt_buf_fini(&slices->groups[i].slices);
    free(slices->groups);
    vt_strtab_fini(&slices->keys);
    vt_buf_fini(&slices->names);
    vt_buf_fini(&slices->args);
    vt_buf_fini(&slices->key);
    vt_buf_fini(&slices->plain);
    *slices = (struct vt_cvf_slices){0};
}

/* ---- taking */

static int64_t ticks_of(int64_t ns) {
    return ns / VT_CVF_TICK_NS - (ns % VT_CVF_TICK_NS < 0);
}

/* Both ends of the event; false if it has no two that are within 64 bits. */
static bool read_times(const struct vt_reader_event *event, struct slice *slice) {
    int64_t end_ns;
    if (event->fields[VT_READER_TS]->kind != VT_JSCAN_NUMBER ||
        event->fields[VT_READER_DUR]->kind != VT_JSCAN_NUMBER || !event->ts_fits ||
        event->dur_ns < 0 || event->dur_ns == INT64_MAX ||
        __builtin_add_overflow(event->ts_ns, event->dur_ns, &end_ns))
        return false;
    slice->ts = ticks_of(event->ts_ns);
    slice->dur = ticks_of(end_ns) - slice->ts;
    return true;
}

/* Whether the event has all that a slice has, args perhaps, and nothing else. */
static bool has_members(const struct vt_reader_event *event) {
    static const enum vt_reader_field needed[] = {
        VT_READER_PH,  VT_READER_NAME, VT_READER_CAT, VT_READER_TS,
        VT_READER_DUR, VT_READER_PID,  VT_READER_TID,
    };
    enum { NEEDED = sizeof needed / sizeof *needed };
    for (size_t i = 0; i < NEEDED; i++) {
        if (!event->fields[needed[i]])
            return false;
    }
    if (event->member_count != NEEDED + (event->fields[VT_READER_ARGS] != NULL))
        return false;
    size_t size;
    const char *cat = vt_reader_value(event, event->fields[VT_READER_CAT], &size);
    return size == 5 && memcmp(cat, "\"FEE\"", 5) == 0;
}

/* Enters the group's name; false: memory ran out. */
static bool name_group(struct vt_cvf_slices *slices, struct vt_cvf_slice_group *group,
                       const char *inside, size_t size) {
    struct vt_buf *plain = &slices->plain;
    group->is_unfit =
        !vt_cvf_put_fits_text(inside, size, plain) || plain->size > VT_CVF_NAME_BYTES;
    group->name_at = slices->names.size;
    group->name_size = plain->size;
    vt_buf_append(&slices->names, plain->data, plain->size);
    return !plain->failed && !slices->names.failed;
}

static bool make_place(struct vt_cvf_slices *slices) {
    if (slices->keys.count <= slices->capacity)
        return true;
    size_t capacity = slices->capacity ? 2 * slices->capacity : 64;
    struct vt_cvf_slice_group *groups =
        realloc(slices->groups, capacity * sizeof *groups);
    if (!groups)
        return false;
    slices->groups = groups;
    slices->capacity = capacity;
    return true;
}

/* The group of the event, whose name is a string; NULL: memory ran out. */
static struct vt_cvf_slice_group *find_group(struct vt_cvf_slices *slices,
                                             const struct vt_reader_event *event,
                                             uint64_t pid, uint64_t tid) {
    size_t size;
    const char *name = vt_reader_value(event, event->fields[VT_READER_NAME], &size);
    struct vt_buf *key = &slices->key;
    bool has_args = event->fields[VT_READER_ARGS];
    vt_buf_clear(key);
    vt_buf_append(key, &pid, sizeof pid);
    vt_buf_append(key, &tid, sizeof tid);
    vt_buf_append_char(key, (char)has_args);
    vt_buf_append(key, name + 1, size - 2);
    bool is_new;
    if (key->failed)
        return NULL;
    uint32_t index = vt_strtab_add(&slices->keys, key->data, key->size, &is_new);
    if (index == VT_STRTAB_NO_MEMORY || !make_place(slices))
        return NULL;
    struct vt_cvf_slice_group *group = &slices->groups[index];
    if (!is_new)
        return group;
    *group = (struct vt_cvf_slice_group){
        .pid = pid, .tid = tid, .has_args = has_args, .last_ts = INT64_MIN};
    return name_group(slices, group, name + 1, size - 2) ? group : NULL;
}

static bool add_slice(struct vt_cvf_slices *slices, struct vt_cvf_slice_group *group,
                      const struct vt_reader_event *event, const struct slice *slice) {
    group->is_unsorted |= slice->ts < group->last_ts;
    group->last_ts = slice->ts;
    vt_buf_append(&group->slices, slice, sizeof *slice);
    if (group->has_args) {
        size_t size;
        const char *args = vt_reader_value(event, event->fields[VT_READER_ARGS], &size);
        uint64_t place[2] = {slices->args.size, size};
        vt_buf_append(&slices->args, args, size);
        vt_buf_append(&group->slices, place, sizeof place);
    }
    return !group->slices.failed && !slices->args.failed;
}

enum vt_cvf_verdict vt_cvf_slices_add(struct vt_cvf_slices *slices,
                                      const struct vt_reader_event *event) {
    uint64_t pid, tid;
    struct slice slice;
    if (event->phase != 'X' || !has_members(event) ||
        event->fields[VT_READER_NAME]->kind != VT_JSCAN_STRING ||
        !vt_cvf_put_fits_id(event->fields[VT_READER_PID], &pid) ||
        !vt_cvf_put_fits_id(event->fields[VT_READER_TID], &tid) ||
        !read_times(event, &slice))
        return VT_CVF_NOT_FIT;
    struct vt_cvf_slice_group *group = find_group(slices, event, pid, tid);
    if (!group)
        return VT_CVF_NO_MEMORY;
    if (group->is_unfit)
        return VT_CVF_NOT_FIT;
    return add_slice(slices, group, event, &slice) ? VT_CVF_TAKEN : VT_CVF_NO_MEMORY;
}

/* ---- writing */

static size_t width_of(const struct vt_cvf_slice_group *group) {
    return group->has_args ? sizeof(struct slice_with_args) : sizeof(struct slice);
}

static const struct slice *slice_at(const struct vt_cvf_slice_group *group,
                                    size_t index) {
    return (const void *)(group->slices.data + index * width_of(group));
}

static int compare_slices(const void *a, const void *b) {
    int64_t first = ((const struct slice *)a)->ts,
            second = ((const struct slice *)b)->ts;
    return (first > second) - (first < second);
}

static uint64_t delta_of(const struct vt_cvf_slice_group *group, size_t index) {
    return (uint64_t)slice_at(group, index)->ts -
           (uint64_t)slice_at(group, index - 1)->ts;
}

/* How many bytes ts and dur of all slices take. */
static uint64_t size_slices(const struct vt_cvf_slice_group *group, size_t count) {
    uint64_t size = sizeof(int64_t);
    for (size_t i = 0; i < count; i++) {
        if (i)
            size += vt_cvf_put_varint_size(delta_of(group, i));
        size += vt_cvf_put_varint_size((uint64_t)slice_at(group, i)->dur);
    }
    return size;
}

/* The list of args as a block. */
static enum vt_status write_args(const struct vt_cvf_slices *slices,
                                 const struct vt_cvf_slice_group *group, size_t count,
                                 const struct vt_cvf_packer *packer,
                                 struct vt_cvf_put *put, struct vt_error *err) {
    struct vt_buf data = {0};
    uint64_t size = 0;
    void *state = NULL;
    enum vt_status status = packer->open(&data, &state, err);
    for (size_t i = 0; i < count && status == VT_OK; i++) {
        const struct slice_with_args *slice = (const void *)slice_at(group, i);
        status = packer->write(state, i ? ", " : "[", i ? 2 : 1, err);
        if (status == VT_OK)
            status = packer->write(state, slices->args.data + slice->args_at,
                                   slice->args_size, err);
        size += (i ? 2 : 1) + slice->args_size;
    }
    if (status == VT_OK)
        status = packer->write(state, "]", 1, err);
    if (status == VT_OK)
        status = packer->finish(state, err);
    if (status == VT_OK)
        vt_cvf_put_block(put, size + 1, &data);
    packer->close(state);
    vt_buf_fini(&data);
    return status;
}

static enum vt_status write_group(struct vt_cvf_slices *slices,
                                  struct vt_cvf_slice_group *group,
                                  const struct vt_cvf_packer *packer,
                                  struct vt_cvf_put *put, struct vt_error *err) {
    size_t count = group->slices.size / width_of(group);
    if (group->is_unsorted)
        qsort(group->slices.data, count, width_of(group), compare_slices);
    vt_cvf_put_byte(put, VT_CVF_SLICES);
    vt_cvf_put_u64(put, group->pid);
    vt_cvf_put_u64(put, group->tid);
    vt_cvf_put_cstr(put, slices->names.data + group->name_at, group->name_size);
    vt_cvf_put_u64(put, count);
    uint64_t args_at = put->at + sizeof args_at + size_slices(group, count);
    vt_cvf_put_u64(put, group->has_args ? args_at : 0);
    for (size_t i = 0; i < count; i++) {
        const struct slice *slice = slice_at(group, i);
        if (i)
            vt_cvf_put_varint(put, delta_of(group, i));
        else
            vt_cvf_put_u64(put, (uint64_t)slice->ts);
        vt_cvf_put_varint(put, (uint64_t)slice->dur);
    }
    return group->has_args ? write_args(slices, group, count, packer, put, err) : VT_OK;
}

enum vt_status vt_cvf_slices_write(struct vt_cvf_slices *slices,
                                   const struct vt_cvf_packer *packer,
                                   struct vt_cvf_put *put, struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (uint32_t i = 0; i < slices->keys.count && status == VT_OK; i++) {
        struct vt_cvf_slice_group *group = &slices->groups[i];
        if (group->slices.size)
            status = write_group(slices, group, packer, put, err);
        vt_buf_fini(&group->slices);
    }
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_counters.h"
#include "core/trace/cvf_number.h"

#include <stdlib.h>
#include <string.h>

/* Of a group: each costs a byte in each of its events. */
enum { MOST_KEYS = 64 };

/* A member of the args of an event that is being taken. */
struct field {
    const char *name; /* as it stands between its quotes */
    size_t name_size;
    const char *text; /* the number */
    size_t text_size;
    struct vt_cvf_number number;
};

/* One key's value in one event. */
struct value {
    struct vt_cvf_number number;
    uint32_t key;         /* in the group */
    uint32_t digits_size; /* DIGITS */
    size_t digits_at;     /* in counters->digits */
};

struct counter {
    int64_t ts_ns;
    size_t at, count; /* in counters->values */
};

struct vt_cvf_counter_group {
    uint64_t pid, tid;
    struct vt_strtab keys;
    struct vt_buf counters; /* struct counter */
    bool is_unfit;
};

void vt_cvf_counters_fini(struct vt_cvf_counters *counters) {
    for (uint32_t i = 0; i < counters->names.count && i < counters->capacity; i++) {
        vt_strtab_fini(&counters->groups[i].keys);
        vt_buf_fini(&counters->groups[i].counters);
    }
    free(counters->groups);
    vt_strtab_fini(&counters->names);
    vt_buf_fini(&counters->values);
    vt_buf_fini(&counters->digits);
    vt_buf_fini(&counters->name);
    vt_buf_fini(&counters->plain);
    vt_buf_fini(&counters->fields);
    *counters = (struct vt_cvf_counters){0};
}

/* ---- taking */

static bool has_members(const struct vt_reader_event *event) {
    static const enum vt_reader_field needed[] = {
        VT_READER_PH,  VT_READER_NAME, VT_READER_TS,
        VT_READER_PID, VT_READER_TID,  VT_READER_ARGS,
    };
    enum { NEEDED = sizeof needed / sizeof *needed };
    for (size_t i = 0; i < NEEDED; i++) {
        if (!event->fields[needed[i]])
            return false;
    }
    return event->member_count == NEEDED && event->ts_fits &&
           event->fields[VT_READER_TS]->kind == VT_JSCAN_NUMBER &&
           event->fields[VT_READER_NAME]->kind == VT_JSCAN_STRING &&
           event->fields[VT_READER_ARGS]->kind == VT_JSCAN_OBJECT;
}

/* One member of args; false if it does not fit. */
static bool add_field(struct vt_cvf_counters *counters, const char *args,
                      const struct vt_jscan_token *token) {
    struct field field = {
        .name = args + token->name_at,
        .name_size = token->name_size,
        .text = args + token->at,
        .text_size = (size_t)(token->end - token->at),
    };
    if (token->kind != VT_JSCAN_NUMBER ||
        !vt_cvf_number_read(token, field.text, field.text_size, &field.number) ||
        !vt_cvf_put_fits_text(field.name, field.name_size, &counters->plain))
        return false;
    vt_buf_append(&counters->fields, &field, sizeof field);
    return true;
}

/* Fills counters->fields; false if the args are not just numbers. */
static bool read_fields(struct vt_cvf_counters *counters, const char *args,
                        size_t size) {
    enum { DEPTH = 2 }; /* what nests deeper does not fit anyway */
    uint8_t nesting[VT_JSCAN_NESTING_BYTES(DEPTH)];
    struct vt_jscan_options options = {
        .nesting = nesting, .depth = DEPTH, .string_bytes = UINT32_MAX};
    struct vt_jscan scan;
    struct vt_jscan_token token;
    bool fits = true;
    vt_buf_clear(&counters->fields);
    vt_jscan_init(&scan, &options);
    vt_jscan_feed(&scan, args, size);
    while (fits && !vt_jscan_is_used_up(&scan)) {
        if (vt_jscan_run(&scan, &token, 1) && token.depth == 1)
            fits = add_field(counters, args, &token);
    }
    return fits && !vt_jscan_failed(&scan);
}

static bool make_place(struct vt_cvf_counters *counters) {
    if (counters->names.count <= counters->capacity)
        return true;
    size_t capacity = counters->capacity ? 2 * counters->capacity : 16;
    struct vt_cvf_counter_group *groups =
        realloc(counters->groups, capacity * sizeof *groups);
    if (!groups)
        return false;
    counters->groups = groups;
    counters->capacity = capacity;
    return true;
}

/* The group of the event: its key in counters->names is pid, tid and the plain name. */
static struct vt_cvf_counter_group *find_group(struct vt_cvf_counters *counters,
                                               const struct vt_reader_event *event,
                                               uint64_t pid, uint64_t tid) {
    size_t size;
    const char *name = vt_reader_value(event, event->fields[VT_READER_NAME], &size);
    bool fits = vt_cvf_put_fits_text(name + 1, size - 2, &counters->plain);
    struct vt_buf *key = &counters->name;
    vt_buf_clear(key);
    vt_buf_append(key, &pid, sizeof pid);
    vt_buf_append(key, &tid, sizeof tid);
    vt_buf_append(key, counters->plain.data, counters->plain.size);
    if (key->failed || counters->plain.failed)
        return NULL;
    bool is_new;
    uint32_t index = vt_strtab_add(&counters->names, key->data, key->size, &is_new);
    if (index == VT_STRTAB_NO_MEMORY || !make_place(counters))
        return NULL;
    struct vt_cvf_counter_group *group = &counters->groups[index];
    if (is_new)
        *group = (struct vt_cvf_counter_group){
            .pid = pid,
            .tid = tid,
            .is_unfit = !fits || counters->plain.size > VT_CVF_NAME_BYTES,
        };
    return group;
}

/* The number of the field's key in the group. */
static enum vt_cvf_verdict add_key(struct vt_cvf_counters *counters,
                                   struct vt_cvf_counter_group *group,
                                   const struct field *field, uint32_t *key) {
    const struct vt_buf *plain = &counters->plain;
    vt_cvf_put_fits_text(field->name, field->name_size, &counters->plain);
    if (plain->failed)
        return VT_CVF_NO_MEMORY;
    *key = vt_strtab_find(&group->keys, plain->data, plain->size);
    if (*key != VT_STRTAB_NONE)
        return VT_CVF_TAKEN;
    if (group->keys.count == MOST_KEYS)
        return VT_CVF_NOT_FIT;
    *key = vt_strtab_add(&group->keys, plain->data, plain->size, NULL);
    return *key == VT_STRTAB_NO_MEMORY ? VT_CVF_NO_MEMORY : VT_CVF_TAKEN;
}

static bool is_twice(const struct vt_cvf_counters *counters,
                     const struct counter *counter, uint32_t key) {
    const struct value *values = (const void *)counters->values.data;
    for (size_t i = 0; i < counter->count; i++) {
        if (values[counter->at + i].key == key)
            return true;
    }
    return false;
}

static enum vt_cvf_verdict add_counter(struct vt_cvf_counters *counters,
                                       struct vt_cvf_counter_group *group,
                                       int64_t ts_ns) {
    const struct field *fields = (const void *)counters->fields.data;
    size_t count = counters->fields.size / sizeof *fields;
    size_t values_before = counters->values.size;
    struct counter counter = {ts_ns, values_before / sizeof(struct value), 0};
    for (; counter.count < count; counter.count++) {
        const struct field *field = &fields[counter.count];
        uint32_t key;
        enum vt_cvf_verdict verdict = add_key(counters, group, field, &key);
        if (verdict == VT_CVF_TAKEN && is_twice(counters, &counter, key))
            verdict = VT_CVF_NOT_FIT;
        if (verdict != VT_CVF_TAKEN) {
            counters->values.size = values_before;
            return verdict;
        }
        struct value value = {.number = field->number, .key = key};
        if (field->number.kind == VT_CVF_DIGITS) {
            value.digits_at = counters->digits.size;
            value.digits_size = (uint32_t)field->text_size;
            vt_buf_append(&counters->digits, field->text, field->text_size);
        }
        vt_buf_append(&counters->values, &value, sizeof value);
        if (counters->values.failed || counters->digits.failed)
            return VT_CVF_NO_MEMORY;
    }
    vt_buf_append(&group->counters, &counter, sizeof counter);
    return group->counters.failed ? VT_CVF_NO_MEMORY : VT_CVF_TAKEN;
}

enum vt_cvf_verdict vt_cvf_counters_add(struct vt_cvf_counters *counters,
                                        const struct vt_reader_event *event) {
    uint64_t pid, tid;
    if (event->phase != 'C' || !has_members(event) ||
        !vt_cvf_put_fits_id(event->fields[VT_READER_PID], &pid) ||
        !vt_cvf_put_fits_id(event->fields[VT_READER_TID], &tid))
        return VT_CVF_NOT_FIT;
    size_t size;
    const char *args = vt_reader_value(event, event->fields[VT_READER_ARGS], &size);
    if (size > VT_CVF_NAME_BYTES || !read_fields(counters, args, size))
        return counters->plain.failed ? VT_CVF_NO_MEMORY : VT_CVF_NOT_FIT;
    struct vt_cvf_counter_group *group = find_group(counters, event, pid, tid);
    if (!group || counters->fields.failed)
        return VT_CVF_NO_MEMORY;
    return group->is_unfit ? VT_CVF_NOT_FIT
                           : add_counter(counters, group, event->ts_ns);
}

/* ---- writing */

static int compare_counters(const void *a, const void *b) {
    const struct counter *first = a, *second = b;
    if (first->ts_ns != second->ts_ns)
        return first->ts_ns < second->ts_ns ? -1 : 1;
    /* values stand in the order of the trace */
    return (first->at > second->at) - (first->at < second->at);
}

static bool are_equal(const struct vt_cvf_counters *counters, const struct value *a,
                      const struct value *b) {
    if (a->number.kind != b->number.kind || a->digits_size != b->digits_size)
        return false;
    if (a->number.kind == VT_CVF_DIGITS)
        return !memcmp(counters->digits.data + a->digits_at,
                       counters->digits.data + b->digits_at, a->digits_size);
    return !memcmp(&a->number.value, &b->number.value, sizeof a->number.value);
}

static void write_value(const struct vt_cvf_counters *counters, struct vt_cvf_put *put,
                        const struct value *value, const struct value *before) {
    uint64_t bits;
    if (!value) {
        vt_cvf_put_byte(put, VT_CVF_ABSENT);
        return;
    }
    if (before && are_equal(counters, value, before)) {
        vt_cvf_put_byte(put, VT_CVF_UNCHANGED);
        return;
    }
    vt_cvf_put_byte(put, value->number.kind);
    if (value->number.kind == VT_CVF_DIGITS) {
        vt_cvf_put_cstr(put, counters->digits.data + value->digits_at,
                        value->digits_size);
        return;
    }
    memcpy(&bits, &value->number.value, sizeof bits);
    vt_cvf_put_u64(put, bits);
}

/* `now` and `before`: the values of the keys in this event and the one before it. */
static void write_counter(const struct vt_cvf_counters *counters,
                          const struct vt_cvf_counter_group *group,
                          const struct counter *counter, const struct value **now,
                          const struct value **before, struct vt_cvf_put *put) {
    const struct value *values = (const void *)counters->values.data;
    memset(now, 0, group->keys.count * sizeof *now);
    for (size_t i = 0; i < counter->count; i++)
        now[values[counter->at + i].key] = &values[counter->at + i];
    vt_cvf_put_u64(put, (uint64_t)counter->ts_ns);
    for (uint32_t key = 0; key < group->keys.count; key++)
        write_value(counters, put, now[key], before[key]);
}

static void write_head(const struct vt_cvf_counter_group *group, const char *name,
                       size_t name_size, size_t count, struct vt_cvf_put *put) {
    vt_cvf_put_byte(put, VT_CVF_COUNTER);
    vt_cvf_put_u64(put, group->pid);
    vt_cvf_put_u64(put, group->tid);
    vt_cvf_put_cstr(put, name, name_size);
    vt_cvf_put_u64(put, group->keys.count);
    for (uint32_t key = 0; key < group->keys.count; key++) {
        size_t size;
        const char *text = vt_strtab_get(&group->keys, key, &size);
        vt_cvf_put_cstr(put, text, size);
    }
    vt_cvf_put_u64(put, count);
}

static enum vt_status write_group(const struct vt_cvf_counters *counters,
                                  struct vt_cvf_counter_group *group, uint32_t index,
                                  struct vt_cvf_put *put, struct vt_error *err) {
    enum { IDS_BYTES = 2 * sizeof(uint64_t) }; /* in front of the name */
    struct counter *all = (void *)group->counters.data;
    size_t count = group->counters.size / sizeof *all, name_size;
    const char *name = vt_strtab_get(&counters->names, index, &name_size);
    const struct value **values =
        calloc(2 * (size_t)group->keys.count + 1, sizeof *values);
    if (!values)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    const struct value **now = values, **before = values + group->keys.count;
    qsort(all, count, sizeof *all, compare_counters);
    write_head(group, name + IDS_BYTES, name_size - IDS_BYTES, count, put);
    for (size_t i = 0; i < count; i++) {
        write_counter(counters, group, &all[i], now, before, put);
        const struct value **swap = now;
        now = before;
        before = swap;
    }
    free(values);
    return VT_OK;
}

enum vt_status vt_cvf_counters_write(struct vt_cvf_counters *counters,
                                     struct vt_cvf_put *put, struct vt_error *err) {
    enum vt_status status = VT_OK;
    for (uint32_t i = 0; i < counters->names.count && status == VT_OK; i++) {
        if (counters->groups[i].counters.size)
            status = write_group(counters, &counters->groups[i], i, put, err);
    }
    return status;
}

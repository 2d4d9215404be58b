/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_write.h"

#include "core/trace/cvf_counters.h"
#include "core/trace/cvf_slices.h"
#include "core/trace/member_table.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 256 * 1024, PLACES = VT_READER_FILE_INFO + 1 };

/* The list of the other events: packed as they come. */
struct others {
    struct vt_buf data;
    void *packing; /* NULL: there are none yet */
    uint64_t text_bytes;
    bool last_may_mislead; /* the last of them looks like the one for metadata */
};

struct vt_cvf_write {
    struct vt_cvf_packer packer;
    struct vt_cvf_put put;
    struct vt_cvf_slices slices;
    struct vt_cvf_counters counters;
    struct others others;
    struct vt_member_table members[PLACES]; /* by enum vt_reader_place */
    struct vt_buf plain;
};

static enum vt_status no_memory(struct vt_error *err) {
    return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
}

/* ---- life */

enum vt_status vt_cvf_write_create(const struct vt_cvf_packer *packer,
                                   struct vt_sink sink, struct vt_cvf_write **write,
                                   struct vt_error *err) {
    struct vt_cvf_write *made = calloc(1, sizeof *made);
    if (!made)
        return no_memory(err);
    made->packer = *packer;
    enum vt_status status = vt_jwrite_init(&made->put.out, sink, BUFFER_BYTES, err);
    if (status != VT_OK) {
        vt_cvf_write_destroy(made);
        return status;
    }
    vt_cvf_put_u64(&made->put, VT_CVF_VERSION);
    *write = made;
    return VT_OK;
}

void vt_cvf_write_destroy(struct vt_cvf_write *write) {
    if (!write)
        return;
    write->packer.close(write->others.packing);
    vt_buf_fini(&write->others.data);
    for (size_t i = 0; i < PLACES; i++)
        vt_member_table_fini(&write->members[i]);
    vt_cvf_slices_fini(&write->slices);
    vt_cvf_counters_fini(&write->counters);
    vt_buf_fini(&write->plain);
    vt_jwrite_fini(&write->put.out);
    free(write);
}

/* ---- names of processes and threads */

/* args with one member, `name`, that is a text: its inside, else NULL. */
static const char *find_only_name(const char *args, size_t size, size_t *name_size) {
    enum { DEPTH = 2 };
    uint8_t nesting[VT_JSCAN_NESTING_BYTES(DEPTH)];
    struct vt_jscan_options options = {
        .nesting = nesting, .depth = DEPTH, .string_bytes = UINT32_MAX};
    struct vt_jscan scan;
    struct vt_jscan_token token;
    const char *found = NULL;
    size_t count = 0;
    vt_jscan_init(&scan, &options);
    vt_jscan_feed(&scan, args, size);
    while (!vt_jscan_is_used_up(&scan)) {
        if (!vt_jscan_run(&scan, &token, 1) || token.depth != 1)
            continue;
        count++;
        if (token.kind != VT_JSCAN_STRING || token.name_size != 4 ||
            memcmp(args + token.name_at, "name", 4) != 0)
            return NULL;
        found = args + token.at + 1;
        *name_size = (size_t)(token.end - token.at) - 2;
    }
    return count == 1 && !vt_jscan_failed(&scan) ? found : NULL;
}

static bool is_text(const struct vt_reader_event *event, enum vt_reader_field field,
                    const char *json) {
    size_t size;
    const char *value = vt_reader_value(event, event->fields[field], &size);
    return size == strlen(json) && memcmp(value, json, size) == 0;
}

static enum vt_cvf_verdict add_name(struct vt_cvf_write *write,
                                    const struct vt_reader_event *event) {
    const struct vt_jscan_token *const *fields = event->fields;
    uint64_t pid, tid;
    if (event->phase != 'M' || event->member_count != 5 || !fields[VT_READER_NAME] ||
        !fields[VT_READER_PID] || !fields[VT_READER_TID] || !fields[VT_READER_ARGS] ||
        fields[VT_READER_ARGS]->kind != VT_JSCAN_OBJECT ||
        !vt_cvf_put_fits_id(fields[VT_READER_PID], &pid) ||
        !vt_cvf_put_fits_id(fields[VT_READER_TID], &tid))
        return VT_CVF_NOT_FIT;
    bool is_process = is_text(event, VT_READER_NAME, "\"process_name\"");
    if (!is_process && !is_text(event, VT_READER_NAME, "\"thread_name\""))
        return VT_CVF_NOT_FIT;
    size_t size, name_size;
    const char *args = vt_reader_value(event, fields[VT_READER_ARGS], &size);
    const char *name = find_only_name(args, size, &name_size);
    if (!name || !vt_cvf_put_fits_text(name, name_size, &write->plain))
        return write->plain.failed ? VT_CVF_NO_MEMORY : VT_CVF_NOT_FIT;
    vt_cvf_put_byte(&write->put, is_process ? VT_CVF_PROCESS_NAME : VT_CVF_THREAD_NAME);
    vt_cvf_put_u64(&write->put, pid);
    vt_cvf_put_u64(&write->put, tid);
    vt_cvf_put_cstr(&write->put, write->plain.data, write->plain.size);
    return VT_CVF_TAKEN;
}

/* ---- other events */

static enum vt_status pack_other(struct vt_cvf_write *write, const void *bytes,
                                 size_t size, struct vt_error *err) {
    write->others.text_bytes += size;
    return write->packer.write(write->others.packing, bytes, size, err);
}

/* An element of the list comes next. */
static enum vt_status separate_other(struct vt_cvf_write *write, struct vt_error *err) {
    struct others *others = &write->others;
    if (others->packing)
        return pack_other(write, ", ", 2, err);
    enum vt_status status = write->packer.open(&others->data, &others->packing, err);
    return status == VT_OK ? pack_other(write, "[", 1, err) : status;
}

static enum vt_status add_other(struct vt_cvf_write *write,
                                const struct vt_reader_event *event,
                                struct vt_error *err) {
    write->others.last_may_mislead =
        event->phase == 'M' && event->fields[VT_READER_NAME] &&
        is_text(event, VT_READER_NAME, "\"viztracer_metadata\"");
    enum vt_status status = separate_other(write, err);
    return status == VT_OK ? pack_other(write, event->text, event->size, err) : status;
}

static enum vt_status write_others(struct vt_cvf_write *write, struct vt_error *err) {
    if (!write->others.packing)
        return VT_OK;
    enum vt_status status = pack_other(write, "]", 1, err);
    if (status == VT_OK)
        status = write->packer.finish(write->others.packing, err);
    if (status != VT_OK)
        return status;
    vt_cvf_put_byte(&write->put, VT_CVF_OTHERS);
    vt_cvf_put_block(&write->put, write->others.text_bytes, &write->others.data);
    return VT_OK;
}

/* ---- the handlers */

static enum vt_status take_event(void *state, const struct vt_reader_event *event,
                                 struct vt_error *err) {
    struct vt_cvf_write *write = state;
    enum vt_cvf_verdict verdict = vt_cvf_slices_add(&write->slices, event);
    if (verdict == VT_CVF_NOT_FIT)
        verdict = vt_cvf_counters_add(&write->counters, event);
    if (verdict == VT_CVF_NOT_FIT)
        verdict = add_name(write, event);
    if (verdict == VT_CVF_NOT_FIT)
        return add_other(write, event, err);
    return verdict == VT_CVF_NO_MEMORY ? no_memory(err) : VT_OK;
}

static enum vt_status take_member(void *state, const struct vt_reader_member *member,
                                  struct vt_error *err) {
    struct vt_cvf_write *write = state;
    struct vt_member_text text = {member->name, member->name_size, member->value,
                                  member->value_size};
    return vt_member_table_add(&write->members[member->place], &text) ==
                   VT_MEMBER_TABLE_NO_MEMORY
               ? no_memory(err)
               : VT_OK;
}

struct vt_reader_handler vt_cvf_write_handler(struct vt_cvf_write *write) {
    return (struct vt_reader_handler){take_event, take_member, write};
}

/* ---- what stands beside the events */

static void render_metadata(const struct vt_cvf_write *write, bool has_metadata,
                            struct vt_jwrite *out) {
    vt_jwrite_text(
        out,
        "{\"ph\": \"M\", \"pid\": 0, \"tid\": 0, \"name\": \"viztracer_metadata\"");
    if (has_metadata) {
        vt_jwrite_text(out, ", \"args\": {");
        vt_member_table_write(&write->members[VT_READER_METADATA], true, out);
        vt_jwrite_text(out, "}");
    }
    if (vt_member_table_count(&write->members[VT_READER_TOP])) {
        vt_jwrite_text(out, ", \"report\": {");
        vt_member_table_write(&write->members[VT_READER_TOP], true, out);
        vt_jwrite_text(out, "}");
    }
    vt_jwrite_text(out, "}");
}

static void render_file_info(const struct vt_cvf_write *write, struct vt_jwrite *out) {
    vt_jwrite_text(out, "{\"files\": {");
    vt_member_table_write(&write->members[VT_READER_FILE], true, out);
    vt_jwrite_text(out, "}, \"functions\": {");
    vt_member_table_write(&write->members[VT_READER_FUNCTION], true, out);
    vt_jwrite_text(out, "}");
    vt_member_table_write(&write->members[VT_READER_FILE_INFO], false, out);
    vt_jwrite_text(out, "}");
}

/* Appends what one of the two above writes. */
static enum vt_status render(struct vt_buf *text, const struct vt_cvf_write *write,
                             const struct vt_reader_stats *stats, bool is_metadata,
                             struct vt_error *err) {
    struct vt_jwrite out;
    enum vt_status status =
        vt_jwrite_init(&out, vt_sink_to_buf(text), VT_JWRITE_LEAST_BYTES, err);
    if (status != VT_OK)
        return status;
    if (is_metadata)
        render_metadata(write, stats->has_metadata, &out);
    else
        render_file_info(write, &out);
    status = vt_jwrite_finish(&out, err);
    vt_jwrite_fini(&out);
    return status;
}

static enum vt_status add_metadata(struct vt_cvf_write *write,
                                   const struct vt_reader_stats *stats,
                                   struct vt_error *err) {
    struct vt_buf text = {0};
    if (!stats->has_metadata && !write->others.last_may_mislead &&
        !vt_member_table_count(&write->members[VT_READER_TOP]))
        return VT_OK;
    enum vt_status status = render(&text, write, stats, true, err);
    if (status == VT_OK)
        status = separate_other(write, err);
    if (status == VT_OK)
        status = pack_other(write, text.data, text.size, err);
    vt_buf_fini(&text);
    return status;
}

static enum vt_status write_file_info(struct vt_cvf_write *write,
                                      const struct vt_reader_stats *stats,
                                      struct vt_error *err) {
    struct vt_buf text = {0}, data = {0};
    void *packing = NULL;
    enum vt_status status = render(&text, write, stats, false, err);
    if (status == VT_OK)
        status = write->packer.open(&data, &packing, err);
    if (status == VT_OK)
        status = write->packer.write(packing, text.data, text.size, err);
    if (status == VT_OK)
        status = write->packer.finish(packing, err);
    if (status == VT_OK) {
        vt_cvf_put_byte(&write->put, VT_CVF_FILE_INFO);
        vt_cvf_put_block(&write->put, text.size, &data);
    }
    write->packer.close(packing);
    vt_buf_fini(&data);
    vt_buf_fini(&text);
    return status;
}

enum vt_status vt_cvf_write_finish(struct vt_cvf_write *write,
                                   const struct vt_reader_stats *stats,
                                   struct vt_error *err) {
    enum vt_status status =
        vt_cvf_slices_write(&write->slices, &write->packer, &write->put, err);
    if (status == VT_OK)
        status = vt_cvf_counters_write(&write->counters, &write->put, err);
    if (status == VT_OK)
        status = add_metadata(write, stats, err);
    if (status == VT_OK)
        status = write_others(write, err);
    if (status == VT_OK && stats->has_file_info)
        status = write_file_info(write, stats, err);
    return status == VT_OK ? vt_jwrite_finish(&write->put.out, err) : status;
}

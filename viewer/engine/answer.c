/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trace/cvf_number.h"
#include "viewer/engine/answer.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#define TWO_TO_53 9007199254740992.0

/* ---- the reply */

void *vt_answer_column(struct vt_answer *answer, size_t count, size_t item_bytes) {
    size_t size = count * item_bytes, padded = (size + 7) & ~(size_t)7;
    char *at = vt_buf_reserve(answer->reply, padded);
    if (!at) {
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    memset(at + size, 0, padded - size);
    answer->reply->size += padded;
    return at;
}

void vt_answer_bytes(struct vt_answer *answer, const void *bytes, size_t size) {
    void *at = vt_answer_column(answer, size, 1);
    if (at && size)
        memcpy(at, bytes, size);
}

void vt_answer_slice_record(struct vt_answer *answer, uint32_t slice) {
    const struct vt_store *store = answer->store;
    const struct vt_columns *columns = &store->columns;
    uint32_t row = vt_store_row_of(store, slice);
    struct {
        uint32_t slice, row, name, track, depth, payload;
        double start, duration;
    } record = {
        slice,
        row,
        columns->name[slice],
        store->rows.items[row].track,
        store->rows.items[row].depth,
        columns->payload ? columns->payload[slice] : 0,
        (double)columns->start[slice],
        (double)vt_columns_dur(columns, slice),
    };
    vt_answer_bytes(answer, &record, sizeof record);
    answer->count++;
}

void vt_answer_fail(struct vt_answer *answer, enum vt_status status, const char *text) {
    if (answer->err.status == VT_OK)
        vt_error_set(&answer->err, status, "%s", text);
}

/* ---- the request */

bool vt_answer_has_slice(struct vt_answer *answer, uint32_t slice) {
    if (slice < answer->store->columns.count)
        return true;
    vt_answer_fail(answer, VT_ERR_USAGE, "there is no such slice");
    return false;
}

bool vt_answer_has_name(struct vt_answer *answer, uint32_t name) {
    if (name < answer->store->names.count)
        return true;
    vt_answer_fail(answer, VT_ERR_USAGE, "there is no such name");
    return false;
}

bool vt_answer_read_tracks(struct vt_answer *answer, uint32_t first, uint32_t count) {
    const struct vt_store *store = answer->store;
    if (!count)
        return true;
    answer->tracks = calloc(store->tracks.count + 1, sizeof *answer->tracks);
    if (!answer->tracks) {
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        return false;
    }
    for (uint32_t i = first; i < first + count; i++) {
        if (answer->list[i] >= store->tracks.count) {
            vt_answer_fail(answer, VT_ERR_USAGE, "there is no such track");
            return false;
        }
        answer->tracks[answer->list[i]] = true;
    }
    return true;
}

/* ---- JSON */

bool vt_answer_json_begin(struct vt_answer *answer, struct vt_jwrite *out) {
    struct vt_error err;
    if (vt_jwrite_init(out, vt_sink_to_buf(answer->reply), 4096, &err) == VT_OK)
        return true;
    vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
    return false;
}

void vt_answer_json_end(struct vt_answer *answer, struct vt_jwrite *out) {
    struct vt_error err;
    if (vt_jwrite_finish(out, &err) != VT_OK)
        vt_answer_fail(answer, err.status, err.text);
    vt_jwrite_fini(out);
}

void vt_answer_json_name(struct vt_answer *answer, struct vt_jwrite *out,
                         uint32_t name) {
    size_t size;
    const char *text = vt_store_name_text(answer->store, name, &size);
    vt_jwrite_string(out, text, size);
}

void vt_answer_json_word(struct vt_answer *answer, struct vt_jwrite *out,
                         uint32_t word) {
    size_t size;
    if (word == VT_STORE_NONE) {
        vt_jwrite_text(out, "null");
        return;
    }
    const char *text = vt_strtab_get(&answer->store->words, word, &size);
    vt_jwrite_string(out, text, size);
}

void vt_answer_json_payload(struct vt_answer *answer, struct vt_jwrite *out,
                            uint32_t number) {
    if (!number || number > answer->store->payloads.count)
        return;
    const struct vt_store_payload *payload = &answer->store->payloads.items[number - 1];
    const char *text =
        vt_blocks_text(&answer->store->blocks, &answer->view, payload->place);
    if (!text) {
        vt_answer_fail(answer, VT_ERR_FORMAT, "the arguments cannot be unpacked");
        return;
    }
    vt_jwrite_text(out, payload->is_event ? ", \"event\": " : ", \"args\": ");
    vt_jwrite_json(out, text, payload->place.size);
}

void vt_answer_json_times(struct vt_answer *answer, struct vt_jwrite *out,
                          int64_t time) {
    const struct vt_store *store = answer->store;
    int64_t ts = store->origin_ns + time, wall;
    vt_jwrite_text(out, ", \"ts_ns\": \"");
    vt_jwrite_i64(out, ts);
    vt_jwrite_text(out, "\", \"wall_ns\": ");
    if (store->has_base_time &&
        !__builtin_add_overflow(store->base_time_ns, ts, &wall)) {
        vt_jwrite_text(out, "\"");
        vt_jwrite_i64(out, wall);
        vt_jwrite_text(out, "\"");
    } else
        vt_jwrite_text(out, "null");
}

void vt_answer_json_double(struct vt_jwrite *out, double number) {
    char text[VT_CVF_NUMBER_TEXT_BYTES];
    double magnitude = number < 0 ? -number : number;
    if (!(magnitude <= DBL_MAX)) {
        vt_jwrite_text(out, "null");
    } else if (magnitude < TWO_TO_53 && magnitude == (double)(uint64_t)magnitude) {
        vt_jwrite_i64(out, (int64_t)number);
    } else {
        size_t size = vt_cvf_number_print(number, text);
        vt_jwrite_json(out, text, size);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/query.h"

#include "viewer/engine/answer.h"
#include "viewer/engine/engine_inside.h"

#include <stdlib.h>
#include <string.h>

/* Beyond all times that a store can have. */
#define FAR_NS (INT64_C(1) << 62)

static uint32_t u32_at(const unsigned char *bytes, size_t at) {
    uint32_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static double f64_at(const unsigned char *bytes, size_t at) {
    double value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

static int64_t to_ns(double time) {
    if (!(time > -(double)FAR_NS))
        return -FAR_NS;
    return time < (double)FAR_NS ? (int64_t)time : FAR_NS;
}

/* False: the bytes are no request. */
static bool read_request(struct vt_answer *answer, const unsigned char *bytes,
                         size_t size) {
    if (size < VT_QUERY_REQUEST_BYTES)
        return false;
    answer->kind = u32_at(bytes, 0);
    answer->flags = u32_at(bytes, 4);
    double t0 = f64_at(bytes, 8), t1 = f64_at(bytes, 16);
    answer->t0 = to_ns(t0);
    answer->t1 = to_ns(t1);
    if (t0 == 0 && t1 == 0) {
        answer->t0 = -FAR_NS;
        answer->t1 = FAR_NS;
    }
    answer->d0 = f64_at(bytes, 24);
    answer->d1 = f64_at(bytes, 32);
    answer->a = u32_at(bytes, 40);
    answer->b = u32_at(bytes, 44);
    answer->level = u32_at(bytes, 48);
    answer->limit = u32_at(bytes, 52);
    answer->list_count = u32_at(bytes, 56);
    answer->text_size = u32_at(bytes, 60);
    uint64_t needed =
        VT_QUERY_REQUEST_BYTES + (uint64_t)answer->list_count * 4 + answer->text_size;
    if (needed > size)
        return false;
    answer->text = (const char *)bytes + needed - answer->text_size;
    size_t list_bytes = (size_t)answer->list_count * 4;
    answer->list_copy = malloc(list_bytes + 1); /* aligned */
    if (!answer->list_copy) {
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
        return true;
    }
    memcpy(answer->list_copy, bytes + VT_QUERY_REQUEST_BYTES, list_bytes);
    answer->list = answer->list_copy;
    return true;
}

static const struct {
    void (*answer)(struct vt_answer *answer);
    bool lists_tracks; /* all of the list */
} queries[] = {
    [VT_QUERY_META] = {vt_answer_meta, false},
    [VT_QUERY_NAMES] = {vt_answer_names, false},
    [VT_QUERY_TILES] = {vt_answer_tiles, false},
    [VT_QUERY_SLICE] = {vt_answer_slice, false},
    [VT_QUERY_AT] = {vt_answer_at, false},
    [VT_QUERY_NEXT] = {vt_answer_next, false},
    [VT_QUERY_CHILDREN] = {vt_answer_children, false},
    [VT_QUERY_SEARCH] = {vt_answer_search, false},
    [VT_QUERY_AGG] = {vt_answer_agg, true},
    [VT_QUERY_HISTOGRAM] = {vt_answer_histogram, true},
    [VT_QUERY_FLAME] = {vt_answer_flame, true},
    [VT_QUERY_COUNTER] = {vt_answer_counter, false},
    [VT_QUERY_INSTANTS] = {vt_answer_instants, true},
    [VT_QUERY_INSTANT] = {vt_answer_instant, false},
    [VT_QUERY_FLOWS] = {vt_answer_flows, false},
    [VT_QUERY_OBJECTS] = {vt_answer_objects, false},
    [VT_QUERY_OBJECT] = {vt_answer_object, false},
    [VT_QUERY_SOURCE] = {vt_answer_source, false},
    [VT_QUERY_EXPORT] = {vt_answer_export, true},
    [VT_QUERY_PROFILE] = {vt_answer_profile, true},
};

static void dispatch(struct vt_answer *answer) {
    if (answer->kind >= sizeof queries / sizeof *queries ||
        !queries[answer->kind].answer) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such query");
        return;
    }
    if (answer->level > 62 && answer->kind != VT_QUERY_SEARCH) {
        vt_answer_fail(answer, VT_ERR_USAGE, "there is no such level");
        return;
    }
    if (queries[answer->kind].lists_tracks &&
        !vt_answer_read_tracks(answer, 0, answer->list_count))
        return;
    queries[answer->kind].answer(answer);
}

static void write_head(struct vt_buf *reply, uint32_t status, uint32_t count,
                       double total) {
    if (reply->size < VT_QUERY_REPLY_BYTES)
        return;
    memcpy(reply->data, &status, 4);
    memcpy(reply->data + 4, &count, 4);
    memcpy(reply->data + 8, &total, 8);
}

/* The body becomes what is wrong, or the block that is needed. */
static void replace_body(struct vt_answer *answer) {
    struct vt_buf *reply = answer->reply;
    static const char head[VT_QUERY_REPLY_BYTES];
    vt_buf_clear(reply);
    vt_buf_append(reply, head, sizeof head);
    if (answer->view.needs) {
        const struct vt_block *block =
            &answer->store->blocks.items[answer->view.needed];
        vt_buf_append(reply, block->packed, block->size);
        write_head(reply, VT_REPLY_NEEDS_BLOCK, answer->view.needed,
                   (double)block->raw_size);
        return;
    }
    size_t size = strlen(answer->err.text);
    vt_buf_append(reply, answer->err.text, size);
    write_head(reply, VT_REPLY_ERROR, (uint32_t)size, (double)answer->err.status);
}

void vt_query_answer(const struct vt_engine *engine, const void *request, size_t size,
                     struct vt_buf *reply) {
    static const char head[VT_QUERY_REPLY_BYTES];
    struct vt_answer answer = {.store = &engine->store, .reply = reply};
    answer.err.status = VT_OK;
    vt_buf_clear(reply);
    vt_buf_append(reply, head, sizeof head);
    if (!engine->is_finished)
        vt_answer_fail(&answer, VT_ERR_USAGE, "the trace is not read yet");
    else if (!read_request(&answer, request, size))
        vt_answer_fail(&answer, VT_ERR_USAGE, "not a request");
    else if (answer.err.status == VT_OK)
        dispatch(&answer);
    if (answer.err.status == VT_OK && reply->failed)
        vt_answer_fail(&answer, VT_ERR_NO_MEMORY, "out of memory");
    if (answer.err.status != VT_OK || answer.view.needs)
        replace_body(&answer);
    else
        write_head(reply, VT_REPLY_OK, answer.count, answer.total);
    if (reply->failed)
        vt_buf_fini(reply);
    vt_blocks_view_fini(&answer.view);
    free(answer.tracks);
    free(answer.list_copy);
}

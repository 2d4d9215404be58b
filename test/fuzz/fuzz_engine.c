/* SPDX-License-Identifier: Apache-2.0
 *
 * The viewer's engine on any bytes, JSON, a packed report or a compact index: what it
 * takes, it can be asked; what it makes of JSON is the same after a way through an
 * index, and what it makes of a packed report is what it makes of that as JSON.
 */
#include "core/trace/pack_layout.h"
#include "core/trace/pack_read.h"
#include "test/fuzz/fuzz_target.h"
#include "viewer/engine/query.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 1 << 20 };

struct request {
    uint32_t kind, flags;
    double t0, t1, d0, d1;
    uint32_t a, b, level, limit, list_count, text_size;
    uint32_t list[2];
    char text[4];
};

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static double some_time(uint64_t *seed) {
    static const double times[] = {0, 1, 1000, 1e9, 1e15, 3e18, -1e18, 1e300, -1e300};
    uint32_t dice = next_random(seed);
    return dice % 2 ? times[dice / 2 % 9] : (double)(next_random(seed) % 5000000);
}

/* Small numbers mostly: there are few rows, slices and names. */
static uint32_t some_number(uint64_t *seed) {
    static const uint32_t edges[] = {VT_QUERY_NONE, 255, 62, 4096, 1u << 31};
    uint32_t dice = next_random(seed);
    return dice % 5 ? dice / 5 % 5 : edges[dice / 5 % 5];
}

static struct request draw(uint64_t *seed) {
    struct request request = {
        .kind = next_random(seed) % 22,
        .flags = next_random(seed) % 8,
        .t0 = some_time(seed),
        .t1 = some_time(seed),
        .d0 = next_random(seed) % 3 ? 0 : some_time(seed),
        .d1 = next_random(seed) % 3 ? 0 : some_time(seed),
        .a = some_number(seed),
        .b = some_number(seed),
        .level = next_random(seed) % 64,
        .limit = next_random(seed) % 4 ? 0 : next_random(seed) % 100000,
        .list_count = next_random(seed) % 3,
    };
    if (request.kind == VT_QUERY_SEARCH) { /* level: how long the text for names is */
        request.list_count = 2;
        request.b = next_random(seed) % 2;
        request.text_size = next_random(seed) % 5;
        request.level = next_random(seed) % (request.text_size + 1);
    }
    /* without limits a picture or an export of all times has as many items as slices */
    request.list[0] = some_number(seed);
    request.list[1] = some_number(seed);
    memcpy(request.text, "f\"a1", 4);
    return request;
}

static void ask(const struct vt_engine *engine, const struct request *request,
                struct vt_buf *reply) {
    size_t size = VT_QUERY_REQUEST_BYTES + request->list_count * 4 + request->text_size;
    unsigned char *copy = malloc(size); /* a step outside it is seen */
    memcpy(copy, request, VT_QUERY_REQUEST_BYTES + request->list_count * 4);
    memcpy(copy + size - request->text_size, request->text, request->text_size);
    vt_query_answer(engine, copy, size, reply);
    VT_REQUIRE(reply->size >= VT_QUERY_REPLY_BYTES);
    free(copy);
}

static enum vt_status load(const uint8_t *data, size_t size, size_t step,
                           struct vt_engine **engine) {
    struct vt_engine_options options = {.depth = 64, .string_bytes = 4096};
    struct vt_error err = {0};
    enum vt_status status = vt_engine_create(&options, engine, &err);
    for (size_t at = 0; at < size && status == VT_OK; at += step) {
        size_t piece = size - at < step ? size - at : step;
        void *copy = malloc(piece);
        memcpy(copy, data + at, piece);
        status = vt_engine_feed(*engine, copy, piece, &err);
        free(copy);
    }
    return status == VT_OK ? vt_engine_finish(*engine, &err) : status;
}

static struct vt_engine *through_index(const struct vt_engine *engine) {
    struct vt_buf index = {0};
    struct vt_error err = {0};
    struct vt_engine *other;
    VT_REQUIRE(vt_engine_save(engine, vt_sink_to_buf(&index), &err) == VT_OK);
    VT_REQUIRE(load((const uint8_t *)index.data, index.size, 4096, &other) == VT_OK);
    vt_buf_fini(&index);
    return other;
}

static void ask_both(const struct vt_engine *engine, const struct vt_engine *other,
                     uint64_t seed) {
    struct vt_buf reply = {0}, same = {0};
    for (int i = 0; i < 60; i++) {
        struct request request = draw(&seed);
        ask(engine, &request, &reply);
        if (!other || request.kind == VT_QUERY_META) /* how many bytes it had */
            continue;
        ask(other, &request, &same);
        VT_REQUIRE(reply.size == same.size &&
                   memcmp(reply.data, same.data, same.size) == 0);
    }
    vt_buf_fini(&reply);
    vt_buf_fini(&same);
}

static enum vt_status take_little(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    struct vt_buf *text = state;
    vt_buf_append(text, bytes, size);
    return text->size < MOST_TEXT ? VT_OK : vt_error_set(err, VT_ERR_LIMIT, "too much");
}

/* A packed report as an engine that was given its JSON; NULL: it is damaged. *is_long:
 * it is too long to try. */
static struct vt_engine *through_json(const uint8_t *data, size_t size, bool *is_long) {
    struct vt_buf text = {0};
    struct vt_error err = {0};
    struct vt_pack_read *pack;
    struct vt_engine *engine = NULL;
    enum vt_status status =
        vt_pack_read_create((struct vt_sink){take_little, &text}, &pack, &err);
    if (status == VT_OK)
        status = vt_pack_read_feed(pack, data, size, &err);
    if (status == VT_OK)
        status = vt_pack_read_finish(pack, &err);
    vt_pack_read_destroy(pack);
    *is_long = text.size >= MOST_TEXT;
    if (status == VT_OK &&
        load((const uint8_t *)text.data, text.size, 4096, &engine) != VT_OK) {
        vt_engine_destroy(engine);
        engine = NULL;
    }
    vt_buf_fini(&text);
    return engine;
}

static void try_pack(const uint8_t *data, size_t size, uint8_t first) {
    bool is_long;
    struct vt_engine *engine, *other = through_json(data, size, &is_long);
    if (!is_long) {
        bool is_read = load(data, size, first % 64u + 1, &engine) == VT_OK;
        VT_REQUIRE(is_read == (other != NULL));
        if (is_read)
            ask_both(engine, other, first);
        vt_engine_destroy(engine);
    }
    vt_engine_destroy(other);
}

/* The first byte says how large the pieces are and which questions are asked. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct vt_engine *engine, *other = NULL;
    if (size > VT_PACK_MAGIC_BYTES &&
        !memcmp(data + 1, VT_PACK_MAGIC, VT_PACK_MAGIC_BYTES)) {
        try_pack(data + 1, size - 1, data[0]);
        return 0;
    }
    if (load(data + 1, size - 1, data[0] % 64u + 1, &engine) == VT_OK) {
        if (size > 1 && (data[1] == '{' || data[1] == '['))
            other = through_index(engine);
        ask_both(engine, other, data[0]);
    }
    vt_engine_destroy(other);
    vt_engine_destroy(engine);
    return 0;
}

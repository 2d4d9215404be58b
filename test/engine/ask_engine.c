/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers queries from a pipe: what the tests talk to natively; ask_wasm.mjs is the
 * same for engine.wasm.
 *
 *   ask_engine FILE [--index | --pack]
 *
 * stdin: u32 size, request; again and again. stdout: u32 size, reply. With --index the
 * trace goes through a compact index first, with --pack through a packed report, and an
 * engine without `unpack` answers.
 */
#include "viewer/server/trace_open.h"

#include "core/io/rawdeflate.h"
#include "core/io/source.h"
#include "core/trace/pack_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct vt_engine *through_index(struct vt_engine *engine) {
    struct vt_engine_options options = {0};
    struct vt_error err;
    struct vt_engine *other;
    if (vt_engine_create(&options, &other, &err) != VT_OK ||
        vt_engine_save(engine, vt_engine_sink(other), &err) != VT_OK ||
        vt_engine_finish(other, &err) != VT_OK) {
        fprintf(stderr, "ask_engine: %s\n", err.text);
        exit(1);
    }
    vt_engine_destroy(engine);
    return other;
}

static struct vt_engine *packed(const char *path) {
    struct vt_engine_options options = {0};
    struct vt_pack_write_options pack_options = {0};
    struct vt_source_options source_options = {0};
    struct vt_error err;
    struct vt_engine *engine;
    struct vt_pack_write *pack;
    struct vt_source *source;
    if (vt_engine_create(&options, &engine, &err) != VT_OK ||
        vt_pack_write_create(vt_engine_sink(engine), &pack_options, &pack, &err) !=
            VT_OK ||
        vt_source_open(path, &source_options, &source, &err) != VT_OK ||
        vt_source_pump(source, vt_pack_write_sink(pack), &err) != VT_OK ||
        vt_pack_write_finish(pack, &err) != VT_OK ||
        vt_engine_finish(engine, &err) != VT_OK) {
        fprintf(stderr, "ask_engine: %s\n", err.text);
        exit(1);
    }
    vt_source_close(source);
    vt_pack_write_destroy(pack);
    return engine;
}

/* Gives the engine the block that the reply asks for. False: it asks for none. */
static bool provide(struct vt_engine *engine, const struct vt_buf *reply) {
    uint32_t head[2];
    double raw_size;
    struct vt_buf raw = {0};
    struct vt_error err;
    memcpy(head, reply->data, sizeof head);
    memcpy(&raw_size, reply->data + 8, sizeof raw_size);
    if (head[0] != VT_REPLY_NEEDS_BLOCK)
        return false;
    if (vt_rawdeflate_unpack(reply->data + 16, reply->size - 16, (size_t)raw_size, &raw,
                             &err) != VT_OK ||
        vt_engine_provide(engine, head[1], raw.data, raw.size, &err) != VT_OK) {
        fprintf(stderr, "ask_engine: %s\n", err.text);
        exit(1);
    }
    vt_buf_fini(&raw);
    return true;
}

static void answer_all(struct vt_engine *engine) {
    struct vt_buf request = {0}, reply = {0};
    uint32_t size;
    while (fread(&size, sizeof size, 1, stdin) == 1) {
        vt_buf_clear(&request);
        char *room = vt_buf_reserve(&request, size + 1);
        if (!room || fread(room, 1, size, stdin) != size)
            exit(1);
        do
            vt_query_answer(engine, room, size, &reply);
        while (provide(engine, &reply));
        uint32_t out = (uint32_t)reply.size;
        fwrite(&out, sizeof out, 1, stdout);
        fwrite(reply.data, 1, reply.size, stdout);
        fflush(stdout);
    }
    vt_buf_fini(&request);
    vt_buf_fini(&reply);
}

int main(int argc, char **argv) {
    struct vt_trace_open_options options = {0};
    struct vt_engine *engine;
    struct vt_error err = {0};
    if (argc < 2 || vt_trace_open(argv[1], &options, &engine, &err) != VT_OK) {
        fprintf(stderr, "ask_engine: %s\n", argc < 2 ? "one FILE" : err.text);
        return 1;
    }
    if (argc > 2 && strcmp(argv[2], "--pack") == 0) {
        vt_engine_destroy(engine);
        engine = packed(argv[1]);
    } else if (argc > 2)
        engine = through_index(engine);
    answer_all(engine);
    vt_engine_destroy(engine);
    return 0;
}

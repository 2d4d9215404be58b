/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast the engine reads a trace and answers, and what memory it takes.
 *
 *   bench_engine FILE [WORD]     prints milliseconds and bytes per event; of the
 *                                questions only those with the WORD in their name
 */
#include "viewer/server/trace_open.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static const char *only = "";

struct request {
    uint32_t kind, flags;
    double t0, t1, d0, d1;
    uint32_t a, b, level, limit, list_count, text_size;
    uint32_t list[4096];
};

static void ask(const struct vt_engine *engine, const struct request *request,
                const char *what) {
    struct vt_buf reply = {0};
    uint32_t status = 1, count = 0;
    if (!strstr(what, only))
        return;
    size_t size = VT_QUERY_REQUEST_BYTES + request->list_count * 4;
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double begin = now_ms();
        vt_query_answer(engine, request, size, &reply);
        double took = now_ms() - begin;
        best = took < best ? took : best;
    }
    if (reply.size >= 16) {
        memcpy(&status, reply.data, 4);
        memcpy(&count, reply.data + 4, 4);
    }
    printf("%-28s %9.3f ms  %8" PRIu32 " records%s\n", what, best, count,
           status ? "  FAILED" : "");
    vt_buf_fini(&reply);
}

static void ask_tiles(const struct vt_engine *engine, uint32_t rows, double span) {
    struct request request = {.kind = VT_QUERY_TILES};
    for (request.list_count = 0;
         request.list_count < rows && request.list_count < 4096;)
        request.list[request.list_count] = request.list_count, request.list_count++;
    for (double zoom = 1; zoom <= 1e6; zoom *= 10) {
        char what[64];
        double width = span / zoom;
        request.t0 = span / 3;
        request.t1 = request.t0 + width;
        if (zoom == 1) {
            request.t0 = 0;
            request.t1 = width;
        }
        for (request.level = 0; (double)(UINT64_C(1) << request.level) < width / 1920;)
            request.level++;
        snprintf(what, sizeof what, "tiles, all rows, zoom %g", zoom);
        ask(engine, &request, what);
    }
}

static void ask_all(const struct vt_engine *engine) {
    struct request request = {.kind = VT_QUERY_META};
    struct vt_buf reply = {0};
    vt_query_answer(engine, &request, VT_QUERY_REQUEST_BYTES, &reply);
    const char *rows = strstr(reply.data + 16, "\"rows\": ");
    const char *span = strstr(reply.data + 16, "\"span_ns\": ");
    if (rows && span)
        ask_tiles(engine, (uint32_t)strtoul(rows + 8, NULL, 10),
                  strtod(span + 11, NULL));
    vt_buf_fini(&reply);
    request.kind = VT_QUERY_AGG;
    ask(engine, &request, "statistics of everything");
    request.kind = VT_QUERY_FLAME;
    ask(engine, &request, "flame graph of everything");
    request.kind = VT_QUERY_SEARCH;
    request.a = VT_QUERY_NONE;
    ask(engine, &request, "search that hits everything");
    request.kind = VT_QUERY_PROFILE;
    request.a = 1000;
    ask(engine, &request, "load profile");
}

static enum vt_status count_bytes(void *state, const void *bytes, size_t size,
                                  struct vt_error *err) {
    (void)bytes;
    (void)err;
    *(uint64_t *)state += size;
    return VT_OK;
}

int main(int argc, char **argv) {
    struct vt_trace_open_options options = {0};
    struct vt_engine *engine;
    struct vt_error err = {0};
    uint64_t index_bytes = 0;
    double begin = now_ms();
    if (argc == 3)
        only = argv[--argc];
    if (argc != 2 || vt_trace_open(argv[1], &options, &engine, &err) != VT_OK) {
        fprintf(stderr, "bench_engine: %s\n", argc == 2 ? err.text : "FILE [WORD]");
        return 1;
    }
    double opened = now_ms() - begin;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    struct vt_engine_progress progress = vt_engine_progress(engine);
    double events = progress.events ? (double)progress.events : 1;
    printf("%" PRIu64
           " events, %.0f MB: open %.0f ms, %.1f bytes an event, peak %.1f\n",
           progress.events, (double)progress.bytes / 1e6, opened,
           (double)vt_engine_memory(engine) / events,
           (double)usage.ru_maxrss * 1024 / events);
    ask_all(engine);
    begin = now_ms();
    if (vt_trace_open_index(engine, (struct vt_sink){count_bytes, &index_bytes},
                            &err) != VT_OK)
        fprintf(stderr, "bench_engine: %s\n", err.text);
    printf("%-28s %9.3f ms  %.2f bytes an event\n", "compact index, gzip'ed",
           now_ms() - begin, (double)index_bytes / events);
    vt_engine_destroy(engine);
    return 0;
}

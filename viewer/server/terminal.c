/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/terminal.h"

#include "core/base/jwrite.h"
#include "viewer/server/summary.h"
#include "viewer/server/trace_open.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 9 };

static const char *const column_names[COLUMNS] = {
    "calls", "total", "self", "min", "mean", "p50", "p95", "p99", "max",
};

/* What the table shows, in this order. */
static const int shown[] = {0, 1, 2, 4, 6, 8};

struct table {
    const struct vt_terminal_options *options;
    int sort;                  /* a column */
    struct vt_buf names, rows; /* replies */
    uint32_t count;
    const uint32_t *name; /* of each row */
    const double *columns;
    uint32_t *order;
};

/* One of our own requests. VT_ERR_FORMAT: it is answered with an error. */
static enum vt_status ask(const struct vt_engine *engine, uint32_t kind,
                          struct vt_buf *reply, struct vt_error *err) {
    unsigned char request[VT_QUERY_REQUEST_BYTES] = {0};
    uint32_t status = VT_REPLY_ERROR;
    memcpy(request, &kind, sizeof kind);
    vt_query_answer(engine, request, sizeof request, reply);
    if (reply->size >= VT_QUERY_REPLY_BYTES)
        memcpy(&status, reply->data, sizeof status);
    if (status == VT_REPLY_OK)
        return VT_OK;
    return vt_error_set(err, VT_ERR_NO_MEMORY, "the question could not be answered");
}

static enum vt_status find_sort(struct table *table, struct vt_error *err) {
    const char *wanted = table->options->sort ? table->options->sort : "self";
    for (table->sort = 0; table->sort < COLUMNS; table->sort++)
        if (!strcmp(column_names[table->sort], wanted))
            return VT_OK;
    return vt_error_set(err, VT_ERR_USAGE,
                        "--sort: calls, total, self, min, mean, p50, p95, p99 or max, "
                        "not '%s'",
                        wanted);
}

struct ranked {
    double value;
    uint32_t row;
};

static int compare_ranked(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return x->row < y->row ? -1 : 1;
}

static enum vt_status rank_rows(struct table *table, struct vt_error *err) {
    struct ranked *ranked = malloc((table->count + 1) * sizeof *ranked);
    table->order = malloc((table->count + 1) * sizeof *table->order);
    if (!ranked || !table->order) {
        free(ranked);
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; i < table->count; i++)
        ranked[i] =
            (struct ranked){table->columns[(size_t)table->sort * table->count + i], i};
    qsort(ranked, table->count, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < table->count; i++)
        table->order[i] = ranked[i].row;
    free(ranked);
    return VT_OK;
}

static const char *name_of(const struct table *table, uint32_t row, size_t *size) {
    uint32_t n;
    const char *body = table->names.data + VT_QUERY_REPLY_BYTES;
    memcpy(&n, table->names.data + 4, sizeof n);
    size_t begins = ((size_t)n + 1) * 4, categories = (size_t)n * 4;
    const char *bytes = body + (begins + 7) / 8 * 8 + (categories + 7) / 8 * 8 +
                        (size_t)n * sizeof(double);
    uint32_t begin, end;
    memcpy(&begin, body + (size_t)table->name[row] * 4, sizeof begin);
    memcpy(&end, body + ((size_t)table->name[row] + 1) * 4, sizeof end);
    *size = end - begin;
    return bytes + begin;
}

static void put_json(const struct table *table, uint32_t shown_rows,
                     struct vt_jwrite *out) {
    char number[64];
    vt_jwrite_text(out, "[");
    for (uint32_t i = 0; i < shown_rows; i++) {
        uint32_t row = table->order[i];
        size_t size;
        const char *name = name_of(table, row, &size);
        vt_jwrite_text(out, i ? ",\n {\"name\": " : "\n {\"name\": ");
        vt_jwrite_string(out, name, size);
        for (int k = 0; k < COLUMNS; k++) {
            snprintf(number, sizeof number, ", \"%s%s\": %.17g", column_names[k],
                     k ? "_ns" : "", table->columns[(size_t)k * table->count + row]);
            vt_jwrite_text(out, number);
        }
        vt_jwrite_text(out, "}");
    }
    vt_jwrite_text(out, "\n]\n");
}

/* A time in at most 9 columns. */
static void put_time(struct vt_jwrite *out, double ns) {
    char text[32];
    static const struct {
        double from;
        const char *unit;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
    size_t i = 0;
    while (i < 3 && ns < units[i].from)
        i++;
    snprintf(text, sizeof text, "%8.*f %-2s", i < 3 ? 2 : 0, ns / units[i].from,
             units[i].unit);
    vt_jwrite_text(out, text);
}

static void put_table(const struct table *table, uint32_t shown_rows,
                      struct vt_jwrite *out) {
    char text[32];
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        snprintf(text, sizeof text, k ? "%12s" : "%11s", column_names[shown[k]]);
        vt_jwrite_text(out, text);
    }
    vt_jwrite_text(out, "  function\n");
    for (uint32_t i = 0; i < shown_rows; i++) {
        uint32_t row = table->order[i];
        size_t size;
        const char *name = name_of(table, row, &size);
        snprintf(text, sizeof text, "%11.0f", table->columns[row]);
        vt_jwrite_text(out, text);
        for (size_t k = 1; k < sizeof shown / sizeof *shown; k++) {
            vt_jwrite_text(out, " ");
            put_time(out, table->columns[(size_t)shown[k] * table->count + row]);
        }
        vt_jwrite_text(out, "  ");
        vt_summary_text(out, name, size);
        vt_jwrite_text(out, "\n");
    }
}

static enum vt_status put_all(struct table *table, struct vt_sink sink,
                              struct vt_error *err) {
    struct vt_jwrite out;
    uint32_t top = table->options->top;
    uint32_t rows = top && top < table->count ? top : table->count;
    enum vt_status status = vt_jwrite_init(&out, sink, 65536, err);
    if (status != VT_OK)
        return status;
    if (table->options->json)
        put_json(table, rows, &out);
    else
        put_table(table, rows, &out);
    status = vt_jwrite_finish(&out, err);
    vt_jwrite_fini(&out);
    return status;
}

static enum vt_status ask_table(struct table *table, const struct vt_engine *engine,
                                struct vt_error *err) {
    enum vt_status status = ask(engine, VT_QUERY_NAMES, &table->names, err);
    if (status == VT_OK)
        status = ask(engine, VT_QUERY_AGG, &table->rows, err);
    if (status != VT_OK)
        return status;
    memcpy(&table->count, table->rows.data + 4, sizeof table->count);
    const void *body = table->rows.data + VT_QUERY_REPLY_BYTES;
    table->name = body;
    body = table->rows.data + VT_QUERY_REPLY_BYTES +
           ((size_t)table->count * 4 + 7) / 8 * 8;
    table->columns = body;
    return rank_rows(table, err);
}

enum vt_status vt_terminal_report(const char *path,
                                  const struct vt_terminal_options *options,
                                  struct vt_sink sink, struct vt_error *err) {
    struct table table = {.options = options};
    struct vt_trace_open_options open = {0};
    struct vt_engine *engine = NULL;
    enum vt_status status = find_sort(&table, err);
    if (status == VT_OK)
        status = vt_trace_open(path, &open, &engine, err);
    if (status == VT_OK)
        status = ask_table(&table, engine, err);
    if (status == VT_OK)
        status = put_all(&table, sink, err);
    vt_engine_destroy(engine);
    vt_buf_fini(&table.names);
    vt_buf_fini(&table.rows);
    free(table.order);
    return status;
}

static enum vt_status put_info(const char *path, const struct vt_buf *reply,
                               bool is_json, struct vt_sink sink,
                               struct vt_error *err) {
    struct vt_jwrite out;
    const char *meta = reply->data + VT_QUERY_REPLY_BYTES;
    size_t size = reply->size - VT_QUERY_REPLY_BYTES;
    enum vt_status status = vt_jwrite_init(&out, sink, 65536, err);
    if (status != VT_OK)
        return status;
    if (is_json) {
        vt_jwrite_bytes(&out, meta, size);
        vt_jwrite_text(&out, "\n");
    } else
        status = vt_summary_write(path, meta, size, &out, err);
    if (status == VT_OK)
        status = vt_jwrite_finish(&out, err);
    vt_jwrite_fini(&out);
    return status;
}

enum vt_status vt_terminal_info(const char *path, bool is_json, struct vt_sink sink,
                                struct vt_error *err) {
    struct vt_trace_open_options open = {0};
    struct vt_engine *engine = NULL;
    struct vt_buf reply = {0};
    enum vt_status status = vt_trace_open(path, &open, &engine, err);
    if (status == VT_OK)
        status = ask(engine, VT_QUERY_META, &reply, err);
    if (status == VT_OK)
        status = put_info(path, &reply, is_json, sink, err);
    vt_buf_fini(&reply);
    vt_engine_destroy(engine);
    return status;
}

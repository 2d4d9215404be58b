/* SPDX-License-Identifier: Apache-2.0
 *
 * The trace in outline: META and NAMES.
 */
#include "viewer/engine/answer.h"

/* ", \"name\": 12", or without comma if it is the first. */
static void put_number(struct vt_jwrite *out, const char *name, int64_t value) {
    vt_jwrite_text(out, ", \"");
    vt_jwrite_text(out, name);
    vt_jwrite_text(out, "\": ");
    vt_jwrite_i64(out, value);
}

struct member {
    const char *name;
    uint64_t value;
};

static void put_members(struct vt_jwrite *out, const char *name,
                        const struct member *members, size_t count) {
    vt_jwrite_text(out, ", \"");
    vt_jwrite_text(out, name);
    vt_jwrite_text(out, "\": {");
    for (size_t i = 0; i < count; i++) {
        vt_jwrite_text(out, i ? ", \"" : "\"");
        vt_jwrite_text(out, members[i].name);
        vt_jwrite_text(out, "\": ");
        vt_jwrite_u64(out, members[i].value);
    }
    vt_jwrite_text(out, "}");
}

static void put_processes(struct vt_answer *answer, struct vt_jwrite *out) {
    vt_jwrite_text(out, ", \"processes\": [");
    for (size_t i = 0; i < answer->store->processes.count; i++) {
        const struct vt_store_process *process = &answer->store->processes.items[i];
        vt_jwrite_text(out, i ? ", {\"id\": " : "{\"id\": ");
        vt_jwrite_u64(out, i);
        vt_jwrite_text(out, ", \"pid\": ");
        vt_answer_json_word(answer, out, process->pid);
        vt_jwrite_text(out, ", \"name\": ");
        vt_answer_json_word(answer, out, process->name);
        put_number(out, "sort", process->sort);
        vt_jwrite_text(out, "}");
    }
    vt_jwrite_text(out, "]");
}

static void put_track(struct vt_answer *answer, struct vt_jwrite *out, size_t i) {
    const struct vt_store_track *track = &answer->store->tracks.items[i];
    vt_jwrite_text(out, i ? ", {\"id\": " : "{\"id\": ");
    vt_jwrite_u64(out, i);
    put_number(out, "process", track->process);
    vt_jwrite_text(out, track->kind == VT_STORE_THREAD ? ", \"kind\": \"thread\""
                                                       : ", \"kind\": \"async\"");
    vt_jwrite_text(out, ", \"tid\": ");
    vt_answer_json_word(answer, out, track->tid);
    vt_jwrite_text(out, ", \"name\": ");
    vt_answer_json_word(answer, out, track->name);
    put_number(out, "lane", track->lane);
    put_number(out, "first_row", track->first_row);
    put_number(out, "depth", track->depth);
    put_number(out, "slices", (int64_t)track->slices);
    put_number(out, "instants", (int64_t)track->instants);
    put_number(out, "busy_ns", (int64_t)track->busy_ns);
    put_number(out, "sort", track->sort);
    vt_jwrite_text(out, "}");
}

static void put_counter(struct vt_answer *answer, struct vt_jwrite *out, size_t i) {
    const struct vt_store_counter *counter = &answer->store->counters.items[i];
    double low = 0, high = 0;
    for (size_t k = 0; k < counter->samples.count; k++) {
        double value = counter->samples.items[k].value;
        low = !k || value < low ? value : low;
        high = !k || value > high ? value : high;
    }
    vt_jwrite_text(out, i ? ", {\"id\": " : "{\"id\": ");
    vt_jwrite_u64(out, i);
    put_number(out, "process", counter->process);
    vt_jwrite_text(out, ", \"name\": ");
    vt_answer_json_name(answer, out, counter->name);
    vt_jwrite_text(out, ", \"series\": ");
    vt_answer_json_word(answer, out, counter->series);
    put_number(out, "samples", (int64_t)counter->samples.count);
    vt_jwrite_text(out, ", \"min\": ");
    vt_answer_json_double(out, low);
    vt_jwrite_text(out, ", \"max\": ");
    vt_answer_json_double(out, high);
    vt_jwrite_text(out, "}");
}

static void put_counts(const struct vt_store *store, struct vt_jwrite *out) {
    const struct vt_store_counts *c = &store->counts;
    const struct vt_store_problems *p = &store->problems;
    const struct member counts[] = {
        {"events", c->events},     {"slices", store->columns.count},
        {"instants", c->instants}, {"samples", c->samples},
        {"flows", c->flows},       {"objects", c->objects},
        {"metadata", c->metadata},
    };
    const struct member problems[] = {
        {"unfinished", p->unfinished},
        {"end_without_begin", p->end_without_begin},
        {"without_ts", p->without_ts},
        {"without_dur", p->without_dur},
        {"minus_dur", p->minus_dur},
        {"bad_ts", p->bad_ts},
        {"unknown_phase", p->unknown_phase},
        {"bad_counter", p->bad_counter},
        {"unbound_flow", p->unbound_flow},
        {"unplaced", p->unplaced},
    };
    put_members(out, "counts", counts, sizeof counts / sizeof *counts);
    put_members(out, "problems", problems, sizeof problems / sizeof *problems);
}

void vt_answer_meta(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    struct vt_jwrite out;
    if (!vt_answer_json_begin(answer, &out))
        return;
    vt_jwrite_text(&out, "{\"origin_ns\": \"");
    vt_jwrite_i64(&out, store->origin_ns);
    vt_jwrite_text(&out, "\"");
    put_number(&out, "span_ns", store->span_ns);
    put_number(&out, "rows", (int64_t)store->rows.count);
    put_number(&out, "slices", store->columns.count);
    put_number(&out, "names", (int64_t)store->names.count);
    put_processes(answer, &out);
    vt_jwrite_text(&out, ", \"tracks\": [");
    for (size_t i = 0; i < store->tracks.count; i++)
        put_track(answer, &out, i);
    vt_jwrite_text(&out, "], \"counters\": [");
    for (size_t i = 0; i < store->counters.count; i++)
        put_counter(answer, &out, i);
    vt_jwrite_text(&out, "]");
    put_counts(store, &out);
    put_number(&out, "bytes", (int64_t)store->bytes);
    vt_jwrite_text(&out,
                   store->overflow ? ", \"overflow\": true" : ", \"overflow\": false");
    put_number(&out, "lost_events", (int64_t)store->lost_events);
    vt_jwrite_text(&out, store->sources.count ? ", \"has_sources\": true"
                                              : ", \"has_sources\": false");
    vt_jwrite_text(&out, ", \"metadata\": {");
    vt_jwrite_json(&out, store->metadata.size ? store->metadata.data : "",
                   store->metadata.size);
    vt_jwrite_text(&out, "}}");
    vt_answer_json_end(answer, &out);
    answer->count = 1;
}

void vt_answer_names(struct vt_answer *answer) {
    const struct vt_store *store = answer->store;
    size_t n = store->names.count, bytes = 0, size;
    uint32_t *begin = vt_answer_column(answer, n + 1, sizeof *begin);
    for (uint32_t i = 0; begin && i <= n; i++) {
        begin[i] = (uint32_t)bytes;
        if (i < n) {
            vt_store_name_text(store, i, &size);
            bytes += size;
        }
    }
    uint32_t *category = vt_answer_column(answer, n, sizeof *category);
    for (size_t i = 0; category && i < n; i++)
        category[i] = store->names.items[i].category;
    double *calls = vt_answer_column(answer, n, sizeof *calls);
    for (size_t i = 0; calls && i < n; i++)
        calls[i] = (double)store->names.items[i].calls;
    char *text = vt_answer_column(answer, bytes, 1);
    for (uint32_t i = 0; text && i < n; i++) {
        const char *from = vt_store_name_text(store, i, &size);
        memcpy(text, from, size);
        text += size;
    }
    answer->count = (uint32_t)n;
    answer->total = (double)n;
}

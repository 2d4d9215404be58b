/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/server/summary.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_TRACKS = 40 };

/* Behind their number; `one` where there is one of them. */
static const struct {
    const char *member, *many, *one;
} problems[] = {
    {"unfinished", "slices had not ended when recording stopped",
     "slice had not ended when recording stopped"},
    {"end_without_begin", "ends of slices had no beginning",
     "end of a slice had no beginning"},
    {"without_ts", "events have no time", "event has no time"},
    {"without_dur", "slices have no duration", "slice has no duration"},
    {"minus_dur", "slices have a duration below 0", "slice has a duration below 0"},
    {"bad_ts", "events are at times that cannot be shown",
     "event is at a time that cannot be shown"},
    {"unknown_phase", "events are of an unknown kind", "event is of an unknown kind"},
    {"bad_counter", "values of counters are no numbers",
     "value of a counter is no number"},
    {"unbound_flow", "flows lead to no slice", "flow leads to no slice"},
    {"unplaced", "slices fit nowhere", "slice fits nowhere"},
};

static void put(struct vt_jwrite *out, const char *format, ...) VT_PRINTF(2, 3);

static void put(struct vt_jwrite *out, const char *format, ...) {
    char text[256];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    vt_jwrite_text(out, text);
}

/* "2 flows" behind what separates it. */
static void put_count(struct vt_jwrite *out, const char *before, double count,
                      const char *one) {
    put(out, "%s%.0f %s%s", before, count, one, count == 1 ? "" : "s");
}

void vt_summary_text(struct vt_jwrite *out, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        bool is_plain = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;
        vt_jwrite_bytes(out, is_plain ? &text[i] : "?", 1);
    }
}

static double number_of(const cJSON *object, const char *member) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* "" if there is none. */
static const char *text_of(const cJSON *object, const char *member) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* "name, pid 12", or what there is of it; slices that overlap have lanes above 0. */
static void put_named(struct vt_jwrite *out, const cJSON *of, const char *id) {
    const char *name = text_of(of, "name"), *number = text_of(of, id);
    vt_summary_text(out, name, strlen(name));
    if (*number && strcmp(name, number) != 0) {
        put(out, *name ? ", %s " : "%s ", id);
        vt_summary_text(out, number, strlen(number));
    }
    if (number_of(of, "lane") > 0)
        put(out, ", overlapping %.0f", number_of(of, "lane"));
    vt_jwrite_text(out, "\n");
}

/* ---- parts */

static void put_head(struct vt_jwrite *out, const char *name, const cJSON *meta) {
    const cJSON *counts = cJSON_GetObjectItemCaseSensitive(meta, "counts");
    char time[32];
    double ns = number_of(meta, "span_ns");
    snprintf(time, sizeof time, "%.3f %s", ns < 1e9 ? ns / 1e6 : ns / 1e9,
             ns < 1e9 ? "ms" : "s");
    vt_summary_text(out, name, strlen(name));
    double events = number_of(counts, "events") - number_of(counts, "metadata");
    put_count(out, ": ", events, "event");
    put(out, " in %s\n", time);
}

/* When it was recorded, and by which version. */
static void put_origin(struct vt_jwrite *out, const cJSON *meta) {
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(meta, "metadata");
    const char *version = text_of(metadata, "version");
    const cJSON *base =
        cJSON_GetObjectItemCaseSensitive(metadata, "baseTimeNanoseconds");
    char when[64] = "";
    struct tm parts;
    double ns = (cJSON_IsNumber(base) ? base->valuedouble : 0) +
                strtod(text_of(meta, "origin_ns"), NULL);
    time_t seconds = (time_t)(ns / 1e9);
    if (cJSON_IsNumber(base) && ns > 0 && ns < 2.5e20 && gmtime_r(&seconds, &parts))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
    if (*when)
        put(out, "began %s", when);
    if (*version) {
        put(out, *when ? ", recorded by version " : "recorded by version ");
        vt_summary_text(out, version, strlen(version));
    }
    if (*when || *version)
        vt_jwrite_text(out, "\n");
}

struct listed {
    const cJSON *track;
    double busy;
};

static int compare_listed(const void *a, const void *b) {
    const struct listed *x = a, *y = b;
    if (x->busy != y->busy)
        return x->busy < y->busy ? 1 : -1;
    return number_of(x->track, "id") < number_of(y->track, "id") ? -1 : 1;
}

static void put_track(struct vt_jwrite *out, const cJSON *track, double span) {
    double busy = span > 0 ? number_of(track, "busy_ns") / span : 0;
    double slices = number_of(track, "slices");
    put(out, "%12.0f %s %5.1f %% busy, depth %4.0f  ", slices,
        slices == 1 ? "slice " : "slices", busy < 1 ? 100 * busy : 100,
        number_of(track, "depth"));
    put_named(out, track, "tid");
}

/* The busiest tracks, each process's together. */
static enum vt_status put_tracks(struct vt_jwrite *out, const cJSON *meta,
                                 struct vt_error *err) {
    const cJSON *tracks = cJSON_GetObjectItemCaseSensitive(meta, "tracks");
    const cJSON *processes = cJSON_GetObjectItemCaseSensitive(meta, "processes");
    size_t count = 0;
    struct listed *listed =
        calloc((size_t)cJSON_GetArraySize(tracks) + 1, sizeof *listed);
    const cJSON *item, *process;
    if (!listed)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    cJSON_ArrayForEach(item, tracks) if (number_of(item, "slices") > 0)
        listed[count++] = (struct listed){item, number_of(item, "busy_ns")};
    qsort(listed, count, sizeof *listed, compare_listed);
    size_t shown = count < MOST_TRACKS ? count : MOST_TRACKS;
    cJSON_ArrayForEach(process, processes) {
        bool has_head = false;
        for (size_t i = 0; i < shown; i++) {
            if (number_of(listed[i].track, "process") != number_of(process, "id"))
                continue;
            if (!has_head)
                put_named(out, process, "pid");
            has_head = true;
            put_track(out, listed[i].track, number_of(meta, "span_ns"));
        }
    }
    if (shown < count)
        put(out, "and %zu tracks more that were less busy\n", count - shown);
    free(listed);
    return VT_OK;
}

static void put_counts(struct vt_jwrite *out, const cJSON *meta) {
    const cJSON *counts = cJSON_GetObjectItemCaseSensitive(meta, "counts");
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(meta, "counters");
    const cJSON *sources = cJSON_GetObjectItemCaseSensitive(meta, "has_sources");
    put_count(out, "", number_of(counts, "slices"), "slice");
    put_count(out, ", ", number_of(counts, "instants"), "instant");
    put_count(out, ", ", cJSON_GetArraySize(counters), "counter");
    put_count(out, ", ", number_of(counts, "flows"), "flow");
    put_count(out, ", ", number_of(counts, "objects"), "object");
    put(out, "; %s\n",
        cJSON_IsTrue(sources) ? "with source code" : "without source code");
}

static void put_problems(struct vt_jwrite *out, const cJSON *meta) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(meta, "problems");
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(meta, "overflow")))
        vt_jwrite_text(out, "not whole: the buffer was full, older events are lost\n");
    if (number_of(meta, "lost_events") > 0)
        put(out, "not whole: %.0f events are lost\n", number_of(meta, "lost_events"));
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        double count = number_of(found, problems[i].member);
        if (count > 0)
            put(out, "note: %.0f %s\n", count,
                count == 1 ? problems[i].one : problems[i].many);
    }
}

enum vt_status vt_summary_write(const char *name, const char *meta, size_t size,
                                struct vt_jwrite *out, struct vt_error *err) {
    cJSON *parsed = cJSON_ParseWithLength(meta, size);
    if (!parsed)
        return vt_error_set(err, VT_ERR_FORMAT, "the answer cannot be read");
    put_head(out, name, parsed);
    put_origin(out, parsed);
    enum vt_status status = put_tracks(out, parsed, err);
    put_counts(out, parsed);
    put_problems(out, parsed);
    cJSON_Delete(parsed);
    return status;
}

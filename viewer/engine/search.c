/* SPDX-License-Identifier: Apache-2.0
 *
 * SEARCH: names are looked at once each, slices then by their name's number.
 *
 * Hits come row by row, but are wanted in the order of starts: the nearest `limit` of
 * them are kept in a heap.
 */
#include "viewer/engine/rows.h"

#include <stdlib.h>

enum { COLUMNS = 256, LIMIT = 100, MOST = 100000 };

struct hit {
    int64_t start;
    uint32_t slice;
};

struct searching {
    struct vt_answer *answer;
    bool *names; /* which are wanted */
    const char *text, *arg;
    size_t text_size, arg_size;
    uint32_t histogram[COLUMNS];
    double from, width; /* of the histogram */
    struct hit *heap;   /* the farthest on top */
    uint32_t count, limit;
    bool backward;
    struct hit edge; /* hits are behind it, or before it */
};

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool contains(const char *text, size_t size, const char *what, size_t what_size,
                     bool exact) {
    for (size_t i = 0; i + what_size <= size; i++) {
        size_t k = 0;
        while (k < what_size &&
               (exact ? text[i + k] == what[k] : lower(text[i + k]) == lower(what[k])))
            k++;
        if (k == what_size)
            return true;
    }
    return false;
}

/* ---- which names */

static bool choose_names(struct searching *s, uint32_t words_at) {
    const struct vt_answer *answer = s->answer;
    const struct vt_store *store = answer->store;
    s->names = calloc(store->names.count + 1, sizeof *s->names);
    for (uint32_t i = 0; s->names && i < store->names.count; i++) {
        size_t size;
        const char *text = vt_store_name_text(store, i, &size);
        bool wanted =
            contains(text, size, s->text, s->text_size, answer->flags & VT_SEARCH_CASE);
        if (answer->flags & VT_SEARCH_NAMES)
            wanted = wanted && i / 32 < answer->list_count - words_at &&
                     answer->list[words_at + i / 32] >> i % 32 & 1;
        s->names[i] = wanted;
    }
    return s->names;
}

/* ---- the nearest hits */

/* Whether a is farther away than b. */
static bool is_farther(const struct searching *s, struct hit a, struct hit b) {
    bool is_behind = a.start > b.start || (a.start == b.start && a.slice > b.slice);
    bool is_same = a.start == b.start && a.slice == b.slice;
    return s->backward ? !is_behind && !is_same : is_behind;
}

static void sift_down(struct searching *s, uint32_t i) {
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= s->count)
            return;
        if (child + 1 < s->count && is_farther(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!is_farther(s, s->heap[child], s->heap[i]))
            return;
        struct hit swap = s->heap[i];
        s->heap[i] = s->heap[child];
        s->heap[child] = swap;
        i = child;
    }
}

static void keep_hit(struct searching *s, struct hit hit) {
    if (!is_farther(s, hit, s->edge))
        return;
    if (s->count == s->limit) {
        if (is_farther(s, hit, s->heap[0]))
            return;
        s->heap[0] = hit;
        sift_down(s, 0);
        return;
    }
    uint32_t i = s->count++;
    s->heap[i] = hit;
    while (i && is_farther(s, s->heap[i], s->heap[(i - 1) / 2])) {
        struct hit swap = s->heap[i];
        s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[(i - 1) / 2] = swap;
        i = (i - 1) / 2;
    }
}

/* The nearest first; the heap is used up. */
static void put_hits(struct searching *s) {
    uint32_t count = s->count;
    for (; s->count > 1; sift_down(s, 0)) { /* the farthest goes behind the rest */
        struct hit swap = s->heap[0];
        s->heap[0] = s->heap[--s->count];
        s->heap[s->count] = swap;
    }
    for (uint32_t i = 0; i < count; i++)
        vt_answer_slice_record(s->answer, s->heap[i].slice);
}

/* ---- slices */

static bool has_arg(struct searching *s, uint32_t slice) {
    const struct vt_store *store = s->answer->store;
    uint32_t number = store->columns.payload ? store->columns.payload[slice] : 0;
    if (!number || number > store->payloads.count)
        return false;
    const struct vt_text_place *place = &store->payloads.items[number - 1].place;
    const char *text = vt_blocks_text(&store->blocks, &s->answer->view, *place);
    return text && contains(text, place->size, s->arg, s->arg_size,
                            s->answer->flags & VT_SEARCH_CASE);
}

static bool is_hit(struct searching *s, uint32_t slice) {
    const struct vt_answer *answer = s->answer;
    const struct vt_columns *columns = &answer->store->columns;
    if (!s->names[columns->name[slice]])
        return false;
    double dur = (double)vt_columns_dur(columns, slice);
    if (dur < answer->d0 || (answer->d1 > 0 && dur > answer->d1))
        return false;
    return !s->arg_size || has_arg(s, slice);
}

static void visit_search(void *state, const struct vt_rows_part *above,
                         const struct vt_rows_part *row) {
    struct searching *s = state;
    const struct vt_columns *columns = &s->answer->store->columns;
    (void)above;
    for (uint32_t i = row->from; i < row->to && !s->answer->view.needs; i++) {
        if (!is_hit(s, i))
            continue;
        double place = ((double)columns->start[i] - s->from) / s->width;
        size_t column = place <= 0 ? 0 : place >= COLUMNS ? COLUMNS - 1 : (size_t)place;
        s->histogram[column]++;
        s->answer->total++;
        keep_hit(s, (struct hit){columns->start[i], i});
    }
}

static void set_range(struct searching *s) {
    const struct vt_answer *answer = s->answer;
    const struct vt_store *store = answer->store;
    int64_t t0 = answer->t0 < 0 ? 0 : answer->t0;
    int64_t t1 = answer->t1 > store->span_ns ? store->span_ns : answer->t1;
    s->from = (double)t0;
    s->width = t1 > t0 ? (double)(t1 - t0) / COLUMNS : 1;
    s->backward = answer->flags & VT_SEARCH_BACKWARD;
    if (answer->a != VT_QUERY_NONE)
        s->edge = (struct hit){store->columns.start[answer->a], answer->a};
    else if (s->backward)
        s->edge = (struct hit){INT64_MAX, UINT32_MAX};
    else
        s->edge = (struct hit){INT64_MIN, 0};
}

void vt_answer_search(struct vt_answer *answer) {
    struct searching s = {.answer = answer};
    if (answer->b > answer->list_count || answer->level > answer->text_size) {
        vt_answer_fail(answer, VT_ERR_USAGE, "not a search");
        return;
    }
    if (answer->a != VT_QUERY_NONE && !vt_answer_has_slice(answer, answer->a))
        return;
    if (!vt_answer_read_tracks(answer, 0, answer->b))
        return;
    s.text = answer->text;
    s.text_size = answer->level;
    s.arg = answer->text + answer->level;
    s.arg_size = answer->text_size - answer->level;
    s.limit = answer->limit ? answer->limit : LIMIT;
    s.limit = s.limit > MOST ? MOST : s.limit;
    s.heap = malloc(s.limit * sizeof *s.heap);
    set_range(&s);
    if (!s.heap || !choose_names(&s, answer->b))
        vt_answer_fail(answer, VT_ERR_NO_MEMORY, "out of memory");
    else {
        vt_rows_visit(answer, visit_search, &s);
        vt_answer_bytes(answer, s.histogram, sizeof s.histogram);
        put_hits(&s);
    }
    free(s.heap);
    free(s.names);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/shortcut.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 14 };

/* What events of these words become. */
struct known {
    uint32_t shape, forgotten;
    uint32_t words[VT_PACK_PLAIN_WORDS];
    uint32_t track, name;
    bool is_known;
};

struct vt_shortcut {
    struct vt_ingest *ingest;
    const struct vt_reader *reader;
    uint64_t events; /* there were before the one that is read as text */
    struct known slots[SLOTS];
};

static struct known *slot_of(struct vt_shortcut *shortcut,
                             const struct vt_pack_plain *event) {
    uint64_t hash = event->shape + ((uint64_t)event->forgotten << 32);
    for (size_t i = 0; i < VT_PACK_PLAIN_WORDS; i++)
        hash = (hash ^ event->words[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return &shortcut->slots[hash >> 40 & (SLOTS - 1)];
}

static bool is_same(const struct known *known, const struct vt_pack_plain *event) {
    return known->is_known && known->shape == event->shape &&
           known->forgotten == event->forgotten &&
           memcmp(known->words, event->words, sizeof known->words) == 0;
}

static bool is_usual(const struct vt_pack_plain *event) {
    return event->ts_ns >= -VT_STORE_MOST_NS && event->ts_ns <= VT_STORE_MOST_NS &&
           event->dur_ns >= 0 && event->dur_ns <= VT_STORE_MOST_NS;
}

static enum vt_status take(void *state, const struct vt_pack_plain *event, bool *taken,
                           struct vt_error *err) {
    struct vt_shortcut *shortcut = state;
    const struct known *known = slot_of(shortcut, event);
    *taken = is_same(known, event) && is_usual(event) &&
             vt_reader_is_between_events(shortcut->reader);
    shortcut->events = shortcut->ingest->store->counts.events;
    return *taken ? vt_ingest_slice_of(shortcut->ingest, known->track, known->name,
                                       event->ts_ns, event->dur_ns, err)
                  : VT_OK;
}

/* Its words are known if it was one event, and that a slice and nothing else. */
static void written(void *state, const struct vt_pack_plain *event) {
    struct vt_shortcut *shortcut = state;
    const struct vt_ingest *ingest = shortcut->ingest;
    struct known *known = slot_of(shortcut, event);
    if (ingest->store->counts.events != shortcut->events + 1 ||
        !ingest->was_plain_slice || !vt_reader_is_between_events(shortcut->reader))
        return;
    *known = (struct known){.shape = event->shape,
                            .forgotten = event->forgotten,
                            .track = ingest->slice_track,
                            .name = ingest->slice_name,
                            .is_known = true};
    memcpy(known->words, event->words, sizeof known->words);
}

enum vt_status vt_shortcut_create(struct vt_ingest *ingest,
                                  const struct vt_reader *reader,
                                  struct vt_pack_read *pack,
                                  struct vt_shortcut **shortcut, struct vt_error *err) {
    struct vt_shortcut *made = calloc(1, sizeof *made);
    if (!made)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    made->ingest = ingest;
    made->reader = reader;
    struct vt_pack_shortcut calls = {take, written, made};
    vt_pack_read_shorten(pack, &calls);
    *shortcut = made;
    return VT_OK;
}

void vt_shortcut_destroy(struct vt_shortcut *shortcut) {
    free(shortcut);
}

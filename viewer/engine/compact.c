/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/engine/compact.h"

#include "viewer/engine/compact_items.h"

#include <stdlib.h>
#include <string.h>

enum { SECTION_HEAD = 8, SECTION_BYTES = 512 << 10 };

/* ---- writing */

static enum vt_status write_section(struct vt_sink sink, uint32_t kind,
                                    const struct vt_buf *bytes, struct vt_error *err) {
    uint32_t head[2] = {kind, (uint32_t)bytes->size};
    enum vt_status status = vt_buf_status(bytes, err);
    if (status == VT_OK && bytes->size > UINT32_MAX)
        status = vt_error_set(err, VT_ERR_LIMIT, "a section of %zu bytes", bytes->size);
    if (status == VT_OK)
        status = sink.write(sink.state, head, sizeof head, err);
    if (status == VT_OK && bytes->size)
        status = sink.write(sink.state, bytes->data, bytes->size, err);
    return status;
}

static enum vt_status write_kind(struct vt_store *store, uint32_t kind,
                                 struct vt_sink sink, struct vt_buf *bytes,
                                 struct vt_error *err) {
    const struct vt_compact_items *items = &vt_compact_items[kind];
    size_t count = items->count(store);
    enum vt_status status = VT_OK;
    for (size_t i = 0; i < count && status == VT_OK;) {
        struct vt_codec codec = {.out = bytes};
        vt_buf_clear(bytes);
        for (uint32_t k = 0; k < items->in_section && i < count && status == VT_OK; k++)
            status = items->item(store, &codec, i++, err);
        if (status == VT_OK)
            status = write_section(sink, kind, bytes, err);
    }
    return status;
}

/* Rows, as many as fit into a section; long ones in parts. */
static enum vt_status write_slices(struct vt_store *store, struct vt_sink sink,
                                   struct vt_buf *bytes, struct vt_error *err) {
    enum vt_status status = VT_OK;
    uint32_t next = 0;
    vt_buf_clear(bytes);
    for (uint32_t row = 0; row < store->rows.count && status == VT_OK; row++) {
        const struct vt_store_row *r = &store->rows.items[row];
        while (next < r->first + r->count && status == VT_OK) {
            struct vt_codec codec = {.out = bytes};
            vt_compact_slices_part(store, &codec, row, next - r->first, &next);
            if (bytes->size < SECTION_BYTES)
                continue;
            status = write_section(sink, VT_COMPACT_SLICES, bytes, err);
            vt_buf_clear(bytes);
        }
    }
    if (status == VT_OK && bytes->size)
        status = write_section(sink, VT_COMPACT_SLICES, bytes, err);
    return status;
}

enum vt_status vt_compact_write(const struct vt_store *store, struct vt_sink sink,
                                struct vt_error *err) {
    /* item functions work both ways; writing, they change nothing */
    struct vt_store *unchanged = (struct vt_store *)(uintptr_t)store;
    struct vt_buf bytes = {0};
    enum vt_status status =
        sink.write(sink.state, VT_COMPACT_MAGIC, VT_COMPACT_MAGIC_BYTES, err);
    for (uint32_t kind = 0; kind < VT_COMPACT_END && status == VT_OK; kind++)
        status = kind == VT_COMPACT_SLICES
                     ? write_slices(unchanged, sink, &bytes, err)
                     : write_kind(unchanged, kind, sink, &bytes, err);
    vt_buf_clear(&bytes);
    if (status == VT_OK)
        status = write_section(sink, VT_COMPACT_END, &bytes, err);
    vt_buf_fini(&bytes);
    return status;
}

/* ---- reading */

struct vt_compact_reader {
    struct vt_store *store;
    struct vt_buf section; /* as far as it has come, with its head */
    uint64_t at;           /* bytes taken */
    bool has_magic, is_over;
    uint32_t kind;   /* of the section before */
    uint32_t slices; /* so many are there */
};

enum vt_status vt_compact_reader_create(struct vt_store *store,
                                        struct vt_compact_reader **reader,
                                        struct vt_error *err) {
    struct vt_compact_reader *made = calloc(1, sizeof *made);
    if (!made)
        return vt_error_set(err, VT_ERR_NO_MEMORY, "out of memory");
    made->store = store;
    *reader = made;
    return VT_OK;
}

void vt_compact_reader_destroy(struct vt_compact_reader *reader) {
    if (!reader)
        return;
    vt_buf_fini(&reader->section);
    free(reader);
}

static enum vt_status wrong(const struct vt_compact_reader *reader,
                            struct vt_error *err) {
    return vt_error_set(err, VT_ERR_FORMAT, "not an index: damaged (byte %llu)",
                        (unsigned long long)reader->at);
}

static enum vt_status read_section(struct vt_compact_reader *reader, uint32_t kind,
                                   const unsigned char *bytes, size_t size,
                                   struct vt_error *err) {
    struct vt_codec codec = {.p = bytes, .end = bytes + size};
    bool is_first = reader->at == VT_COMPACT_MAGIC_BYTES;
    if (reader->is_over || kind > VT_COMPACT_END || kind < reader->kind ||
        is_first != (kind == VT_COMPACT_HEAD))
        return wrong(reader, err);
    reader->kind = kind;
    reader->is_over = kind == VT_COMPACT_END;
    if (reader->is_over)
        return size ? wrong(reader, err) : VT_OK;
    enum vt_status status = VT_OK;
    while (codec.p < codec.end && !codec.failed && status == VT_OK) {
        if (kind == VT_COMPACT_SLICES) {
            vt_compact_slices_part(reader->store, &codec, 0, 0, &reader->slices);
            continue;
        }
        const struct vt_compact_items *items = &vt_compact_items[kind];
        size_t i = kind == VT_COMPACT_HEAD ? 0 : items->count(reader->store);
        status = items->item(reader->store, &codec, i, err);
        codec.failed |= kind == VT_COMPACT_HEAD && codec.p < codec.end; /* one only */
    }
    if (status == VT_OK && codec.failed)
        status = wrong(reader, err);
    return status;
}

/* How many bytes the next piece has: the magic, or a section with its head. */
static size_t piece_size(const struct vt_compact_reader *reader) {
    uint32_t size;
    if (!reader->has_magic)
        return VT_COMPACT_MAGIC_BYTES;
    if (reader->section.size < SECTION_HEAD)
        return SECTION_HEAD;
    memcpy(&size, reader->section.data + 4, sizeof size);
    return SECTION_HEAD + (size_t)size;
}

static enum vt_status take_piece(struct vt_compact_reader *reader,
                                 struct vt_error *err) {
    enum vt_status status = VT_OK;
    const struct vt_buf *piece = &reader->section;
    uint32_t kind;
    if (!reader->has_magic)
        reader->has_magic = true;
    else {
        memcpy(&kind, piece->data, sizeof kind);
        status = read_section(reader, kind,
                              (const unsigned char *)piece->data + SECTION_HEAD,
                              piece->size - SECTION_HEAD, err);
    }
    reader->at += piece->size;
    vt_buf_clear(&reader->section);
    return status;
}

enum vt_status vt_compact_reader_feed(struct vt_compact_reader *reader,
                                      const void *bytes, size_t size,
                                      struct vt_error *err) {
    const char *p = bytes;
    enum vt_status status = VT_OK;
    while (size && status == VT_OK) {
        size_t wanted = piece_size(reader) - reader->section.size;
        size_t n = wanted < size ? wanted : size;
        vt_buf_append(&reader->section, p, n);
        p += n;
        size -= n;
        status = vt_buf_status(&reader->section, err);
        if (status == VT_OK && reader->section.size == piece_size(reader))
            status = take_piece(reader, err);
    }
    return status;
}

enum vt_status vt_compact_reader_finish(struct vt_compact_reader *reader,
                                        struct vt_error *err) {
    if (!reader->is_over || reader->section.size ||
        reader->slices != reader->store->columns.count ||
        !vt_compact_slices_are_whole(reader->store))
        return wrong(reader, err);
    return VT_OK;
}

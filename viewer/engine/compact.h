/* SPDX-License-Identifier: Apache-2.0
 *
 * A store as bytes: the compact index.
 *
 *   8 bytes "VTINDEX1"
 *   sections, each: u32 kind, u32 size, then `size` bytes; the last has kind END
 *
 * A section is at most about 1 MB and holds numbers as varints (7 bits a byte, the low
 * ones first; signed ones zigzag) and texts as a varint size with the bytes; what each
 * kind holds stands beside the functions that write and read it, which are pairs. One
 * pair per kind does both, so they cannot differ.
 *
 * Slices: row by row, column by column in parts of at most 65536: gaps to the end
 * before, durations, names, payloads.
 *
 * An index is not trusted: numbers that point nowhere are refused.
 *
 * Threads:   one at a time.
 * Ownership: the reader borrows the store.
 */
#ifndef VT_VIEWER_ENGINE_COMPACT_H
#define VT_VIEWER_ENGINE_COMPACT_H

#include "core/base/sink.h"
#include "viewer/engine/store.h"

#define VT_COMPACT_MAGIC       "VTINDEX1"
#define VT_COMPACT_MAGIC_BYTES 8u

struct vt_compact_reader;

VT_NODISCARD enum vt_status vt_compact_reader_create(struct vt_store *store,
                                                     struct vt_compact_reader **reader,
                                                     struct vt_error *err);
void vt_compact_reader_destroy(struct vt_compact_reader *reader); /* NULL is allowed */
VT_NODISCARD enum vt_status vt_compact_reader_feed(struct vt_compact_reader *reader,
                                                   const void *bytes, size_t size,
                                                   struct vt_error *err);
VT_NODISCARD enum vt_status vt_compact_reader_finish(struct vt_compact_reader *reader,
                                                     struct vt_error *err);

VT_NODISCARD enum vt_status vt_compact_write(const struct vt_store *store,
                                             struct vt_sink sink, struct vt_error *err);

#endif

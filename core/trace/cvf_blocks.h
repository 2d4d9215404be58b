/* SPDX-License-Identifier: Apache-2.0
 *
 * The blocks of JSON in a compressed report (core/trace/cvf_read.h), on their way out,
 * and what all of its reader shares.
 *
 * Ownership: borrows the file's bytes.
 */
#ifndef VT_TRACE_CVF_BLOCKS_H
#define VT_TRACE_CVF_BLOCKS_H

#include "core/base/jwrite.h"
#include "core/trace/cvf_cursor.h"
#include "core/trace/cvf_read.h"

struct vt_cvf_block {
    const unsigned char *data;
    size_t size;
    uint64_t text_bytes;
};

/* An event that is held: the text, and where members stand in it; size 0: none. */
struct vt_cvf_held {
    struct vt_buf text; /* empty: none is held */
    size_t args_at, args_size;
    size_t report_at, report_size;
};

struct vt_cvf_reading {
    const struct vt_cvf_read_options *options;
    const unsigned char *begin; /* of the file */
    struct vt_cvf_cursor in;
    struct vt_jwrite out;
    uint64_t entries; /* of traceEvents so far */
    struct vt_cvf_block file_info;
    bool has_file_info;
    struct vt_cvf_held held; /* the last other event, if it may be the metadata's */
};

/* VT_ERR_FORMAT: "not a whole cvf file: <what> (byte 17)", where `in` is. */
enum vt_status vt_cvf_blocks_wrong(const struct vt_cvf_reading *reading,
                                   const char *what, struct vt_error *err);

/* The comma in front of an event that is not the first. */
void vt_cvf_blocks_separate(struct vt_cvf_reading *reading);

VT_NODISCARD enum vt_status vt_cvf_blocks_find(struct vt_cvf_reading *reading,
                                               struct vt_cvf_block *block,
                                               struct vt_error *err);

/* Gives each element of the list, `count` of them, to `take`. */
VT_NODISCARD enum vt_status
vt_cvf_blocks_list(struct vt_cvf_reading *reading, const struct vt_cvf_block *block,
                   uint64_t count,
                   enum vt_status (*take)(void *state, const char *json, size_t size,
                                          struct vt_error *err),
                   void *state, struct vt_error *err);

/* Writes the events of the list. The last one may be held. */
VT_NODISCARD enum vt_status vt_cvf_blocks_others(struct vt_cvf_reading *reading,
                                                 const struct vt_cvf_block *block,
                                                 struct vt_error *err);

/* Writes what stands beside the events, each behind a comma: what was held, and the
 * file_info. */
VT_NODISCARD enum vt_status vt_cvf_blocks_members(struct vt_cvf_reading *reading,
                                                  struct vt_error *err);

#endif

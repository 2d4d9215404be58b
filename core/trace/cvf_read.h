/* SPDX-License-Identifier: Apache-2.0
 *
 * A compressed report (core/trace/cvf_layout.h) as the text of a report.
 *
 * The whole file stands in memory, since the args of slices come behind them: it is a
 * fraction of the text. Nothing in it is believed: bounds, numbers, UTF-8 and JSON are
 * checked, and that it does not expand beyond the limits. The text goes out while it is
 * made; one that ends in a failure is no report.
 *
 * Threads:   pure but for the sink.
 * Hot path:  a slice: two numbers read, two printed, three copies.
 * Ownership: borrows the bytes until it returns.
 */
#ifndef VT_TRACE_CVF_READ_H
#define VT_TRACE_CVF_READ_H

#include "core/base/sink.h"
#include "core/trace/cvf_layout.h"
#include "core/trace/reader.h"

struct vt_cvf_read_options {
    /* Writes what zlib data hold to the sink (core/io/zblock.h). VT_ERR_FORMAT: they
     * are not whole, or end before `size`. */
    enum vt_status (*unpack)(const void *bytes, size_t size, struct vt_sink sink,
                             struct vt_error *err);
    /* Or, for those who can unpack blocks only beforehand: is told each block of the
     * file in its order, with how much text it says it holds. Nothing of the blocks is
     * in the text then. */
    void (*found)(void *state, const void *bytes, size_t size, uint64_t text_bytes);
    void *found_state;
    struct vt_reader_limits limits;
    uint32_t expansion; /* 0: VT_CVF_EXPANSION */
};

/* Whether the first bytes of a file are those of a compressed report that we read. */
bool vt_cvf_read_knows(const void *bytes, size_t size);

/* VT_ERR_FORMAT, VT_ERR_LIMIT: the sentence has the byte. A status of the sink is
 * passed on. */
VT_NODISCARD enum vt_status vt_cvf_read(const void *bytes, size_t size,
                                        const struct vt_cvf_read_options *options,
                                        struct vt_sink sink, struct vt_error *err);

#endif

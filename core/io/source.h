/* SPDX-License-Identifier: Apache-2.0
 *
 * A report that is read: the text of a file goes to a sink, as often as is asked for.
 *
 * What the file is, its first bytes say, never its name: gzip data come decompressed, a
 * recorded log (core/base/log_layout.h) and a run directory as the report that would be
 * saved of them, a compressed report (core/trace/cvf_layout.h) and an html report
 * (core/io/html_layout.h) as the report that they were made of, anything else as it is.
 * A file is read in windows with read(2): one that shrinks meanwhile gives fewer bytes,
 * never a signal. Only a compressed report (cvf) is held in memory as a whole.
 *
 * Pipes and terminals are read when they are named. What cannot be read twice is kept
 * in a file without a name for the second time.
 *
 * Threads:   one at a time; no global state.
 * Ownership: vt_source_close disposes of it.
 */
#ifndef VT_IO_SOURCE_H
#define VT_IO_SOURCE_H

#include "core/base/error.h"
#include "core/base/sink.h"
#include "core/trace/reader.h"

#include <stdint.h>

struct vt_source_options {
    uint32_t expansion; /* of gzip data and compressed reports; 0: the usual */
    struct vt_reader_limits limits; /* of the JSON in compressed reports */
    bool must_be_cvf;               /* anything else is VT_ERR_FORMAT */
    const char *spool_dir; /* where what cannot be read twice is kept; NULL: nowhere */
};

struct vt_source;

/* Looks at what the path names, opens nothing yet. VT_ERR_NOT_FOUND: nothing.
 * VT_ERR_FORMAT: something that holds no text, such as a disk. Errors name the path. */
VT_NODISCARD enum vt_status vt_source_open(const char *path,
                                           const struct vt_source_options *options,
                                           struct vt_source **source,
                                           struct vt_error *err);
void vt_source_close(struct vt_source *source); /* NULL is allowed */

/* Writes all of the text to the sink; again for another time. VT_ERR_IO: it cannot be
 * read, or is not what it was the first time. VT_ERR_FORMAT, VT_ERR_LIMIT: it is not
 * what its first bytes promise. A status of the sink is passed on. Errors name the
 * path, also those of the sink. */
VT_NODISCARD enum vt_status vt_source_pump(struct vt_source *source,
                                           struct vt_sink sink, struct vt_error *err);

#endif

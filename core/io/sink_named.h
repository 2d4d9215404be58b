/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of a report, compressed if its name says so: .gz.
 *
 * It appears whole or not at all (core/io/sink_file.h).
 *
 * Threads:   one at a time.
 * Ownership: commit and discard dispose of it. All zero is closed and valid.
 */
#ifndef VT_IO_SINK_NAMED_H
#define VT_IO_SINK_NAMED_H

#include "core/io/sink_file.h"
#include "core/io/sink_gzip.h"

struct vt_sink_named {
    struct vt_sink_file *file;
    struct vt_sink_gzip *gzip; /* NULL: as it is */
};

/* `sink`: where the text goes. On failure discard it as well. */
VT_NODISCARD enum vt_status vt_sink_named_open(struct vt_sink_named *named,
                                               const char *path, struct vt_sink *sink,
                                               struct vt_error *err);

VT_NODISCARD enum vt_status vt_sink_named_commit(struct vt_sink_named *named,
                                                 struct vt_sink_file_stats *stats,
                                                 struct vt_error *err);
void vt_sink_named_discard(struct vt_sink_named *named);

#endif

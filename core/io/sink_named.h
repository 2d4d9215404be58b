/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of a report, as its name says: .gz compressed, .html a page, else as it is.
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
#include "core/io/sink_html.h"

struct vt_sink_named {
    struct vt_sink_file *file;
    struct vt_sink_gzip *gzip; /* NULL: not that */
    struct vt_sink_html *html; /* likewise */
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

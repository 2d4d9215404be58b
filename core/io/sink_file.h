/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that appears under its name whole or not at all.
 *
 * The bytes go to a file without a name in the target's directory (where the file
 * system has no such files: to a hidden temporary one); commit makes them durable and
 * puts them in the target's place with rename(2). A killed process leaves the target as
 * it was. A symbolic link as target is followed, and missing parent directories are
 * made. A target that is no regular file (a FIFO, /dev/null, a terminal) is written
 * directly.
 *
 * SIGXFSZ and SIGPIPE of our own writes never reach the program.
 *
 * Threads:   one at a time; no global state.
 * Ownership: commit and discard dispose of the file.
 */
#ifndef VT_IO_SINK_FILE_H
#define VT_IO_SINK_FILE_H

#include "core/base/error.h"
#include "core/base/sink.h"

#include <stdint.h>

struct vt_sink_file;

/* The new file has mode 0600 less the umask. Errors name the path. */
VT_NODISCARD enum vt_status
vt_sink_file_open(const char *path, struct vt_sink_file **file, struct vt_error *err);

struct vt_sink vt_sink_file_sink(struct vt_sink_file *file);

struct vt_sink_file_stats {
    uint64_t bytes;    /* written */
    uint64_t fsync_ns; /* how long making them durable took */
};

/* On failure the target is as it was and nothing is left beside it. */
VT_NODISCARD enum vt_status vt_sink_file_commit(struct vt_sink_file *file,
                                                struct vt_sink_file_stats *stats,
                                                struct vt_error *err);

/* NULL is allowed. */
void vt_sink_file_discard(struct vt_sink_file *file);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * What is said about a save (behaviour.md 5): by the end of a run, to the terminal, and
 * by tracer.save(), to the program's sys.stdout.
 *
 * A status text stands on one line, which the next one overwrites.
 */
#ifndef VT_EMBED_WORDS_H
#define VT_EMBED_WORDS_H

#include "core/base/buf.h"
#include "core/io/report.h"

void vt_words_status(struct vt_buf *out, const char *text);
void vt_words_saving(struct vt_buf *out);
void vt_words_waiting(struct vt_buf *out, size_t count);
void vt_words_progress(struct vt_buf *out, uint64_t done, uint64_t total);
void vt_words_saved(struct vt_buf *out, const struct vt_report_stats *stats,
                    const char *path);

#endif

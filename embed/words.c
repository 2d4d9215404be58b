/* SPDX-License-Identifier: Apache-2.0 */
#include "embed/words.h"

#include <inttypes.h>
#include <string.h>

void vt_words_status(struct vt_buf *out, const char *text) {
    vt_buf_printf(out, "\r%80s\r%s", "", text);
}

void vt_words_saving(struct vt_buf *out) {
    vt_words_status(out, "Saving trace data, this could take a while");
}

void vt_words_progress(struct vt_buf *out, uint64_t done, uint64_t total) {
    vt_words_status(out, "Saving trace data, ");
    vt_buf_printf(out, "%" PRIu64 " / %" PRIu64 " events", done, total);
}

void vt_words_waiting(struct vt_buf *out, size_t count) {
    vt_words_status(out, "Waiting for ");
    vt_buf_printf(
        out, "%zu connections to send reports. Ctrl+C to ignore and dump now.", count);
}

static void append_overflow(struct vt_buf *out, uint64_t lost) {
    vt_buf_append_text(
        out, "\n\x1b[93mCircular buffer is full, you lost some early data, but you "
             "still have the most recent data.\n");
    vt_buf_printf(out, "    %" PRIu64 " events were lost\n", lost);
    vt_buf_append_text(
        out, "    If you need more buffer, use \"viztracer --tracer_entries "
             "<entry_number>\"\n"
             "    Or, you can try the filter options to filter out some data you don't "
             "need\n"
             "    use --quiet to shut me up\x1b[0m\n\n");
}

void vt_words_saved(struct vt_buf *out, const struct vt_report_stats *stats,
                    const char *path) {
    vt_words_status(out, "");
    vt_buf_printf(out, "Total Entries: %" PRIu64 "\n", stats->entries);
    if (stats->lost)
        append_overflow(out, stats->lost);
    const char *quote = strchr(path, ' ') ? "\"" : "";
    vt_buf_printf(out,
                  "Use the following command to open the report:\n"
                  "\x1b[92mvizviewer %s%s%s\x1b[0m\n",
                  quote, path, quote);
}

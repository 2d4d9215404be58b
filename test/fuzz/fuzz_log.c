/* SPDX-License-Identifier: Apache-2.0
 *
 * A recorded log with any damage, as recovery meets it: whatever is still read becomes
 * a report that our strict reader takes.
 *
 * The input is not the log, which is large and nearly empty, but the damage:
 *
 *   flags    1: the raw form, 2: cut after the first patch's place, 4: two logs
 *   patches  u8 block, u16 offset, u8 n % 16, n bytes that come there
 */
#include "core/io/report.h"
#include "core/trace/reader.h"
#include "test/fuzz/fuzz_target.h"
#include "test/support/log_builder.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 4 };

/* Something of everything that a log may hold. */
static void build(struct log_builder *log) {
    log_builder_init(log, 100);
    log_builder_view(log, 0).head->start = (struct vt_clock_pair){1, 1};
    log_builder_text(log, VT_SYMBOL_COMMAND, "program");
    log_builder_text(log, VT_SYMBOL_CONFIG, "config");
    uint32_t f = log_builder_python(log, "f", "/nonexistent/f.py", 3);
    uint32_t c = log_builder_c(log, "builtins.len");
    uint32_t event = log_builder_name(log, "event (<frozen g>:3)");
    log_builder_thread(log, 1, 101, 0, "second \"thread\"");
    uint32_t stack = log_builder_block(log, VT_BLOCK_STACK, 1);
    log_builder_frame(log, stack, f, 1000);
    log_builder_frame(log, stack, c, 1100);
    for (uint32_t thread = 0; thread < 2; thread++) {
        uint32_t block = log_builder_block(log, VT_BLOCK_EVENTS, 1);
        for (uint64_t i = 0; i < 5; i++)
            log_builder_call(log, block, thread, i % 2 ? f : c, i * 10, i * 10 + 90);
        log_builder_payload(log, block, "{\"a\": \"\\ud83d\"}");
        log_builder_event(log, block, VT_EVENT_DURATION,
                          (struct vt_event){2000, 10, event, thread});
        log_builder_payload(log, block, "{\"ph\": \"i\", \"ts\": 1, \"name\": \"r\"}");
        log_builder_event(log, block, VT_EVENT_RAW,
                          (struct vt_event){2100, 0, event, thread});
    }
}

/* Returns how many bytes of the input it took; 0: there is no whole patch. */
static size_t patch(struct log_builder *log, const uint8_t *data, size_t size) {
    if (size < HEAD_BYTES)
        return 0;
    size_t count = data[3] % 16u;
    size_t at = data[0] % (log->size / VT_LOG_BLOCK_BYTES) * VT_LOG_BLOCK_BYTES +
                (data[1] | (size_t)data[2] << 8);
    if (size < HEAD_BYTES + count || log->size - at < count)
        return 0;
    memcpy(log->bytes + at, data + HEAD_BYTES, count);
    return HEAD_BYTES + count;
}

static enum vt_status ignore_event(void *state, const struct vt_reader_event *event,
                                   struct vt_error *err) {
    (void)state;
    (void)event;
    (void)err;
    return VT_OK;
}

static void check_report(const struct vt_log_image *images, size_t count, bool raw) {
    struct vt_report_options options = {.dump_raw = raw};
    struct vt_buf text = {0};
    struct vt_error err = {0};
    struct vt_reader_limits limits = {0};
    struct vt_reader_handler handler = {.event = ignore_event};
    struct vt_reader *reader;
    enum vt_status status =
        vt_report_write(images, count, &options, vt_sink_to_buf(&text), NULL, &err);
    VT_REQUIRE(status == VT_OK || err.text[0]);
    if (status == VT_OK) {
        VT_REQUIRE(vt_reader_create(&limits, &handler, &reader, NULL) == VT_OK);
        VT_REQUIRE(vt_reader_feed(reader, text.data, text.size, NULL) == VT_OK);
        VT_REQUIRE(vt_reader_finish(reader, NULL) == VT_OK);
        vt_reader_destroy(reader);
    }
    vt_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct log_builder whole; /* built once: it takes longer than the rest */
    if (size == 0)
        return 0;
    if (!whole.size)
        build(&whole);
    struct log_builder log = whole;
    log.bytes = malloc(whole.size);
    memcpy(log.bytes, whole.bytes, whole.size);
    unsigned flags = *data++;
    size--;
    if (flags & 2 && size > HEAD_BYTES)
        log.size = data[0] % (log.size / VT_LOG_BLOCK_BYTES) * VT_LOG_BLOCK_BYTES +
                   (data[1] | (size_t)data[2] << 8);
    size_t used = 1;
    while (used && log.size >= VT_LOG_BLOCK_BYTES) {
        used = patch(&log, data, size);
        data += used;
        size -= used;
    }
    struct vt_log_image images[] = {log_builder_image(&log), log_builder_image(&whole)};
    check_report(images, flags & 4 ? 2 : 1, flags & 1);
    free(log.bytes);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/limits.h"
#include "core/io/gunzip.h"
#include "core/io/html_layout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_BYTES (UINT64_C(16) << 30)

static enum vt_status read_number(const char *name, uint64_t usual, uint64_t most,
                                  uint64_t *limit, struct vt_error *err) {
    const char *text = getenv(name);
    *limit = usual;
    if (!text || !*text)
        return VT_OK;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < 1 || value > most)
        return vt_error_set(err, VT_ERR_LIMIT,
                            "%s: must be a number from 1 to %llu, not '%s'", name,
                            (unsigned long long)most, text);
    *limit = value;
    return VT_OK;
}

static enum vt_status read_variable(const char *name, uint32_t usual, uint32_t most,
                                    uint32_t *limit, struct vt_error *err) {
    uint64_t value = usual;
    enum vt_status status = read_number(name, usual, most, &value, err);
    *limit = (uint32_t)value;
    return status;
}

enum vt_status vt_limits_read(struct vt_limits *limits, struct vt_error *err) {
    enum vt_status status =
        read_variable("VIZTRACER_MAX_DEPTH", VT_JSCAN_DEPTH, VT_READER_MOST_DEPTH,
                      &limits->reader.depth, err);
    if (status == VT_OK)
        status = read_variable("VIZTRACER_MAX_STRING_BYTES", VT_READER_STRING_BYTES,
                               UINT32_MAX, &limits->reader.string_bytes, err);
    if (status == VT_OK)
        status = read_variable("VIZTRACER_MAX_EXPANSION", VT_GUNZIP_EXPANSION,
                               UINT32_MAX, &limits->expansion, err);
    if (status == VT_OK)
        status = read_number("VIZTRACER_MAX_REPORT_BYTES", REPORT_BYTES, INT64_MAX,
                             &limits->report_bytes, err);
    return status;
}

enum vt_status vt_limits_html_events(uint64_t *most_events, struct vt_error *err) {
    return read_number("VIZTRACER_MAX_HTML_EVENTS", VT_HTML_MOST_EVENTS, UINT32_MAX,
                       most_events, err);
}

void vt_limits_explain(struct vt_error *err) {
    if (err->status != VT_ERR_LIMIT || strstr(err->text, "VIZTRACER_MAX_"))
        return;
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used,
             "; VIZTRACER_MAX_DEPTH, _STRING_BYTES and _EXPANSION set limits");
}

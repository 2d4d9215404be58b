/* SPDX-License-Identifier: Apache-2.0
 *
 * Apart from the rest of report.h, so that a command can check a name without the
 * library that writes reports.
 */
#include "core/io/report.h"

#include <string.h>

static bool ends_in(const char *path, const char *end) {
    size_t size = strlen(path), end_size = strlen(end);
    return size >= end_size && strcmp(path + size - end_size, end) == 0;
}

enum vt_status vt_report_check_name(const char *path, struct vt_error *err) {
    if (ends_in(path, ".json") || ends_in(path, ".gz") || ends_in(path, ".html"))
        return VT_OK;
    return vt_error_set(err, VT_ERR_REFUSED, "Only html, json and gz are supported");
}

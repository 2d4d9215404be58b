/* SPDX-License-Identifier: Apache-2.0
 *
 * A cvf file in `file` is read into `text`, and what comes is compared.
 */
#ifndef VT_TEST_SUPPORT_CVF_READING_H
#define VT_TEST_SUPPORT_CVF_READING_H

#include "core/io/zblock.h"
#include "core/trace/cvf_read.h"
#include "test/support/cvf_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct vt_buf file, text;
static struct vt_error err;

static int set_up(void **state) {
    (void)state;
    cvf_builder_u64(&file, VT_CVF_VERSION);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    vt_buf_fini(&file);
    vt_buf_fini(&text);
    return 0;
}

static enum vt_status read_file(void) {
    struct vt_cvf_read_options options = {.unpack = vt_zblock_unpack};
    vt_buf_clear(&text);
    return vt_cvf_read(file.data, file.size, &options, vt_sink_to_buf(&text), &err);
}

static void assert_events(const char *events) {
    char expected[1000];
    if (read_file() != VT_OK)
        fail_msg("%s", err.text);
    snprintf(expected, sizeof expected, "{\"traceEvents\": [%s]}", events);
    assert_string_equal(text.data, expected);
}

static void assert_wrong(const char *sentence) {
    assert_int_not_equal(read_file(), VT_OK);
    if (!strstr(err.text, sentence))
        fail_msg("'%s' is not '%s'", err.text, sentence);
}

#endif

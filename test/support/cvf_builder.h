/* SPDX-License-Identifier: Apache-2.0
 *
 * A compressed report that is put together piece by piece, also a wrong one: see
 * core/trace/cvf_layout.h. Memory that runs out ends the test.
 */
#ifndef VT_TEST_SUPPORT_CVF_BUILDER_H
#define VT_TEST_SUPPORT_CVF_BUILDER_H

#include "core/base/buf.h"

#include <stdint.h>

void cvf_builder_u64(struct vt_buf *file, uint64_t value);
void cvf_builder_text(struct vt_buf *file, const char *bytes); /* with its NUL */
void cvf_builder_byte(struct vt_buf *file, unsigned byte);

/* A block of zlib data, and one whose "data" are the text itself. */
void cvf_builder_block(struct vt_buf *file, const char *json);
void cvf_builder_plain_block(struct vt_buf *file, const char *json);

/* A record up to its count of slices: process 1, thread 2, "f". */
void cvf_builder_slices(struct vt_buf *file, uint64_t count);

/* Slices at 0.05 and 0.06 us, 0.01 us long. */
void cvf_builder_two_times(struct vt_buf *file);

/* A record up to its number of keys: process 1, thread 2, "c". */
void cvf_builder_counter(struct vt_buf *file, uint64_t keys);

#endif

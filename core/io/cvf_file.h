/* SPDX-License-Identifier: Apache-2.0
 *
 * `viztracer --compress` and `--decompress`: a report becomes a compressed one
 * (core/trace/cvf_write.h) or is made of it again.
 *
 * The result appears whole or not at all, as vt_report_save's does. No other file is
 * ever opened.
 *
 * Threads: no global state.
 */
#ifndef VT_IO_CVF_FILE_H
#define VT_IO_CVF_FILE_H

#include "core/base/error.h"

struct vt_cvf_file_options {
    const char *path;
    const char *output_path; /* absolute */
};

/* `path` may be whatever core/io/source.h reads. VT_ERR_NOT_FOUND, VT_ERR_FORMAT,
 * VT_ERR_LIMIT: nothing was written; on any failure what bore the output's name is
 * untouched. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_cvf_file_compress(const struct vt_cvf_file_options *options, struct vt_error *err);

/* The output's name says what it becomes, as in struct vt_report_options. */
VT_EXPORT VT_NODISCARD enum vt_status
vt_cvf_file_decompress(const struct vt_cvf_file_options *options, struct vt_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * The library that writes reports (core/io/report.h, collect.h), opened when the first
 * is written, and privately: the program must not get our libraries by their names.
 *
 * Threads:   the interpreter's lock is held, or no thread of Python runs any more.
 * Ownership: stays open for the life of the process.
 */
#ifndef VT_EMBED_REPORT_LIB_H
#define VT_EMBED_REPORT_LIB_H

#include "core/io/collect.h"
#include "core/io/deliver.h"
#include "core/record/config.h"

struct vt_report_lib {
    __typeof__(&vt_report_save) save;
    __typeof__(&vt_report_write) write;
    __typeof__(&vt_report_save_text) save_text;
    __typeof__(&vt_report_send_text) send_text;
    __typeof__(&vt_report_collect) collect;
    __typeof__(&vt_report_hold_place) hold_place;
};

/* The folder of our libraries, absolute; owned by the caller. */
VT_NODISCARD enum vt_status vt_report_lib_find_dir(const struct vt_config *config,
                                                   char **dir, struct vt_error *err);

/* config->lib_dir says where it is; without it, it is looked for around
 * config->python_dir: in a build folder, under a prefix, in a wheel. */
VT_NODISCARD enum vt_status vt_report_lib_open(const struct vt_config *config,
                                               const struct vt_report_lib **lib,
                                               struct vt_error *err);

#endif

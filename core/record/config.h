/* SPDX-License-Identifier: Apache-2.0
 *
 * The settings of one run: one field per row of config.def.
 *
 * A field has the name of the long option: bool (flags), int64_t, char * (NULL = not
 * given), struct vt_strlist; and with their unit in the name min_duration_ns (int64_t)
 * and t_seconds (double, the option -t). Behind them stand the settings that are on no
 * command line:
 *
 *   output_path   absolute path of the report
 *   lib_dir       folder of our private .so files, absolute
 *   python_dir    folder of the package viztracer and of the cores, absolute
 *   launch_cwd    current folder when the command started, absolute
 *
 * The text form hands a configuration to another process image (environment) and is
 * kept in the log. One line `field=value` for each setting that is not at its default,
 * in the order of config.def, each ended by a newline; plain ASCII whatever the values
 * are:
 *
 *   flag 1 | int decimal | duration decimal ns | real its 64 bits in hex
 *   text     \\ for a backslash, \xNN for bytes outside 0x20..0x7e
 *   list     every item as text and then \. , so that [] and [""] differ
 *
 * Threads:   plain data, no locks.
 * Ownership: the configuration owns its texts and lists; vt_config_fini frees them.
 */
#ifndef VT_RECORD_CONFIG_H
#define VT_RECORD_CONFIG_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/base/strlist.h"

#include <stdbool.h>
#include <stdint.h>

#define VT_CONFIG_FIELD_ACTION(field)
#define VT_CONFIG_FIELD_FLAG(field)     bool field;
#define VT_CONFIG_FIELD_INT(field)      int64_t field;
#define VT_CONFIG_FIELD_TEXT(field)     char *field;
#define VT_CONFIG_FIELD_LIST(field)     struct vt_strlist field;
#define VT_CONFIG_FIELD_DURATION(field) int64_t field##_ns;
#define VT_CONFIG_FIELD_REAL(field)     double field##_seconds;

struct vt_config {
#define VT_OPTION(kind, field, ...)   VT_CONFIG_FIELD_##kind(field)
#define VT_INTERNAL(kind, field, ...) VT_CONFIG_FIELD_##kind(field)
#include "core/record/config.def"
#undef VT_OPTION
#undef VT_INTERNAL
};

/* tracer_entries may be 1 … this: 24 bytes each, a log of about 24 GB. */
#define VT_CONFIG_MAX_TRACER_ENTRIES INT64_C(1000000000)

/* Every setting at its default. */
void vt_config_init(struct vt_config *config);

/* Frees what the settings own and leaves every setting at its default. */
void vt_config_fini(struct vt_config *config);

/* Copies `from` into `to`, which is overwritten and must own nothing. On failure `to`
 * is at its defaults. */
VT_NODISCARD enum vt_status vt_config_copy(struct vt_config *to,
                                           const struct vt_config *from,
                                           struct vt_error *err);

/* Replaces the text `*field` of a configuration by a copy of `value`; NULL = not given.
 */
VT_NODISCARD enum vt_status vt_config_set_text(char **field, const char *value,
                                               struct vt_error *err);

/* Appends the text form. Memory that ran out shows in vt_buf_status. */
void vt_config_to_text(const struct vt_config *config, struct vt_buf *text);

/* Fills `config`, which is overwritten and must own nothing, from the text form.
 * VT_ERR_FORMAT for a line that vt_config_to_text does not write; `config` is at its
 * defaults then. */
VT_NODISCARD enum vt_status vt_config_from_text(struct vt_config *config,
                                                const char *text, struct vt_error *err);

#endif

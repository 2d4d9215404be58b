/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads INI text as Python's configparser does with its default settings.
 *
 *   [section]                a header; text behind the bracket does not count
 *   key = value              or key : value; keys are lower-cased, blanks around are
 *                            dropped
 *     second line            deeper than its key: goes on with the value, after a line
 *                            feed
 *   # comment  ; comment     a whole line, also between the lines of a value
 *
 * Empty lines inside a value stay in it. A section or key that stands twice is refused.
 * The keys of [DEFAULT] count in every section. In values %% is a percent sign and
 * %(key)s the value of another key.
 *
 * Ownership: the caller calls vt_ini_fini, also after a failed read.
 */
#ifndef VT_CMD_INI_H
#define VT_CMD_INI_H

#include "core/base/buf.h"
#include "core/base/error.h"
#include "core/base/strlist.h"

struct vt_ini_entry {
    size_t section; /* index into sections; 0 is [DEFAULT] */
    char *key;
    struct vt_buf value; /* raw: before %-signs are replaced; empty texts may be NULL */
};

struct vt_ini {
    struct vt_strlist sections; /* the first is "DEFAULT" */
    struct vt_ini_entry *entries;
    size_t count;
};

/* Reads `size` bytes. `ini` is overwritten. VT_ERR_FORMAT "line 3: …". */
VT_NODISCARD enum vt_status vt_ini_read(struct vt_ini *ini, const char *text,
                                        size_t size, struct vt_error *err);
void vt_ini_fini(struct vt_ini *ini);

/* The section's index; 0 if there is no such section ([DEFAULT] does not count as one).
 */
size_t vt_ini_section(const struct vt_ini *ini, const char *name);

/* Whether `key` counts in the section: there or in [DEFAULT]. */
bool vt_ini_has(const struct vt_ini *ini, size_t section, const char *key);

/* Appends the value of a key that counts in the section, %-signs replaced.
 * VT_ERR_FORMAT for a bad %-sign. */
VT_NODISCARD enum vt_status vt_ini_append_value(const struct vt_ini *ini,
                                                size_t section, const char *key,
                                                struct vt_buf *value,
                                                struct vt_error *err);

#endif

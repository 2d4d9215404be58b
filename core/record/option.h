/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of config.def as a table: what the command line, the rc file, --help and the
 * text form of a configuration are generated from.
 *
 * A row binds an option to its field in struct vt_config; vt_option_*() give typed
 * access to that field in any configuration. Using the accessor of another kind is a
 * broken contract.
 *
 * Threads:   constant data.
 */
#ifndef VT_RECORD_OPTION_H
#define VT_RECORD_OPTION_H

#include "core/record/config.h"

#include <stddef.h>

enum vt_option_kind {
    VT_OPTION_ACTION,   /* no field: --help, --version */
    VT_OPTION_FLAG,     /* bool */
    VT_OPTION_INT,      /* int64_t */
    VT_OPTION_TEXT,     /* char *, NULL = not given */
    VT_OPTION_LIST,     /* struct vt_strlist */
    VT_OPTION_DURATION, /* int64_t, nanoseconds */
    VT_OPTION_REAL,     /* double */
};

enum vt_option_count {
    VT_COUNT_NONE, /* no value */
    VT_COUNT_ONE,  /* one value; left out: the option counts as not given */
    VT_COUNT_BARE, /* one value; left out: the value is "", of an INT 0 */
    VT_COUNT_MANY, /* zero or more values */
};

/* A section of --help. */
enum vt_option_group {
    VT_GROUP_RUN,
    VT_GROUP_REPORT,
    VT_GROUP_FILTER,
    VT_GROUP_LOG,
    VT_GROUP_PROCESS,
    VT_GROUP_ATTACH,
    VT_GROUP_TOOL,
    VT_GROUP_INTERNAL, /* on no command line */
};

enum vt_option_flag {
    VT_OPT_HIDDEN = 1 << 0, /* accepted, not in --help */
    VT_OPT_RC = 1 << 1,     /* may stand in the rc file */
    VT_OPT_CHILD = 1 << 2,  /* a setting that traced children need */
};

struct vt_option {
    const char *key;        /* name of the field and of the rc file's key */
    const char *long_name;  /* "--output_file", or NULL */
    const char *short_name; /* "-o", or NULL */
    const char *metavar;    /* what --help calls a value, or NULL */
    const char *help;       /* NULL for internal settings */
    enum vt_option_kind kind;
    enum vt_option_count count;
    enum vt_option_group group;
    unsigned flags;        /* enum vt_option_flag */
    double default_number; /* of FLAG, INT, DURATION, REAL */
    size_t offset;         /* of the field in struct vt_config */
};

/* All rows, in the order of config.def: first those of the command line, then the
 * internal ones. */
extern const struct vt_option vt_option_table[];
extern const size_t vt_option_table_count;

/* The row of a field; NULL if there is none. */
const struct vt_option *vt_option_find(const char *key);

bool *vt_option_flag(const struct vt_option *option, struct vt_config *config);
int64_t *vt_option_int(const struct vt_option *option, struct vt_config *config);
char **vt_option_text(const struct vt_option *option, struct vt_config *config);
struct vt_strlist *vt_option_list(const struct vt_option *option,
                                  struct vt_config *config);
double *vt_option_real(const struct vt_option *option, struct vt_config *config);

/* Whether the field differs from its default. */
bool vt_option_is_set(const struct vt_option *option, const struct vt_config *config);

#endif
